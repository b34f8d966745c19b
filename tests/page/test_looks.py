"""How pages look and read: for all eyes and readers, on paper, and with much in them.

The pictures are written to `build/page`, or to the folder that STREAMTAPE_PICTURES names.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from streamtape.tape.model import Chunk, Chunks, Ending, Interaction
from tests.cli.running import interaction, responses, run, tape
from tests.dialogues import client, dialogue, server
from tests.page.opening import (
    PICTURES,
    box_of,
    drawn,
    faults_for_readers,
    fits,
    go,
    listens,
    show,
)
from tests.patience import until
from tests.streams import Writer, interaction_of
from tests.tools_present import needs

SECOND_US = 1_000_000
Scheme = Literal["light", "dark"]
Forced = Literal["active", "none"]
# A page is opened once, and goes from look to look.
LOOKS: dict[str, tuple[tuple[int, int], Scheme, Forced]] = {
    "desktop": ((1280, 900), "light", "none"),
    "dark": ((1280, 900), "dark", "none"),
    "forced": ((1280, 900), "light", "active"),
    "phone": ((390, 844), "light", "none"),
    "phone-dark": ((390, 844), "dark", "none"),
}

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


def turn(writer: Writer, number: int, messages: list[Any]) -> Interaction:
    """A turn of an agent, that begins some seconds after the first."""
    body = json.dumps({"model": "gpt-4.1", "temperature": 0.2, "input": messages}).encode()
    one = interaction_of(writer.payloads, body=body)
    chunks = Chunks.of(Chunk(40 * (c.at_us or 0) + 300_000, c.data) for c in one.chunks)
    ending = Ending("complete", chunks[-1].at_us)
    started = 1_767_225_600_000_000 + 3 * number * SECOND_US
    return replace(one, chunks=chunks, ending=ending, started_at_us=started)


def agent(path: Path) -> Path:
    """An agent that asks a tool and answers, once well and once cut."""
    ask = {"role": "user", "content": "Where is it **warmest**, Lisbon or Faro?"}
    first = Writer().call("weather", '{"city', '": "Faro"}').end()
    call = {"type": "function_call", "call_id": "call_1_0", "name": "weather", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "call_1_0", "output": '{"celsius": 24}'}
    words = [
        "## Faro\n\n",
        "It is ",
        "**24** ",
        "degrees:\n\n",
        "| city | C |\n|---|---|\n| Faro | 24 |\n",
    ]
    second = Writer().message(*words).end()
    cut = interaction(responses("cut")[:3], ending=Ending("error", 9_000, "ReadError", "gone"))
    started = 1_767_225_600_000_000 + 3 * SECOND_US + SECOND_US // 5
    return tape(
        path,
        turn(first, 0, [ask]),
        turn(second, 1, [ask, call, result]),
        replace(cut, started_at_us=started),
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of a page of a run, of a race, and of a table of races."""
    folder = tmp_path_factory.mktemp("pages")
    agent(folder / "agent.tape")
    run("view", folder, "-o", folder / "run.html")
    for name, word in (("a", "bubble "), ("b", "rubber ")):
        tape(
            folder / name / "x.tape",
            Writer().message("double ", word, "bath").end().interaction(),
        )
        tape(folder / name / "y.tape", Writer().message("fine").end().interaction())
    run("view", "--compare", folder / "a", folder / "b", "-o", folder / "race.html")
    found = {name: (folder / f"{name}.html").as_uri() for name in ("run", "race")}
    return {"run": f"{found['run']}#1/4", "race": f"{found['race']}#0", "table": found["race"]}


