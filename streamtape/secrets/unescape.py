r"""Escapes undone, with the way back: what a text stands for, and where each byte of that stands.

JSON may spell any character as `\u0073`, and a slash as `\/`; forms and URLs spell them as `%2F`.
Only printable ASCII is undone, as no secret is made of anything else. One layer is undone at
a time. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

# What an escape begins with: where none of these occurs, nothing is undone.
SIGNS = (rb"\u00", rb"\/", *(b"%%%d" % n for n in range(2, 8)))
# Both ways begin with one character, so that all else is skipped at once.
_ESCAPE = re.compile(rb"\\\\{0,7}(?:u00([2-7][0-9a-fA-F])|(/))|%([2-7][0-9a-fA-F])")


def last_escape(text: bytes) -> int:
    """Where the last escape of a text is that would be undone; -1 if there is none.

    Most texts have no such sign at all, and that is found out at the speed of memory.
    """
    if b"%" not in text and (b"\\" not in text or (b"\\u00" not in text and b"\\/" not in text)):
        return -1
    at = -1
    for match in _ESCAPE.finditer(text):
        at = match.start()
    return at


class Unescaped(NamedTuple):
    """A text without escapes, and the places of those that were undone."""

    text: bytes
    starts: list[int]  # where in `text` the character of each escape stands
    ends: list[int]  # where in the original text each escape ends

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of `text` stands in the original."""
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
        parts.append(bytes.fromhex((match[1] or match[3]).decode()) if match[2] is None else b"/")
        starts.append(size)
        ends.append(match.end())
        at, size = match.end(), size + 1
    parts.append(text[at:])
    return Unescaped(b"".join(parts), starts, ends)
