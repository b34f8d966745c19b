"""Runs of chunks that stay in their file and are fetched when they are read.

A place is a zstd frame of the file and a record in its content. The last two frames of a cassette
are kept decompressed, so that reading in order undoes each frame once. A file that was altered
since it was loaded is noticed by the frame's own checksum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

import msgspec

from streamtape.tape.container import VERSION, damaged, unframe
from streamtape.tape.record_types import (
    MoreFields,
    RecordFields,
    RequestFields,
    RunFields,
    kinds_of,
)
from streamtape.tape.records import RecordError, unpack_record
from streamtape.tape.segments import Columns, unpacked

F = TypeVar("F", bound=RecordFields)
Fetch = Callable[[int, int], bytes]
_FRAMES_KEPT = 2


class RecordLocation(msgspec.Struct, frozen=True, gc=False):
    """Where a record is: its frame (offset and size in the file), and its place in the content."""

    offset: int
    size: int
    start: int
    stop: int


class Reread(Protocol):
    """Reads a record at its location again."""

    def __call__(self, location: RecordLocation, expected: type[F]) -> F: ...


def rereader(fetch: Fetch, path: str | None) -> Reread:
    """Make a function that reads the record at a place again."""

    @lru_cache(maxsize=_FRAMES_KEPT)
    def content(offset: int, size: int) -> bytes:
        return unframe(fetch(offset, size), path)

    def reread(location: RecordLocation, expected: type[F]) -> F:
        record = content(location.offset, location.size)[location.start : location.stop]
        try:
            fields = unpack_record(record, kinds_of(VERSION))
        except RecordError:
            fields = None
        if not isinstance(fields, expected):
            raise damaged("it was altered since it was loaded", path)
        return fields

    return reread


class StoredSegment(msgspec.Struct, frozen=True, gc=False):
    """A run of rows in a file: a "chunks" or "messages" record, and the "more" that follow it."""

    n_chunks: int
    n_bytes: int
    locations: tuple[RecordLocation, ...]
    reread: Reread

    def columns(self, *, timed: bool = True) -> Columns:
        """Fetch the run."""
        run = self.reread(self.locations[0], RunFields)
        data: bytes = run.data
        if len(self.locations) > 1:
            parts = [self.reread(location, MoreFields).data for location in self.locations[1:]]
            data = b"".join([data, *parts])
        return unpacked(run.at_us if timed else None, run.sizes, data, run.kinds)

    def outline(self) -> Columns:
        """Fetch the run without its data; the "more" records are not read."""
        run = self.reread(self.locations[0], RunFields)
        return unpacked(run.at_us, run.sizes, b"", run.kinds)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class StoredRequestBody:
    """The body of a request in a file: a "request" record and the "more" that follow it."""

    n_bytes: int
    locations: tuple[RecordLocation, ...]
    reread: Reread

    def pieces(self) -> Iterator[bytes]:
        """Fetch the body record by record."""
        first, *more = self.locations
        yield self.reread(first, RequestFields).body
        for location in more:
            yield self.reread(location, MoreFields).data
