"""A response, read: lazily, once, and as far as it goes."""

from unittest.mock import patch

import pytest

import streamtape
from streamtape.choices import Level
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.select import builtin
from streamtape.errors import ContentError, FramingError, UsageError
from streamtape.framing import select
from streamtape.framing.ndjson import NDJSONParser
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

SSE = b'data: {"n": 1}\n\ndata: {"n": 2}\n\n'


def interaction(
    body: bytes, kind: str = "text/event-stream", *more: tuple[bytes, bytes]
) -> Interaction:
    """One that came in pieces of four bytes."""
    cuts = [body[n : n + 4] for n in range(0, len(body), 4)]
    return Interaction(
        Request("POST", "https://example.com/v1/stream"),
        Head(200, ((b"content-type", kind.encode()), *more), 5),
        Chunks.of([Chunk(n, piece) for n, piece in enumerate(cuts)]),
        Ending("complete", len(cuts)),
    )


def test_all_of_it_is_read_from_one_opening() -> None:
    """Framing, dialect, events and transcript need the body once; nothing is read before."""
    with patch.object(select, "open_body", wraps=select.open_body) as opened:
        parsed = ParsedResponse(interaction(SSE))
        assert opened.call_count == 0
        assert (parsed.framing, parsed.dialect.name, len(parsed.frames)) == ("sse", "generic", 2)
        assert [event.payload for event in parsed.events] == [{"n": 1}, {"n": 2}]
        assert parsed.transcript.n_events == 2
        assert parsed.events is parsed.events
    assert opened.call_count == 1


@pytest.mark.parametrize("level", ["frames", "events", "content", "timing"])
def test_diff_opens_each_body_once(level: Level) -> None:
    """One opening a side, at every level that looks into the body."""
    a, b = interaction(SSE), interaction(SSE.replace(b"2", b"3"))
    with patch.object(select, "open_body", wraps=select.open_body) as opened:
        streamtape.diff(a, b, level)
    assert opened.call_count == 2


@pytest.mark.parametrize("look", [streamtape.check, streamtape.stats, streamtape.snapshot])
def test_whoever_looks_opens_a_body_once(look: object) -> None:
    """Checks, measures and snapshots."""
    with patch.object(select, "open_body", wraps=select.open_body) as opened:
        look(Cassette((interaction(SSE),)))  # type: ignore[operator]  # each takes a cassette
    assert opened.call_count == 1


@pytest.mark.parametrize(
    ("body", "kind", "is_stream"),
    [
        (SSE, "text/event-stream", True),
        (SSE, "application/json", True),
        (b'{"n": 1}\n{"n": 2}\n', "text/plain", True),
        (b'{"n": 1}\n', "application/x-ndjson", True),
        (b"", "text/event-stream", True),
        (b'{"error": {}}', "text/event-stream", False),
        (b'{"error": {}}', "application/json", False),
        (b"<html></html>", "text/event-stream", False),
        (b"", "application/json", False),
    ],
)
def test_what_is_a_stream(body: bytes, kind: str, is_stream: bool) -> None:
    """The first bytes tell; the content type decides what they leave open."""
    assert ParsedResponse(interaction(body, kind)).is_stream is is_stream


def test_what_came_before_an_error_is_kept() -> None:
    """The frames and events before it, and the error itself, to be raised or told."""
    damaged = interaction(b'{"n": 1}\n{"n": 2}\n' + b"x" * 40 + b"\n", "application/x-ndjson")
    whole = ParsedResponse(damaged)
    assert whole.trouble is None
    with patch.object(NDJSONParser, "close", side_effect=FramingError("cut within a line")):
        parsed = ParsedResponse(damaged)
        assert [event.payload for event in parsed.events][:2] == [{"n": 1}, {"n": 2}]
        assert parsed.trouble == "cut within a line"
        with pytest.raises(FramingError, match="cut within a line"):
            parsed.or_raise()


def test_an_unknown_encoding_is_reported() -> None:
    """Nothing can be read of such a body; it is no stream, and the generic dialect's."""
    parsed = ParsedResponse(interaction(SSE, "text/event-stream", (b"content-encoding", b"rot13")))
    assert isinstance(parsed.error, ContentError)
    assert (parsed.events, parsed.content, parsed.is_stream) == ((), b"", False)
    assert parsed.dialect.name == "generic"


def test_a_request_without_a_response() -> None:
    """It has no frames, no events, and nothing went wrong in reading it."""
    alone = Interaction(Request("GET", "http://x.example/"), None, Chunks(), Ending("error"))
    parsed = ParsedResponse(alone)
    assert (parsed.frames, parsed.events, parsed.error, parsed.is_stream) == ((), (), None, False)


def test_another_dialect_shares_what_was_read() -> None:
    """The frames are read once, whatever reads events out of them."""
    parsed = ParsedResponse(interaction(SSE))
    other = parsed.with_dialect("openai-chat")
    assert other.frames is parsed.frames
    assert (parsed.dialect.name, other.dialect.name) == ("generic", "openai-chat")


def test_an_unknown_dialect_is_refused_at_once() -> None:
    """With the known ones in the message."""
    with pytest.raises(UsageError, match=builtin()[0].name):
        ParsedResponse(interaction(SSE), "openay")
