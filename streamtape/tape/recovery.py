"""What can be read of a journal again: values, their chunks still in the journal. Pure.

A last record that is torn is what a killed recorder leaves, and is dropped. Damage before the end
is reported, and everything before it kept. An interaction without an ending gets `unfinished`; one
of which some bytes could not be written is compressed again from its content.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zlib import crc32

from streamtape.errors import NewerFormatError, NotACassetteError
from streamtape.tape import coding, journal, records
from streamtape.tape.decoding import decoder_for
from streamtape.tape.model import (
    SEGMENT_BYTES,
    SEGMENT_CHUNKS,
    Chunk,
    Chunks,
    Columns,
    Ending,
    Head,
    Interaction,
    Redaction,
    Request,
)
from streamtape.tape.records import Fields, RecordError

_WINDOW = 1 << 20
_SHORT = 4096  # what is read to find one record; a longer one is read again, whole

Read = Callable[[int, int], bytes]  # offset, size -> bytes, fewer at the end of the file


@dataclass(slots=True)
class _Run:
    """A run of chunk records: where they are, and the patches that fall into it."""

    start: int  # offset in the body
    n_chunks: int = 0
    n_bytes: int = 0
    places: array[int] = field(default_factory=lambda: array("Q"))  # pairs: from, to
    patches: array[int] = field(default_factory=lambda: array("Q"))  # where their records are


@dataclass(slots=True)
class _Draft:
    request: Request
    started_at_us: int | None
    more: list[bytes] = field(default_factory=list)  # of the request's body
    head: Head | None = None
    runs: list[_Run] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    ending: Ending | None = None
    last_us: int | None = None
    contents: deque[int] = field(default_factory=deque)  # places of the records that stand
    content_patches: list[int] = field(default_factory=list)


class Reading(NamedTuple):
    """What a journal holds: interactions by number; what was wrong with it, or None."""

    interactions: tuple[Interaction, ...]
    damage: str | None


class _Entry(NamedTuple):
    offset: int
    end: int
    kind: int
    number: int
    body: bytes


def scan(read: Read, *, path: str | None = None) -> Reading:
    """Read a journal once, keeping the places of its chunks; `read` is used again for those."""
    beginning = read(0, len(journal.HEAD))
    if len(beginning) < len(journal.HEAD) and journal.HEAD.startswith(beginning):
        return Reading((), None)  # its recorder died at once
    check_head(beginning, path)
    drafts: dict[int, _Draft] = {}
    damage = None
    try:
        for entry in _entries(read, len(journal.HEAD)):
            _take(drafts, entry)
    except RecordError as error:
        damage = str(error)
    interactions = (_finish(drafts[number], read) for number in sorted(drafts))
    return Reading(tuple(interactions), damage)


def check_head(data: bytes, path: str | None) -> None:
    """NotACassetteError or NewerFormatError where this is no journal that can be read."""
    if data == journal.HEAD:
        return
    if data[:-2] == journal.HEAD[:-2] and len(data) == len(journal.HEAD):
        raise NewerFormatError(
            f"{path!r} is a journal of version {int.from_bytes(data[-2:], 'little')}; this "
            f"streamtape reads {journal.VERSION}: please update it "
            "(distribution streamtape-recorder)",
            path=path,
        )
    raise NotACassetteError(f"{path!r} is not the journal of a recording", path=path)


def _entries(read: Read, offset: int, stop: int | None = None) -> Iterator[_Entry]:
    """The whole records from an offset on; RecordError at damage that is not at the end."""
    window, base = b"", offset
    while stop is None or offset < stop:
        at = offset - base
        if at + journal.PREFIX.size > len(window):
            size = _WINDOW if stop is None else min(_WINDOW, stop - offset)
            window, base, at = read(offset, size), offset, 0
            if len(window) < journal.PREFIX.size:
                return  # the end, or a torn prefix
        size, crc = journal.PREFIX.unpack_from(window, at)
        at += journal.PREFIX.size
        if at + size > len(window):
            window, base, at = (
                read(offset, max(journal.PREFIX.size + size, _WINDOW)),
                offset,
                journal.PREFIX.size,
            )
            if at + size > len(window):
                if size > 2 << 30:
                    raise RecordError(f"at byte {offset} a record of {size} bytes")
                return  # torn
        body = window[at : at + size]
        end = offset + journal.PREFIX.size + size
        if crc32(body) != crc or size < journal.START.size:
            if not read(end, 1):
                return  # torn: written in part before the recorder died
            raise RecordError(f"the record at byte {offset} is damaged")
        kind, number = journal.START.unpack_from(body)
        yield _Entry(offset, end, kind, number, body)
        offset = end


def _take(drafts: dict[int, _Draft], entry: _Entry) -> None:
    kind, number = entry.kind, entry.number
    try:
        if kind == journal.REQUEST:
            value, started_at_us, _ = records.read_request(_fields("request", entry))
            drafts[number] = _Draft(value, started_at_us)
            return
        draft = drafts[number]
        if kind == journal.CHUNK:
            draft.last_us = max(draft.last_us or 0, journal.CHUNK_START.unpack_from(entry.body)[2])
            _add_chunk(draft, entry)
            if draft.contents:
                draft.contents.popleft()
        elif kind == journal.MORE:
            draft.more.append(entry.body[journal.START.size :])
        elif kind == journal.CONTENT:
            draft.last_us = journal.CONTENT_START.unpack_from(entry.body)[2]
            draft.contents.append(entry.offset)
        elif kind == journal.CONTENT_PATCH:
            draft.content_patches.append(entry.offset)
        elif kind == journal.PATCH:
            _add_patch(draft, entry)
        elif kind == journal.HEADER:
            draft.head = records.read_head(_fields("head", entry))
        elif kind == journal.REDACTION:
            draft.redactions.append(records.read_redaction(_fields("redaction", entry)))
        elif kind == journal.ENDING:
            draft.ending = records.read_ending(_fields("ending", entry))
    except (KeyError, RecordError, struct.error) as error:
        raise RecordError(f"the record at byte {entry.offset} makes no sense: {error}") from error


def _fields(kind: str, entry: _Entry) -> Fields:
    return Fields(kind, records.unpack_one(entry.body[journal.START.size :]))


def _add_chunk(draft: _Draft, entry: _Entry) -> None:
    run = draft.runs[-1] if draft.runs else None
    if run is None or run.n_bytes >= SEGMENT_BYTES or run.n_chunks >= SEGMENT_CHUNKS:
        run = _Run(run.start + run.n_bytes if run else 0)
        draft.runs.append(run)
    run.n_chunks += 1
    run.n_bytes += len(entry.body) - journal.CHUNK_START.size
    if run.places and run.places[-1] == entry.offset:
        run.places[-1] = entry.end
    else:
        run.places.extend((entry.offset, entry.end))


def _add_patch(draft: _Draft, entry: _Entry) -> None:
    start = journal.PATCH_START.unpack_from(entry.body)[2]
    end = start + len(entry.body) - journal.PATCH_START.size
    for run in reversed(draft.runs):
        if run.start < end:
            run.patches.append(entry.offset)
        if run.start <= start:
            return


@dataclass(frozen=True, slots=True)
class JournalSegment:
    """A run of chunks that is still in a journal."""

    run: _Run
    read: Read

    @property
    def n_chunks(self) -> int:
        """How many chunks."""
        return self.run.n_chunks

    @property
    def n_bytes(self) -> int:
        """How many bytes they hold."""
        return self.run.n_bytes

    def columns(self) -> Columns:
        """Fetch the run, patched."""
        times, pieces, run = array("q"), [], self.run
        for start, stop in zip(run.places[::2], run.places[1::2], strict=True):
            for entry in _entries(self.read, start, stop):
                times.append(journal.CHUNK_START.unpack_from(entry.body)[2])
                pieces.append(entry.body[journal.CHUNK_START.size :])
        sizes = array("Q", map(len, pieces))
        if not run.patches:
            return Columns(times, sizes, b"".join(pieces))
        body = bytearray().join(pieces)
        for offset in run.patches:
            entry = next(_entries(self.read, offset, offset + _SHORT))
            at = journal.PATCH_START.unpack_from(entry.body)[2] - run.start
            _put(body, at, entry.body[journal.PATCH_START.size :])
        return Columns(times, sizes, bytes(body))


def _finish(draft: _Draft, read: Read) -> Interaction:
    at_us = draft.last_us
    if at_us is None and draft.head:
        at_us = draft.head.at_us
    ending = draft.ending or Ending("unfinished", at_us, message="the recorder stopped")
    head, chunks = draft.head, Chunks(JournalSegment(run, read) for run in draft.runs)
    if draft.contents and head is not None:
        complete = ending.kind == "complete"
        pieces = [*_decoded(head, chunks), *_contents(draft, read)]
        encoding = head.get("content-encoding")
        chunks = Chunks.of(list(coding.encode_content(pieces, encoding, complete=complete)))
        head = coding.head_of_recoded(head, chunks.n_bytes, complete=complete)
    request = draft.request
    if draft.more:
        request = replace(request, body=b"".join((request.body, *draft.more)))
    return Interaction(
        request=request,
        head=head,
        chunks=chunks,
        ending=ending,
        started_at_us=draft.started_at_us,
        redactions=tuple(draft.redactions),
    )


def _decoded(head: Head, chunks: Chunks) -> Iterator[Chunk]:
    decoder = decoder_for(head.get("content-encoding"))
    for at_us, data in chunks:
        yield Chunk(at_us, decoder.feed(data))


def _contents(draft: _Draft, read: Read) -> list[Chunk]:
    """The content records that no chunk has taken the place of, patched."""
    entries = [next(_entries(read, at, at + _SHORT)) for at in draft.contents]
    starts = [journal.CONTENT_START.unpack_from(entry.body)[3] for entry in entries]
    pieces = [bytearray(entry.body[journal.CONTENT_START.size :]) for entry in entries]
    for at in draft.content_patches:
        body = next(_entries(read, at, at + _SHORT)).body
        start, data = journal.PATCH_START.unpack_from(body)[2], body[journal.PATCH_START.size :]
        for n in range(max(0, bisect_right(starts, start) - 1), len(pieces)):
            if starts[n] >= start + len(data):
                break
            _put(pieces[n], start - starts[n], data)
    times = (journal.CONTENT_START.unpack_from(entry.body)[2] for entry in entries)
    return [Chunk(at_us, bytes(piece)) for at_us, piece in zip(times, pieces, strict=True)]


def _put(body: bytearray, at: int, data: bytes) -> None:
    """Put data at an offset, as much of it as falls into the body."""
    data = data[max(0, -at) : max(0, len(body) - at)]
    body[max(0, at) : max(0, at) + len(data)] = data
