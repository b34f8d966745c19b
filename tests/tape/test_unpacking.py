"""Unpackers are used again, and nothing of what one read before shows in what it reads next."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.tape import records
from streamtape.tape.container import VERSION
from streamtape.tape.record_types import MoreFields, kinds_of
from streamtape.tape.records import RecordError, pack, unpack

KINDS = kinds_of(VERSION)


@pytest.fixture(autouse=True)
def no_idle_unpackers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins without an unpacker that another one has left."""
    monkeypatch.setattr(records, "_idle", [])


def packed(*data: bytes) -> bytes:
    """Records that each hold some data."""
    return b"".join(pack(["more", {"i": 0, "data": one}]) for one in data)


def read(content: bytes) -> list[bytes]:
    """The data of each record, whose places must be those in the content."""
    found, end = [], 0
    for start, stop, fields in unpack(content, KINDS):
        assert start == end
        assert isinstance(fields, MoreFields)
        assert packed(fields.data) == content[start:stop]
        found.append(fields.data)
        end = stop
    assert end == len(content)
    return found


PIECES = st.lists(st.binary(max_size=300), min_size=1, max_size=5)


@given(st.lists(PIECES, min_size=1, max_size=5))
def test_contents_read_one_after_another(contents: list[list[bytes]]) -> None:
    """Starts and stops count from the content's own beginning; one unpacker serves all."""
    for pieces in contents:
        assert read(packed(*pieces)) == pieces
    assert len(records._idle) == 1


def test_contents_read_in_turn() -> None:
    """Two who read at the same time have an unpacker each, as threads have."""
    one, other = packed(b"a", b"b", b"c"), packed(b"x" * 100, b"y")
    turns: list[Iterator[object]] = [unpack(one, KINDS), unpack(other, KINDS)]
    assert next(turns[0]) == (0, len(packed(b"a")), MoreFields(i=0, data=b"a"))
    assert next(turns[1]) == (0, len(packed(b"x" * 100)), MoreFields(i=0, data=b"x" * 100))
    assert [len(list(rest)) for rest in turns] == [2, 1]
    assert read(one) == [b"a", b"b", b"c"]


@pytest.mark.parametrize("rest", [b"\xc1", b"\xdd\xff\xff\xff\xff", packed(b"cut")[:-1], b"\x92"])
def test_what_is_malformed_is_not_read_on(rest: bytes) -> None:
    """The unpacker that stopped within is not used again."""
    with pytest.raises(RecordError):
        list(unpack(packed(b"a") + rest, KINDS))
    assert not records._idle
    assert read(packed(b"b")) == [b"b"]


def test_whoever_stops_early_leaves_nothing_behind() -> None:
    """A reader that found what it wanted gives back no unpacker that still holds bytes."""
    reading = unpack(packed(b"a", b"b"), KINDS)
    next(reading)
    del reading
    assert not records._idle
    assert read(packed(b"c")) == [b"c"]


def test_little_memory_is_kept() -> None:
    """An unpacker for a content that no frame holds is not kept, nor are more than two."""
    read(packed(*[b"x" * (1 << 20)] * 7))
    assert not records._idle
    readers = [unpack(packed(b"a"), KINDS) for _ in range(5)]
    for one in readers:
        next(one)
    for one in readers:
        assert not list(one)
    assert len(records._idle) == 2
