"""A recording that its client left after the end of its stream."""

import pytest

from streamtape.framing.eventstream import encode_message
from streamtape.playback.build import build_steps
from streamtape.playback.steps import Emit, Fail
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request

CHAT = b'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"a"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
SSE = (b"content-type", b"text/event-stream")


def left(
    *pieces: bytes, headers: tuple[tuple[bytes, bytes], ...] = (), path: str = ""
) -> Fail | None:
    """What the replay of a stream that its client left ends with."""
    chunks = Chunks.of(Chunk(None, piece) for piece in pieces)
    request = Request("POST", "http://h" + (path or "/v1/chat/completions"))
    recorded = Interaction(request, Head(200, headers=(SSE, *headers)), chunks, Ending("abandoned"))
    score = list(build_steps(recorded))
    assert sum(isinstance(step, Emit) for step in score) == len(pieces)
    return score[-1] if isinstance(score[-1], Fail) else None


def test_what_was_left_after_its_end_ends_well() -> None:
    """Who reads on after `[DONE]` gets the end of the stream, as from the real server."""
    assert left(CHAT, DONE) is None
    assert left(CHAT + DONE[:5], DONE[5:]) is None


def test_another_dialect_has_another_end() -> None:
    """The tables say what ends a stream."""
    start = b'event: message_start\ndata: {"type":"message_start","message":{}}\n\n'
    stop = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    assert left(start, path="/v1/messages") is not None
    assert left(start, stop, path="/v1/messages") is None


@pytest.mark.parametrize("pieces", [(), (CHAT,), (CHAT, DONE[:-1]), (CHAT, b"data: [DO")])
def test_what_was_left_before_its_end_fails(pieces: tuple[bytes, ...]) -> None:
    """A stream that nothing ended is never taken for a whole one."""
    failed = left(*pieces)
    assert failed is not None
    assert failed.error.kind == "abandoned"


def test_bytes_that_the_head_promised_are_missed() -> None:
    """A body shorter than its Content-Length, or compressed, has an end that nobody saw."""
    length = str(len(CHAT + DONE)).encode()
    assert left(CHAT, DONE, headers=((b"content-length", length),)) is None
    assert left(CHAT, DONE, headers=((b"content-length", b"9999"),)) is not None
    assert left(CHAT, DONE, headers=((b"content-encoding", b"gzip"),)) is not None


def test_what_can_not_be_read_is_not_whole() -> None:
    """A damaged binary stream ends as it was recorded, not with an error of its reader."""
    message = encode_message({":event-type": "messageStop"}, b"{}")
    damaged = message[:-1] + bytes([message[-1] ^ 1])
    request = Request("POST", "http://h/model/m/converse-stream")
    binary = (b"content-type", b"application/vnd.amazon.eventstream")
    ending = Ending("abandoned")
    for data in (damaged, message + damaged):
        recorded = Interaction(
            request, Head(200, headers=(binary,)), Chunks.of([Chunk(None, data)]), ending
        )
        assert list(build_steps(recorded))[-1] == Fail(ending)


def ends_well(
    status: int, n_bytes: int, *headers: tuple[bytes, bytes], method: str = "GET", kind: str = ""
) -> bool:
    """Whether the replay of a recording that broke off ends as if it were whole."""
    chunks = Chunks.of([Chunk(None, b"x" * n_bytes)] if n_bytes else [])
    ending = Ending("unfinished" if kind == "unfinished" else "abandoned")
    recorded = Interaction(Request(method, "http://h/x"), Head(status, headers), chunks, ending)
    return not any(isinstance(step, Fail) for step in build_steps(recorded))


@pytest.mark.parametrize("kind", ["abandoned", "unfinished"])
def test_what_http_says_is_whole_ends_well(kind: str) -> None:
    """No body can follow, or all of it has come, whether its client read it or not."""
    gzipped = (b"content-encoding", b"gzip")
    assert ends_well(204, 0, kind=kind)
    assert ends_well(304, 0, (b"content-length", b"90"), kind=kind)
    assert ends_well(200, 0, (b"content-length", b"90"), method="HEAD", kind=kind)
    assert ends_well(202, 0, (b"Content-Length", b"0"), kind=kind)
    assert ends_well(200, 6, (b"content-length", b"6"), gzipped, kind=kind)


@pytest.mark.parametrize("kind", ["abandoned", "unfinished"])
def test_what_http_does_not_say_is_whole_does_not(kind: str) -> None:
    """Bytes are missing, or nobody knows how many there were."""
    length = (b"content-length", b"6")
    assert not ends_well(200, 0, kind=kind)
    assert not ends_well(200, 5, length, kind=kind)
    assert not ends_well(200, 6, (b"content-length", b"six"), kind=kind)
    assert not ends_well(200, 6, length, (b"transfer-encoding", b"chunked"), kind=kind)
    assert not ends_well(200, 0, length, method="POST", kind=kind)


def line(payload: str) -> bytes:
    """One event of a stream."""
    return b"data: " + payload.encode() + b"\n\n"


OLLAMA = '{"model":"m","message":{"role":"assistant","content":"a"},"done":%s}'
GEMINI = '{"candidates":[{"content":{"parts":[{"text":"a"}]}%s}]}'
GOOGLE = "/v1beta/models/m:streamGenerateContent"


@pytest.mark.parametrize(
    ("path", "going", "ended"),
    [
        ("/api/chat", OLLAMA % "false", OLLAMA % "true"),
        (GOOGLE, GEMINI % "", GEMINI % ',"finishReason":"STOP"'),
        (GOOGLE, GEMINI % ',"finishReason":null', GEMINI % ',"finishReason":"MAX_TOKENS"'),
        (GOOGLE, GEMINI % "", '{"error":{"code":503}}'),
        ("/v1/chat/completions", CHAT[6:].decode().strip(), '{"error":{"message":"no"}}'),
    ],
)
def test_a_condition_or_an_error_is_an_end(path: str, going: str, ended: str) -> None:
    """What ends a stream is not always a type; an error needs no `[DONE]`."""
    assert left(line(going), path=path) is not None
    assert left(line(going), line(ended), path=path) is None


def test_a_reason_is_no_end_where_a_marker_follows() -> None:
    """Chat's usage chunk and `[DONE]` come after the reason to finish."""
    reason = '{"object":"chat.completion.chunk","choices":[{"delta":{},"finish_reason":"stop"}]}'
    assert left(CHAT, line(reason)) is not None


def test_an_event_without_data_is_no_end() -> None:
    """A name alone says nothing."""
    start = b'event: message_start\ndata: {"type":"message_start","message":{}}\n\n'
    assert left(start, b"event: message_stop\ndata: \n\n", path="/v1/messages") is not None
