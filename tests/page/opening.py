"""Pages of recordings, written and opened in a browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.cli.running import run


def watch(page: Page, *allowed: str) -> list[str]:
    """What goes wrong in a page, and what it asks for: both are to stay empty."""
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("file:", "data:", "blob:", *allowed))
            else trouble.append(asked.url)
        ),
    )
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    return trouble


def show(page: Page, folder: Path, place: str = "", *options: str) -> None:
    """Write the page of all recordings in a folder, and open it."""
    target = folder / "page.html"
    run("view", folder, "-o", target, *options)
    page.goto(f"{target.as_uri()}{place}")
    page.wait_for_selector("#app:not([hidden])")


def seconds(page: Page) -> float:
    """Where playback stands, as the clock has it."""
    return float((page.text_content("#clock") or "").split(" / ")[0])


def drag(page: Page, selector: str, start: float, end: float) -> None:
    """Press at one share of an element's width, move to another, and let go."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], middle)
    page.mouse.move(box["x"] + end * box["width"], middle)
    page.mouse.up()
