"""Bodies that are not what their content type says: they are read all the same, and it is told."""

import json
from typing import Any

import pytest

import streamtape
from streamtape.framing.eventstream import encode_message
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

SSE, NDJSON, JSON = "text/event-stream", "application/x-ndjson", "application/json"
BINARY = "application/vnd.amazon.eventstream"
CHUNKS = [{"object": "chat.completion.chunk", "id": "c", "choices": [
    {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}]}
    for text, finish in (("Hel", None), ("lo", "stop"))]  # fmt: skip
ERROR = {"error": {"message": "overloaded", "type": "server_error"}}
EVENTS = "".join(f"data: {json.dumps(c)}\n\n" for c in CHUNKS) + "data: [DONE]\n\n"
LINES = "".join(f"{json.dumps(c)}\n" for c in CHUNKS)
ARRAY = "[" + "\n,\r\n".join(json.dumps(c) for c in CHUNKS) + "]"


def answer(body: str | bytes, media: str, *, status: int = 200, path: str = "") -> Interaction:
    """An answer to a request for a stream."""
    url = f"http://localhost:8000{path or '/v1/chat/completions'}"
    request = Request("POST", url, (), b'{"stream": true}')
    data = body.encode() if isinstance(body, str) else body
    head = Head(status, ((b"content-type", media.encode()),), 500)
    return Interaction(request, head, Chunks.of([Chunk(1000, data)]), Ending("complete", 2000))


def wrong_types(interaction: Interaction) -> list[tuple[str, str]]:
    """What `check` says of the content type: how heavy, and what the body is."""
    found = streamtape.check(Cassette((interaction,)))
    return [
        (f.severity, f.message.partition("but the body is ")[2])
        for f in found
        if f.rule == "content-type"
    ]


@pytest.mark.parametrize(
    ("body", "media", "expected"),
    [
        (EVENTS, SSE, []),
        (EVENTS, JSON, [("warning", "server-sent events")]),
        (EVENTS, NDJSON, [("warning", "server-sent events")]),
        (EVENTS, BINARY, [("warning", "server-sent events")]),
        (EVENTS, "text/plain", [("warning", "server-sent events")]),
        (LINES, NDJSON, []),
        (LINES, SSE, [("error", "lines of JSON")]),
        (LINES, JSON, [("warning", "lines of JSON")]),
        (ARRAY, JSON, []),
        (ARRAY, SSE, [("error", "a JSON array that grows")]),
        (ARRAY, NDJSON, [("warning", "a JSON array that grows")]),
    ],
)
def test_a_stream_is_read_by_its_bytes(
    body: str, media: str, expected: list[tuple[str, str]]
) -> None:
    """Whatever its type says, in both directions."""
    interaction = answer(body, media)
    transcript = interaction.transcript()
    assert (transcript.text, transcript.finish_reason, transcript.finished) == (
        "Hello",
        "stop",
        True,
    )
    assert wrong_types(interaction) == expected


@pytest.mark.parametrize(
    "body", [json.dumps(ERROR), json.dumps(ERROR, indent=2), json.dumps([ERROR])]
)
@pytest.mark.parametrize("media", [SSE, NDJSON, JSON, BINARY])
@pytest.mark.parametrize("status", [200, 503])
def test_an_error_in_place_of_a_stream(body: str, media: str, status: int) -> None:
    """It is the transcript's error, whatever it is called."""
    interaction = answer(body, media, status=status)
    assert interaction.transcript().error == ERROR["error"]
    kinds = {kind for kind, _ in wrong_types(interaction)}
    if media == SSE:
        assert kinds == ({"error"} if status == 200 else {"warning"})


@pytest.mark.parametrize(
    "page", ["<html><body>Bad gateway</body></html>", "<!doctype html>\n<p>no"]
)
def test_a_page_in_place_of_a_stream(page: str) -> None:
    """What a proxy puts in place of events is told as one piece of text."""
    assert wrong_types(answer(page, SSE)) == [("error", "one piece of text")]


def message(kind: str, name: str, payload: Any, **more: str) -> bytes:
    """One AWS event stream message."""
    headers = {":message-type": kind, f":{kind}-type" if kind != "error" else ":error-code": name,
               **{f":{k.replace('_', '-')}": v for k, v in more.items()}}  # fmt: skip
    return encode_message(headers, b"" if payload is None else json.dumps(payload).encode())


EXCEPTION = message("exception", "modelStreamErrorException", {"message": "boom"})
FAULT = message("error", "InternalFailure", None, error_message="it broke")
PATHS = (
    "/model/m/converse-stream",
    "/model/m/invoke-with-response-stream",
    "/agents/a/agentAliases/b/sessions/c/text",
    "/v1/messages",
    "/v1/chat/completions",
    "/anything",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (EXCEPTION, {"type": "modelStreamErrorException", "message": "boom"}),
        (FAULT, {"type": "InternalFailure", "code": "InternalFailure", "message": "it broke"}),
    ],
    ids=["exception", "error"],
)
def test_errors_that_the_framing_carries(path: str, frame: bytes, error: dict[str, str]) -> None:
    """They are errors by whatever table the stream is read, and end nothing well."""
    first = message("event", "messageStart", {"role": "assistant"})
    for body in (frame, first + frame):
        interaction = answer(body, BINARY, path=path)
        transcript = interaction.transcript()
        assert (transcript.error, transcript.finished) == (error, False)
        rules = [f.rule for f in streamtape.check(Cassette((interaction,)))]
        assert "reported-error" in rules
