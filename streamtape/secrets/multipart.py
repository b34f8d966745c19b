"""The parts of a multipart body, masked by their names while the body comes in. Pure, incremental.

What is a part is what `forms.parts` finds in the whole body. The bytes that may be the beginning of
a delimiter are held back, and so is the head of a part until it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from streamtape.content.forms import HEADERS_END, MOST_HEADER_BYTES, name_of

_MOST_HEAD_BYTES = 64 << 10  # a part's head without an end by then is taken for content


class Secret(Protocol):
    """Where the content of a masked part goes: all of it, piece by piece, then its end."""

    def add(self, data: bytes) -> None: ...
    def end(self) -> None: ...


class MultipartMask:
    """Masks one body: feed it piece by piece, then close it.

    `secret_of(name, offset)` says where the content of a part goes that begins at an offset in the
    body, or None where it is not to be masked.
    """

    def __init__(self, boundary: bytes, secret_of: Callable[[str, int], Secret | None]) -> None:
        self._delimiter = b"\n--" + boundary
        self._secret_of = secret_of
        self._buffer = b"\n"  # the first delimiter has no line before it
        self._given = -1  # the offset of the buffer in the body
        self._in_head = False
        self._secret: Secret | None = None

    def feed(self, data: bytes) -> bytes:
        """Take a piece; get what is decided, masked."""
        return self._decide(self._buffer + data, last=False)

    def close(self) -> bytes:
        """Get what was held back."""
        out = self._decide(self._buffer, last=True)
        self._end_part()
        return out

    def _decide(self, buffer: bytes, *, last: bool) -> bytes:
        out: list[bytes] = []
        at = 0
        while True:
            step = self._head if self._in_head else self._content
            end = step(buffer, at, out, last)
            if end is None:
                break
            at = end
        self._buffer = buffer[at:]
        before = self._given
        self._given += at
        given = b"".join(out)
        return given[1:] if before < 0 < at else given

    def _content(self, buffer: bytes, at: int, out: list[bytes], last: bool) -> int | None:
        """Give content up to the next delimiter, and that; None where more is needed."""
        if at == len(buffer):
            return None
        found = buffer.find(self._delimiter, at)
        if found < 0:
            end = len(buffer) if last else self._may_delimit(buffer, at)
            if end == at:
                return None
            self._give(buffer[at:end], out)
            return end
        end = found - (found > at and buffer[found - 1] == 0x0D)
        self._give(buffer[at:end], out)
        self._end_part()
        stop = found + len(self._delimiter)
        out.append(buffer[end:stop])
        self._in_head = True
        return stop

    def _may_delimit(self, buffer: bytes, at: int) -> int:
        """Where the bytes begin that a delimiter may begin with; the length if none."""
        line = buffer.rfind(b"\n", max(at, len(buffer) - len(self._delimiter)))
        if line >= 0 and self._delimiter.startswith(buffer[line:]):
            return line - (line > at and buffer[line - 1] == 0x0D)
        return len(buffer) - (buffer[-1] == 0x0D)

    def _head(self, buffer: bytes, at: int, out: list[bytes], last: bool) -> int | None:
        """Give the head of a part; None where it is not whole yet."""
        blank = HEADERS_END.search(buffer, at)
        following = buffer.find(self._delimiter, at - 1 if at else 0)
        if following >= 0 and (blank is None or following < blank.start()):
            stop = following + len(self._delimiter)  # text that is not part of any part
            out.append(buffer[at:stop])
            return stop
        if blank is None or (blank.end() == len(buffer) and not last):
            # The last line end of a head may begin a delimiter: the part is empty then.
            if len(buffer) - at < _MOST_HEAD_BYTES and not last:
                return None
            self._in_head = False
            return at
        # An empty part's delimiter begins with the line end of its head.
        empty = buffer.startswith(self._delimiter, blank.end() - 1)
        stop = blank.end() - 1 if empty else blank.end()
        out.append(buffer[at:stop])
        self._in_head = False
        if not empty:
            name = name_of(buffer[at : min(blank.start(), at + MOST_HEADER_BYTES)])
            self._secret = self._secret_of(name, self._given + stop) if name else None
        return stop

    def _give(self, data: bytes, out: list[bytes]) -> None:
        if self._secret is not None and data:
            self._secret.add(data)
            data = b"*" * len(data)
        out.append(data)

    def _end_part(self) -> None:
        if self._secret is not None:
            self._secret.end()
        self._secret = None
