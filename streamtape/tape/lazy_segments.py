"""Runs of chunks that stay in their file and are fetched when they are read.

A place is a zstd frame of the file and a record in its content. The last two frames of a cassette
are kept decompressed, so that reading in order undoes each frame once. A file that was altered
since it was loaded is noticed by the frame's own checksum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from streamtape.tape import records
from streamtape.tape.container import damaged, unframe
from streamtape.tape.records import Fields, RecordError
from streamtape.tape.segments import Columns, unpack, unpacked

Fetch = Callable[[int, int], bytes]
Reread = Callable[["RecordLocation"], Fields]
_FRAMES_KEPT = 2


class RecordLocation(NamedTuple):
    """Where a record is: its frame (offset and size in the file), and its offset in the content."""

    offset: int
    size: int
    start: int


def rereader(fetch: Fetch, path: str | None) -> Reread:
    """Make a function that reads the record at a place again."""

    @lru_cache(maxsize=_FRAMES_KEPT)
    def content(offset: int, size: int) -> bytes:
        return unframe(fetch(offset, size), path)

    def reread(location: RecordLocation) -> Fields:
        try:
            _, kind, value = next(
                records.unpack(content(location.offset, location.size), location.start)
            )
            return Fields(kind, value)
        except (RecordError, StopIteration) as error:
            raise damaged("it was altered since it was loaded", path) from error

    return reread


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A run of rows in a file: a "chunks" or "messages" record, and the "more" that follow it."""

    n_chunks: int
    n_bytes: int
    locations: tuple[RecordLocation, ...]
    reread: Reread

    def columns(self) -> Columns:
        """Fetch the run."""
        fields = self.reread(self.locations[0])
        parts = [fields.get("data", bytes)]
        parts += [self.reread(location).get("data", bytes) for location in self.locations[1:]]
        times, sizes = fields.get("at_us", bytes, default=None), fields.get("sizes", bytes)
        kinds = fields.get("kinds", bytes, default=b"")
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        return unpacked(times, unpack(sizes), data, kinds)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class StoredRequestBody:
    """The body of a request in a file: a "request" record and the "more" that follow it."""

    n_bytes: int
    locations: tuple[RecordLocation, ...]
    reread: Reread

    def pieces(self) -> Iterator[bytes]:
        """Fetch the body record by record."""
        first, *more = self.locations
        yield self.reread(first).get("body", bytes, default=b"")
        for location in more:
            yield self.reread(location).get("data", bytes)
