"""A body as runs of rows, stored by columns: its chunks, or the messages of a dialogue.

A run is in memory, or in a file from which it is fetched when it is read (`lazy_segments`). `Rows`
is the sequence that users see; `Chunks` are the rows of a stream, `messages.Messages` those of a
dialogue.

In a file, a column is n unsigned 64-bit numbers laid out by byte planes, so that it compresses
well: first the lowest byte of each number, then the next byte of each, and so on, eight planes.
Small numbers leave six planes of zeros, which cost nothing once compressed. Times are differences,
the first one from 0, modulo 2**64:

    times       1000, 1300, 1299
    differences 1000, 300, -1      e8 03 00..   2c 01 00..   ff ff ff..
    planes      e8 2c ff | 03 01 ff | 00 00 ff | ... (eight of them)

An `Allowance` bounds how much of a body may be read; `unfolding` says how much that is.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, chain, pairwise, repeat
from typing import Any, NamedTuple, Protocol, TypeVar, overload

import msgspec

from streamtape.content.pieces import joined
from streamtape.errors import ContentLimitError

SEGMENT_BYTES = 1 << 20
SEGMENT_CHUNKS = 1 << 15
COLUMN_WIDTH = 8
_MASK = (1 << 64) - 1
_HALF = 1 << 63


class Chunk(NamedTuple):
    """A piece of a body, `data`, as the transport delivered it, and when.

    `at_us` is in microseconds from the sending of the request; None if unknown. The bytes are those
    on the wire: compressed if the body is.
    """

    at_us: int | None
    data: bytes


class Columns(NamedTuple):
    """A run of rows, by columns: `times_us` is None where times are unknown.

    `kinds` has one byte a message, and is empty where the rows are chunks.
    """

    times_us: Sequence[int] | None
    sizes: Sequence[int]
    data: bytes
    kinds: bytes = b""

    def chunks(self) -> Iterator[Chunk]:
        """Cut the data into its chunks."""
        return map(Chunk, self.times(), self.pieces())

    def times(self) -> Iterable[int | None]:
        """The time of each row; endless where times are unknown."""
        return self.times_us or repeat(None)

    def shape(self) -> Iterator[tuple[int | None, int]]:
        """The time and the size of each row."""
        return zip(self.times(), self.sizes, strict=False)

    def pieces(self) -> Iterator[bytes]:
        """Cut the data into the bytes of its rows: ten times as fast as by slices."""
        return map(BytesIO(self.data).read, self.sizes)


class Segment(Protocol):
    """A run of rows that is in memory, or that can be fetched.

    Of an `outline` times, sizes and kinds are to be read; the data may not be there. Columns that
    are not `timed` may lack their times.
    """

    @property
    def n_chunks(self) -> int: ...
    @property
    def n_bytes(self) -> int: ...
    def columns(self, *, timed: bool = True) -> Columns: ...
    def outline(self) -> Columns: ...


@dataclass(frozen=True, slots=True)
class LoadedSegment:
    """A run of rows in memory."""

    loaded: Columns

    @property
    def n_chunks(self) -> int:
        return len(self.loaded.sizes)

    @property
    def n_bytes(self) -> int:
        return len(self.loaded.data)

    def columns(self, *, timed: bool = True) -> Columns:
        return self.loaded

    def outline(self) -> Columns:
        return self.loaded


class PackedSegment(msgspec.Struct, frozen=True, gc=False):
    """A run of rows in memory, its columns packed as they are in a file."""

    n_chunks: int
    n_bytes: int
    times: bytes | None
    sizes: bytes
    data: bytes
    kinds: bytes = b""

    def columns(self, *, timed: bool = True) -> Columns:
        """Undo the columns."""
        return unpacked(self.times if timed else None, self.sizes, self.data, self.kinds)

    def outline(self) -> Columns:
        """The run; its data is in memory."""
        return self.columns()


R = TypeVar("R")


class Rows(Sequence[R]):
    """The rows of one body, in order. Long bodies are fetched from the file as they are read."""

    __slots__ = ("_ends", "_recent", "allowance", "segments")
    noun = "rows"

    def __init__(
        self, segments: Iterable[Segment] = (), *, allowance: Allowance | None = None
    ) -> None:
        self.allowance = allowance  # how much may be read, unless the file is trusted
        self.segments = tuple([s for s in segments if s.n_chunks])
        self._ends: list[int] | None = None  # for each run, the index after its last row
        self._recent: tuple[int, list[R]] | None = None

    @abstractmethod
    def rows(self, columns: Columns) -> Iterator[R]:
        """The rows of one run."""

    @property
    def n_bytes(self) -> int:
        """How many bytes all rows hold."""
        return sum(s.n_bytes for s in self.segments)

    def join(self) -> bytes:
        """All bytes joined."""
        return joined(s.columns(timed=False).data for s in self.segments)

    def holds_same_bytes(self, other: Rows[Any]) -> bool:
        """Whether all bytes are those of another body; neither is held in memory as a whole."""
        if self.n_bytes != other.n_bytes:
            return False
        runs, rest = (segment.columns().data for segment in other.segments), memoryview(b"")
        for segment in self.segments:
            data = memoryview(segment.columns().data)
            while data:
                rest = rest or memoryview(next(runs))
                n_bytes = min(len(data), len(rest))
                if data[:n_bytes] != rest[:n_bytes]:
                    return False
                data, rest = data[n_bytes:], rest[n_bytes:]
        return True

    def pieces(self) -> Iterator[bytes]:
        """The bytes of each row, in order."""
        return chain.from_iterable(s.columns(timed=False).pieces() for s in self.segments)

    def shape(self) -> Iterator[tuple[int | None, int]]:
        """The time and the size in bytes of each row, in order; the data is not fetched."""
        for segment in self.segments:
            yield from segment.outline().shape()

    def allowed_rows(self) -> Iterator[R]:
        """The rows, in order, up to where more bytes are read than `allowance` has for the body.

        ContentLimitError there.
        """
        n_bytes = 0
        for found in self.allowed_runs():
            for row, size in zip(self.rows(found), found.sizes, strict=False):
                n_bytes += size
                if self.allowance is not None:
                    self.allowance.bytes(n_bytes)
                yield row

    def allowed_pieces(self) -> Iterator[tuple[int | None, bytes]]:
        """The time and the bytes of each row, in order, for readers who count what they read.

        ContentLimitError before a row that alone has more than `allowance` has for the body.
        """
        for found in self.allowed_runs():
            yield from zip(found.times(), found.pieces(), strict=False)

    def allowed_runs(self) -> Iterator[Columns]:
        """The runs of rows, in order, for readers who count what they read.

        ContentLimitError before a row that alone has more than `allowance` has for the body: it is
        not even fetched.
        """
        for segment in self.segments:
            if self.allowance is not None and segment.n_bytes > 2 * SEGMENT_BYTES:
                self.allowance.bytes(segment.n_bytes)
            yield segment.columns()

    def __len__(self) -> int:
        return sum([s.n_chunks for s in self.segments])

    def __iter__(self) -> Iterator[R]:
        for segment in self.segments:
            yield from self.rows(segment.columns())

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[R]: ...
    def __getitem__(self, index: int | slice) -> R | Sequence[R]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        ends = self._ends
        if ends is None:
            ends = self._ends = list(accumulate([s.n_chunks for s in self.segments]))
        n_rows = ends[-1] if ends else 0
        position = index + n_rows if index < 0 else index
        if not 0 <= position < n_rows:
            raise IndexError(f"index {index} of {n_rows} {self.noun}")
        number = bisect_right(ends, position)
        recent = self._recent  # read once: another thread may fetch another segment meanwhile
        if recent is None or recent[0] != number:
            recent = self._recent = number, list(self.rows(self.segments[number].columns()))
        return recent[1][position - ends[number]]  # counted from the end of the run

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(_same, self, other))

    def __hash__(self) -> int:
        return hash((len(self), self.n_bytes))

    def __repr__(self) -> str:
        return f"<{len(self)} {self.noun}, {self.n_bytes} bytes>"


def _same(one: Any, other: Any) -> bool:
    return bool(one == other)


class Chunks(Rows[Chunk]):
    """The chunks of one body, in order: a sequence of `Chunk`.

    Long ones are fetched from the file as they are read. `n_bytes` is the length of the body.
    """

    __slots__ = ()
    noun = "chunks"

    def rows(self, columns: Columns) -> Iterator[Chunk]:
        """The chunks of one run."""
        return columns.chunks()

    @classmethod
    def of(cls, chunks: Iterable[Chunk]) -> Chunks:
        """Make columns of loose chunks; either all of them have a time or none has."""
        if isinstance(chunks, Chunks):
            return chunks
        return cls(map(LoadedSegment, columns_of((at, data, 0) for at, data in chunks)))


def columns_of(
    rows: Iterable[tuple[int | None, bytes, int]], noun: str = "chunk"
) -> Iterator[Columns]:
    """Make runs of (time, data, kind); a kind of 0 in all rows says that they are chunks.

    ValueError where some rows have a time and some have none.
    """
    times: list[int] = []
    pieces: list[bytes] = []
    kinds = bytearray()
    untimed = n_bytes = 0
    for at_us, data, kind in rows:
        if at_us is None:
            untimed += 1
        else:
            times.append(at_us)
        pieces.append(data)
        kinds.append(kind)
        n_bytes += len(data)
        if times and untimed:
            raise ValueError(f"either all {noun}s of an interaction have a time or none")
        if n_bytes >= SEGMENT_BYTES or len(pieces) >= SEGMENT_CHUNKS:
            yield _columns(times, pieces, kinds)
            times, pieces, kinds, n_bytes = [], [], bytearray(), 0
    if pieces:
        yield _columns(times, pieces, kinds)


def _columns(times: list[int], pieces: list[bytes], kinds: bytearray) -> Columns:
    packed = bytes(kinds) if any(kinds) else b""
    return Columns(times or None, tuple(map(len, pieces)), b"".join(pieces), packed)


def pack(numbers: Iterable[int]) -> bytes:
    """Lay out numbers from 0 to 2**64 - 1 by byte planes."""
    column = array("Q", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    raw = column.tobytes()
    return b"".join(raw[plane::COLUMN_WIDTH] for plane in range(COLUMN_WIDTH))


def unpack(planes: bytes) -> array[int]:
    """Read a column back; ValueError where its length is no multiple of 8."""
    n, rest = divmod(len(planes), COLUMN_WIDTH)
    if rest:
        raise ValueError(
            f"the {len(planes)} bytes of a column are not a multiple of {COLUMN_WIDTH}"
        )
    if n < COLUMN_WIDTH:  # the bytes of each number, or else each byte of all numbers
        raw = b"".join([planes[number::n] for number in range(n)])
    else:
        laid = bytearray(len(planes))
        for plane in range(COLUMN_WIDTH):
            laid[plane::COLUMN_WIDTH] = planes[plane * n : (plane + 1) * n]
        raw = bytes(laid)
    column = array("Q", raw)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def pack_times(times: Sequence[int]) -> bytes:
    """Lay out times (signed 64-bit) as differences."""
    return pack([(after - before) & _MASK for before, after in pairwise((0, *times))])


def unpack_times(planes: bytes) -> array[int]:
    """Read times back; ValueError where the column is not one."""
    deltas = unpack(planes)
    try:
        return array("q", list(accumulate(deltas)))  # an array is made faster from a list
    except OverflowError:  # times that go back or below zero: differences modulo 2**64
        return array("q", [((t + _HALF) & _MASK) - _HALF for t in accumulate(deltas)])


def unpacked(times: bytes | None, sizes: bytes, data: bytes, kinds: bytes) -> Columns:
    """The columns of a run that is packed; ValueError where they are damaged."""
    return Columns(None if times is None else unpack_times(times), unpack(sizes), data, kinds)


class Allowance(NamedTuple):
    """How much may be read from one body of a file of `file_bytes` bytes."""

    n_frames: int
    n_bytes: int
    file_bytes: int

    def frames(self, n_frames: int) -> None:
        """ContentLimitError where that many frames are too many."""
        if n_frames > self.n_frames:
            raise ContentLimitError(self._message(f"{self.n_frames:,} events"))

    def bytes(self, n_bytes: int) -> None:
        """ContentLimitError where that much content is too much."""
        if n_bytes > self.n_bytes:
            raise ContentLimitError(self._message(f"{self.n_bytes:,} bytes"))

    def _message(self, read: str) -> str:
        return (
            f"only the first {read} of this body were read, and the rest was left out: a file of "
            f"{self.file_bytes:,} bytes that decompresses to more is not a real recording; if you "
            "trust it, load it with a limit of your own: load(path, max_bytes=...)"
        )


def within(pieces: Iterable[bytes], allowance: Allowance | None) -> Iterator[bytes]:
    """Pass pieces of content on, up to what is allowed."""
    n_bytes = 0
    for piece in pieces:
        n_bytes += len(piece)
        if allowance is not None:
            allowance.bytes(n_bytes)
        yield piece
