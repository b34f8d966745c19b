"""Pages of recordings, written and opened in a browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, expect

from tests.cli.running import run
from tests.patience import until
from tests.shared import REPO
from tests.tools_present import IN_CI

PICTURES = Path(os.environ.get("STREAMTAPE_PICTURES", REPO / "build" / "page"))
AXE = REPO / "tools" / "page" / "node_modules" / "axe-core" / "axe.min.js"
SLOW_MS = int(os.environ.get("STREAMTAPE_SLOW_PAGES", "0"))
SLOW = Path(__file__).with_name("slow.js").read_text("utf-8").replace("SLOW_MS", str(SLOW_MS))
# What an action changes is drawn in the next frame, what is measured there in the one after it;
# then come timers that were set meanwhile.
DRAWN = """new Promise(then => requestAnimationFrame(() => requestAnimationFrame(
    () => setTimeout(() => requestAnimationFrame(() => setTimeout(then))))))"""


def new_page(context: BrowserContext) -> Page:
    """A page; where STREAMTAPE_SLOW_PAGES is set, one that does all that is not at once so late."""
    page = context.new_page()
    if SLOW_MS:
        page.add_init_script(SLOW)
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    return page


def drawn(page: Page) -> None:
    """Wait until a page has drawn what was done to it.

    For what is to stay as it is, and before what a wait can't be for: a press that changes nothing.
    """
    page.evaluate(DRAWN)


def watch(page: Page, *allowed: str) -> list[str]:
    """What goes wrong in a page, and what it asks for: both are to stay empty."""
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "console", lambda message: trouble.append(message.text) if message.type == "error" else None
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:", *allowed))
            else trouble.append(request.url)
        ),
    )
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    return trouble


def show(page: Page, folder: Path, place: str = "", *options: str) -> None:
    """Write the page of all recordings in a folder, and open it."""
    target = folder / "page.html"
    run("view", folder, "-o", target, *options)
    go(page, f"{target.as_uri()}{place}")


def go(page: Page, url: str) -> None:
    """Open a page, and wait until it answers."""
    page.goto(url)
    listens(page)


def listens(page: Page) -> None:
    """Wait until a page that was just opened is shown, and listens to keys and pointers."""
    expect(page.locator("#app")).to_be_visible()
    drawn(page)


def box_of(element: Locator) -> FloatRect:
    """Where an element is, once it is there and no longer moves."""
    seen: list[FloatRect | None] = []

    def rests() -> bool:
        seen.append(element.bounding_box())
        drawn(element.page)
        return seen[-1] is not None and seen[-1] == element.bounding_box()

    until(rests)
    box = seen[-1]
    assert box is not None
    return box


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


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window, and the clock is shown whole."""
    return bool(
        page.evaluate("""
        document.documentElement.scrollWidth <= innerWidth &&
        [...document.querySelectorAll("#clock")].every(e => e.scrollWidth <= e.clientWidth)
    """)
    )


def seconds(page: Page) -> float:
    """Where playback stands, as the clock has it."""
    return float((page.text_content("#clock") or "nan").split(" / ")[0])


def drag(page: Page, selector: str, start: float, end: float) -> None:
    """Press at one share of an element's width, move to another, and let go."""
    box = box_of(page.locator(selector))
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], middle)
    page.mouse.move(box["x"] + end * box["width"], middle)
    page.mouse.up()
