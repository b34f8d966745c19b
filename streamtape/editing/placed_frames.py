"""Where the frames of a body are in its bytes, and which bytes of them are their data. Pure.

The framers say what a frame is; here the same frames are found again with their places, so that a
frame can be changed and every other one stay as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from streamtape.framing.eventstream import PRELUDE_BYTES
from streamtape.framing.json_array import JSONArrayParser

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")


class Line(NamedTuple):
    """A line of an SSE frame: its field ("" of a comment), and where its value is."""

    name: bytes
    start: int
    end: int


class PlacedFrame(NamedTuple):
    """A frame: `content[start:end]`, its end included; `data` are the places of its data.

    Of SSE, each line of data is a place, and `lines` are all lines; elsewhere there is one place.
    """

    start: int
    end: int
    data: tuple[tuple[int, int], ...]
    lines: tuple[Line, ...] = ()


def placed_frames(content: bytes, framing: str) -> list[PlacedFrame]:
    """The frames of a body in their order, as its framer finds them."""
    return list(_FINDERS[framing](content))


def _sse(content: bytes) -> Iterator[PlacedFrame]:
    at = start = 3 if content.startswith(_BOM) else 0
    lines: list[Line] = []
    while at < len(content):
        match = _LINE.match(content, at)
        assert match is not None
        at = match.end()
        if match[1]:
            lines.append(_line(content, *match.span(1)))
        elif lines:
            yield _block(start, at, lines)
            lines, start = [], at
        else:
            start = at
    if lines:
        yield _block(start, at, lines)


def _line(content: bytes, start: int, end: int) -> Line:
    colon = content.find(b":", start, end)
    if colon < 0:
        return Line(content[start:end], end, end)
    value = colon + 1
    if colon > start and content[value : value + 1] == b" ":
        value += 1
    return Line(content[start:colon], value, max(value, end))


def _block(start: int, end: int, lines: list[Line]) -> PlacedFrame:
    data = tuple((line.start, line.end) for line in lines if line.name == b"data")
    return PlacedFrame(start, end, data, tuple(lines))


def _ndjson(content: bytes) -> Iterator[PlacedFrame]:
    at = 3 if content.startswith(_BOM) else 0
    while at < len(content):
        end = content.find(b"\n", at)
        after = len(content) if end < 0 else end + 1
        line = content[at : after if end < 0 else end]
        if line.strip():
            text = line.removesuffix(b"\r")
            yield PlacedFrame(at, after, ((at, at + len(text)),))
        at = after


def _eventstream(content: bytes) -> Iterator[PlacedFrame]:
    at = 0
    while at + PRELUDE_BYTES <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        head = int.from_bytes(content[at + 4 : at + 8], "big")
        if size < PRELUDE_BYTES + 4 + head or at + size > len(content):
            break
        payload = (at + PRELUDE_BYTES + head, at + size - 4)
        yield PlacedFrame(at, at + size, (payload,))
        at += size
    if at < len(content):
        yield PlacedFrame(at, len(content), ())


def _array(content: bytes) -> Iterator[PlacedFrame]:
    parser = JSONArrayParser()
    at = 0
    for frame in _elements(parser, content):
        start = content.index(frame, at)
        at = start + len(frame)
        yield PlacedFrame(start, at, ((start, at),))


def _elements(parser: JSONArrayParser, content: bytes) -> Iterator[bytes]:
    frames = parser.feed(content)
    last = parser.close()
    for frame in [*frames, *([last] if last else [])]:
        yield (frame.data or "").encode()


def _whole(content: bytes) -> Iterator[PlacedFrame]:
    start = 3 if content.startswith(_BOM) else 0
    if content:
        yield PlacedFrame(start, len(content), ((start, len(content)),))


_FINDERS = {
    "sse": _sse, "ndjson": _ndjson, "eventstream": _eventstream, "array": _array, "": _whole,
}  # fmt: skip
