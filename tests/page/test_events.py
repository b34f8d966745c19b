"""The list of events and the conversation: searched, opened, copied, folded, linked to."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from streamtape.tape.model import Ending, Request
from tests.cli.running import interaction, responses, sse, tape
from tests.page.opening import box_of, drawn, show
from tests.patience import eventually, until
from tests.streams import Writer, interaction_of
from tests.tools_present import needs

pytestmark = [needs("chromium"), pytest.mark.xdist_group("page")]


def span(page: Page, selector: str) -> tuple[float, float]:
    """Where an element begins and ends, from the window's top; (-1, -1) where it isn't drawn."""
    box = page.locator(selector).first.bounding_box()
    return (box["y"], box["y"] + box["height"]) if box else (-1, -1)


def is_in_sight(page: Page, height: int) -> bool:
    """Whether the active event begins below a player that is low, and above the window's end."""
    (top, bottom), (row, _) = span(page, "#player"), span(page, ".row.active")
    return bottom - top < height * 0.15 and bottom - 1 <= row < height


def is_first_above_second(page: Page) -> bool:
    """Whether the second row begins where the first one ends, to a pixel."""
    return span(page, "#event-0")[1] == pytest.approx(span(page, "#event-1")[0], abs=1)


def test_a_search_finds_what_one_reads(opened: Page, tmp_path: Path) -> None:
    """Words that deltas have cut are found, marked in the text, and gone to hit by hit."""
    words = ("dou", "ble bub", "ble bath", " and more")
    tape(tmp_path / "run.tape", Writer().message(*words).end().interaction())
    show(opened, tmp_path)
    opened.fill("#search", "double bubble bath")
    # Its three deltas, and those that repeat the text.
    expect(opened.locator("#count")).to_have_text("7 of 12")
    marked = "[...(CSS.highlights.get('search') ?? [])].map(String)"
    eventually(lambda: opened.evaluate(marked), ["double bubble bath"])
    opened.keyboard.press("Enter")
    expect(opened.locator(".row.active .n")).to_have_text("4")
    opened.click("[aria-label='Next hit']")
    expect(opened.locator(".row.active .n")).to_have_text("5")
    opened.locator("#list").press("N")
    expect(opened.locator(".row.active .n")).to_have_text("4")
    opened.fill("#search", "/b[au]/")
    expect(opened.locator("#count")).to_have_text("6 of 12")
    opened.locator("#search").press("Escape")
    expect(opened.locator("#count")).to_have_text("12")


def test_a_finding_leads_to_its_event_in_sight(opened: Page, tmp_path: Path) -> None:
    """The event is opened below the player, on a desktop and on a phone."""
    tape(
        tmp_path / "run.tape",
        interaction(responses(*["word "] * 60)[:50], ending=Ending("error", 9, "X")),
    )
    show(opened, tmp_path)
    for width, height in ((1280, 720), (390, 740)):
        opened.set_viewport_size({"width": width, "height": height})
        opened.locator("#findings button:not(:disabled)").last.click()
        expect(opened.locator(".row.active .more")).to_be_visible()
        # The page scrolls there in its next frames: what it opened before is in sight till then.
        until(partial(is_in_sight, opened, height))


def test_open_rows_move_the_others_whatever_the_width(opened: Page, tmp_path: Path) -> None:
    """After a resize, and after a part of a payload is folded, rows do not overlap."""
    tape(tmp_path / "run.tape", Writer().message("a", "b").end().interaction())
    show(opened, tmp_path)
    opened.locator(".row .short").first.click()

    for width in (1280, 390, 900):
        opened.set_viewport_size({"width": width, "height": 800})
        expect(opened.locator("#event-0 .more")).to_be_visible()
        drawn(opened)
        until(partial(is_first_above_second, opened))
    before = box_of(opened.locator("#event-1"))["y"]
    opened.locator("#event-0 .tw").nth(1).click()
    until(lambda: span(opened, "#event-1")[0] < before and is_first_above_second(opened))


def test_rows_are_selected_as_text_and_opened_by_click_and_keys(
    opened: Page, tmp_path: Path
) -> None:
    """A drag over a row selects and opens nothing; arrow keys move, Enter opens."""
    tape(tmp_path / "run.tape", Writer().message("alpha", "beta").end().interaction())
    show(opened, tmp_path)
    box = box_of(opened.locator("#event-4 .s"))
    opened.mouse.move(box["x"] + 1, box["y"] + 8)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 40, box["y"] + 8)
    opened.mouse.up()
    until(lambda: "al" in opened.evaluate("String(getSelection())"))
    drawn(opened)
    expect(opened.locator(".more")).to_have_count(0)
    opened.evaluate("getSelection().removeAllRanges()")
    events = opened.locator("#list")
    events.press("ArrowDown")
    events.press("ArrowDown")
    expect(events).to_have_attribute("aria-activedescendant", "event-1")
    events.press("Enter")
    expect(opened.locator("#event-1")).to_have_attribute("aria-expanded", "true")
    events.press("Enter")
    expect(opened.locator("#event-1")).to_have_attribute("aria-expanded", "false")
    opened.locator("#event-3 .short").tap()
    expect(opened.locator("#event-3 .more")).to_be_visible()


