"""Chunks that are read many at a time give the frames that they give one by one."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.errors import ContentLimitError
from streamtape.framing import select
from streamtape.framing.sse import SSEFrame, SSEParser
from streamtape.tape.events import Frame
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.segments import Allowance

lines = st.sampled_from(
    [
        "data: a",
        "data:é",
        "data",
        "event: x",
        "id: 7",
        "id:",
        "retry: 5",
        ": c",
        ":",
        "junk",
        "data: {}",
    ]
)
blocks = st.lists(lines, max_size=3).map(lambda found: "\n".join([*found, "", ""]).encode())
# Mostly whole frames, as servers send them, and everything else between them.
chunks = st.lists(
    st.lists(blocks, min_size=1, max_size=3).map(b"".join)
    | st.sampled_from([b"", b"\n", b"\n\n", b"\r\n", b"\r", b"data: b\r\n\r\n", b"\xef\xbb\xbf"])
    | st.binary(max_size=6),
    max_size=12,
)


def interaction(pieces: list[bytes], allowance: Allowance | None = None) -> Interaction:
    """A stream of these chunks; an empty one has no time of its own."""
    kept = Chunks.of(Chunk(number * 10, data) for number, data in enumerate(pieces))
    kept.allowance = allowance
    head = Head(200, ((b"content-type", b"text/event-stream"),))
    return Interaction(Request("GET", "http://h/"), head, kept, Ending("complete"))


def one_by_one(pieces: list[bytes]) -> Iterator[tuple[SSEFrame, int]]:
    """The frames, and the index of the chunk that completed each."""
    parser, last = SSEParser(), 0
    for number, data in enumerate(pieces):
        if data:
            last = number
            yield from ((frame, number) for frame in parser.feed(data))
    if (frame := parser.close()) is not None:
        yield frame, last


def located(pieces: list[bytes]) -> list[Frame]:
    """What the frames of a recording must be."""
    return [
        Frame(f.event, f.data, f.id, f.retry, f.comments, f.complete, chunk * 10, chunk, index)
        for index, (f, chunk) in enumerate(one_by_one(pieces))
    ]


@settings(deadline=None, max_examples=150)
@given(pieces=chunks)
def test_frames_are_those_of_each_chunk(pieces: list[bytes]) -> None:
    """With the chunk, the time and the number of each, whatever the cuts."""
    pieces = [b"data: 0\n\n", *pieces]  # which makes it an event stream
    assert list(select.frames(interaction(pieces))) == located(pieces)


@given(pieces=st.lists(chunks.filter(bool), min_size=1, max_size=3))
def test_what_is_not_taken_changes_nothing(pieces: list[list[bytes]]) -> None:
    """Where chunks can't be read together, the parser is as it was."""
    parser, other = SSEParser(), SSEParser()
    parser.feed(b"data: 0\n\n")
    other.feed(b"data: 0\n\n")
    for some in pieces:
        found = parser.feed_whole(some)
        expected = [frame for data in some for frame in other.feed(data)]
        if found is None:
            found = [frame for data in some for frame in parser.feed(data)]
        assert found == expected
    assert parser.close() == other.close()


def test_chunks_of_whole_frames_are_read_together() -> None:
    """Which is what makes reading quick; one that is cut, or a CR, is read on its own."""
    parser = SSEParser()
    parser.feed(b"data: 0\n\n")
    found = parser.feed_whole([b"data: 1\n\n", b"event: x\ndata: 2\n\ndata: 3\n\n"])
    assert [frame.data for frame in found or ()] == ["1", "2", "3"]
    for odd in (b"data: 4\n", b"data: 4\r\n\r\n", b"\ndata: 4\n\n", b"data: 4\n\n\n"):
        assert parser.feed_whole([b"data: 1\n\n", odd]) is None or odd.startswith(b"\n")
    parser.feed(b"data: begun")
    assert parser.feed_whole([b"data: 1\n\n"]) is None


def test_no_more_than_is_allowed_is_read() -> None:
    """The frames up to the limit are given, then the error comes, though chunks come in batches."""
    pieces = [b"data: %d\n\n" % number for number in range(200)]
    for allowance in (Allowance(150, 1 << 20, 9), Allowance(1 << 20, 9 * 10 + 10 * 90 + 5, 9)):
        found: list[Frame] = []
        try:
            found.extend(select.frames(interaction(pieces, allowance)))
        except ContentLimitError:
            pass
        else:
            raise AssertionError("the limit was not seen")
        assert found == located(pieces)[: len(found)]
        assert len(found) == (150 if allowance.n_frames == 150 else 100)
