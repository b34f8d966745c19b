"""Every real stream can be shown, told as JSON and compared with itself."""

import json
from pathlib import Path

import pytest

import streamtape
from streamtape.report.events import event_lines, frame_lines, runs
from streamtape.report.lines import text_of
from streamtape.report.markdown import comparison_markdown
from streamtape.report.masked import read
from streamtape.report.show import View, cassette_lines
from streamtape.report.summary import summary
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.shared import SHARED, needs_corpus

pytestmark = needs_corpus
CORE = SHARED / "corpus" / "core"
TYPES = {
    ".sse": b"text/event-stream",
    ".ndjson": b"application/x-ndjson",
    ".eventstream": b"application/vnd.amazon.eventstream",
}
STREAMS = sorted(p for p in CORE.rglob("*") if p.suffix in TYPES) if CORE.is_dir() else []


def interaction(path: Path) -> Interaction:
    """A real stream as an interaction, with the address that it came from where that is known."""
    first = json.loads(path.with_suffix(".json").read_text())["request"]
    head = Head(200, ((b"content-type", TYPES[path.suffix]),))
    request = Request("POST", first.get("url") or "")
    chunks = Chunks.of([Chunk(None, path.read_bytes())])
    return Interaction(request, head, chunks, Ending("complete"), cuts_known=False)


@pytest.mark.parametrize("path", STREAMS, ids=lambda p: p.stem[:60])
def test_every_real_stream_has_a_report(path: Path) -> None:
    """Plain, wrapped, by events, by frames and as JSON; every event is in the groups once."""
    one = interaction(path)
    reading = read(one)
    assert reading.trouble is None
    assert [e for run in runs(reading.events, reading.dialect) for e in run.events] == list(
        reading.events
    )
    for view in (View(), View(80)):
        text = text_of(cassette_lines([one], [0], view))
        assert "\x1b" not in text
        assert "ending    complete" in text
    assert len(list(event_lines(reading))) == len(reading.events)
    assert len(list(frame_lines(reading))) >= len(reading.events)
    report = json.loads(json.dumps(summary([one], events=True, frames=True)))["interactions"][0]
    assert len(report["events"]) == len(reading.events)


def test_a_real_stream_is_the_same_as_itself() -> None:
    """The report of no difference, of a real stream."""
    one = interaction(STREAMS[0])
    assert comparison_markdown(streamtape.diff(one, one)).startswith("### ✅ same")
