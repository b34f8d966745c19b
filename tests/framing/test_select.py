"""The frames of an interaction: which framer, in which chunk, with which ending."""

import gzip
import json
import zlib
from collections.abc import Iterable
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamtape.errors import ContentError, FrameTooLargeError, FramingError
from streamtape.framing.eventstream import EventStreamParser
from streamtape.framing.json_array import JSONArrayParser
from streamtape.framing.ndjson import NDJSONParser
from streamtape.framing.select import WholeBody, framer_for
from streamtape.framing.sse import SSEParser
from streamtape.tape.events import Frame
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Headers, Interaction, Request
from tests.framing.cuts import cut_at, places
from tests.framing.test_eventstream import CHUNK

SSE = "text/event-stream; charset=utf-8"


def interaction(
    chunks: Iterable[bytes],
    content_type: str | None = SSE,
    *,
    encoding: str | None = None,
    url: str = "http://x/",
    body: bytes = b"",
    ending: Literal["complete", "error"] = "complete",
) -> Interaction:
    """An interaction whose chunks came 10 us apart."""
    fields = {"Content-Type": content_type, "Content-Encoding": encoding}
    headers: Headers = tuple((k.encode(), v.encode()) for k, v in fields.items() if v)
    timed = Chunks.of(Chunk(10 * n, data) for n, data in enumerate(chunks))
    return Interaction(Request("POST", url, (), body), Head(200, headers), timed, Ending(ending))


def test_frames_stand_where_they_were_completed() -> None:
    """A frame has the time and the index of the chunk that brought its last line end."""
    recorded = interaction([b"data: a\n", b"\ndata: b\n\nevent: c\nda", b"", b"ta: c\n\n: x"])
    assert list(recorded.frames()) == [
        Frame("message", "a", at_us=10, chunk=1, index=0),
        Frame("message", "b", at_us=10, chunk=1, index=1),
        Frame("c", "c", at_us=30, chunk=3, index=2),
        Frame("message", None, comments=(" x",), complete=False, at_us=30, chunk=3, index=3),
    ]


def test_a_compressed_body_is_decoded_chunk_by_chunk() -> None:
    """Frames of a gzip body that was flushed event by event have their own chunks."""
    packer = zlib.compressobj(wbits=31)
    chunks = [
        packer.compress(b"data: %d\n\n" % n) + packer.flush(zlib.Z_SYNC_FLUSH) for n in range(3)
    ]
    recorded = interaction(chunks, encoding="gzip")
    assert [(f.data, f.chunk) for f in recorded.frames()] == [("0", 0), ("1", 1), ("2", 2)]


@pytest.mark.parametrize("wbits", [15, -15], ids=["zlib", "raw"])
def test_deflate_in_single_bytes(wbits: int) -> None:
    """Deflate is undone with the wrapper and without, though the first chunk can't tell which."""
    packer = zlib.compressobj(wbits=wbits)
    body = packer.compress(b"data: a\n\n") + packer.flush()
    recorded = interaction([body[n : n + 1] for n in range(len(body))], encoding="deflate")
    assert [f.data for f in recorded.frames()] == ["a"]


def test_frames_are_read_lazily() -> None:
    """The first frame comes before the chunks after it are looked at."""
    body = gzip.compress(b"data: a\n\n") + b"no gzip"
    frames = interaction([body[:-7], body[-7:]], encoding="gzip").frames()
    assert next(frames).data == "a"
    with pytest.raises(ContentError, match="gzip"):
        next(frames)


def test_frames_before_a_fault_are_not_lost() -> None:
    """A damaged event stream gives the messages before the damage, then the error."""
    body = CHUNK + CHUNK[:-1] + b"?"
    frames = interaction([body], "application/vnd.amazon.eventstream").frames()
    first = next(frames)
    assert (first.event, first.headers) == ("chunk", {":event-type": "chunk"})
    with pytest.raises(FramingError, match="CRC"):
        next(frames)