@pytest.mark.parametrize("name", ["run", "race", "table"])
def test_pages_fit_and_are_read_by_all(name: str, opened: Page, pages: dict[str, str]) -> None:
    """In no look is anything wider than the window, and axe finds nothing serious."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    go(opened, pages[name])
    serious: list[str] = []
    for look, ((width, height), scheme, forced) in LOOKS.items():
        opened.set_viewport_size({"width": width, "height": height})
        opened.emulate_media(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")
        drawn(opened)
        until(partial(fits, opened))
        serious += [f"{look}: {found}" for found in faults_for_readers(opened)]
        opened.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)
    assert serious == []


def test_all_of_it_is_printed(opened: Page, tmp_path: Path) -> None:
    """On paper every event and the whole text are there, and no control is."""
    tape(
        tmp_path / "run.tape", Writer().message(*(f"w{n} " for n in range(90))).end().interaction()
    )
    show(opened, tmp_path)
    opened.uncheck("#fold")
    opened.emulate_media(media="print")
    expect(opened.locator(".row")).to_have_count(98)
    expect(opened.locator("#player")).to_be_hidden()
    # What is folded on a screen stands open on paper.
    expect(opened.locator("#wire td", has_text="text/event-stream")).to_be_visible()
    heights = """["parts", "list"].map(id => document.getElementById(id))
        .map(box => box.scrollHeight - box.clientHeight)"""
    until(lambda: max(opened.evaluate(heights)) <= 1)
    PICTURES.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=PICTURES / "print.png", full_page=True)


def test_many_recordings_stay_usable(opened: Page, tmp_path: Path) -> None:
    """Many in one page: few are drawn, a filter finds one, and the current one is in sight."""
    for number in range(120):
        tape(tmp_path / f"{number:04}.tape", Writer().message(f"word{number}").end().interaction())
    show(opened, tmp_path, "", "--no-checks")
    until(lambda: 0 < opened.locator("#nav .items button").count() < 40)
    for _ in range(30):
        opened.keyboard.press("]")
    current = opened.locator("#nav [aria-current]")
    expect(current).to_have_attribute("data-number", "30")
    expect(current).to_be_in_viewport()
    opened.fill("#nav input", "0119")
    expect(opened.locator("#nav .items button")).to_have_count(1)
    opened.locator("#nav .items button").click()
    expect(opened.locator(".part.text .grown")).to_have_text("word119")
    opened.locator("#nav .items button").focus()
    expect(opened.locator("#nav [tabindex='0']")).to_have_count(1)


def test_themes_are_chosen_and_kept(opened: Page, tmp_path: Path) -> None:
    """Light, dark, or as the system has it; the choice is there again when the page is."""
    tape(tmp_path / "run.tape", Writer().message("a").end().interaction())
    show(opened, tmp_path)
    ground = "getComputedStyle(document.body).backgroundColor"
    name, body = opened.locator("#theme .sr"), opened.locator("body")
    expect(name).to_have_text("Theme: auto")
    light = opened.evaluate(ground)
    opened.keyboard.press("t")
    expect(name).to_have_text("Theme: light")
    opened.click("#theme")
    expect(name).to_have_text("Theme: dark")
    expect(body).not_to_have_css("background-color", light)
    opened.reload()
    listens(opened)
    expect(name).to_have_text("Theme: dark")
    expect(body).not_to_have_css("background-color", light)
    press = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 't', bubbles: true}))"
    opened.evaluate(f"{press}; {press}")  # faster than the page is drawn: auto, light
    expect(name).to_have_text("Theme: light")


def test_the_timeline_answers(opened: Page, tmp_path: Path) -> None:
    """Hover says what is there; a click goes there; a drag selects; keys and buttons zoom."""
    tape(
        tmp_path / "run.tape", Writer().message(*(f"w{n} " for n in range(90))).end().interaction()
    )
    show(opened, tmp_path)
    box = box_of(opened.locator("#timeline"))
    middle = box["y"] + 40
    opened.mouse.move(box["x"] + box["width"] / 2, middle)
    expect(opened.locator(".hover")).to_contain_text("response.output_text.delta")
    opened.mouse.click(box["x"] + box["width"] / 2, middle)
    clock = opened.locator("#clock")
    expect(clock).to_have_text(re.compile("^0\\.04"))
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] * 0.6, middle)
    opened.mouse.move(box["x"] + box["width"] * 0.75, middle)
    opened.mouse.up()
    expect(opened.locator("#figures")).to_contain_text("events")
    expect(opened.locator("#count")).to_contain_text(" of 98")
    opened.get_by_role("button", name="Zoom to it").click()
    expect(opened.locator("#minimap")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(opened.locator("#count")).to_have_text("98")
    opened.keyboard.press("0")
    expect(opened.locator("#minimap")).to_have_count(0)
    opened.keyboard.press("+")
    expect(opened.locator("#minimap")).to_be_visible()
    opened.click("[aria-label='Show all']")
    legend = opened.locator("#legend button", has_text="waits")
    legend.click()
    expect(legend).to_have_attribute("aria-pressed", "false")
    opened.locator("#timeline").tap(position={"x": box["width"] * 0.25, "y": 40})
    expect(clock).to_have_text(re.compile("^0\\.02"))


def test_a_run_is_a_waterfall(opened: Page, tmp_path: Path) -> None:
    """Turns on one clock, the tools' time with their name, totals; a click goes to a turn."""
    agent(tmp_path / "agent.tape")
    show(opened, tmp_path)
    expect(opened.locator("#run .tile", has_text="at once")).to_contain_text("2")
    expect(opened.locator("#run .toollist li")).to_contain_text("weather")
    expect(opened.locator("#run .toollist li")).to_contain_text("celsius")
    opened.locator(".names button").nth(1).click()
    expect(opened.locator("#nav [aria-current]")).to_have_attribute("data-number", "1")
    box = box_of(opened.locator(".bars"))
    opened.mouse.move(box["x"] + 30, box["y"] + 26 + 14)
    expect(opened.locator(".bars .hover")).to_contain_text("first content")
    opened.mouse.click(box["x"] + 30, box["y"] + 26 + 14)
    expect(opened.locator("#nav [aria-current]")).to_have_attribute("data-number", "0")


def test_a_dialogue_is_read_in_both_directions(opened: Page, tmp_path: Path) -> None:
    """What the client asks stands before its answer, each as it comes; the close is named."""
    messages = []
    for question, *words in (("Which bath?", "A ", "double."), ("</script><b>Sure?", "Yes.")):
        body = {"type": "response.create", "response": {"input": question}}
        messages.append(client(json.dumps(body)))
        messages += [server(json.dumps(p)) for p in Writer().message(*words).end().payloads]
    ending = Ending("complete", 900_000, close_code=1011, close_reason="overloaded")
    tape(tmp_path / "run.tape", dialogue(*messages, ending=ending))
    show(opened, tmp_path)
    expect(opened.locator("#head .badge").first).to_contain_text("closed with 1011")
    bubbles = opened.locator(".answer .txt, .answer .grown")
    expect(bubbles).to_have_text(["Which bath?", "A double.", "</script><b>Sure?", "Yes."])
    opened.keyboard.press("Home")
    expect(opened.locator(".answer .bubble.user").first).to_be_hidden()
    opened.keyboard.press("ArrowRight")
    expect(opened.locator(".answer .bubble.user").first).to_be_visible()
