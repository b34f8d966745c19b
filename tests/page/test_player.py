"""The page of `streamtape view` in a browser: it is drawn, plays, seeks, runs nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from streamtape.tape.model import Chunk, Chunks, Ending
from tests.cli.running import interaction, responses, tape
from tests.page.opening import box_of, drag, drawn, fits, new_page, seconds, show
from tests.patience import PATIENCE_S, eventually, until
from tests.report.page.hostile import hostile
from tests.streams import Writer
from tests.tools_present import needs

N_LONG = 5_000

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


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
    drawn(opened)
    seen = grown.text_content() or ""
    assert len(seen) < len(whole)
    opened.keyboard.press("ArrowRight")
    expect(grown).not_to_have_text(seen)
    after = grown.text_content() or ""
    assert whole.startswith(after)
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
    expect(opened.locator(".row .more pre")).to_contain_text('"delta": "beta"')
    expect(opened.locator("mark").first).to_have_text("beta")
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
    expect(opened.locator(".row .more")).to_be_visible()
    for summary in opened.locator("summary").all():
        summary.click()
    for number in range(8):
        opened.locator(f"#event-{number} .short").click()
    expect(opened.locator(".part.text .grown")).to_contain_text("</script><script>")
    expect(opened).to_have_title("run.tape")
    drawn(opened)
    expect(opened.locator("img, iframe, a")).to_have_count(0)
    expect(opened.locator("script")).to_have_count(3)


def last_row_at(page: Page, share: float) -> str | None:
    """Scroll the list of events to a share of its height, and give its last row's number there."""
    page.evaluate(
        """share => {
            const list = document.getElementById("list");
            list.scrollTop = share * list.scrollHeight;
        }""",
        share,
    )
    drawn(page)
    return page.locator(".row .n").last.text_content()


def test_a_long_stream_stays_small(opened: Page, tmp_path: Path) -> None:
    """Five thousand events: a few dozen rows exist, wherever one looks."""
    words = [f"{n} " for n in range(N_LONG)]
    tape(tmp_path / "run.tape", Writer().message(*words).end().interaction())
    show(opened, tmp_path)
    assert (tmp_path / "page.html").stat().st_size < 500_000
    expect(opened.locator("#count")).to_have_text("5,008")
    opened.uncheck("#fold")
    for place in (0, 0.3, 0.7, 1):
        last_row_at(opened, place)
        until(lambda: 5 < opened.locator(".row").count() < 60)
    # Rows that are seen for the first time tell their heights, which moves the end.
    eventually(lambda: last_row_at(opened, 1), "5007")
    opened.locator("#search").fill("4321 ")
    expect(opened.locator("#count")).to_have_text("5 of 5,008")
    opened.locator(".row .short").first.click()
    expect(opened.locator(".part.text .grown")).to_have_text(re.compile("4320 4321 ?$"))


