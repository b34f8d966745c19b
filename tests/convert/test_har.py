"""HAR, both ways."""

import base64
import json
import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.convert import About, read, write
from streamtape.convert.formats import named
from streamtape.errors import ConvertError
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

HAR = named("har")
ABOUT = About("page.har")


def entry(**changes: Any) -> dict[str, Any]:
    """An entry as a browser exports it, with changed parts of the response."""
    return {
        "startedDateTime": "2026-01-02T03:04:05.678Z",
        "time": 100.5,
        "request": {
            "method": "post",
            "url": "https://api.example.com/v1/x?a=b",
            "httpVersion": "h2",
            "headers": [{"name": ":authority", "value": "x"}, {"name": "Accept", "value": "*/*"}],
            "postData": {"mimeType": "application/json", "text": '{"a": 1}'},
        },
        "response": {
            "status": 200,
            "statusText": "",
            "httpVersion": "h2",
            "headers": [
                {"name": "content-type", "value": "text/event-stream"},
                {"name": "content-encoding", "value": "br"},
            ],
            "content": {"size": 9, "mimeType": "text/event-stream", "text": "data: é\n\n"},
            **changes,
        },
        "timings": {"blocked": 1, "dns": -1, "send": 0.5, "wait": 20.25, "receive": 79.75},
    }


def converted(**changes: Any) -> Interaction:
    """The interaction of a document of one entry."""
    document = {"log": {"version": "1.2", "entries": [entry(**changes)]}}
    (one,) = read(json.dumps(document).encode(), ABOUT, HAR)
    return one


def test_reads_what_a_browser_exports() -> None:
    """Request, head and unpacked body are there, the times that it has, and no others."""
    one = converted()
    assert (one.request.method, one.request.url) == ("POST", "https://api.example.com/v1/x?a=b")
    assert one.request.headers == ((b"Accept", b"*/*"),)
    assert one.request.body == b'{"a": 1}'
    assert one.head == Head(200, ((b"content-type", b"text/event-stream"),), 20_750, "HTTP/2")
    assert one.chunks == [Chunk(None, "data: é\n\n".encode())]
    assert one.ending == Ending("complete", 100_500)
    assert one.started_at_us == 1_767_323_045_678_000


def test_base64_and_forms() -> None:
    """Bodies in base64 are bytes again; a posted form is joined from its fields."""
    content = {"size": 2, "text": base64.b64encode(b"\xff\x00").decode(), "encoding": "base64"}
    assert converted(content=content).body == b"\xff\x00"
    document = {"log": {"entries": [entry()]}}
    document["log"]["entries"][0]["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a b", "value": "é"}, {"name": "c"}],
    }
    (one,) = read(json.dumps(document).encode(), ABOUT, HAR)
    assert one.request.body == b"a+b=%C3%A9&c="


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"content": {"size": 500}}, "unfinished", "does not hold the body"),
        ({"content": {"size": -1}}, "unfinished", "does not hold the body"),
        ({"content": {"size": 500, "text": ""}}, "unfinished", "does not hold the body"),
        ({"content": {"size": 0, "text": ""}}, "complete", ""),
        ({"content": {"size": -1}, "status": 302}, "complete", ""),
        (
            {"content": {"size": 0, "mimeType": "text/event-stream"}},
            "unfinished",
            "does not hold the body",
        ),
        (
            {"content": {"size": 0, "mimeType": "text/event-stream", "text": ""}},
            "complete",
            "",
        ),
        (
            {"content": {"size": -1}, "_failureText": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"},
            "error",
            "net::ERR_INCOMPLETE_CHUNKED_ENCODING; the HAR does not hold the body",
        ),
        ({"status": 0, "content": {}}, "unfinished", "no response came"),
        ({"status": 0, "_error": "net::ERR_ABORTED"}, "error", "net::ERR_ABORTED"),
        ({"_error": "ReadError: reset"}, "error", "reset"),
    ],
)
def test_what_did_not_come_whole_is_no_clean_end(
    changes: dict[str, Any], kind: str, message: str
) -> None:
    """A body that was not kept, a request without an answer, an error: each ends as what it is."""
    ending = converted(**changes).ending
    assert ending.kind == kind
    assert message in (ending.message or "")


