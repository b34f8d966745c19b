"""What is appended while recording, as bytes: the records of a journal. Pure.

A record is its length, the CRC-32 of what follows, then kind (u8), interaction (u32) and the
payload: msgpack for what is rare, raw bytes for chunks. The functions here make records; a
Numbering puts a header before each, which says where in the journal and in its interaction it
belongs, so that a reader notices what was removed, doubled or moved. FORMAT.md specifies it; how
records are read again is the matter of `journal_records` and `recovery`.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from streamtape.tape import records
from streamtape.tape.checksum import crc32
from streamtape.tape.messages import Message, kind_byte
from streamtape.tape.model import Ending, Head, Redaction, Request

MAGIC = b"STREAMTAPE-JOURNAL\r\n\x1a\n"
HEAD = MAGIC + b"\x01\0"  # version 1, whose records have no headers
NUMBERED_VERSION, VERSION = 2, 3  # the first with headers; the one that is written
HEAD_BYTES = len(MAGIC) + 2 + 4 + 4 + 4
REQUEST, HEADER, CHUNK, PATCH, REDACTION, ENDING, CONTENT, CONTENT_PATCH = range(1, 9)
MORE, PIECE, MESSAGE = range(9, 12)
UPLOADS = 1 << 31  # numbers from here on are those of bodies that are taken down as they come

MASK = b"*"
MARKER = b"\xd7\x5e\x1f\xc3"  # begins a record's header: not UTF-8, rare in compressed data
Data = bytes | memoryview
PART_BYTES = 4 << 20
_LONG_BYTES = 8 << 10
_MOST_PARTS = 512  # in one write; systems accept about twice as many

PREFIX = Struct("<II")
START = Struct("<BI")
CHUNK_START = Struct("<BIq")
PATCH_START = Struct("<BIQ")
CONTENT_START = Struct("<BIqQ")
MESSAGE_START = Struct("<BIqB")
ROW_STARTS = {CHUNK: CHUNK_START, MESSAGE: MESSAGE_START}  # the records that a body consists of
_COUNTS = Struct("<4sQIIQ")
_CHECK = Struct("<I")
_RECORD = Struct("<IIBI")
COUNTED_BYTES = _COUNTS.size + _CHECK.size


class Counts(NamedTuple):
    """What a record's header says was written before it.

    `sequence` counts the journal's records, `records` those of the interaction, `chunks` its chunks
    or messages (of a content record: its content records), `n_bytes` the bytes of these.
    """

    sequence: int
    records: int
    chunks: int
    n_bytes: int


class Uploaded(NamedTuple):
    """The body of a request that is in the journal already, under a number of its own."""

    number: int
    n_bytes: int


class Numbering:
    """Numbers the records of one journal, in the order in which they are written.

    `salt` is four random bytes. The checks of this journal's headers depend on them, so that
    recorded data that looks like a record is never taken for one.
    """

    def __init__(self, salt: bytes) -> None:
        self.head = make_head(salt)
        self._seed = crc32(salt)
        self._sequence = 0
        self._counts: dict[int, list[int]] = {}  # records, chunks, contents, bytes

    def seal(self, parts: tuple[Data, ...]) -> tuple[Data, ...]:
        """Put a header before each record; parts hold several records, or a piece of one."""
        if len(parts) == 1 and parts[0]:
            part = parts[0]
            (size,) = _CHECK.unpack_from(part)
            if PREFIX.size + size == len(part):
                return (b"".join((self._header(part, 0), part)),)
        out: list[Data] = []
        left = 0  # the rest of a record that continues in the next part
        for part in parts:
            if left:
                out.append(part)
                left -= len(part)
                continue
            at = 0
            while at < len(part):
                end = at + PREFIX.size + _CHECK.unpack_from(part, at)[0]
                out += (self._header(part, at), part[at:end])
                at, left = end, max(0, end - len(part))
        return tuple(out) if len(out) < _MOST_PARTS else (b"".join(out),)

    def _header(self, part: Data, at: int) -> bytes:
        size, crc, kind, number = _RECORD.unpack_from(part, at)
        counts = self._counts.get(number)
        if counts is None:
            counts = self._counts[number] = [0, 0, 0, 0]
        n_records, chunks, contents, n_bytes = counts
        packed = _COUNTS.pack(
            MARKER, self._sequence, n_records, contents if kind == CONTENT else chunks, n_bytes
        )
        self._sequence += 1
        counts[0] = n_records + 1
        if kind in ROW_STARTS:
            counts[1] = chunks + 1
            counts[3] = n_bytes + size - ROW_STARTS[kind].size
        elif kind == CONTENT:
            counts[2] = contents + 1
        check = crc32(PREFIX.pack(size, crc), crc32(packed, self._seed))
        return packed + _CHECK.pack(check)


def make_head(salt: bytes, version: int = VERSION) -> bytes:
    """Make the beginning of a journal; the salt is there twice, in case one copy is damaged."""
    head = MAGIC + version.to_bytes(2, "little") + salt + salt
    return head + _CHECK.pack(crc32(head))


def is_beginning(data: bytes) -> bool:
    """Whether these bytes may begin a journal, of any version, or nothing yet."""
    return data[: len(MAGIC)] == MAGIC[: len(data)]


def read_header(data: bytes, at: int, seed: int) -> Counts | None:
    """What the header at an offset says; None where its check, or that of the prefix, fails."""
    end = at + COUNTED_BYTES
    if end + PREFIX.size > len(data) or data[at : at + len(MARKER)] != MARKER:
        return None
    (check,) = _CHECK.unpack_from(data, end - _CHECK.size)
    counted = data[at : end - _CHECK.size]
    if crc32(data[end : end + PREFIX.size], crc32(counted, seed)) != check:
        return None
    return Counts(*_COUNTS.unpack(counted)[1:])


def _record(body: bytes) -> bytes:
    return PREFIX.pack(len(body), crc32(body)) + body


def request(
    number: int, value: Request, started_at_us: int | None, upload: Uploaded | None = None
) -> bytes:
    """Make the record of a request, with the first PART_BYTES of its body.

    `upload` says where in the journal all of the body is already.
    """
    fields = records.request_fields(value, started_at_us, True)
    if upload is None:
        fields |= {"body": value.body[:PART_BYTES]}
    else:
        fields |= {"upload": upload.number, "body_bytes": upload.n_bytes}
    return _record(START.pack(REQUEST, number) + records.pack(fields))


def piece(number: int, offset: int, data: Data, n_masked: int = 0) -> tuple[Data, ...]:
    """Make the record of a piece of an upload: `data`, and `n_masked` bytes of mask behind it."""
    return _long(PATCH_START.pack(PIECE, number, offset), data, n_masked)


def more(number: int, value: Request) -> Iterator[bytes]:
    """Make the records of the rest of a request's body."""
    for at in range(PART_BYTES, len(value.body), PART_BYTES):
        yield _record(START.pack(MORE, number) + value.body[at : at + PART_BYTES])


