"""One event by its number: the same as in the list of all, whatever the framing and the cuts."""

import zlib
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.errors import ContentError, ContentLimitError, UsageError
from streamtape.tape.model import Interaction
from streamtape.tape.segments import Allowance
from tests.dialogues import client, dialogue, server
from tests.framing.cuts import cut_at, places
from tests.framing.test_select import interaction

BLOCKS = [
    b"data: a\n\n", b'event: x\ndata: {"type": "x", "n": 1}\n\n', b": comment\n\n", b"\n", b"\r",
    b"id: 7\ndata: b\r\n\r\n", b"id\ndata:\n\n", b"retry: 5\n\n", b"data: c\r\rdata: d\n\n",
    b"event: y\n\n", b"data: e\ndata: f\n\n", b"data: cut", b"\xef\xbb\xbf", b"data: \xe2\x82\n\n",
    b"id: 8\n\n", b"id: n\0\ndata: g\n\n", b"data: [DONE]\n\n",
]  # fmt: skip
LINES = [b'{"n": 1}\n', b'{"n": 2}\r\n', b"\n", b"no JSON\n", b'{"cut']
PART = st.tuples(st.sampled_from(BLOCKS), st.integers(1, 90))


def assert_same_events(recorded: Interaction) -> None:
    """Each event is the one of the list, its frame too; there is none before or after."""
    events = list(recorded.events())
    for index in range(-len(events), len(events)):
        event = recorded.event(index)
        assert (event, event.frame) == (events[index], events[index].frame)
    for index in (len(events), -len(events) - 1):
        with pytest.raises(IndexError, match=rf"no event {index}: .* {len(events):,} events"):
            recorded.event(index)


def assert_same_event(recorded: Interaction, number: int) -> None:
    """The event of this number is the one that iterating comes to; IndexError beyond the last."""
    expected = next(islice(recorded.events(), number, None), None)
    if expected is None:
        with pytest.raises(IndexError):
            recorded.event(number)
    else:
        event = recorded.event(number)
        assert (event, event.frame) == (expected, expected.frame)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(BLOCKS), max_size=8), places)
def test_any_event_of_a_short_stream(blocks: list[bytes], cuts: list[int]) -> None:
    """Line ends, byte order marks, comments, ids in force and cuts do not matter."""
    assert_same_events(interaction(cut_at(b"".join(blocks), cuts)))


@settings(max_examples=20)
@given(st.lists(PART, max_size=6), st.integers(1, 40), st.integers(0, 400), st.booleans())
def test_any_event_of_a_long_stream(
    parts: list[tuple[bytes, int]], size: int, number: int, packed: bool
) -> None:
    """Events that are passed over many at a time leave time, chunk and id of the one that stays."""
    body = b"".join(block * times for block, times in parts)
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    if packed:
        packer = zlib.compressobj(wbits=31)
        chunks = [packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH) for chunk in chunks]
    recorded = interaction(chunks, encoding="gzip" if packed else None)
    assert_same_event(recorded, number)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from([b"", *BLOCKS]), st.integers(0, 130)), max_size=5),
    st.integers(0, 500),
)
def test_any_event_of_runs_of_whole_chunks(parts: list[tuple[bytes, int]], number: int) -> None:
    """Events that are alike and fill a chunk each are counted, and what is between them is read."""
    delta = b'event: x\ndata: {"type": "x", "n": %d}\n\n'
    chunks = [
        chunk for block, n in parts for chunk in (*(delta % index for index in range(n)), block)
    ]
    recorded = interaction(chunks)
    assert_same_event(recorded, number)


@settings(max_examples=20)
@given(st.lists(st.sampled_from(LINES), max_size=8), places)
def test_any_event_of_lines(lines: list[bytes], cuts: list[int]) -> None:
    """NDJSON has events by number, too."""
    assert_same_events(interaction(cut_at(b"".join(lines), cuts), "application/x-ndjson"))


def test_any_event_of_other_bodies() -> None:
    """So have a document, a dialogue, and what has no events."""
    assert_same_events(interaction([b'{"a": ', b"1}"], "application/json"))
    assert_same_events(interaction([]))
    talk = [server('{"type": "a"}'), client("b"), server(b"\0"), client("d")]
    assert_same_events(dialogue(*talk))


def test_the_dialect_may_be_forced() -> None:
    """As for `events`; an unknown one is a usage error."""
    recorded = interaction([b'event: x\ndata: {"type": "y"}\n\n'])
    assert recorded.event(0, dialect="generic") == next(recorded.events(dialect="generic"))
    with pytest.raises(UsageError, match="unknown dialect 'nope'"):
        recorded.event(0, dialect="nope")


def test_only_errors_before_the_event_are_raised() -> None:
    """An event before the fault is given, however the chunks are read."""
    packer = zlib.compressobj(wbits=31)
    chunks = [
        packer.compress(b"data: %d\n\n" % n) + packer.flush(zlib.Z_SYNC_FLUSH) for n in range(200)
    ]
    recorded = interaction([*chunks, b"\xff" * 100], encoding="gzip")
    assert [recorded.event(n).payload for n in (0, 100, 199)] == [0, 100, 199]
    with pytest.raises(ContentError):
        recorded.event(200)


@pytest.mark.parametrize("allowance", [Allowance(150, 1 << 20, 9), Allowance(1 << 20, 1500, 9)])
def test_what_may_be_read_of_a_file_is_the_limit(allowance: Allowance) -> None:
    """Passing events over does not get past the limit of a file that unfolds to too much."""
    recorded = interaction([b"data: 123\n\n"] * 400)
    recorded.chunks.allowance = allowance
    last = min(150, 1500 // 11) - 1
    assert recorded.event(last).index == last
    for number in (150, 399, 400):
        with pytest.raises(ContentLimitError):
            recorded.event(number)
