"""What a page is given of an interaction."""

from __future__ import annotations

import base64
import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import streamtape
from streamtape.report.masked import read
from streamtape.report.page.data import MAX_PAYLOAD, interaction_data, steps
from streamtape.report.page.recordings import distinct_names
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.cli.running import interaction, sse
from tests.real import recordings
from tests.shared import needs_corpus
from tests.streams import Writer

CASSETTES = Path(__file__).parent.parent.parent.parent / "cassettes"


def cuts_of(part: dict[str, Any]) -> list[tuple[int, int]]:
    """Where the pieces of a text begin, and their events: the sums of the steps."""
    at, events = part["cuts"]["at"], part["cuts"]["event"]
    return [*zip(accumulate(at), accumulate(events), strict=True)]


def test_a_text_is_cut_where_its_events_brought_it() -> None:
    """Offsets count UTF-16 units, as a browser does; each names the event."""
    one = Writer().message("a😀", "b", "é😀😀", "c").end().interaction()
    (part,) = interaction_data(read(one), [], name="x", number=0)["parts"]
    assert part["text"] == "a😀bé😀😀c"
    assert cuts_of(part) == [(0, 4), (3, 5), (4, 6), (9, 7)]


def test_a_tool_call_grows_as_its_arguments_came() -> None:
    """The call has its name, and the cuts of its arguments."""
    one = Writer().call("wash", '{"times"', ":10}").end().interaction()
    (part,) = interaction_data(read(one), [], name="x", number=0)["parts"]
    assert (part["name"], part["text"]) == ("wash", '{"times":10}')
    assert cuts_of(part) == [(0, 3), (8, 4)]
    assert not part["cut_short"]


def test_events_are_columns() -> None:
    """A value an event in each column; times are steps; payloads are as they were written."""
    one = Writer().message("Double ", "bath").end().interaction()
    events = interaction_data(read(one), [], name="x", number=0)["events"]
    names = [events["types"][n] for n in events["type"]]
    assert names == [event.type for event in one.events()]
    assert [json.loads(text)["type"] for text in events["data"]] == names
    assert events["at"] == [0, *[1000] * (len(names) - 1)]
    # What a delta says is a piece of its text: only the others tell it themselves.
    assert {4, 5}.isdisjoint(number for number, _ in events["says"])
    assert events["says"][0] == (0, "in_progress")
    assert [events["channels"][n] for n in events["channel"]][4:6] == ["text", "text"]


def test_what_a_server_repeats_whole_is_shown_once() -> None:
    """llama.cpp's deltas have no index and its last event has: one text, not two."""
    (one,) = streamtape.load(CASSETTES / "llama.cpp" / "responses.tape")
    (part,) = interaction_data(read(one), [], name="x", number=0)["parts"]
    assert len(cuts_of(part)) > 100


def test_what_is_not_known_is_none() -> None:
    """No times, no events, no head: said as such, and never made up."""
    untimed = interaction(sse({"type": "a"}, {"type": "b"}), gap_us=None)
    report = interaction_data(read(untimed), [], name="x", number=0)
    assert report["events"]["at"] is None
    assert report["chunks"]["at"] is None
    failed = Interaction(Request("GET", "http://x/"), None, Chunks(), Ending("error", 5, "Oops"))
    report = interaction_data(read(failed), [], name="x", number=0)
    assert (report["status"], report["events"], report["response"]) == (None, None, None)
    assert report["ending"] == {
        "kind": "error",
        "at": 5,
        "says": "The request failed: Oops",
        "closed": "",
    }
    assert steps([5, 7, 7, 20]) == [5, 2, 0, 13]
    assert steps([5, None]) is None


def test_a_body_that_is_no_stream_is_shown_whole() -> None:
    """An ordinary answer is a body; bytes that are no text are base64."""
    head = Head(200, ((b"content-type", b"application/json"),), 10)
    one = Interaction(
        Request("GET", "http://x/"),
        head,
        Chunks.of([Chunk(20, b'{"a": 1}')]),
        Ending("complete", 30),
    )
    report = interaction_data(read(one), [], name="x", number=0)
    assert report["events"] is None
    assert report["body"] == {"text": '{"a": 1}', "bytes": 8, "cut": False}
    request = Interaction(
        Request("POST", "http://x/", (), b"\xff\xfe"), None, Chunks(), Ending("error")
    )
    assert interaction_data(read(request), [], name="x", number=0)["request"]["body"]["base64"]


def test_a_huge_payload_is_cut_and_says_so() -> None:
    """An image in base64 does not make the page huge."""
    one = interaction(sse({"type": "image", "data": "A" * (MAX_PAYLOAD * 3)}, {"type": "end"}))
    first = interaction_data(read(one), [], name="x", number=0)["events"]["data"][0]
    assert len(first) < MAX_PAYLOAD + 100
    assert "characters in all" in first


def test_facts_name_the_event_that_brought_them() -> None:
    """Usage and status are known from the last event on."""
    one = Writer().message("a").end().interaction()
    facts = interaction_data(read(one), [], name="x", number=0)["facts"]
    n_events = len([*one.events()])
    assert [(name, event) for name, _, event in facts] == [
        ("status", n_events - 1),
        ("usage", n_events - 1),
    ]


def test_audio_can_be_heard() -> None:
    """Raw samples become a WAV file, whose base64 the page plays."""
    pieces = [base64.b64encode(bytes([n]) * 6).decode() for n in (1, 2)]
    events = [{"type": "response.audio.delta", "delta": piece} for piece in pieces]
    (media,) = interaction_data(read(interaction(sse(*events))), [], name="x", number=0)["media"]
    data = base64.b64decode(media["data"])
    assert (media["mime"], media["event"], data[:4], data[8:12]) == (
        "audio/wav",
        1,
        b"RIFF",
        b"WAVE",
    )
    assert data.endswith(b"\x01" * 6 + b"\x02" * 6)


def test_files_of_one_name_are_kept_apart() -> None:
    """By as many of their folders as it takes, and by no more."""
    paths = ["before/run.tape", "after/run.tape", "x/before/run.tape", "other.tape"]
    assert distinct_names(paths) == [
        "before/run.tape",
        "after/run.tape",
        "x/before/run.tape",
        "other.tape",
    ]
    assert distinct_names(["a/one.tape", "b/two.tape"]) == ["one.tape", "two.tape"]
    assert distinct_names(["a.tape", "a.tape"]) == ["a.tape", "a.tape"]


@needs_corpus
def test_any_real_stream_makes_a_page() -> None:
    """Streams of every provider: a row an event, and texts cut within their lengths."""
    n_parts = 0
    for name, one in recordings():
        report = interaction_data(read(one), [], name=name, number=0)
        json.dumps(report)
        n_events = len(report["events"]["data"]) if report["events"] else 0
        n_parts += len(report["parts"])
        for part in report["parts"]:
            units = len(part["text"].encode("utf-16-le", "surrogatepass")) // 2
            offsets = [offset for offset, _ in cuts_of(part)]
            assert offsets == sorted(offsets)
            assert all(0 <= offset <= units for offset in offsets)
            assert all(0 <= event < n_events for _, event in cuts_of(part))
    assert n_parts > 20
