"""Bytes of `application/vnd.amazon.eventstream` -> frames, incrementally.

A message is a prelude (its length, its headers' length, a CRC of the two), headers, the payload,
and a CRC of all before it; integers are big-endian, CRCs are CRC-32. Both CRCs are verified. What
a message means (`:message-type`, JSON in the payload) is for those who read frames.
https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zlib import crc32

from streamtape.errors import FrameTooLargeError, FramingError, UsageError

MAX_FRAME_BYTES = 64 << 20
PRELUDE_BYTES = 12
_LEAST_BYTES = PRELUDE_BYTES + 4
_EVENT_HEADERS = (":event-type", ":exception-type", ":error-code")
# Value types of a fixed size: how they are read. Then those that give their length first.
_FIXED = {2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}
_TRUE, _FALSE, _BYTES, _STRING, _UUID = 0, 1, 6, 7, 9


@dataclass(frozen=True, slots=True)
class EventStreamFrame:
    """One message. `data` is the payload as text, None where a cut message has none yet.

    `event` is the header `:event-type`, or `:exception-type` or `:error-code`, or "message".
    Header values are bool, int (a timestamp is in milliseconds), bytes, str or UUID.
    """

    event: str = "message"
    data: str | None = None
    headers: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    payload: bytes = b""
    complete: bool = True


class EventStreamParser:
    """Cuts a stream into messages: `feed` chunks, then `close`.

    FramingError where a CRC or a length is wrong (what follows can't be found then), and
    FrameTooLargeError where a message is to be longer than `max_frame_bytes`; its `frames` are
    those that the same call had found before.
    """

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        if max_frame_bytes < 1:
            raise UsageError(f"max_frame_bytes must be at least 1, got {max_frame_bytes!r}")
        self._max = max_frame_bytes
        self._buffer = bytearray()
        self._offset = 0  # where the current message begins in the stream
        self._error: FramingError | None = None

    def feed(self, data: bytes) -> list[EventStreamFrame]:
        """Take the next bytes of the stream; get the messages that they complete."""
        if self._error:
            raise self._error
        frames: list[EventStreamFrame] = []
        self._buffer += data
        start = 0
        try:
            while size := self._size(start):
                frames.append(_message(bytes(self._buffer[start : start + size]), self._offset))
                start += size
                self._offset += size
        except FramingError as error:
            error.frames = tuple(frames)
            self._error = type(error)(str(error))
            raise
        del self._buffer[:start]
        return frames

    def close(self) -> EventStreamFrame | None:
        """End the stream: get the message that it was cut in, as an incomplete frame."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        if not rest or self._error:
            return None
        headers_end = PRELUDE_BYTES + (_uint(rest, 4) if len(rest) >= PRELUDE_BYTES else 0)
        if not PRELUDE_BYTES < headers_end <= len(rest):
            return EventStreamFrame(complete=False)
        try:
            headers = _headers(rest[PRELUDE_BYTES:headers_end], self._offset)
        except FramingError:  # nothing says yet that these bytes are whole
            return EventStreamFrame(complete=False)
        payload = rest[headers_end : _uint(rest, 0) - 4]
        return _frame(headers, payload, complete=False)

    def _size(self, start: int) -> int:
        """Get the length of the message at `start`, or 0 where not all of it is here."""
        have = len(self._buffer) - start
        if have < PRELUDE_BYTES:
            return 0
        prelude = bytes(self._buffer[start : start + PRELUDE_BYTES])
        size, headers_size = _uint(prelude, 0), _uint(prelude, 4)
        if crc32(prelude[:8]) != _uint(prelude, 8):
            raise FramingError(
                f"byte {self._offset} of an event stream: the CRC of a message's prelude is wrong; "
                "the body is damaged or not application/vnd.amazon.eventstream"
            )
        if size < _LEAST_BYTES + headers_size:
            raise FramingError(
                f"byte {self._offset} of an event stream: a message of {size} bytes can't hold "
                f"{headers_size} bytes of headers"
            )
        if size > self._max:
            raise FrameTooLargeError(
                f"an event stream message declares {size:,} bytes, over the bound of "
                f"{self._max:,}; if that is right, raise it: "
                "EventStreamParser(max_frame_bytes=...)",
                max_bytes=self._max,
            )
        return size if have >= size else 0


def encode_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Write one message, with both CRCs; its headers are texts."""
    block = b"".join(
        struct.pack(">B", len(name)) + name + struct.pack(">BH", _STRING, len(value)) + value
        for name, value in ((n.encode(), v.encode()) for n, v in headers.items())
    )
    prelude = struct.pack(">II", _LEAST_BYTES + len(block) + len(payload), len(block))
    message = b"".join((prelude, struct.pack(">I", crc32(prelude)), block, payload))
    return message + struct.pack(">I", crc32(message))


def is_prelude(data: bytes) -> bool:
    """Say whether bytes begin as a message does, by the length and the CRC in its prelude."""
    if len(data) < PRELUDE_BYTES or _uint(data, 0) > MAX_FRAME_BYTES:
        return False
    return crc32(data[:8]) == _uint(data, 8)


def _message(message: bytes, offset: int) -> EventStreamFrame:
    if crc32(message[:-4]) != _uint(message, len(message) - 4):
        raise FramingError(
            f"byte {offset} of an event stream: the CRC of a message of {len(message)} bytes is "
            "wrong; the body is damaged"
        )
    headers_end = PRELUDE_BYTES + _uint(message, 4)
    headers = _headers(message[PRELUDE_BYTES:headers_end], offset)
    return _frame(headers, message[headers_end:-4], complete=True)


def _frame(headers: dict[str, Any], payload: bytes, *, complete: bool) -> EventStreamFrame:
    event = next((str(headers[name]) for name in _EVENT_HEADERS if name in headers), "message")
    text = payload.decode("utf-8", "replace")
    return EventStreamFrame(event, text, MappingProxyType(headers), payload, complete)


def _headers(block: bytes, offset: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    at = 0
    try:
        while at < len(block):
            end = at + 1 + block[at]
            name = block[at + 1 : end].decode("utf-8", "replace")
            headers[name], at = _value(block, block[end], end + 1)
    except (IndexError, struct.error):
        at = len(block) + 1
    if at != len(block):
        raise FramingError(
            f"byte {offset} of an event stream: a header reaches over the end of the headers"
        )
    return headers


def _value(block: bytes, kind: int, at: int) -> tuple[Any, int]:
    """Read a header's value; get it and where it ends."""
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind in _FIXED:
        return struct.unpack_from(_FIXED[kind], block, at)[0], at + struct.calcsize(_FIXED[kind])
    if kind == _UUID:
        return UUID(bytes=struct.unpack_from("16s", block, at)[0]), at + 16
    if kind in (_BYTES, _STRING):
        end = at + 2 + struct.unpack_from(">H", block, at)[0]
        value = block[at + 2 : end]
        return (value if kind == _BYTES else value.decode("utf-8", "replace")), end
    raise FramingError(f"an event stream header has the value type {kind}; 0 to 9 are known")


def _uint(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
