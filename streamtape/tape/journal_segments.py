"""Bodies whose records are still in a journal: where these are, and how they are read. Pure.

What `lazy_segments` is to a cassette: a run of chunks or messages, or the body of an upload, is a
list of offsets until somebody reads it. A patch is a record of its own, which masks bytes of
records before it; it is applied when they are read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from streamtape.tape import journal
from streamtape.tape.journal_records import Entry, Journal
from streamtape.tape.records import RecordError
from streamtape.tape.segments import Columns


@dataclass(slots=True)
class JournalRun:
    """A run of chunks or messages: where their records are, and the patches that fall into it."""

    start: int  # offset in the body
    kind: int = journal.CHUNK
    n_chunks: int = 0
    n_bytes: int = 0
    offsets: array[int] = field(default_factory=lambda: array("Q"))  # pairs: from, to
    patches: array[int] = field(default_factory=lambda: array("Q"))  # where their records are


@dataclass(slots=True)
class Upload:
    """The body of a request as it came: where its pieces are, and what was put right in them."""

    starts: array[int] = field(default_factory=lambda: array("Q"))  # offsets in the body
    offsets: array[int] = field(default_factory=lambda: array("Q"))  # offsets in the journal
    patches: dict[int, list[int]] = field(default_factory=dict)  # by piece: where their records are
    n_bytes: int = 0

    def add(self, entry: Entry) -> None:
        """Take a piece; pieces follow one another, but for those that were lost."""
        start = journal.PATCH_START.unpack_from(entry.body)[2]
        if self.starts and start < self.starts[-1]:
            raise RecordError("a piece of a request's body goes back")
        self.starts.append(start)
        self.offsets.append(entry.offset)
        self.n_bytes += len(entry.body) - journal.PATCH_START.size

    def patch(self, entry: Entry, start: int) -> None:
        """Take what is to be put over pieces that came before."""
        end = start + len(entry.body) - journal.PATCH_START.size
        for n in range(len(self.starts) - 1, -1, -1):
            if self.starts[n] < end:
                self.patches.setdefault(n, []).append(entry.offset)
            if self.starts[n] <= start:
                return


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class JournalBody:
    """The body of a request that is still in a journal."""

    upload: Upload
    source: Journal

    @property
    def n_bytes(self) -> int:
        """How many bytes there are."""
        return self.upload.n_bytes

    def pieces(self) -> Iterator[bytes]:
        """Fetch the pieces, patched."""
        for n, place in enumerate(self.upload.offsets):
            data = self.source.entry(place).body[journal.PATCH_START.size :]
            if n in self.upload.patches:
                piece = bytearray(data)
                for offset in self.upload.patches[n]:
                    body = self.source.entry(offset).body
                    start = journal.PATCH_START.unpack_from(body)[2] - self.upload.starts[n]
                    overwrite(piece, start, body[journal.PATCH_START.size :])
                data = bytes(piece)
            yield data


@dataclass(frozen=True, slots=True)
class JournalSegment:
    """A run of chunks or messages that is still in a journal."""

    run: JournalRun
    source: Journal

    @property
    def n_chunks(self) -> int:
        """How many chunks."""
        return self.run.n_chunks

    @property
    def n_bytes(self) -> int:
        """How many bytes they hold."""
        return self.run.n_bytes

    def columns(self, *, timed: bool = True) -> Columns:
        """Fetch the run, patched; always with its times."""
        times, pieces, kinds, run = array("q"), [], bytearray(), self.run
        head = journal.ROW_STARTS[run.kind]
        for start, stop in zip(run.offsets[::2], run.offsets[1::2], strict=True):
            for entry in self.source.between(start, stop):
                _, _, at_us, *kind = head.unpack_from(entry.body)
                times.append(at_us)
                kinds += bytes(kind)
                pieces.append(entry.body[head.size :])
        sizes = array("Q", map(len, pieces))
        if not run.patches:
            return Columns(times, sizes, b"".join(pieces), bytes(kinds))
        body = bytearray().join(pieces)
        for offset in run.patches:
            entry = self.source.entry(offset)
            at = journal.PATCH_START.unpack_from(entry.body)[2] - run.start
            overwrite(body, at, entry.body[journal.PATCH_START.size :])
        return Columns(times, sizes, bytes(body), bytes(kinds))

    def outline(self) -> Columns:
        """The run; its data has to be read for its sizes."""
        return self.columns()


def overwrite(body: bytearray, at: int, data: bytes) -> None:
    """Put data at an offset, as much of it as falls into the body."""
    data = data[max(0, -at) : max(0, len(body) - at)]
    body[max(0, at) : max(0, at) + len(data)] = data
