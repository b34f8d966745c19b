"""Pages of recordings, written and opened in a browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.cli.running import run
from tests.shared import REPO
from tests.tools_present import IN_CI

PICTURES = Path(os.environ.get("STREAMTAPE_PICTURES", REPO / "build" / "page"))
AXE = REPO / "tools" / "page" / "node_modules" / "axe-core" / "axe.min.js"


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


def faults_for_readers(page: Page) -> list[str]:
    """What axe finds serious or critical; skips where axe is not installed."""
    if not AXE.is_file() and not IN_CI:
        pytest.skip("axe-core is not installed: npm ci in tools/page")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


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
