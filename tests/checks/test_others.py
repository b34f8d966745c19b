"""Chat, Anthropic, Gemini and users' own streams: good ones are fine, breaks are found."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import streamtape
from streamtape.checks.finding import Finding
from streamtape.dialects.base import Dialect, Scope
from streamtape.dialects.select import register_dialect, unregister_dialect
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request

Payloads = list[Any]
SSE = b"text/event-stream"
CHAT, ANTHROPIC = (
    "https://api.openai.com/v1/chat/completions",
    "https://api.anthropic.com/v1/messages",
)
GEMINI = "https://x.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse"


def check(
    url: str, payloads: Payloads, *, named: bool = False, request: Any = None, **options: Any
) -> list[Finding]:
    """What is wrong with a stream of these payloads."""
    pieces = []
    for payload in payloads:
        data = payload if isinstance(payload, str) else json.dumps(payload)
        name = f"event: {payload['type']}\n" if named and isinstance(payload, dict) else ""
        pieces.append(f"{name}data: {data}\n\n".encode())
    return streamtape.check(recording(url, b"".join(pieces), request), **options)


def recording(
    url: str, body: bytes, body_sent: Any = None, *, media: bytes = SSE, ending: str = "complete"
) -> Interaction:
    """A recording of a body, as it came from an address."""
    request = Request("POST", url, (), json.dumps(body_sent or {}).encode())
    head = Head(200, ((b"content-type", media),) if media else ())
    chunks = Chunks.of([Chunk(None, body)] if body else [])
    return Interaction(request, head, chunks, Ending(ending))  # type: ignore[arg-type]  # tests name real kinds


def rules(findings: list[Finding]) -> set[str]:
    """The rules that have errors or warnings."""
    return {f.rule for f in findings if f.severity != "info"}


def chat() -> Payloads:
    """A Chat Completions stream with a tool call and usage."""

    def chunk(**choice: Any) -> dict[str, Any]:
        base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1"}
        return {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": None, **choice}]}

    def call(arguments: str, **more: Any) -> dict[str, Any]:
        function = {"arguments": arguments, **({"name": "wash"} if more else {})}
        return chunk(delta={"tool_calls": [{"index": 0, "function": function, **more}]})

    usage = {**chunk(), "choices": [], "usage": USAGE}
    return [
        chunk(delta={"role": "assistant", "content": ""}),
        chunk(delta={"content": "Washing."}),
        call("", id="call_1", type="function"),
        call('{"times":'),
        call("10}"),
        chunk(finish_reason="tool_calls"),
        usage,
        "[DONE]",
    ]


def messages() -> Payloads:
    """An Anthropic stream: text, then a tool."""

    def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> Payloads:
        return [
            {"type": "content_block_start", "index": index, "content_block": start},
            *({"type": "content_block_delta", "index": index, "delta": d} for d in deltas),
            {"type": "content_block_stop", "index": index},
        ]

    tool = {"type": "tool_use", "id": "t1", "name": "wash", "input": {}}
    pieces = [{"type": "input_json_delta", "partial_json": p} for p in ('{"times"', ":10}")]
    message: dict[str, Any] = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 1},
    }
    return [
        {"type": "message_start", "message": message},
        *block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Washing."}),
        {"type": "ping"},
        *block(1, tool, *pieces),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None},
         "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]  # fmt: skip


def gemini() -> Payloads:
    """A Gemini stream of two events."""
    facts = {"responseId": "r1", "modelVersion": "gemini-2.5", "usageMetadata": {}}

    def candidate(text: str, **more: Any) -> dict[str, Any]:
        content = {"parts": [{"text": text}], "role": "model"}
        return {"candidates": [{"content": content, "index": 0, **more}], **facts}

    return [candidate("Double "), candidate("bath", finishReason="STOP")]


USAGE = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
STREAMS: dict[str, tuple[str, Callable[[], Payloads], bool]] = {
    "chat": (CHAT, chat, False),
    "messages": (ANTHROPIC, messages, True),
    "gemini": (GEMINI, gemini, False),
}


@pytest.mark.parametrize("name", STREAMS)
def test_good_streams_have_no_findings(name: str) -> None:
    """Nothing is said where nothing is wrong."""
    url, make, named = STREAMS[name]
    body = {"stream_options": {"include_usage": True}}
    assert check(url, make(), named=named, request=body) == []


def without(*places: int) -> Callable[[Payloads], None]:
    """Leave events out."""

    def change(payloads: Payloads) -> None:
        for place in sorted(places, reverse=True):
            del payloads[place]

    return change


def twice(place: int) -> Callable[[Payloads], None]:
    """Send an event twice."""
    return lambda payloads: payloads.insert(place, copy.deepcopy(payloads[place]))


def changed(place: int, field: str, value: Any) -> Callable[[Payloads], None]:
    """Change a field of an event."""
    return lambda payloads: payloads[place].update({field: value})


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("chat", without(0), "first"),
        ("chat", without(2), "call"),
        ("chat", without(3), "arguments"),
        ("chat", without(5), "terminal"),
        ("chat", without(6), "usage"),
        ("chat", without(7), "marker"),
        ("chat", without(5, 6, 7), "terminal"),
        ("chat", twice(5), "terminal"),
        ("chat", twice(6), "usage-last"),
        ("chat", twice(7), "marker"),
        ("chat", changed(3, "id", "c2"), "constant"),
        ("chat", changed(1, "choices", [{"delta": {"content": "x"}}]), "required"),
        ("messages", without(0), "opening"),
        ("messages", without(1), "lifecycle"),
        ("messages", without(3), "lifecycle"),
        ("messages", without(6), "arguments"),
        ("messages", without(9), "lifecycle"),
        ("messages", without(10), "terminal"),
        ("messages", twice(1), "lifecycle"),
        ("messages", twice(10), "lifecycle"),
        ("messages", changed(2, "index", 3), "lifecycle"),
        ("messages", changed(5, "index", 4), "index"),
        ("messages", changed(2, "delta", {"type": "input_json_delta", "partial_json": "{}"}),
         "lifecycle"),
        ("messages", changed(9, "usage", {"output_tokens": 0}), "cumulative"),
        ("gemini", without(1), "terminal"),
        ("gemini", twice(1), "terminal"),
        ("gemini", lambda payloads: payloads.reverse(), "terminal"),
        ("gemini", changed(1, "responseId", "r2"), "constant"),
        ("gemini", changed(0, "usageMetadata", None), "relation"),
        ("gemini", changed(0, "candidates", None), "relation"),
    ],
)  # fmt: skip
def test_what_is_broken_is_found(name: str, change: Callable[[Payloads], None], rule: str) -> None:
    """Each breach is told by the rule that is about it."""
    url, make, named = STREAMS[name]
    payloads = make()
    change(payloads)
    body = {"stream_options": {"include_usage": True}}
    found = rules(check(url, payloads, named=named, request=body))
    assert rule in found if rule else found == set()


@pytest.fixture
def acme() -> Iterator[None]:
    """A dialect of the user's own, of scopes alone."""
    register_dialect(
        Dialect(
            name="acme",
            url=r"acme\.test",
            type_from=("kind",),
            scopes=(Scope("line", ("open",), ("close",), ("n",), ("n",), ("n",), ("grow",)),),
            terminal=("end",),
        )
    )
    yield
    unregister_dialect("acme")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("open1 grow1 close1 end", None),
        ("open1 grow2 close1 end", "belongs to line 2, which was never opened"),
        ("open1 open1 close1 end", "opens line 1 again"),
        ("open1 close1 close1 end", "closes line 1, which was closed before"),
        ("open1 close1 grow1 end", "belongs to line 1, which is closed"),
        ("open1 end", "line 1 is never closed: expected close"),
        ("open1 close1 end end", "is a second end after end, which ended the stream"),
        ("open1 close1", "ends without any of end"),
    ],
)
def test_a_dialect_of_one_s_own_is_held_to_its_scopes(kinds: str, expected: str | None) -> None:
    """What a user's table opens, closes and ends is checked without a further word."""
    payloads = [
        {"kind": k.rstrip("12"), **({"n": int(k[-1])} if k[-1] in "12" else {})}
        for k in kinds.split()
    ]
    messages = [f.message for f in check("https://acme.test/", payloads)]
    assert messages == [] if expected is None else any(expected in m for m in messages)