def test_runs_of_deltas_are_one_row_until_opened(opened: Page, tmp_path: Path) -> None:
    """Twenty deltas are one row that says what they add, and twenty once it is opened."""
    tape(
        tmp_path / "run.tape", Writer().message(*(f"w{n} " for n in range(20))).end().interaction()
    )
    show(opened, tmp_path)
    run = opened.locator("#event-4")
    expect(run).to_contain_text("×20")
    expect(run.locator(".s")).to_contain_text("w0 w1 w2")
    run.locator(".short").click()
    expect(opened.locator("#event-5 .n")).to_have_text("5")
    expect(opened.locator("#count")).to_have_text("28")


def test_the_address_follows_and_leads(opened: Page, tmp_path: Path) -> None:
    """What is chosen stands in the address; an address that changes is gone to; back goes back."""
    for name in ("a", "b"):
        tape(tmp_path / f"{name}.tape", Writer().message(name).end().interaction())
    show(opened, tmp_path)
    opened.locator("#nav button[data-number='1']").click()
    expect(opened).to_have_url(re.compile("#1$"))
    opened.locator("#event-2 .short").click()
    expect(opened).to_have_url(re.compile("#1/2$"))
    opened.keyboard.press("Home")
    expect(opened).to_have_url(re.compile(r"#1/2\?t=0$"))
    opened.evaluate("location.hash = '#0/4?t=0.003'")
    expect(opened.locator("#event-4 .more")).to_be_visible()
    expect(opened.locator("#clock")).to_have_text(re.compile("^0.003 "))
    expect(opened.locator("#nav [aria-current]")).to_have_attribute("data-number", "0")
    opened.go_back()
    expect(opened.locator("#nav [aria-current]")).to_have_attribute("data-number", "1")


def copied(page: Page, item: str) -> str:
    """What an entry of the menu puts into the clipboard, which is empty before."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.click("#copy > button")
    page.click(f"[data-item={item}]")
    expect(page.locator("#toast")).to_contain_text("opied")
    read = "navigator.clipboard.readText()"
    until(lambda: page.evaluate(read))
    return str(page.evaluate(read))


def test_everything_can_be_copied(opened: Page, context: BrowserContext, tmp_path: Path) -> None:
    """Payload, transcript, link, and the request as curl, Python and a test that is Python."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    one = interaction_of(
        Writer().message("Hi", "!").end().payloads, body=b'{"model":"m","input":"Say it."}'
    )
    tape(tmp_path / "run.tape", one)
    show(opened, tmp_path, "#0/4")
    assert json.loads(copied(opened, "payload"))["delta"] == "Hi"
    assert copied(opened, "transcript") == "[user] Say it.\n\n[answer] Hi!\n"
    assert copied(opened, "link").endswith("page.html#0/4")
    assert copied(opened, "curl").startswith("curl -N 'https://api.openai.com/v1/responses'")
    assert 'input="Say it."' in copied(opened, "python")
    compile(copied(opened, "test"), "test", "exec")
    opened.evaluate("document.getElementById('toast').textContent = ''")
    opened.click(".more .small")
    expect(opened.locator("#toast")).to_have_text("Copied")
    opened.click("#copy > button")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Escape")
    expect(opened.locator("[role=menu]")).to_have_count(0)


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<svg "), ("png", b"\x89PNG")])
def test_the_picture_is_saved(kind: str, start: bytes, opened: Page, tmp_path: Path) -> None:
    """The timeline as a file that any viewer shows."""
    tape(tmp_path / "run.tape", Writer().message("a", "b").end().interaction())
    show(opened, tmp_path)
    opened.click("#copy > button")
    with opened.expect_download() as download:
        opened.click(f"[data-item={kind}]")
    assert download.value.path().read_bytes().startswith(start)
    assert download.value.suggested_filename == f"run-tape.{kind}"


def chat(*deltas: dict[str, object]) -> list[bytes]:
    """Chunks of Chat Completions."""
    return [
        b"data: "
        + json.dumps(
            {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", **delta}
        ).encode()
        + b"\n\n"
        for delta in deltas
    ]


def test_rows_of_chat_say_what_they_bring(opened: Page, tmp_path: Path) -> None:
    """The start of a tool call, its end and the usage: no row is the beginning of its JSON."""
    call = {
        "index": 0,
        "id": "c",
        "type": "function",
        "function": {"name": "wash", "arguments": ""},
    }
    pieces = chat(
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]},
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
                }
            ]
        },
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}},
    )
    tape(
        tmp_path / "run.tape",
        interaction(pieces, url="https://api.example.com/v1/chat/completions"),
    )
    show(opened, tmp_path)
    says = [
        "assistant",
        "wash",
        "{}",
        "tool_calls",
        "usage: prompt_tokens 7, completion_tokens 5",
    ]
    expect(opened.locator(".row .s")).to_have_text(says)
    expect(opened.locator("#event-2 .y")).to_have_text("tool arguments")


PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def test_images_are_shown_and_code_once(opened: Page, tmp_path: Path) -> None:
    """An image that came is an image; one in the request too; neither is an empty tool call."""
    item = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PNG}
    events: list[dict[str, Any]] = [
        {
            "type": "response.created",
            "response": {"id": "r", "status": "in_progress", "output": []},
        },
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "generating", "result": None},
        },
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [item]},
        },
    ]
    content = [
        {"type": "input_text", "text": "Like this"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
    ]
    one = interaction(sse(*events))
    body = json.dumps({"model": "m", "input": [{"role": "user", "content": content}]}).encode()
    tape(tmp_path / "run.tape", replace(one, request=Request("POST", one.request.url, (), body)))
    show(opened, tmp_path)
    expect(opened.locator(".bubble.user img")).to_be_visible()
    expect(opened.locator(".answer img")).to_be_visible()
    sizes = "[...document.images].map(image => image.naturalWidth)"
    eventually(lambda: opened.evaluate(sizes), [1, 1])
    expect(opened.locator(".part")).to_have_count(0)


def test_markdown_is_laid_out_and_raw_where_wanted(opened: Page, tmp_path: Path) -> None:
    """Headings, lists, tables, code; links are not followed and HTML is text."""
    text = (
        "## Title\n\n1. one\n2. **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "```py\nx = '<b>'\n```\n\n"
        "[go](https://x.test) <img src=x onerror=alert(1)> &copy; a *b*"
    )
    pieces = re.findall(r"[\s\S]{1,7}", text)
    tape(tmp_path / "run.tape", Writer().message(*pieces).end().interaction())
    show(opened, tmp_path)
    grown = opened.locator(".part.text .grown")
    expect(grown.locator("h4")).to_have_text("Title")
    expect(grown.locator("ol li")).to_have_text(["one", "two"])
    expect(grown.locator("th, td")).to_have_text(["a", "b", "1", "2"])
    expect(grown.locator("pre[data-lang=py] code")).to_have_text("x = '<b>'")
    expect(grown.locator("p").last).to_have_text("go <img src=x onerror=alert(1)> © a b")
    expect(grown.locator("a, img")).to_have_count(0)
    whole = grown.inner_html()
    opened.check("#raw")
    eventually(grown.inner_text, text)
    opened.uncheck("#raw")
    eventually(grown.inner_html, whole)
    # As it grew: every prefix is laid out, and the whole comes out the same.
    opened.keyboard.press("Home")
    for _ in range(len(pieces) + 4):
        opened.keyboard.press("ArrowRight")
    eventually(grown.inner_html, whole)


def test_the_request_is_a_conversation(opened: Page, tmp_path: Path) -> None:
    """Bubbles by role; a call stands with its result; only what is new stands open."""
    ask = {"role": "user", "content": "Warm?"}
    call = {
        "type": "function_call",
        "call_id": "call_1_0",
        "name": "weather",
        "arguments": '{"city":"Faro"}',
    }
    result = {"type": "function_call_output", "call_id": "call_1_0", "output": "24 degrees"}
    first = Writer().call("weather", '{"city"', ':"Faro"}').end()
    bodies = [
        {"model": "m", "temperature": 0.2, "instructions": "Be brief.", "input": [ask]},
        {"model": "m", "instructions": "Be brief.", "input": [ask, call, result]},
    ]
    turns = [
        interaction_of(writer.payloads, body=json.dumps(body).encode())
        for writer, body in zip((first, Writer().message("Yes.").end()), bodies, strict=True)
    ]
    tape(tmp_path / "run.tape", *turns)
    show(opened, tmp_path)
    expect(opened.locator("#nav .path")).to_have_text(["Warm?", "weather → 24 degrees"])
    expect(opened.locator(".bubble.user")).to_have_text("userWarm?")
    expect(opened.locator(".bubble.system")).to_contain_text("Be brief.")
    expect(opened.locator(".chip").first).to_have_text("temperature 0.2")
    expect(opened.locator(".answer .result")).to_contain_text("24 degrees")
    opened.keyboard.press("]")
    expect(opened.locator(".old summary")).to_have_text("2 messages as in the turn before")
    expect(opened.locator(".bubble.user")).to_be_hidden()
    expect(opened.locator(".bubble.tool .result")).to_contain_text("weather")
