"""The SSE parser: the conformance cases, the reference reader, any cuts, the bound."""

import base64
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamtape import SSEFrame, SSEParser, encode_sse
from streamtape.errors import FrameTooLargeError, UsageError
from tests.framing import reference
from tests.framing.cuts import bytewise, cut_at, places, run, splits
from tests.shared import SHARED, needs_corpus

VECTORS = SHARED / "vectors" / "sse.json"


@cache
def vectors() -> list[dict[str, Any]]:
    """The conformance cases, none where they are absent."""
    return json.loads(VECTORS.read_text()) if VECTORS.is_file() else []


def bytes_of(case: dict[str, Any]) -> bytes:
    """The stream of a case."""
    if "input_base64" in case:
        return base64.b64decode(case["input_base64"])
    return b"".join(base64.b64decode(piece) * n for piece, n in case["input_parts_base64"])


def expected_of(events: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The events that a case expects: type, data and id."""
    return [
        (
            event["event"],
            "".join(piece * n for piece, n in event.get("data_parts", [])) or event["data"],
            event["id"],
        )
        for event in events
    ]


def events_in(frames: Iterable[SSEFrame]) -> list[tuple[str, str, str]]:
    """The events that the WHATWG text would dispatch for these frames."""
    return [(f.event, f.data, f.id) for f in frames if f.data is not None]


def parsed(chunks: Iterable[bytes]) -> tuple[list[SSEFrame], SSEFrame | None, str, int | None]:
    """The frames of a stream, the incomplete one, and the state before the end."""
    parser = SSEParser()
    frames = [frame for chunk in chunks for frame in parser.feed(chunk)]
    last_event_id, retry = parser.last_event_id, parser.retry
    return frames, parser.close(), last_event_id, retry


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"no conformance cases at {VECTORS}")
@pytest.mark.parametrize("case", vectors(), ids=lambda case: str(case["name"]))
def test_conformance_case(case: dict[str, Any]) -> None:
    """A case holds whole, byte by byte, at every split, at its own splits and with a tail."""
    stream = bytes_of(case)
    whole = parsed([stream])
    frames, unfinished, last_event_id, retry = whole
    assert events_in(frames) == expected_of(case["expected"])
    assert last_event_id == case["final"]["last_event_id"]
    assert retry == case["final"]["retry"]
    if "alt" in case:
        assert unfinished is not None
        lenient = [*frames, unfinished]
        assert events_in(lenient) == expected_of(case["alt"]["dispatch_at_eof"])
    if "comments" in case:
        # A comment whose line nothing ended is in the incomplete frame, but no comment yet.
        ended = stream[-1:] in {b"\r", b"\n"}
        last = [unfinished] if unfinished and ended else []
        assert [text for f in [*frames, *last] for text in f.comments] == case["comments"]
    if len(stream) < 200_000:
        assert parsed(bytewise(stream)) == whole
    # Every split, but of a stream so long that it would take a minute: a few dozen of them.
    for chunks in splits(stream, step=1 if len(stream) < 6000 else len(stream) // 40):
        assert parsed(chunks) == whole
    for cuts in case.get("splits", ()):
        assert parsed(cut_at(stream, cuts)) == whole
    tail = b"\n\ndata: tail\n\n"
    with_tail = parsed([stream + tail])
    assert with_tail[0][: len(frames)] == frames
    assert with_tail[0][-1].data == "tail"


# Pieces of streams that are likely to be read wrongly, to be put together at random.
PIECES = [
    b"data", b"event", b"id", b"retry", b"Data", b"data:", b"data: ", b"event: ", b"id: ", b"id:",
    b"retry: ", b": ", b":", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"x", b"delta",
    b"10", b"+5", b"1e3", b"\xc2\xb2", b"\0", b"\xef\xbb\xbf", b"\xef\xbb", b"\xe2\x80\xa8",
    b"\xc2\x85", b"\x0b", b"\x0c", b"\xf0\x9f\x98\x80", b"\xf0\x9f", b"\xff", b"event: a\ndata: b",
    b"event: a\ndata: 1\n\n", b"data: 2\n\n", b"id: 7\nevent: a\ndata: 3\n\n", b"data:4\n\n",
]  # fmt: skip
streams = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join), st.binary(max_size=200)
)


@given(stream=streams, cuts=places)
@example(stream=b"\xef\xbb\xbfdata: x\r\n\r\n", cuts=[1, 2, 11, 12])
@example(stream=b"data: x\n\n\r\r\ndata: y\r\r", cuts=[8, 8, 9])
def test_any_bytes_are_read_as_the_reference_reads_them(stream: bytes, cuts: list[int]) -> None:
    """Any bytes, cut anywhere, give the frames that a line by line reading of the spec gives."""
    expected = reference.read(stream)
    for chunks in ([stream], bytewise(stream), cut_at(stream, cuts)):
        assert parsed(chunks)[:3] == expected


@given(stream=streams)
def test_every_split_gives_the_same_frames(stream: bytes) -> None:
    """No matter where a stream is cut in two, its frames and its state are the same."""
    whole = parsed([stream])
    assert all(parsed(chunks) == whole for chunks in splits(stream))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 7, 1000, 70_000, 1 << 20])
def test_long_streams_of_every_shape(end: bytes, size: int) -> None:
    """Thousands of blocks of changing shapes are read alike in chunks of any size."""
    blocks = [
        b"event: delta\ndata: {%d}\n\n", b"data: {%d}\n\n", b"data:{%d}\n\n", b": ping %d\n\n",
        b"id: %d\nevent: delta\ndata: x\n\n", b"event:e\nid:%d\ndata:x\n\n", b"retry: %d\n\n",
        b"event: delta\ndata: %d\ndata: two\n\n", b"data: %d\nevent: after\n\n", b"other: %d\n\n",
    ]  # fmt: skip
    repeats = 30 if size < 1000 else 300
    stream = b"".join(block % n for block in (*blocks, *blocks[::-1]) for n in range(repeats))
    stream = stream.replace(b"\n", end)
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert parsed(chunks)[:3] == reference.read(stream)


@pytest.mark.parametrize("size", [1000, 65_536, 65_537, 1 << 22])
def test_large_blocks_between_small_ones(size: int) -> None:
    """Blocks of many sizes around that of a window come out whole and in order."""
    sizes = [1, 65_500, 65_529, 65_530, 65_531, 131_072, 1_000_000, 10]
    blocks = [b"event: big\ndata: " + b"x" * n + b"\ndata: y\n\n" for n in sizes]
    stream = b"\n".join(blocks)
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [len(f.data or "") for f in parsed(chunks)[0]] == [n + 2 for n in sizes]


def test_a_frame_comes_with_the_byte_that_ends_it() -> None:
    """A CR ends a block at once: nothing waits to see whether a LF follows."""
    parser = SSEParser()
    assert parser.feed(b"data: x\r\n") == []
    assert parser.feed(b"\r") == [SSEFrame(data="x")]
    assert parser.feed(b"\n") == []
    assert parser.close() is None


def test_after_close_a_new_stream_begins() -> None:
    """What follows `close` is read as after a reconnection: a BOM goes, the last id stays."""
    parser = SSEParser()
    parser.feed(b"id: 1\nretry: 9\n\ndata: cut")
    assert parser.close() == SSEFrame(data="cut", id="1", complete=False)
    assert parser.close() is None
    assert parser.feed(b"\xef\xbb\xbfdata: x\n\n") == [SSEFrame(data="x", id="1")]
    assert (parser.last_event_id, parser.retry) == ("1", 9)


@given(stream=streams, cuts=places, bound=st.integers(min_value=1, max_value=60))
def test_the_bound_does_not_depend_on_the_cuts(stream: bytes, cuts: list[int], bound: int) -> None:
    """The same frames come before the bound is hit, and it is hit in the same stream."""
    whole = run(SSEParser(max_frame_bytes=bound), [stream])
    assert run(SSEParser(max_frame_bytes=bound), bytewise(stream)) == whole
    assert run(SSEParser(max_frame_bytes=bound), cut_at(stream, cuts)) == whole
    if whole[1] is None:
        frames, rest, _ = reference.read(stream)
        assert whole[0] == frames + ([rest] if rest else [])


@pytest.mark.parametrize("chunk", [1, 10, 1000, 100_000])
@pytest.mark.parametrize("bound", [1, 100, 255, 256, 257, 1000, 65_536, 100_000])
def test_the_bound_is_exact(chunk: int, bound: int) -> None:
    """A block as large as the bound passes, one more byte does not, closed or not."""
    for size in (bound, bound + 1):
        closed = (b":" + b"x" * size)[: size - 1] + b"\n\n"
        for stream in (closed, b"x" * size):
            chunks = [stream[at : at + chunk] for at in range(0, len(stream), chunk)]
            error = run(SSEParser(max_frame_bytes=bound), chunks)[1]
            assert error is (FrameTooLargeError if size > bound else None)


def test_an_endless_line_is_an_error_that_says_the_way_out() -> None:
    """The error names the size, the bound and the option, keeps the frames, and stays."""
    parser = SSEParser(max_frame_bytes=1000)
    with pytest.raises(
        FrameTooLargeError, match=r"over the bound of 1,000.*max_frame_bytes"
    ) as hit:
        parser.feed(b"data: x\n\ndata: " + b"x" * 2000)
    assert hit.value.max_bytes == 1000
    assert hit.value.frames == (SSEFrame(data="x"),)
    with pytest.raises(FrameTooLargeError):
        parser.feed(b"\n\ndata: y\n\n")
    assert parser.close() is None


def test_a_bound_below_one_is_refused() -> None:
    """A bound that no frame could keep is a mistake of the caller."""
    with pytest.raises(UsageError, match="at least 1, got 0"):
        SSEParser(max_frame_bytes=0)


@needs_corpus
def test_recorded_streams_in_any_cuts() -> None:
    """Every recorded SSE stream is read as the reference reads it, whole and in small chunks."""
    paths = sorted((SHARED / "corpus" / "core").rglob("*.sse"))
    assert paths
    for path in paths:
        stream = path.read_bytes()
        expected = reference.read(stream)
        for size in (len(stream), 1, 37, 1460, 4096):
            chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
            assert parsed(chunks)[:3] == expected, path


def test_encoded_frames_come_back_from_one_stream() -> None:
    """Frames written one after the other, ids set and reset, come back as they were."""
    frames = [SSEFrame(data="a", id="1"), SSEFrame(data="b"), SSEFrame(event="c", data="\n")]
    assert SSEParser().feed(b"".join(map(encode_sse, frames))) == frames