def head(number: int, value: Head) -> bytes:
    """Make the record of the head of a response."""
    return _record(START.pack(HEADER, number) + records.pack(records.head_fields(value)))


def chunk(number: int, at_us: int, data: Data, n_masked: int = 0) -> tuple[Data, ...]:
    """Make the record of a chunk: `data`, and `n_masked` bytes of mask behind it.

    It is given in pieces, so that a long chunk is not copied.
    """
    return _long(CHUNK_START.pack(CHUNK, number, at_us), data, n_masked)


def message(number: int, value: Message, data: Data, n_masked: int = 0) -> tuple[Data, ...]:
    """Make the record of a message: `data` in the place of its own, and `n_masked` bytes of mask.

    A time that is not known is 0.
    """
    start = MESSAGE_START.pack(MESSAGE, number, value.at_us or 0, kind_byte(value))
    return _long(start, data, n_masked)


def _long(start: bytes, data: Data, n_masked: int) -> tuple[Data, ...]:
    mask = MASK * n_masked
    if len(data) < _LONG_BYTES:
        return (_record(b"".join((start, data, mask))),)
    crc = crc32(mask, crc32(data, crc32(start)))
    return PREFIX.pack(len(start) + len(data) + n_masked, crc) + start, data, mask


def patch(number: int, offset: int, data: bytes) -> bytes:
    """Make the record that puts other bytes at an offset of a body."""
    return _record(PATCH_START.pack(PATCH, number, offset) + data)


def content(number: int, at_us: int, offset: int, data: bytes) -> bytes:
    """Make the record of decoded content, in place of a chunk whose bytes can't be written yet.

    The next chunk record of the interaction replaces its oldest content record.
    """
    return _record(CONTENT_START.pack(CONTENT, number, at_us, offset) + data)


def content_patch(number: int, offset: int, data: bytes) -> bytes:
    """Make the record that puts other bytes at an offset of the decoded content."""
    return _record(PATCH_START.pack(CONTENT_PATCH, number, offset) + data)


def redaction(number: int, value: Redaction) -> bytes:
    """Make the record of something masked."""
    fields = records.redaction_fields(value)
    return _record(START.pack(REDACTION, number) + records.pack(fields))


def ending(number: int, value: Ending) -> bytes:
    """Make the record of how a body ended."""
    return _record(START.pack(ENDING, number) + records.pack(records.ending_fields(value)))
