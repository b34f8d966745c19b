"""Bytes of a JSON array that grows -> frames, one an element, incrementally.

Google's APIs stream so where nobody asks for server-sent events: `[`, an element, `,`, an element,
`]`. An element that is an object or a list is complete with its last bracket; others with what
follows them. Whether an element is JSON is for those who read frames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamtape.errors import FrameTooLargeError, UsageError
from streamtape.framing.sse_frame import SSEFrame

MAX_FRAME_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"
_MARKS = re.compile(rb'["\[\]{},]')
_QUOTES = re.compile(rb'["\\]')
_OPEN, _CLOSE = (b"[", b"{"), (b"]", b"}")


class JSONArrayParser:
    """Cuts an array into its elements: `feed` chunks, then `close`. `data` is the element's text.

    `max_frame_bytes` bounds one element: FrameTooLargeError, whose `frames` are those that the same
    call had found before.
    """

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        if max_frame_bytes < 1:
            raise UsageError(f"max_frame_bytes must be at least 1, got {max_frame_bytes!r}")
        self._max = max_frame_bytes
        self._element = bytearray()
        self._depth = 0  # 1: in the array, between its elements or in one that is no container
        self._in_string = False
        self._escaped = False  # the last byte was a backslash in a string
        self._failed = ""

    @property
    def between_elements(self) -> bool:
        """Whether the array is open and no element is: what comes next is another one."""
        return self._depth == 1 and not self._element.strip()

    def feed(self, data: bytes) -> list[SSEFrame]:
        """Take the next bytes of the stream; get the frames that they complete."""
        if self._failed:
            raise FrameTooLargeError(self._failed, max_bytes=self._max)
        frames: list[SSEFrame] = []
        for element in self._elements(data):
            if element.strip():
                frames.append(_frame(element, complete=True))
        if len(self._element) > self._max:
            size = len(self._element)
            self._element.clear()
            self._failed = (
                f"an element of a JSON array is {size:,} bytes so far, over the bound of "
                f"{self._max:,}; if that is right, raise the bound: "
                "JSONArrayParser(max_frame_bytes=...)"
            )
            raise FrameTooLargeError(self._failed, max_bytes=self._max, frames=frames)
        return frames

    def close(self) -> SSEFrame | None:
        """End the stream: get the element that it was cut in, as an incomplete frame."""
        rest = bytes(self._element)
        self._element.clear()
        return _frame(rest, complete=False) if rest.strip() and not self._failed else None

    def _elements(self, data: bytes) -> Iterator[bytes]:
        """The elements that some bytes complete; what they leave open is kept."""
        at = start = 0
        while True:
            if self._in_string:
                end = self._end_of_string(data, at)
                if end is None:
                    break
                at = end
            mark = _MARKS.search(data, at)
            if mark is None:
                break
            at = mark.end()
            sign, before = mark[0], self._depth
            if sign == b'"':
                self._in_string = True
                continue
            self._depth += (sign in _OPEN) - (sign in _CLOSE)
            if before == 0:
                start = at  # the array's own bracket
            elif self._depth == 0 or (sign == b"," and before == 1):
                yield self._taken(data[start : mark.start()])
                start = at
            elif before == 2 and self._depth == 1:
                yield self._taken(data[start:at])
                start = at
        if self._depth:
            self._element += data[start:]

    def _taken(self, last: bytes) -> bytes:
        element = bytes(self._element) + last
        self._element.clear()
        return element

    def _end_of_string(self, data: bytes, at: int) -> int | None:
        """Where the string ends that is open; None where it goes on."""
        if self._escaped and at < len(data):
            self._escaped = False
            at += 1
        while quote := _QUOTES.search(data, at):
            if quote[0] == b'"':
                self._in_string = False
                return quote.end()
            at = quote.end() + 1
            if at > len(data):
                self._escaped = True
                return None
        return None


def _frame(element: bytes, *, complete: bool) -> SSEFrame:
    return SSEFrame(data=element.strip().decode("utf-8", "replace"), complete=complete)
