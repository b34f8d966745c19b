"""The page of `streamtape view` in a browser: it is drawn, plays, searches, runs nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from streamtape.tape.model import Chunk, Chunks, Ending
from tests.cli.running import interaction, responses, run, tape
from tests.patience import PATIENCE_S
from tests.report.page.hostile import hostile
from tests.streams import Writer
from tests.tools_present import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-dev-shm-usage", "--disable-component-update",
]  # fmt: skip
N_LONG = 5_000

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    limit_ms = 1000 * PATIENCE_S
    expect.set_options(timeout=limit_ms)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=limit_ms)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on any error, and on any request but for the file itself."""
    page = browser.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith("file:") else trouble.append(asked.url),
    )
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    yield page
    page.close()
    assert trouble == []


def show(page: Page, folder: Path, place: str = "") -> None:
    """Write the page of all recordings in a folder, and open it."""
    run("view", folder, "-o", folder / "page.html")
    page.goto(f"{(folder / 'page.html').as_uri()}{place}")
    page.wait_for_selector("#app:not([hidden])")


def test_it_plays_at_the_recorded_pace(opened: Page, tmp_path: Path) -> None:
    """From the start the text grows with time; at the end all of it is there."""
    # Twenty milliseconds each: at a quarter of that pace minutes, time enough to pause.
    words = [f"word{n} " for n in range(N_LONG)]
    quick = Writer().message(*words).call("wash", "{}").end().interaction()
    chunks = Chunks.of(Chunk(20 * (at_us or 0), data) for at_us, data in quick.chunks)
    slow = replace(quick, chunks=chunks, ending=Ending("complete", chunks[-1].at_us))
    tape(tmp_path / "run.tape", slow)
    show(opened, tmp_path)
    grown = opened.locator(".part.text .grown")
    whole = "".join(words)
    expect(grown).to_have_text(whole)
    opened.keyboard.press("Home")
    expect(grown).to_be_hidden()
    opened.select_option("#speed", "0.25")
    opened.click("#play")
    # Not `wait_for_function`: it evaluates inside the page, which allows no `eval`.
    expect(grown).to_have_text(re.compile("^word0 .{15}"))
    opened.click("#play")
    seen = grown.text_content() or ""
    assert whole.startswith(seen)
    assert len(seen) < len(whole)
    opened.keyboard.press("ArrowRight")
    after = grown.text_content() or ""
    assert after.startswith(seen)
    assert len(after) > len(seen)
    opened.keyboard.press("End")
    expect(grown).to_have_text(whole)
    expect(opened.locator(".part.arguments b")).to_have_text("wash")


def test_search_and_open(opened: Page, tmp_path: Path) -> None:
    """A search leaves the events that have the words; a click opens one with its payload."""
    tape(tmp_path / "run.tape", Writer().message("alpha", "beta", "gamma").end().interaction())
    show(opened, tmp_path)
    expect(opened.locator("#count")).to_have_text("11")
    opened.keyboard.press("/")
    opened.keyboard.type("BETA")
    # Its delta, and the four that repeat the whole text.
    expect(opened.locator("#count")).to_have_text("5 of 11")
    opened.locator(".row .short").first.click()
    assert '"delta": "beta"' in (opened.locator(".row .more pre").text_content() or "")
    assert opened.locator("mark").first.text_content() == "beta"
    opened.locator("#search").fill("")
    opened.select_option("#type", label="response.output_text.delta")
    expect(opened.locator("#count")).to_have_text("3 of 11")
    opened.select_option("#type", label="all types")
    opened.locator("#search").fill("no such word")
    expect(opened.locator("#rows")).to_have_text("No event has that.")


def test_what_a_stream_says_is_not_run(opened: Page, tmp_path: Path) -> None:
    """A hostile recording, every part of it opened, is text."""
    tape(tmp_path / "run.tape", hostile())
    show(opened, tmp_path, "#0/5")
    for summary in opened.locator("summary").all():
        summary.click()
    for row in opened.locator(".row .short").all()[:8]:
        row.click()
    assert "</script><script>" in (opened.locator(".part.text .grown").text_content() or "")
    assert opened.title() == "run.tape"
    assert opened.locator("img, svg, iframe, a").count() == 0
    assert opened.locator("script").count() == 2


def test_a_long_stream_stays_small(opened: Page, tmp_path: Path) -> None:
    """Five thousand events: a few dozen rows exist, wherever one looks."""
    words = [f"{n} " for n in range(N_LONG)]
    tape(tmp_path / "run.tape", Writer().message(*words).end().interaction())
    show(opened, tmp_path)
    assert (tmp_path / "page.html").stat().st_size < 500_000
    expect(opened.locator("#count")).to_have_text("5,008")
    for place in (0, 0.3, 0.7, 1):
        opened.evaluate(
            """place => {
                const list = document.getElementById("list");
                list.scrollTop = place * list.scrollHeight;
            }""",
            place,
        )
        opened.wait_for_timeout(50)
        assert 5 < opened.locator(".row").count() < 60
    expect(opened.locator(".row .n").last).to_have_text("5007")
    opened.locator("#search").fill("4321 ")
    expect(opened.locator("#count")).to_have_text("5 of 5,008")
    opened.locator(".row .short").first.click()
    assert (opened.locator(".part.text .grown").text_content() or "").endswith("4320 4321 ")


def test_a_broken_stream_says_so(opened: Page, tmp_path: Path) -> None:
    """How it ended is said in words; findings lead to their events; interactions are chosen."""
    ending = Ending("error", 9_000, "RemoteProtocolError", "peer closed connection")
    tape(tmp_path / "a.tape", Writer().message("fine").end().interaction())
    tape(tmp_path / "b.tape", interaction(responses("cut")[:3], ending=ending))
    show(opened, tmp_path)
    expect(opened.locator("#nav button")).to_have_count(2)
    opened.keyboard.press("]")
    expect(opened.locator(".banner")).to_have_text(
        "The stream broke off: RemoteProtocolError: peer closed connection"
    )
    assert opened.locator("#findings li").count() > 1
    opened.keyboard.press("f")
    expect(opened.locator(".row .more .told").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(scheme: str, browser: Browser, tmp_path: Path) -> None:
    """Nothing is wider than a narrow screen."""
    tape(tmp_path / "run.tape", Writer().message("fine " * 80).end().interaction())
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    page.set_default_timeout(1000 * PATIENCE_S)
    show(page, tmp_path, "#0/4")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(20, 22, 26)") is (scheme == "dark")
    page.close()