def test_written_and_read_again() -> None:
    """Requests, heads, bodies, moments and errors survive; chunk cuts do not, and that is said."""
    one = Interaction(
        Request("POST", "https://x.example/?q=1", ((b"a", b"b"), (b"a", b"c")), b"\xffbody"),
        Head(200, ((b"content-type", b"text/event-stream"),), 5_000, "HTTP/2", "Fine"),
        Chunks.of([Chunk(6_000, b"data: 1\n\n"), Chunk(9_000, b"data: 2\n\n")]),
        Ending("error", 9_500, "ReadError", "reset"),
        started_at_us=1_767_323_045_678_000,
    )
    (again,) = read(write(Cassette((one,)), HAR), ABOUT, HAR)
    assert (again.request, again.head) == (one.request, one.head)
    assert again.body == one.body
    assert (again.ending.kind, again.ending.exception) == ("error", "ReadError")
    assert again.started_at_us == one.started_at_us
    assert not again.cuts_known


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"[]", 'no "log"'),
        (b'{"log": 5}', "document.log: expected an object, got 5"),
        (b'{"log": {}}', "document.log.entries is missing"),
        (
            b'{"log": {"entries": [{"request": {"method": "GET", "url": 1}}]}}',
            "url: expected text, got 1",
        ),
        (b'{"log": ' + b"[" * 100_000, "not a HAR file"),
    ],
)
def test_what_is_malformed_is_our_error(data: bytes, says: str) -> None:
    """Anything that is not a HAR file is an error with the file and the place."""
    with pytest.raises(ConvertError, match=says):
        read(data, ABOUT, HAR)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
