"""What is appended while recording, as bytes, and what can be read of it again; no disk.

A journal is 24 bytes of magic and version, then records: length, CRC-32 of what follows, then kind
(u8), interaction (u32) and the payload: msgpack for what is rare, raw bytes for chunks. A last
record that is torn is what a killed recorder leaves, and is dropped. Damage before the end is
reported, and everything before it kept. Values come out with their chunks still in the journal.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from streamtape.errors import NewerFormatError, NotACassetteError
from streamtape.tape import coding, records
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

VERSION = 1
HEAD = b"STREAMTAPE-JOURNAL\r\n\x1a\n" + VERSION.to_bytes(2, "little")
REQUEST, HEADER, CHUNK, PATCH, REDACTION, ENDING, CONTENT, CONTENT_PATCH = range(1, 9)

_PREFIX = Struct("<II")
_START = Struct("<BI")
_CHUNK = Struct("<BIq")
_PATCH = Struct("<BIQ")
_CONTENT = Struct("<BIqQ")
_WINDOW = 1 << 20
_SHORT = 4096  # what is read to find one record; a longer one is read again, whole

Read = Callable[[int, int], bytes]  # offset, size -> bytes, fewer at the end of the file


def _record(body: bytes) -> bytes:
    return _PREFIX.pack(len(body), crc32(body)) + body


def request(number: int, value: Request, started_at_us: int | None) -> bytes:
    """Make the record of a request."""
    fields = records.request_fields(value, started_at_us, True) | {"body": value.body}
    return _record(_START.pack(REQUEST, number) + records.pack(fields))


def head(number: int, value: Head) -> bytes:
    """Make the record of the head of a response."""
    return _record(_START.pack(HEADER, number) + records.pack(records.head_fields(value)))


def chunk(number: int, at_us: int, data: bytes) -> bytes:
    """Make the record of a chunk."""
    body = _CHUNK.pack(CHUNK, number, at_us) + data
    return _PREFIX.pack(len(body), crc32(body)) + body


def patch(number: int, offset: int, data: bytes) -> bytes:
    """Make the record that puts other bytes at an offset of a body."""
    return _record(_PATCH.pack(PATCH, number, offset) + data)


def content(number: int, at_us: int, offset: int, data: bytes) -> bytes:
    """Make the record of decoded content, which stands for a chunk whose bytes can't be written.

    The next chunk record of the interaction takes the place of its oldest content record.
    """
    return _record(_CONTENT.pack(CONTENT, number, at_us, offset) + data)


def content_patch(number: int, offset: int, data: bytes) -> bytes:
    """Make the record that puts other bytes at an offset of the decoded content."""
    return _record(_PATCH.pack(CONTENT_PATCH, number, offset) + data)


def redaction(number: int, value: Redaction) -> bytes:
    """Make the record of something masked."""
    fields = records.redaction_fields(value)
    return _record(_START.pack(REDACTION, number) + records.pack(fields))


def ending(number: int, value: Ending) -> bytes:
    """Make the record of how a body ended."""
    return _record(_START.pack(ENDING, number) + records.pack(records.ending_fields(value)))


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
    beginning = read(0, len(HEAD))
    if len(beginning) < len(HEAD) and HEAD.startswith(beginning):
        return Reading((), None)  # its recorder died at once
    check_head(beginning, path)
    drafts: dict[int, _Draft] = {}
    damage = None
    try:
        for entry in _entries(read, len(HEAD)):
            _take(drafts, entry)
    except RecordError as error:
        damage = str(error)
    interactions = (_finish(drafts[number], read) for number in sorted(drafts))
    return Reading(tuple(interactions), damage)


def check_head(data: bytes, path: str | None) -> None:
    """NotACassetteError or NewerFormatError where this is no journal that can be read."""
    if data == HEAD:
        return
    if data[:-2] == HEAD[:-2] and len(data) == len(HEAD):
        raise NewerFormatError(
            f"{path!r} is a journal of version {int.from_bytes(data[-2:], 'little')}; this "
            f"streamtape reads {VERSION}: please update it (distribution streamtape-recorder)",
            path=path,
        )
    raise NotACassetteError(f"{path!r} is not the journal of a recording", path=path)


def _entries(read: Read, offset: int, stop: int | None = None) -> Iterator[_Entry]:
    """The whole records from an offset on; RecordError at damage that is not at the end."""
    window, base = b"", offset
    while stop is None or offset < stop:
        at = offset - base
        if at + _PREFIX.size > len(window):
            size = _WINDOW if stop is None else min(_WINDOW, stop - offset)
            window, base, at = read(offset, size), offset, 0
            if len(window) < _PREFIX.size:
                return  # the end, or a torn prefix
        size, crc = _PREFIX.unpack_from(window, at)
        at += _PREFIX.size
        if at + size > len(window):
            window, base, at = read(offset, max(_PREFIX.size + size, _WINDOW)), offset, _PREFIX.size
            if at + size > len(window):
                if size > 2 << 30:
                    raise RecordError(f"at byte {offset} a record of {size} bytes")
                return  # torn
        body = window[at : at + size]
        end = offset + _PREFIX.size + size
        if crc32(body) != crc or size < _START.size:
            if not read(end, 1):
                return  # torn: written in part before the recorder died
            raise RecordError(f"the record at byte {offset} is damaged")
        kind, number = _START.unpack_from(body)
        yield _Entry(offset, end, kind, number, body)
        offset = end


def _take(drafts: dict[int, _Draft], entry: _Entry) -> None:
    kind, number = entry.kind, entry.number
    try:
        if kind == REQUEST:
            value, started_at_us, _ = records.read_request(_fields("request", entry))
            drafts[number] = _Draft(value, started_at_us)
            return
        draft = drafts[number]
        if kind == CHUNK:
            draft.last_us = max(draft.last_us or 0, _CHUNK.unpack_from(entry.body)[2])
            _add_chunk(draft, entry)
            if draft.contents:
                draft.contents.popleft()
        elif kind == CONTENT:
            draft.last_us = _CONTENT.unpack_from(entry.body)[2]
            draft.contents.append(entry.offset)
        elif kind == CONTENT_PATCH:
            draft.content_patches.append(entry.offset)
        elif kind == PATCH:
            _add_patch(draft, entry)
        elif kind == HEADER:
            draft.head = records.read_head(_fields("head", entry))
        elif kind == REDACTION:
            draft.redactions.append(records.read_redaction(_fields("redaction", entry)))
        elif kind == ENDING:
            draft.ending = records.read_ending(_fields("ending", entry))
    except (KeyError, RecordError, struct.error) as error:
        raise RecordError(f"the record at byte {entry.offset} makes no sense: {error}") from error


def _fields(kind: str, entry: _Entry) -> Fields:
    return Fields(kind, records.unpack_one(entry.body[_START.size :]))


def _add_chunk(draft: _Draft, entry: _Entry) -> None:
    run = draft.runs[-1] if draft.runs else None
    if run is None or run.n_bytes >= SEGMENT_BYTES or run.n_chunks >= SEGMENT_CHUNKS:
        run = _Run(run.start + run.n_bytes if run else 0)
        draft.runs.append(run)
    run.n_chunks += 1
    run.n_bytes += len(entry.body) - _CHUNK.size
    if run.places and run.places[-1] == entry.offset:
        run.places[-1] = entry.end
    else:
        run.places.extend((entry.offset, entry.end))


def _add_patch(draft: _Draft, entry: _Entry) -> None:
    start = _PATCH.unpack_from(entry.body)[2]
    end = start + len(entry.body) - _PATCH.size
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
                times.append(_CHUNK.unpack_from(entry.body)[2])
                pieces.append(entry.body[_CHUNK.size :])
        sizes = array("Q", map(len, pieces))
        if not run.patches:
            return Columns(times, sizes, b"".join(pieces))
        body = bytearray().join(pieces)
        for offset in run.patches:
            entry = next(_entries(self.read, offset, offset + _SHORT))
            at = _PATCH.unpack_from(entry.body)[2] - run.start
            _put(body, at, entry.body[_PATCH.size :])
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
    return Interaction(
        request=draft.request,
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
    starts = [_CONTENT.unpack_from(entry.body)[3] for entry in entries]
    pieces = [bytearray(entry.body[_CONTENT.size :]) for entry in entries]
    for at in draft.content_patches:
        body = next(_entries(read, at, at + _SHORT)).body
        start, data = _PATCH.unpack_from(body)[2], body[_PATCH.size :]
        for n in range(max(0, bisect_right(starts, start) - 1), len(pieces)):
            if starts[n] >= start + len(data):
                break
            _put(pieces[n], start - starts[n], data)
    times = (_CONTENT.unpack_from(entry.body)[2] for entry in entries)
    return [Chunk(at_us, bytes(piece)) for at_us, piece in zip(times, pieces, strict=True)]


def _put(body: bytearray, at: int, data: bytes) -> None:
    """Put data at an offset, as much of it as falls into the body."""
    data = data[max(0, -at) : max(0, len(body) - at)]
    body[max(0, at) : max(0, at) + len(data)] = data