@pytest.mark.parametrize(
    ("content_type", "first", "framer"),
    [
        (SSE, b"", SSEParser),
        (SSE, b"hello", SSEParser),
        (SSE, b"error: {}", SSEParser),
        (SSE, b'{"error": {}}', WholeBody),
        (SSE, b'{\n  "error": {}\n}', WholeBody),
        (SSE, b'{"a": 1}\n{"a": 2}\n', NDJSONParser),
        (SSE, b'{"a": 1}\n\ndata: {}\n\n', SSEParser),
        (SSE, b'[{"a": 1}', JSONArrayParser),
        (SSE, b"<html>no</html>", WholeBody),
        (SSE, CHUNK, EventStreamParser),
        ("application/x-ndjson", b'{\n  "error": {}\n}', WholeBody),
        ("application/x-ndjson", b'{"a": 1}', NDJSONParser),
        ("application/x-ndjson", b'[{"a": 1}', JSONArrayParser),
        ("application/vnd.amazon.eventstream", b'{"message": "no"}', WholeBody),
        ("application/vnd.amazon.eventstream", b"data: {}\n\n", SSEParser),
        ("application/json", b'[{"a": 1}\n,\r\n', JSONArrayParser),
        ("application/json", b'[{"a": "]"}', JSONArrayParser),
        ("application/json", b'[{"a": 1}, {"b"', WholeBody),
        ("application/json", b"[1, 2", WholeBody),
        ("TEXT/EVENT-STREAM", b"", SSEParser),
        ("application/x-ndjson", b"data: x", SSEParser),
        ("application/stream+json", b"", NDJSONParser),
        ("application/vnd.amazon.eventstream", b"", EventStreamParser),
        (None, b"data: x\n\n", SSEParser),
        (None, b"\xef\xbb\xbf\r\n: ping", SSEParser),
        ("text/plain", b"event:x", SSEParser),
        ("application/json", b"data: {}\n\n", SSEParser),
        ("application/json", b'{"a": 1}\n{"a": 2}\n', NDJSONParser),
        (None, b'{"a": 1}\r\n{', NDJSONParser),
        ("application/octet-stream", CHUNK, EventStreamParser),
        ("application/json", b'{"a": 1}\n', WholeBody),
        ("application/json", b'{\n"a": 1}\n', WholeBody),
        ("application/json", b"[{}]", WholeBody),
        ("text/html", b"<p>data: x</p>", WholeBody),
        (None, b"{" * 100_000 + b"\n{", WholeBody),
        (None, b"", WholeBody),
    ],
)
def test_which_framer(content_type: str | None, first: bytes, framer: type) -> None:
    """The first bytes choose; the content type decides what they leave open."""
    assert type(framer_for(content_type, first)) is framer


ARRAY = b'[{"a": "x]}\\", [{"},\n {"b": [1, {}]}\n,\r\n{"c": null}]\n'


@given(st.lists(st.integers(0, len(ARRAY)), max_size=6))
def test_an_array_that_grows(cuts: list[int]) -> None:
    """Each element is a frame, complete with its last bracket, wherever the chunks are cut."""
    ends = sorted({*cuts, len(ARRAY)})
    chunks = [ARRAY[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    recorded = interaction(chunks, url="http://x/models/m:streamGenerateContent")
    frames = list(recorded.frames())
    assert [json.loads(f.data or "") for f in frames] == [
        {"a": "x]}\", [{"}, {"b": [1, {}]}, {"c": None}
    ]  # fmt: skip
    assert all(f.complete for f in frames)
    assert frames[0].chunk == next(n for n, end in enumerate(ends) if end >= ARRAY.index(b",\n"))


def test_an_array_that_is_cut() -> None:
    """The element that it was cut in is an incomplete frame; what grows is seen by the chunks."""
    recorded = interaction([b'[{"a": 1}', b',{"b"'], "application/json", ending="error")
    assert [(f.data, f.complete) for f in recorded.frames()] == [
        ('{"a": 1}', True),
        ('{"b"', False),
    ]
    with pytest.raises(FrameTooLargeError, match="11 bytes"):
        JSONArrayParser(max_frame_bytes=10).feed(b'[{"a": 12345')


@pytest.mark.parametrize(
    ("url", "body", "n_frames"),
    [
        ("http://x/v1/items", b"", 1),
        ("http://x/v1/items", b'{"stream": true}', 2),
        ("http://x/v1beta/models/m:streamGenerateContent", b"", 2),
        ("http://x/v1/items?stream=x", b"", 1),
    ],
)
def test_an_array_is_a_stream_where_one_was_asked_for(url: str, body: bytes, n_frames: int) -> None:
    """Of an ordinary answer the whole list is one document."""
    recorded = interaction([b'[{"a": 1}, {"b": 2}]'], "application/json", url=url, body=body)
    assert len(list(recorded.frames())) == n_frames


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"error": {"code": 401}}\n', '{"error": {"code": 401}}\n'),
        (b'[\n{"a": "\xe2\x82\xac"}]', '[\n{"a": "€"}]'),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", None),
        (b"data", "data"),
    ],
)
def test_a_body_that_is_no_stream_is_one_frame(body: bytes, data: str | None) -> None:
    """The frame holds the whole body, or None where that is no text, and is in the last chunk."""
    recorded = interaction([body[:3], body[3:]], "application/json")
    assert list(recorded.frames()) == [Frame("message", data, at_us=10, chunk=1)]


