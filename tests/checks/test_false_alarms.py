"""What real servers send that is as documented, or is their right: no errors about it."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

import streamtape
from streamtape.checks.finding import Finding
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.checks.rule_payloads import renumber
from tests.checks.test_others import Payloads, chat, check
from tests.streams import Writer

AZURE = "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-06-01"
RESPONSES = "https://api.openai.com/v1/responses"
MCP = "https://mcp.test/mcp"


def errors(findings: list[Finding]) -> list[str]:
    """The errors, as texts."""
    return [str(f) for f in findings if f.severity == "error"]


def exchange(
    method: str = "POST",
    status: int = 200,
    media: str = "",
    body: bytes = b"",
    *,
    url: str = MCP,
    request: Any = None,
) -> Interaction:
    """One request and its answer."""
    sent = b"" if request is None else json.dumps(request).encode()
    headers = ((b"content-type", media.encode()),) if media else ()
    chunks = Chunks.of([Chunk(1000, body)] if body else [])
    return Interaction(
        Request(method, url, (), sent), Head(status, headers, 500), chunks, Ending("complete", 1)
    )


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "POST", "GET"])
@pytest.mark.parametrize("status", [200, 202, 204, 205, 304, 307])
@pytest.mark.parametrize("media", ["", "application/json", "text/plain"])
def test_an_answer_without_a_body_is_no_stream(method: str, status: int, media: str) -> None:
    """Nothing is what was to be sent: no stream is missed where none was promised."""
    assert streamtape.check(exchange(method, status, media, request={"a": 1})) == []


@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", 200), ("OPTIONS", 200), ("DELETE", 200), ("POST", 202), ("POST", 204), ("GET", 304)],
)
def test_a_stream_s_type_alone_promises_no_events(method: str, status: int) -> None:
    """HEAD, 202 and their like have no body, whatever type they name and whatever was asked."""
    body = {"stream": True}
    assert streamtape.check(exchange(method, status, "text/event-stream", request=body)) == []


def test_an_empty_stream_is_still_reported() -> None:
    """200 and `text/event-stream` without an event is an error; asked for one, at least odd."""
    empty = exchange(media="text/event-stream", url=RESPONSES, request={"stream": True})
    assert [(f.rule, f.severity) for f in streamtape.check(empty)] == [("empty", "error")]
    nothing = exchange(url=RESPONSES, request={"stream": True})
    assert [(f.rule, f.severity) for f in streamtape.check(nothing)] == [("empty", "warning")]


def _filter(**more: Any) -> dict[str, Any]:
    results = {"hate": {"filtered": False, "severity": "safe"}}
    choice = {"index": 0, "finish_reason": None, "content_filter_results": results, **more}
    return {"id": "", "object": "", "created": 0, "model": "", "choices": [choice]}


OFFSETS = {"content_filter_offsets": {"check_offset": 1, "start_offset": 1, "end_offset": 2}}


@pytest.mark.parametrize("more", [{}, OFFSETS], ids=["results", "offsets"])
@pytest.mark.parametrize("places", [(0,), (1,), (3, 5), (6,), (7,), (0, 2, 4, 8)])
def test_azure_s_filter_speaks_at_any_time(more: dict[str, Any], places: tuple[int, ...]) -> None:
    """Choices of the filter have no delta and no role, and may come first, last or between."""
    payloads = chat()
    for place in places:
        payloads.insert(place, _filter(**more))
    body = {"stream_options": {"include_usage": True}}
    assert check(AZURE, payloads, request=body) == []


def test_a_choice_with_neither_delta_nor_filter_is_reported() -> None:
    """What a chunk must have is still asked of every other choice."""
    payloads = chat()
    del payloads[1]["choices"][0]["delta"]
    assert [f.rule for f in check(AZURE, payloads) if f.severity == "error"] == ["required"]


def _item(kind: str, steps: tuple[str, ...], **fields: Any) -> Payloads:
    """An item of a hosted tool, put before the others, as its events."""
    item = {"id": "tool_1", "type": kind, **fields}
    place = {"output_index": 0, "item_id": "tool_1"}
    return [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        *({"type": f"response.{kind}.{step}", **place} for step in steps),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
    ]


def _with_first(item: Payloads) -> Payloads:
    """A whole stream in which an item comes first."""
    payloads = copy.deepcopy(Writer().message("Double ", "bath").end().payloads)
    for payload in payloads[2:-1]:
        payload["output_index"] += 1
    payloads[-1]["response"]["output"].insert(0, item[0]["item"])
    payloads[2:2] = copy.deepcopy(item)
    renumber(payloads)
    return payloads


LIST = _item("mcp_list_tools", ("in_progress", "completed"), server_label="s", tools=[])
CALL = _item("mcp_call", ("in_progress",), server_label="s", name="wash", arguments="{}")
SEARCH = _item("web_search_call", ("in_progress", "searching", "completed"), status="completed")
FILES = _item("file_search_call", ("in_progress", "searching", "completed"), status="completed",
              queries=[], results=None)  # fmt: skip


@pytest.mark.parametrize(
    ("item", "left_out"),
    [
        (LIST, "output_item.done"),
        (LIST, "mcp_list_tools.completed"),
        (CALL, "output_item.done"),
        (SEARCH, "web_search_call.completed"),
        (SEARCH, "web_search_call.searching"),
        (FILES, "file_search_call.completed"),
    ],
    ids=str,
)
def test_a_hosted_tool_s_missing_step_is_a_warning(item: Payloads, left_out: str) -> None:
    """OpenAI's lists of MCP tools were seen never done, Azure's searches never completed."""
    payloads = _with_first([p for p in item if p["type"] != f"response.{left_out}"])
    found = check(RESPONSES, payloads, named=True)
    assert errors(found) == []
    left = ("searching", "mcp_call")  # steps that need not come
    assert bool(found) is not any(word in left_out for word in left), found


@pytest.mark.parametrize("item", [LIST, SEARCH, FILES], ids=["list", "search", "files"])
def test_a_hosted_tool_s_step_after_its_end_is_an_error(item: Payloads) -> None:
    """Lenient is what is left out, not what comes too often."""
    assert check(RESPONSES, _with_first(item), named=True) == []
    assert errors(check(RESPONSES, _with_first([*item, item[-1]]), named=True))


def test_what_a_server_says_by_itself_never_ends() -> None:
    """The stream of a GET carries notifications and requests, and no result; or nothing."""
    text = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
    body = b"event: message\ndata: %s\n\n" % json.dumps(text).encode()
    assert streamtape.check(exchange("GET", media="text/event-stream", body=body)) == []
    assert streamtape.check(exchange("GET", media="text/event-stream", body=b": ping\n\n")) == []
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    cut = streamtape.check(exchange(media="text/event-stream", body=body, request=request))
    assert [f.rule for f in cut] == ["terminal"]


def test_the_first_transport_of_mcp_begins_with_an_address() -> None:
    """`event: endpoint` holds the address to post to, which is no JSON; results may follow on."""
    result = b'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'
    body = b"event: endpoint\ndata: /messages?session=1\n\n" + result + result
    url = "https://mcp.test/sse"
    assert streamtape.check(exchange("GET", media="text/event-stream", body=body, url=url)) == []


def _parts(opened: str, closed: str) -> Callable[[Payloads], None]:
    """Give the first item reasoning whose parts open and close by other events."""

    def change(payloads: Payloads) -> None:
        at = {"item_id": "rs_1", "output_index": 0}
        inside = {**at, "content_index": 0}
        item = {"id": "rs_1", "type": "reasoning", "summary": [], "content": []}
        part = {"type": "reasoning_text", "text": "Soap."}
        whole = {**item, "content": [part]}
        events = [
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": opened, **inside, "part": {**part, "text": ""}} if opened else {},
            {"type": "response.reasoning_text.delta", **inside, "delta": "Soap."},
            {"type": "response.reasoning_text.done", **inside, "text": "Soap."},
            {"type": closed, **inside, "part": part} if closed else {},
            {"type": "response.output_item.done", "output_index": 0, "item": whole},
        ]
        payloads[:] = _with_first([event for event in events if event])
        payloads[-1]["response"]["output"][0] = whole
        renumber(payloads)

    return change


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("response.content_part.added", "response.content_part.done"),
        ("response.reasoning_part.added", "response.reasoning_part.done"),
        ("", ""),
    ],
)
def test_parts_of_reasoning_open_in_several_ways(opened: str, closed: str) -> None:
    """Bedrock Mantle and vLLM have events of their own for them, llama.cpp has none: no error."""
    payloads: Payloads = []
    _parts(opened, closed)(payloads)
    found = check(RESPONSES, payloads, named=True)
    assert errors(found) == []
    assert bool(found) is not bool(opened)


def test_a_guardrail_that_blocks_ends_a_text() -> None:
    """Titan's event then has the guardrail's text and no reason to end."""
    event = {"outputText": "Blocked.", "amazon-bedrock-guardrailAction": "INTERVENED"}
    url = "https://bedrock-runtime.test/model/amazon.titan/invoke-with-response-stream"
    body = b"data: %s\n\n" % json.dumps(event).encode()
    whole = exchange(media="text/event-stream", body=body, url=url)
    assert streamtape.check(whole, dialect="bedrock-text") == []
    cut = exchange(media="text/event-stream", body=body.replace(b"INTERVENED", b"NONE"), url=url)
    assert errors(streamtape.check(cut, dialect="bedrock-text"))


@pytest.mark.parametrize(("reason", "severity"), [("tool_calls", []), ("stop", ["warning"])])
def test_the_chunk_of_the_usage_may_repeat_how_it_ended(reason: str, severity: list[str]) -> None:
    """OpenRouter's has the choice and its reason again: only another reason is a second end."""
    payloads = chat()
    again = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": reason}
    payloads[6]["choices"] = [again]
    url = "https://openrouter.ai/api/v1/chat/completions"
    found = check(url, payloads, request={"stream_options": {"include_usage": True}})
    assert [f.severity for f in found if f.rule == "terminal"] == severity
