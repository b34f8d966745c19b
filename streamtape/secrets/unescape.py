r"""Escapes undone, with the way back: the decoded text, and where each byte of it came from.

JSON may spell any character as `\u0073`, and a slash as `\/`; forms and URLs spell them as `%2F`,
HTML and XML as `&#x2F;` or `&#47;`, code as `\x2f`, `\057`, `\u{2f}` or `\U0000002f`. Only
printable ASCII is undone, as no secret is made of anything else. One layer is undone at a time.
Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

# What an escape begins with: where none of these occurs, nothing is undone.
_BACKSLASHED = (
    rb"\u00", rb"\/", rb"\x", rb"\u{", rb"\U00", rb"\1", rb"\04", rb"\05", rb"\06", rb"\07"
)  # fmt: skip
SIGNS = (*_BACKSLASHED, b"&#", *(b"%%%d" % n for n in range(2, 8)))
# Each way begins with one of three characters, so that all else is skipped at once.
_CODE = rb"([2-7][0-9a-fA-F])"
_ESCAPE = re.compile(
    rb"\\\\{0,7}(?:(/)|(0[4-7][0-7]|1[0-7]{2})|(?:u00|x|U000000)" + _CODE + rb"|u\{0{0,4}"
    + _CODE + rb"\})|%" + _CODE + rb"|&#(?:0{0,4}([0-9]{2,3})|[xX]0{0,4}" + _CODE + rb");"
)  # fmt: skip
_LAST_BYTES = 4096
_LONGEST = 32  # bytes of an escape, at most
_SLASH, _OCTAL, _DECIMAL = 1, 2, 6  # groups; those of the others hold hexadecimal digits


def last_escape(text: bytes) -> int:
    """Where the last escape of a text is that would be undone; -1 without any.

    Most texts have no such sign at all, and that is found out at the speed of memory.
    """
    has_backslashed = b"\\" in text and any(sign in text for sign in _BACKSLASHED)
    if not has_backslashed and b"%" not in text and b"&#" not in text:
        return -1
    size = _LAST_BYTES
    while True:  # most texts that have escapes have some near their end
        start, at = max(0, len(text) - size), -1
        for match in _ESCAPE.finditer(text, start):
            at = match.start()
        if start == 0 or at > start + _LONGEST:  # none that begins before `start`
            return at
        size *= 8


class Unescaped(NamedTuple):
    """A text without escapes, and the places of those that were undone."""

    text: bytes
    starts: list[int]  # where in `text` the character of each escape is
    ends: list[int]  # where in the original text each escape ends

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of `text` is in the original."""
        return self._original_offset(start), self._original_offset(end)

    def _original_offset(self, at: int) -> int:
        n = bisect_right(self.starts, at - 1) - 1
        return at if n < 0 else self.ends[n] + at - self.starts[n] - 1


def unescaped(text: bytes) -> Unescaped:
    """Undo the escapes of a text."""
    parts, starts, ends = [], [], []
    at = size = 0
    for match in _ESCAPE.finditer(text):
        parts.append(text[at : match.start()])
        size += match.start() - at
        parts.append(_character(match))
        starts.append(size)
        ends.append(match.end())
        at, size = match.end(), size + 1
    parts.append(text[at:])
    return Unescaped(b"".join(parts), starts, ends)


def _character(escape: re.Match[bytes]) -> bytes:
    """The character of an escape; a NUL where that is no printable ASCII."""
    group = escape.lastindex or _SLASH
    if group == _SLASH:
        return b"/"
    code = int(escape[group], {_OCTAL: 8, _DECIMAL: 10}.get(group, 16))
    return b"%c" % code if 0x20 <= code < 0x7F else b"\0"
