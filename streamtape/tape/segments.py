"""A body as runs of rows, stored by columns: its chunks, or the messages of a dialogue.

A run is in memory, or in a file from which it is fetched when somebody reads it. `Rows` is the
sequence that users see, whatever its runs are and whatever a row is; `Chunks` are those of a
stream, `messages.Messages` those of a dialogue.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Any, NamedTuple, Protocol, TypeVar, overload

from streamtape.content.limits import Allowance
from streamtape.content.pieces import joined

SEGMENT_BYTES = 1 << 20
SEGMENT_CHUNKS = 1 << 15


class Chunk(NamedTuple):
    """Bytes as the transport delivered them, and when."""

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

    def pieces(self) -> Iterator[bytes]:
        """Cut the data into the bytes of its rows."""
        data, start = self.data, 0
        for end in accumulate(self.sizes):
            yield data[start:end]
            start = end


class Segment(Protocol):
    """A run of rows that is in memory, or that can be fetched."""

    @property
    def n_chunks(self) -> int: ...
    @property
    def n_bytes(self) -> int: ...
    def columns(self) -> Columns: ...


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

    def columns(self) -> Columns:
        return self.loaded


R = TypeVar("R")


class Rows(Sequence[R]):
    """The rows of one body, in order. Long bodies are fetched from the file as they are read."""

    __slots__ = ("_first", "_recent", "allowance", "segments")
    noun = "rows"

    def __init__(
        self, segments: Iterable[Segment] = (), *, allowance: Allowance | None = None
    ) -> None:
        self.allowance = allowance  # how much may be read of it, if its file is not trusted
        self.segments = tuple(s for s in segments if s.n_chunks)
        self._first = [0, *accumulate(s.n_chunks for s in self.segments)]
        self._recent: tuple[int, list[R]] | None = None

    @abstractmethod
    def rows(self, columns: Columns) -> Iterator[R]:
        """The rows of one run."""

    @property
    def n_bytes(self) -> int:
        """How many bytes all rows hold."""
        return sum(s.n_bytes for s in self.segments)

    def join(self) -> bytes:
        """All bytes, joined."""
        return joined(s.columns().data for s in self.segments)

    def pieces(self) -> Iterator[bytes]:
        """The bytes of each row, in order."""
        for segment in self.segments:
            yield from segment.columns().pieces()

    def timed_pieces(self) -> Iterator[tuple[int | None, bytes]]:
        """The time and the bytes of each row, in order; no row is made of them."""
        for segment in self.segments:
            found = segment.columns()
            yield from zip(found.times(), found.pieces(), strict=False)

    def __len__(self) -> int:
        return self._first[-1]

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
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"index {index} of {len(self)} {self.noun}")
        number = bisect_right(self._first, position) - 1
        recent = self._recent  # read once: another thread may fetch another segment meanwhile
        if recent is None or recent[0] != number:
            recent = self._recent = number, list(self.rows(self.segments[number].columns()))
        return recent[1][position - self._first[number]]

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
    """The chunks of one body, in order. Long ones are fetched from the file as they are read."""

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
    told = bytes(kinds) if any(kinds) else b""
    return Columns(times or None, tuple(map(len, pieces)), b"".join(pieces), told)