PATHS = st.sampled_from(
    [("request",), ("request", "headers"), ("request", "url"), ("request", "postData"),
     ("request", "postData", "text"), ("response",), ("response", "status"), ("response", "_error"),
     ("response", "headers"), ("response", "content"), ("response", "content", "text"),
     ("response", "content", "encoding"), ("response", "httpVersion"), ("timings",),
     ("timings", "wait"), ("timings", "receive"), ("startedDateTime",)]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(PATHS, st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_any_value_anywhere_is_read_or_our_error(path: tuple[str, ...], value: Any) -> None:
    """One part of a good document replaced by anything gives a value or a ConvertError."""
    document: Any = {"log": {"entries": [entry()]}}
    place = document["log"]["entries"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    try:
        cassette = read(json.dumps(document).encode(), ABOUT, HAR)
    except ConvertError:
        return
    write(cassette, HAR)


SENT_S = 1_767_323_045.678 + 0.001  # startedDateTime and what was blocked


def streamed(*messages: Any, **changes: Any) -> Interaction:
    """A stream of which the HAR has the events that Chrome noted, and no body."""
    one = entry(content={"size": 0, "mimeType": "text/event-stream"}, **changes)
    one["_eventSourceMessages"] = list(messages)
    (found,) = read(json.dumps({"log": {"entries": [one]}}).encode(), ABOUT, HAR)
    return found


def message(at_s: Any, data: str, **more: Any) -> dict[str, Any]:
    """An event as Chrome notes it."""
    return {"time": at_s, "eventName": "message", "eventId": "", "data": data, **more}


def test_events_that_chrome_noted_are_the_stream() -> None:
    """They come as frames with their times, and count as kept."""
    one = streamed(
        message(SENT_S + 0.05, "one"),
        message(SENT_S + 0.5, "two\nlines", eventName="tick", eventId="7"),
        message(SENT_S + 0.5, "é", eventId="7"),
    )
    assert one.body == (
        "data: one\n\nid: 7\nevent: tick\ndata: two\ndata: lines\n\ndata: é\n\n".encode()
    )
    times = [chunk.at_us for chunk in one.chunks]
    assert times == pytest.approx([50_000, 500_000, 500_000], abs=2)
    assert [(f.event, f.data, f.id) for f in one.frames()] == [
        ("message", "one", ""),
        ("tick", "two\nlines", "7"),
        ("message", "é", "7"),
    ]
    assert one.ending.kind == "complete"
    assert (one.ending.at_us or 0) >= (one.chunks[-1].at_us or 0)
    assert not one.cuts_known
    assert streamed(message(SENT_S, "x"), _error="net::ERR_ABORTED").ending.kind == "error"


@pytest.mark.parametrize("times", [(1, 2), (SENT_S + 1, SENT_S), (None, SENT_S), (1e300, 1e301)])
def test_times_that_cannot_be_true_are_not_reported(times: tuple[Any, Any]) -> None:
    """Before the request, out of order, missing, beyond all bounds: the events stand without."""
    one = streamed(*(message(at_s, "x") for at_s in times))
    assert [chunk.at_us for chunk in one.chunks] == [None, None]
    assert one.body == b"data: x\n\n" * 2


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["time", "eventName", "eventId", "data"]), LEAVES)
def test_any_event_is_read_or_our_error(field: str, value: Any) -> None:
    """One field of a noted event replaced by anything gives a value or a ConvertError."""
    with suppress(ConvertError):
        streamed({**message(SENT_S + 0.1, "x"), field: value})


@pytest.mark.parametrize(
    "value", [5, ["x"], [{"data": "\ud800"}], [{"data": "a", "eventName": "\n"}]]
)
def test_events_that_are_none_are_noted(value: Any) -> None:
    """What is no list of events is noted with its place, and the stream counts as not kept."""
    one = entry(content={"size": 0, "mimeType": "text/event-stream"})
    one["_eventSourceMessages"] = value
    found, notes = noted(one)
    assert found.ending.kind == "unfinished"
    assert "_eventSourceMessages" in notes[0]


def noted(*entries: Any) -> tuple[Interaction, list[str]]:
    """The first interaction of a document of these entries, and what was noted."""
    about = About("page.har")
    cassette = read(json.dumps({"log": {"entries": entries}}).encode(), about, HAR)
    return cassette[0], about.notes


TIMED = {"send": 1, "wait": 5, "receive": 2}


@pytest.mark.parametrize(
    ("changes", "head_us", "end_us", "note"),
    [
        ({"timings": {**TIMED, "send": -1}}, 5_000, 7_000, None),
        ({"timings": {**TIMED, "receive": -1}}, 6_000, None, None),
        ({"timings": None}, None, None, None),
        ({"timings": {**TIMED, "send": -0.003}}, None, None, "timings.send"),
        ({"timings": {**TIMED, "wait": -2}}, None, None, "timings.wait"),
        ({"timings": {**TIMED, "wait": "5"}}, None, None, "timings.wait"),
        ({"timings": {**TIMED, "wait": float("nan")}}, None, None, "timings.wait"),
        ({"timings": {**TIMED, "wait": 1e300}}, None, None, "timings.wait"),
        ({"timings": {**TIMED, "receive": -0.2}}, 6_000, None, "timings.receive"),
        ({"timings": {**TIMED, "receive": True}}, 6_000, None, "timings.receive"),
        ({"timings": 5}, None, None, "timings"),
        ({"timings": TIMED, "startedDateTime": ""}, 6_000, 8_000, "startedDateTime"),
        ({"timings": TIMED, "startedDateTime": "soon"}, 6_000, 8_000, "startedDateTime"),
        ({"timings": TIMED, "startedDateTime": 5}, 6_000, 8_000, "startedDateTime"),
    ],
)
def test_a_time_that_cannot_be_true_is_unknown(
    changes: dict[str, Any], head_us: int | None, end_us: int | None, note: str | None
) -> None:
    """The entry stays, without what is counted from that time, and the place is noted."""
    one, notes = noted({**entry(), **changes})
    assert one.head is not None
    assert (one.head.at_us, one.ending.at_us) == (head_us, end_us)
    assert [note in text for text in notes if note] == [True] * bool(note)
    assert len(notes) == bool(note)
    assert one.body == "data: é\n\n".encode()


@pytest.mark.parametrize(
    ("changes", "status", "kind", "note"),
    [
        ({"status": 200.0}, 200, "complete", None),
        ({"status": "404"}, 404, "complete", None),
        ({"status": "fine"}, None, "unfinished", "response.status"),
        ({"status": 20}, None, "unfinished", "response.status"),
        ({"httpVersion": 2}, 200, "complete", "httpVersion"),
        ({"statusText": ["OK"]}, 200, "complete", "statusText"),
        ({"headers": 5}, 200, "complete", "headers"),
        ({"headers": [5, {"name": "a", "value": "b"}]}, 200, "complete", "headers[0]"),
        ({"content": {"text": "*", "encoding": "base64"}}, 200, "unfinished", "content.text"),
        ({"content": 5}, 200, "unfinished", "content"),
        ({"_error": {"code": 5}}, 200, "error", None),
    ],
)
def test_an_odd_response_keeps_what_can_be_read(
    changes: dict[str, Any], status: int | None, kind: str, note: str | None
) -> None:
    """What makes no sense is left out of the interaction and noted; the rest is there."""
    one, notes = noted(entry(**changes))
    assert (one.head.status if one.head else None) == status
    assert one.ending.kind == kind
    assert [note in text for text in notes if note] == [True] * bool(note)


def test_an_entry_without_a_response() -> None:
    """It is a request that nothing answered."""
    one, _ = noted({**entry(), "response": None})
    assert (one.head, one.ending.kind) == (None, "unfinished")


@pytest.mark.parametrize("odd", [5, None, {}, {"request": {"method": "GET"}}, "x", []])
def test_one_odd_entry_does_not_lose_the_others(odd: Any) -> None:
    """It is left out, with a note that names it."""
    about = About("page.har")
    document = {"log": {"entries": [entry(), odd, entry()]}}
    assert len(read(json.dumps(document).encode(), about, HAR)) == 2
    (note,) = about.notes
    assert "entries[1]" in note
    assert "left out" in note


ENCODINGS = ["gzip", "deflate", "br", "zstd", "x-unknown", "gzip, br"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("library", [True, False])
def test_text_is_text_under_any_encoding(
    encoding: str, library: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser keeps a body decoded, whatever the header says, with brotli installed or not."""
    if not library:
        monkeypatch.setitem(sys.modules, "brotli", None)
        monkeypatch.setitem(sys.modules, "brotlicffi", None)
    headers = [
        {"name": "content-type", "value": "text/event-stream"},
        {"name": "Content-Encoding", "value": encoding},
    ]
    one, _ = noted(entry(headers=headers))
    assert [event.payload for event in one.events()] == ["é"]
    assert one.content == one.body


def test_headers_that_were_joined_are_several_again() -> None:
    """Tools that use a browser's debugging protocol join headers of one name by line feeds."""
    joined = [
        {"name": "set-cookie", "value": "a=1; Path=/\nb=2; Path=/\r\nc=3"},
        {"name": "x-folded", "value": "one\r\n  two"},
        {"name": "x-ended", "value": "three\n"},
    ]
    head = converted(headers=joined).head
    assert head is not None
    names = [name for name, _ in head.headers]
    assert names == [b"set-cookie"] * 3 + [b"x-folded", b"x-ended"]
    assert [value for _, value in head.headers[3:]] == [b"one two", b"three"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"headers": [{"name": "a: b\r\nc", "value": "d"}]}, "header name"),
        ({"headers": [{"name": "a", "value": "b\rc\0"}]}, "header a has a line break"),
    ],
)
def test_headers_that_http_can_not_carry_are_left_out(changes: dict[str, Any], why: str) -> None:
    """Each with a note that names its place."""
    one, notes = noted(entry(**changes))
    assert one.head is not None
    assert one.head.headers == ()
    assert why in notes[0]
    assert "headers[0]" in notes[0]


@pytest.mark.parametrize("changes", [{"statusText": "OK\r\nInjected: 1"}])
def test_entries_that_http_can_not_carry_are_left_out(changes: dict[str, Any]) -> None:
    """With a note; where there is no other, it is an error."""
    with pytest.raises(ConvertError, match=r"page\.har.*interaction 0: the reason"):
        converted(**changes)
    about = About("page.har")
    document = {"log": {"entries": [entry(), entry(**changes)]}}
    assert len(read(json.dumps(document).encode(), about, HAR)) == 1
    assert "interaction 1: the reason" in about.notes[0]
