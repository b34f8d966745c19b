"""What `show` says of recordings, as approved texts."""

from dataclasses import replace

import pytest

import streamtape
from streamtape.mock.options import Options
from streamtape.mock.request import MockRequest
from streamtape.mock.scripts import SCRIPTS
from streamtape.report.lines import plain, text_of
from streamtape.report.masked import read, timing
from streamtape.report.show import View, cassette_lines
from streamtape.report.transcript_lines import transcript_lines
from streamtape.tape.events import Transcript
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Redaction, Request
from tests.cli.running import interaction, sse
from tests.report.approved import approved

REQUEST_BODY = (
    b'{"model": "gpt-4.1", "input": [{"role": "user", "content": "Say it."}], "stream": true}'
)


def recorded(script: str) -> Interaction:
    """A Responses stream by one of the embedded endpoint's scripts, 25 ms an event."""
    parts = SCRIPTS[script](MockRequest("openai-responses", {}), Options())
    pieces = [chunk.data for chunk in streamtape.compose("openai-responses", parts).chunks]
    chunks = (Chunk(25_000 * (n + 1), piece) for n, piece in enumerate(pieces))
    return Interaction(
        Request(
            "POST",
            "https://api.openai.com/v1/responses",
            ((b"Authorization", b"[redacted]"), (b"Content-Type", b"application/json")),
            REQUEST_BODY,
        ),
        Head(200, ((b"Content-Type", b"text/event-stream"),), 12_300, reason="OK"),
        Chunks.of(chunks),
        Ending("complete", 25_000 * len(pieces) + 250),
        started_at_us=1_767_225_600_000_000,
        redactions=(Redaction("request.header:authorization", "name", "a1b2"),),
    )


CUT_OFF = replace(
    recorded("text"),
    chunks=Chunks.of(list(recorded("text").chunks)[:12]),
    ending=Ending("error", 300_000, "RemoteProtocolError", "peer closed connection"),
)


@pytest.mark.parametrize("script", ["text", "tour", "refusal", "error", "incomplete", "structured"])
def test_streams_in_plain_text(script: str) -> None:
    """Where no terminal is, nothing is wrapped, and all depends on the recording alone."""
    approved(f"show-{script}.txt", text_of(cassette_lines([recorded(script)], [0])))


@pytest.mark.parametrize("width", [80, 120])
def test_in_a_terminal(width: int) -> None:
    """Lines fit the terminal; several interactions stand apart."""
    failed = Interaction(
        Request("GET", "https://api.example.com/v1/models"),
        None,
        Chunks(),
        Ending("error", 900, "ConnectError", "connection refused"),
    )
    ordinary = interaction([b'{"data": [1, 2]}'], content_type=b"application/json")
    text = text_of(cassette_lines([CUT_OFF, failed, ordinary], [0, 1, 2], View(width)))
    approved(f"show-terminal-{width}.txt", text)
    assert max(map(len, text.splitlines())) <= width


def test_without_times() -> None:
    """For git's textconv: nothing in which two equal runs differ by nature."""
    approved("show-no-times.txt", text_of(cassette_lines([CUT_OFF], [0], View(times=False))))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("width", [None, 40, 80])
def test_every_kind_of_stream_can_be_shown(script: str, width: int | None) -> None:
    """Whatever a Responses stream holds, there is a text, and its ending is in it."""
    assert "ending    complete" in text_of(cassette_lines([recorded(script)], [0], View(width)))


def test_a_converted_recording_makes_no_times_up() -> None:
    """Unknown times and cuts are said to be unknown."""
    one = replace(interaction(sse("a"), gap_us=None), cuts_known=False)
    text = text_of(cassette_lines([one], [0]))
    assert "timing    unknown" in text
    assert "(cuts unknown)" in text
    assert timing(read(one))["first_event_us"] is None


def test_counts_are_wrapped_between_words() -> None:
    """On a narrow terminal no name of a count is broken in two."""
    usage = {"prompt_tokens": 12_345, "completion_tokens": 678, "total_tokens": 13_023}
    lines = [plain(one) for one in transcript_lines(Transcript("x", usage=usage), 50)]
    assert max(map(len, lines)) <= 50
    assert " ".join(part.strip() for part in lines).count("total_tokens 13,023") == 1