def test_the_ending_says_whether_a_line_or_a_body_is_complete() -> None:
    """Where nothing but the end of the body ends a frame, the recorded ending decides."""
    lines = [b'{"a": 1}\n{"a"', b": 2}"]
    for ending, complete in (("complete", True), ("error", False)):
        recorded = interaction(lines, "application/x-ndjson", ending=ending)  # type: ignore[arg-type]  # a tuple's str
        assert [f.complete for f in recorded.frames()] == [True, complete]
        recorded = interaction([b"<p>"], "text/html", ending=ending)  # type: ignore[arg-type]  # the same
        assert [f.complete for f in recorded.frames()] == [complete]
    (cut,) = interaction([b"<p>\xe2\x82"], "text/html", ending="error").frames()
    assert (cut.data, cut.complete) == ("<p>\ufffd", False)


def test_lines_that_no_content_type_names_keep_their_chunks() -> None:
    """Frames found by the first bytes are timed by their own chunks, seen late as it was."""
    recorded = interaction([b'{"a": ', b"1}", b"\n", b'{"a": 2}\n'], None)
    assert [(f.data, f.chunk) for f in recorded.frames()] == [('{"a": 1}', 2), ('{"a": 2}', 3)]


def test_no_response_and_no_body_have_no_frames() -> None:
    """Nothing gives nothing."""
    assert list(interaction([]).frames()) == []
    assert list(interaction([b"", b""], None).frames()) == []
    failed = Interaction(Request("GET", "http://x/"), None, Chunks(), Ending("error"))
    assert list(failed.frames()) == []


@given(
    body=st.binary(max_size=60)
    | st.sampled_from([b'{"a": 1}\n{"a": 2}', b"data: x\n\n", b": x", CHUNK, b"<html>"]),
    cuts=places,
    content_type=st.sampled_from(
        [
            None,
            SSE,
            "application/json",
            "application/x-ndjson",
            "application/vnd.amazon.eventstream",
        ]
    ),
    encoding=st.sampled_from([None, None, "gzip", "br", "zstd", "deflate"]),
)
@example(
    body=b"\x00\x00\x005\x00\x00\x00\x14\x169<\xe2" + bytes(16),
    cuts=[1],
    content_type=SSE,
    encoding=None,
)  # binary messages under another type, cut within the first one's prelude
def test_any_body_gives_frames_or_our_error(
    body: bytes, cuts: list[int], content_type: str | None, encoding: str | None
) -> None:
    """Whatever a head promises, any bytes give the same frames in any cuts, or our error."""

    def read(chunks: list[bytes]) -> tuple[list[tuple[str, str | None, bool]], bool]:
        found: list[tuple[str, str | None, bool]] = []
        try:
            for f in interaction(chunks, content_type, encoding=encoding).frames():
                found.append((f.event, f.data, f.complete))
        except (FramingError, ContentError):
            return found, False
        return found, True

    whole = read([body])
    cut = read(cut_at(body, cuts))
    assert cut[1] == whole[1]
    if encoding is None:
        assert cut == whole


@pytest.mark.parametrize(
    ("body", "framer"),
    [
        (b"[" + b"{}," * 400_000 + b"{}", WholeBody),
        (b'{"a":[' + b"{}," * 400_000 + b"{}]}\n", WholeBody),
        (b'{"a":[' + b"{}," * 400_000 + b'{}]}\n{"a":1}', NDJSONParser),
        (b'{"a":[' + b"{}," * 400_000 + b'{}]\n{"a":1}', WholeBody),
    ],
)
def test_a_large_beginning_is_not_parsed(
    body: bytes, framer: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that unfolds to millions of values costs nothing before a bound is met."""

    def refuse(*_: object) -> None:
        raise AssertionError("a document of more than a MiB was parsed to see how it is framed")

    monkeypatch.setattr("json.loads", refuse)
    monkeypatch.setattr("streamtape.framing.json_array.JSONArrayParser.feed", refuse)
    assert type(framer_for("application/json", body)) is framer
