"""What is appended while recording, as bytes: the records of a journal. Pure.

A journal is 24 bytes of magic and version, then records: length, CRC-32 of what follows, then kind
(u8), interaction (u32) and the payload: msgpack for what is rare, raw bytes for chunks. What is
read of them again is the matter of `recovery`.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from zlib import crc32

from streamtape.tape import records
from streamtape.tape.model import Ending, Head, Redaction, Request

VERSION = 1
HEAD = b"STREAMTAPE-JOURNAL\r\n\x1a\n" + VERSION.to_bytes(2, "little")
REQUEST, HEADER, CHUNK, PATCH, REDACTION, ENDING, CONTENT, CONTENT_PATCH, MORE = range(1, 10)

MASK = b"*"
Data = bytes | memoryview
PART_BYTES = 4 << 20
_LONG_BYTES = 8 << 10

PREFIX = Struct("<II")
START = Struct("<BI")
CHUNK_START = Struct("<BIq")
PATCH_START = Struct("<BIQ")
CONTENT_START = Struct("<BIqQ")


def _record(body: bytes) -> bytes:
    return PREFIX.pack(len(body), crc32(body)) + body


def request(number: int, value: Request, started_at_us: int | None) -> bytes:
    """Make the record of a request, with the first PART_BYTES of its body."""
    fields = records.request_fields(value, started_at_us, True) | {"body": value.body[:PART_BYTES]}
    return _record(START.pack(REQUEST, number) + records.pack(fields))


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
    start, mask = CHUNK_START.pack(CHUNK, number, at_us), MASK * n_masked
    if len(data) < _LONG_BYTES:
        return (_record(b"".join((start, data, mask))),)
    crc = crc32(mask, crc32(data, crc32(start)))
    return PREFIX.pack(len(start) + len(data) + n_masked, crc) + start, data, mask


def patch(number: int, offset: int, data: bytes) -> bytes:
    """Make the record that puts other bytes at an offset of a body."""
    return _record(PATCH_START.pack(PATCH, number, offset) + data)


def content(number: int, at_us: int, offset: int, data: bytes) -> bytes:
    """Make the record of decoded content, which stands for a chunk whose bytes can't be written.

    The next chunk record of the interaction takes the place of its oldest content record.
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