GOOD = b'data: {"a":1}\n\ndata: {"a":2}\n\n'


@pytest.mark.parametrize(
    ("body", "media", "rule"),
    [
        (GOOD, SSE, ""),
        (GOOD.replace(b"\n", b"\r\n"), SSE, ""),
        (GOOD, b"text/plain", "content-type"),
        (GOOD, b"", "content-type"),
        (GOOD, b"text/event-stream; charset=latin-1", "content-type"),
        (b"\xef\xbb\xbf" + GOOD, SSE, "bom"),
        (GOOD + GOOD.replace(b"\n", b"\r\n"), SSE, "line-ends"),
        (GOOD.replace(b"\n", b"\r"), SSE, "line-ends"),
        (GOOD[:-1], SSE, "unterminated"),
        (GOOD + b"data: \xff\n\n", SSE, "utf-8"),
        (GOOD + b"error: oh\n\n", SSE, "unknown-field"),
        (b"", SSE, "empty"),
        (b": ping\n\n", SSE, "empty"),
    ],
)
def test_the_wire_has_rules_of_its_own(body: bytes, media: bytes, rule: str) -> None:
    """Content type, byte order mark, line ends, the last blank line, UTF-8, unknown fields."""
    found = rules(streamtape.check(recording("https://x.test/", body, media=media)))
    assert found == ({rule} if rule else set())


def test_how_the_body_ended_is_reported() -> None:
    """A break is an error; what the client left, or the recorder missed, is nobody's fault."""
    body = b'data: {"a":1}\n\n'
    failed = streamtape.check(recording("https://x.test/", body, ending="error"))
    assert [(f.rule, f.severity) for f in failed] == [("ending", "error")]
    for kind in ("abandoned", "unfinished"):
        left = streamtape.check(recording("https://x.test/", body, ending=kind))
        assert [(f.rule, f.severity) for f in left] == [("ending", "info")]


def test_an_answer_that_is_no_stream() -> None:
    """Who asked for a stream and got a document is told; who did not ask is not."""
    body = {"stream": True}
    document = recording(CHAT, b'{"choices":[]}', body, media=b"application/json")
    assert rules(streamtape.check(document)) == {"no-stream"}
    document = recording(CHAT, b'{"choices":[]}', media=b"application/json")
    assert streamtape.check(document) == []


def test_a_resumed_stream_may_begin_anywhere() -> None:
    """The rest of a stream, asked for with starting_after, is held to what it can keep."""
    from tests.streams import Writer

    payloads = Writer().message("Double ", "bubble ", "bath").end().payloads[5:]
    url = "https://api.openai.com/v1/responses/resp_1?stream=true&starting_after=4"
    assert check(url, payloads, named=True) == []
    assert "sequence" in rules(check(url, [*payloads[:2], *payloads[3:]], named=True))