def test_a_broken_stream_says_so(opened: Page, tmp_path: Path) -> None:
    """How it ended is said in words; findings lead to their events; interactions are chosen."""
    ending = Ending("error", 9_000, "RemoteProtocolError", "peer closed connection")
    tape(tmp_path / "a.tape", Writer().message("fine").end().interaction())
    tape(tmp_path / "b.tape", interaction(responses("cut")[:3], ending=ending))
    show(opened, tmp_path)
    expect(opened.locator("#nav .items button")).to_have_count(2)
    opened.keyboard.press("]")
    expect(opened.locator(".banner")).to_have_text(
        "The stream broke off: RemoteProtocolError: peer closed connection"
    )
    expect(opened.locator("#findings li").nth(1)).to_be_visible()
    opened.keyboard.press("f")
    expect(opened.locator(".row .more .told").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(scheme: str, browser: Browser, tmp_path: Path) -> None:
    """Nothing is wider than a narrow screen."""
    tape(tmp_path / "run.tape", Writer().message("fine " * 80).end().interaction())
    phone = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    phone.set_default_timeout(1000 * PATIENCE_S)
    page = new_page(phone)
    show(page, tmp_path, "#0/4")
    expect(page.locator(".row .more")).to_be_visible()
    until(lambda: fits(page))
    dark = "rgb(19, 21, 25)"
    body = expect(page.locator("body"))
    (body.to_have_css if scheme == "dark" else body.not_to_have_css)("background-color", dark)
    phone.close()


def long_stream(n: int = 200) -> Writer:
    """A stream of many words."""
    return Writer().message(*(f"word{i} " for i in range(n))).end()


def reads(opened: Page, seconds_there: float) -> bool:
    """Whether the clock shows a time, to two milliseconds."""
    return seconds(opened) == pytest.approx(seconds_there, abs=0.002)


def test_the_slider_seeks_by_pointer_touch_and_keys(opened: Page, tmp_path: Path) -> None:
    """A click on it, a drag, a touch and its keys each move playback to where they say."""
    tape(tmp_path / "run.tape", long_stream().interaction())
    show(opened, tmp_path)
    slider = opened.locator("#slider")
    box = box_of(slider)
    end = seconds(opened)
    opened.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    until(lambda: seconds(opened) == pytest.approx(end / 2, rel=0.1))
    drag(opened, "#slider", 0.5, 0.2)
    until(lambda: seconds(opened) == pytest.approx(end * 0.2, rel=0.2))
    opened.touchscreen.tap(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    until(lambda: seconds(opened) == pytest.approx(end * 0.75, rel=0.1))
    for key, change in (
        ("PageDown", -0.1),
        ("PageUp", 0.1),
        ("ArrowRight", 0.01),
        ("ArrowLeft", -0.01),
    ):
        before = seconds(opened)
        slider.press(key)
        until(partial(reads, opened, before + change * end))
    slider.press("Home")
    until(lambda: seconds(opened) == 0)
    slider.press("End")
    until(lambda: seconds(opened) == end)
    until(lambda: slider.get_attribute("aria-valuetext") == opened.text_content("#clock"))


def test_buttons_step_and_arrow_keys_too(opened: Page, tmp_path: Path) -> None:
    """One event back, one on, by click and by key, from wherever playback stands."""
    tape(tmp_path / "run.tape", Writer().message("a", "b").end().interaction())
    show(opened, tmp_path)
    now = opened.locator("#now")
    expect(now).to_have_text("#9 response.completed")
    opened.click("#back")
    expect(now).to_have_text("#8 response.output_item.done")
    opened.keyboard.press("ArrowLeft")
    expect(now).to_have_text("#7 response.content_part.done")
    opened.click("#next")
    expect(now).to_have_text("#8 response.output_item.done")
    opened.keyboard.press("Home")
    expect(now).to_have_text("#0 response.created")


def test_home_shows_the_start_of_the_list(opened: Page, tmp_path: Path) -> None:
    """At the start the list stands at its start, and at the end at its end."""
    tape(tmp_path / "run.tape", long_stream().interaction())
    show(opened, tmp_path)
    opened.uncheck("#fold")
    opened.keyboard.press("End")
    expect(opened.locator(".row.at .n")).to_have_text("207")
    opened.keyboard.press("Home")
    expect(opened.locator(".row .n").first).to_have_text("0")
    eventually(lambda: opened.evaluate("document.getElementById('list').scrollTop"), 0)


def test_waits_are_skipped_where_that_is_wanted(opened: Page, tmp_path: Path) -> None:
    """A minute without events passes at once."""
    quick = Writer().message("a", "b").end().interaction()
    times = [0 if n < 5 else 60_000_000 for n in range(len(quick.chunks))]
    chunks = Chunks.of(Chunk(us, c.data) for us, c in zip(times, quick.chunks, strict=True))
    tape(
        tmp_path / "run.tape", replace(quick, chunks=chunks, ending=Ending("complete", 60_000_000))
    )
    show(opened, tmp_path)
    opened.keyboard.press("Home")
    opened.keyboard.press("w")
    expect(opened.locator("#skip")).to_be_checked()
    opened.keyboard.press("Space")
    expect(opened.locator("#clock")).to_have_text("60.000 / 60.000 s")


def test_what_came_first_stands_first(opened: Page, tmp_path: Path) -> None:
    """Reasoning stands above the text that followed it; an empty first piece is no content."""
    chat = [
        '{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}',
        '{"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}',
        '{"choices":[{"index":0,"delta":{"content":"Yes."}}]}',
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        "[DONE]",
    ]
    pieces = [f"data: {data}\n\n".encode() for data in chat]
    url = "https://api.example.com/v1/chat/completions"
    tape(tmp_path / "run.tape", interaction(pieces, url=url))
    show(opened, tmp_path)
    expect(opened.locator(".part h3")).to_have_text(["reasoning", "text"])
    expect(opened.locator(".tile", has_text="to the first content")).to_contain_text("2.0 ms")
    opened.keyboard.press("Home")
    for shown in ([], ["reasoning"], ["reasoning", "text"]):
        opened.keyboard.press("ArrowRight")
        expect(opened.locator(".part:visible h3")).to_have_text(shown)


def test_facts_stand_once_they_came(opened: Page, tmp_path: Path) -> None:
    """Status and usage appear with the event that brought them, usage in words."""
    tape(tmp_path / "run.tape", Writer().message("a").end().interaction())
    show(opened, tmp_path)
    expect(opened.locator("#facts .chip").first).to_have_text("input tokens 9")
    opened.keyboard.press("ArrowLeft")
    expect(opened.locator("#facts dt", has_text="usage")).to_have_count(0)


OUTCOMES = [
    ("completed", Ending("complete", 9_000), "complete", "good"),
    ("failed", Ending("complete", 9_000), "failed: server_error", "bad"),
    ("incomplete", Ending("complete", 9_000), "incomplete", "warn"),
    (None, Ending("error", 9_000, "ReadError", "gone"), "cut", "bad"),
    (None, Ending("abandoned", 9_000), "stopped by the client", "warn"),
]


@pytest.mark.parametrize("expected", OUTCOMES, ids=[word for _, _, word, _ in OUTCOMES])
def test_one_badge_says_how_it_came_out(
    expected: tuple[str | None, Ending, str, str], opened: Page, tmp_path: Path
) -> None:
    """Green only where all went well, whatever the status line says."""
    status, ending, word, mood = expected
    writer = Writer().message("a")
    error = {"error": {"code": "server_error", "message": "Sorry."}} if status == "failed" else {}
    one = (writer.end(status, **error) if status else writer).interaction()
    tape(tmp_path / "run.tape", replace(one, ending=ending))
    show(opened, tmp_path)
    badge = opened.locator("#head .badge").first
    expect(badge).to_contain_text(word)
    expect(badge).to_have_class(re.compile(rf"\b{mood}\b"))
    expect(opened.locator("#head .badge.good")).to_have_count(1 if mood == "good" else 0)


def test_without_times_it_says_so(opened: Page, tmp_path: Path) -> None:
    """No empty columns, and a hint how times are had."""
    tape(tmp_path / "run.tape", interaction(responses("a", "b"), gap_us=None))
    show(opened, tmp_path)
    expect(opened.locator("#happened > .under")).to_contain_text("streamtape record")
    expect(opened.locator(".row .t, .row .g, #skip")).to_have_count(0)
    expect(opened.locator("#clock")).to_have_text("6 / 6 events")
    opened.keyboard.press("Home")
    expect(opened.locator("#clock")).to_have_text("0 / 6 events")
