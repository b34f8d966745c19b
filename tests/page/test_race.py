"""Two recordings racing: one clock, words that differ, and a table of folders that opens them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from streamtape.tape.model import Chunk, Chunks, Ending, Interaction, Request
from tests.cli.running import refused, run, tape
from tests.page.opening import drag, drawn, go, seconds
from tests.patience import eventually
from tests.report.page.hostile import hostile
from tests.report.page.test_document import Page as Written
from tests.streams import Writer, interaction_of
from tests.tools_present import needs

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


def spoken(*words: str, temperature: float = 0, slower: int = 1) -> Interaction:
    """A stream of these words; its request has a temperature, its pace a factor."""
    body = json.dumps({"model": "m", "temperature": temperature, "input": "Say it."}).encode()
    one = interaction_of(Writer().message(*words).end().payloads, body=body)
    chunks = Chunks.of(Chunk(slower * (chunk.at_us or 0), chunk.data) for chunk in one.chunks)
    return replace(one, chunks=chunks, ending=Ending("complete", chunks[-1].at_us))


def races(page: Page, *options: str | Path) -> None:
    """Write a page of comparisons with a command, and open it."""
    target = options[-1]
    run(*options)
    go(page, Path(target).as_uri())


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two recordings that differ in a word, a parameter and their pace."""
    a = tape(tmp_path / "a.tape", spoken("double ", "bubble ", "bath"))
    b = tape(tmp_path / "b.tape", spoken("double ", "rubber ", "bath", temperature=1, slower=2))
    return a, b


def test_two_recordings_race(opened: Page, two: tuple[Path, Path], tmp_path: Path) -> None:
    """Both stand on one clock; words that differ are marked as they come; measures have changes."""
    races(opened, "view", "--compare", *two, "-o", tmp_path / "race.html")
    expect(opened.locator("#head .badge")).to_contain_text("reworded")
    expect(opened.locator(".tile", has_text="to the first content")).to_contain_text("+100")
    marked = """name => [...(CSS.highlights.get(`change-${name}`) ?? [])]
        .map(String).join('').trim()"""
    eventually(lambda: opened.evaluate(marked, "a"), "bubble")
    eventually(lambda: opened.evaluate(marked, "b"), "rubber")
    expect(opened.locator("#requests tbody tr")).to_have_text("temperature01")
    rows = opened.locator("#aligned tr.changed")
    expect(rows).to_have_count(1)
    # Half way the faster one is done, and the other has not said its word.
    opened.keyboard.press("Home")
    expect(opened.locator(".side .part:visible")).to_have_count(0)
    drag(opened, "#slider", 0.01, 0.5)
    eventually(lambda: seconds(opened), pytest.approx(0.011, abs=0.002))
    texts = [side.locator(".grown") for side in opened.locator(".side").all()]
    expect(texts[0]).to_have_text("double bubble bath")
    expect(texts[1]).to_have_text(re.compile("^double r?"))
    opened.locator("#aligned tbody tr").first.click()
    expect(opened.locator("#clock")).to_have_text(re.compile("^0.000 "))
    opened.keyboard.press("ArrowRight")
    opened.click("#play")
    expect(opened.locator("#clock")).to_have_text(re.compile(r"^0\.020 "))


def test_folders_are_a_table_whose_rows_open(opened: Page, tmp_path: Path) -> None:
    """Sorted by what changed most; each row opens its race, and the way back is there."""
    for side, word in (("a", "bubble "), ("b", "rubber ")):
        tape(tmp_path / side / "one.tape", spoken("double ", word, "bath"))
        tape(tmp_path / side / "same.tape", spoken("fine"))
    tape(tmp_path / "a" / "gone.tape", spoken("x"))
    folders = tmp_path / "a", tmp_path / "b"
    races(opened, "diff", *folders, "--html", tmp_path / "all.html")
    names = opened.locator("#table tbody td:first-child")
    expect(names).to_have_text(["gone.tape", "one.tape", "same.tape"])
    opened.click("#table th button >> nth=0")
    expect(names).to_have_text(["same.tape", "one.tape", "gone.tape"])
    opened.click("#table th button >> nth=0")
    expect(opened.locator("th[aria-sort=ascending]")).to_contain_text("recording")
    opened.get_by_role("button", name="one.tape").click()
    expect(opened.locator("#head h1")).to_have_text("one.tape")
    expect(opened).to_have_url(re.compile("#1$"))
    opened.keyboard.press("Escape")
    expect(opened.locator("#table")).to_be_visible()
    opened.go_back()
    expect(opened.locator("#head h1")).to_have_text("one.tape")


def test_what_streams_say_is_not_run_in_races(opened: Page, tmp_path: Path) -> None:
    """A hostile recording beside another one is text."""
    a = tape(tmp_path / "a.tape", hostile())
    one = spoken("fine")
    b = tape(tmp_path / "b.tape", replace(one, request=Request("POST", "http://x/<img src=x>")))
    races(opened, "diff", a, b, "--html", tmp_path / "race.html")
    expect(opened.locator("#requests")).to_contain_text("<img src=x>")
    drawn(opened)
    expect(opened.locator("img, iframe, a")).to_have_count(0)
    expect(opened.locator("script")).to_have_count(3)


def test_pages_of_diffs_are_written_beside_the_report(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    """The status and the report of `diff` are as ever; a page that can't be written is an error."""
    out = tmp_path / "out.html"
    assert run("diff", *two, "--html", out).exit_code == 1
    page = Written(out.read_text("utf-8"))
    (pair,) = page.data["pairs"]
    assert (pair["verdict"], pair["a"], pair["b"]) == ("reworded", 0, 1)
    assert [part for part, *_ in pair["words"]] == [0]
    assert "folder does not exist" in refused("diff", *two, "--html", tmp_path / "no" / "x.html")
    assert "two recordings or two folders" in refused("view", "--compare", two[0])
    assert "two files or two folders" in refused("view", "--compare", two[0], tmp_path)
