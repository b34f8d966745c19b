"""Values in a notebook: the page in a frame without rights, and what is seen without the frame."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import streamtape
from tests.page.opening import PICTURES
from tests.page.test_looks import agent
from tests.patience import eventually
from tests.tools_present import needs

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


def test_cells_show_pages_that_reach_nothing(opened: Page, tmp_path: Path) -> None:
    """A run and a comparison are played inside their cells, and can't touch the notebook."""
    cassette = streamtape.load(agent(tmp_path / "agent.tape"))
    values = cassette, streamtape.diff(cassette[0], cassette[1])
    cells = "".join(value._repr_html_() for value in values)
    (tmp_path / "cells.html").write_text(f"<!doctype html>{cells}", "utf-8")
    opened.goto((tmp_path / "cells.html").as_uri())
    run, race = (opened.frame_locator("iframe").nth(number) for number in (0, 1))
    expect(run.locator("#run .tile", has_text="at once")).to_contain_text("2")
    run.locator("#event-2 .short").click()
    expect(run.locator("#event-2 .more")).to_be_visible()
    run.locator("#theme").click()
    run.locator("#play").click()
    frame = opened.frames[1]
    eventually(lambda: frame.evaluate("window.origin"), "null")
    document = "(() => { try { return parent.document } catch { return 'none' } })()"
    eventually(lambda: frame.evaluate(document), "none")
    expect(opened.locator("pre").first).to_be_visible()
    opened.locator("iframe").nth(1).scroll_into_view_if_needed()
    expect(race.locator("#head .badge")).to_contain_text("behaviour changed")
    PICTURES.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=PICTURES / "notebook.png")
