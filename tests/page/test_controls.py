"""Every control answers a pointer, a finger and the keyboard alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from tests.cli.running import run, tape
from tests.page.opening import drawn, go
from tests.page.test_looks import agent
from tests.patience import until
from tests.streams import Writer
from tests.tools_present import needs

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


N_LOOKS = 20  # with some frames between them


class Control(NamedTuple):
    """A control, the key that presses it, and what tells that it was pressed.

    `ready` is run before each press: it brings back a state in which a press changes something.
    """

    selector: str
    key: str
    state: str
    ready: str = ""


def checked(selector: str) -> str:
    """Whether a box is ticked."""
    return f"document.querySelector({selector!r}).checked"


def text(selector: str) -> str:
    """What an element says, or that it isn't there."""
    return f"document.querySelector({selector!r})?.textContent"


NAV = "#nav [aria-current]"
PRESS = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: %r, bubbles: true}))"
LEGEND = "document.querySelector('#legend button').getAttribute('aria-pressed')"
MINIMAP, MENU = (f"document.querySelector('{s}') !== null" for s in ("#minimap", "[role=menu]"))
HELP = "document.querySelector('#help')"
CONTROLS = [
    Control("#play", "Enter", text("#clock"), PRESS % "Home"),
    Control("#back", "Enter", text("#now"), PRESS % "End"),
    Control("#next", "Space", text("#now"), PRESS % "Home"),
    Control("#skip", "Space", checked("#skip")),
    Control("#raw", "Space", checked("#raw")),
    Control("#fold", "Space", checked("#fold")),
    Control("#theme", "Enter", text("#theme .sr")),
    Control("#legend button >> nth=0", "Space", LEGEND),
    Control("[aria-label='Zoom in']", "Enter", MINIMAP, PRESS % "0"),
    Control("#copy > button", "Enter", MENU, PRESS % "Escape"),
    Control("#keys", "Enter", f"{HELP}.open", f"{HELP}.close()"),
    Control("#nav button[data-number='0']", "Enter", text(NAV), PRESS % "]"),
    Control(".names button >> nth=0", "Enter", text(NAV), PRESS % "]"),
    Control("#run details summary", "Enter", "document.querySelector('#run details').open"),
    Control("#said .old summary", "Enter", "document.querySelector('#said .old').open"),
    Control("#wire summary >> nth=0", "Space", "document.querySelector('#wire details').open"),
    Control("#parts .tw >> nth=0", "Enter", "document.querySelector('#parts .tw').ariaExpanded"),
]  # fmt: skip
PAIRS = [
    Control("#table th button >> nth=0", "Enter", text("#table tbody td")),
    Control("#table .name >> nth=0", "Enter", text("#head h1"), PRESS % "Escape"),
]
RACE = [
    Control("#play", "Enter", text("#clock"), PRESS % "Home"),
    Control("#aligned input", "Space", checked("#aligned input")),
    Control("#all", "Enter", "document.querySelector('#table') !== null", "location.hash = '#0'"),
]


def answers(page: Page, controls: list[Control]) -> list[str]:
    """Which of some controls do not answer one of the ways."""
    deaf = []
    for control in controls:
        at = page.locator(control.selector)
        for way, press in (
            ("pointer", at.click),
            ("touch", at.tap),
            ("keyboard", partial(at.press, control.key)),
        ):
            try:
                until(partial(is_answered, page, control, press))
            except AssertionError:
                deaf.append(f"{control.selector} by {way}")
        make_ready(page, control)
    return deaf


def is_answered(page: Page, control: Control, press: Callable[[], object]) -> bool:
    """Whether the page has changed as it should some frames after a press.

    A press is lost that meets the page while it draws a control anew: the next one is not.
    """
    make_ready(page, control)
    before = page.evaluate(control.state)
    press()
    for _ in range(N_LOOKS):
        if page.evaluate(control.state) != before:
            return True
        drawn(page)
    return False


def make_ready(page: Page, control: Control) -> None:
    """Bring a control, and what it opened, into the state before a press."""
    page.evaluate(f"{{{control.ready}}}")
    drawn(page)
    if control.ready:
        page.locator(control.selector).wait_for()


def at_the_start(page: Page) -> bool:
    """Press Home, and say whether the page has heard it: it is there before it listens."""
    page.evaluate(PRESS % "Home")
    return (page.text_content("#clock") or "").startswith("0.000 ")


def test_controls_of_a_run(opened: Page, tmp_path: Path) -> None:
    """Player, list, timeline, conversation, menus, what is folded."""
    agent(tmp_path / "agent.tape")
    run("view", tmp_path, "-o", tmp_path / "run.html")
    go(opened, f"{(tmp_path / 'run.html').as_uri()}#1/4")
    until(partial(at_the_start, opened))
    assert answers(opened, CONTROLS) == []


def test_controls_of_comparisons(opened: Page, tmp_path: Path) -> None:
    """The table, and one of its races."""
    for side, word in (("a", "bubble "), ("b", "rubber ")):
        tape(tmp_path / side / "one.tape", Writer().message("double ", word).end().interaction())
        tape(tmp_path / side / "two.tape", Writer().message("fine").end().interaction())
    run("view", "--compare", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "race.html")
    go(opened, (tmp_path / "race.html").as_uri())
    assert answers(opened, PAIRS) == []
    opened.goto(f"{(tmp_path / 'race.html').as_uri()}#0")
    until(partial(at_the_start, opened))
    assert answers(opened, RACE) == []
