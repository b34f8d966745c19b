"""Where the lines of a text begin at a width: found once for the whole of it.

So a text that grows is shown without being wrapped anew, and no word jumps to the next line when
its last letters come.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from streamtape.report.side_by_side import cells

_KEPT = 64  # texts whose lines are kept


class Wrapped:
    """A text cut into lines of at most `width` cells, at blanks where there are some."""

    def __init__(self, text: str, width: int) -> None:
        self._text = text
        self._starts: list[int] = []
        start = 0
        for paragraph in text.split("\n"):
            self._starts += [start + at for at in _breaks(paragraph, max(width, 1))]
            start += len(paragraph) + 1

    def n_lines(self, length: int) -> int:
        """How many lines the first `length` characters take; none of nothing."""
        return bisect_left(self._starts, length)

    def line(self, number: int, length: int) -> str:
        """A line of the first `length` characters, without its line end."""
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[number] : min(end, length)].rstrip("\n")


@lru_cache(maxsize=_KEPT)
def wrapped_text(text: str, width: int) -> Wrapped:
    """The lines of a text at a width, kept for the next look at it."""
    return Wrapped(text, width)


def _breaks(paragraph: str, width: int) -> list[int]:
    """Where the lines of one paragraph begin."""
    if not paragraph.isascii():
        return _breaks_by_cells(paragraph, width)
    starts = [0]
    while len(paragraph) - starts[-1] > width:
        start = starts[-1]
        blank = paragraph.rfind(" ", start, start + width + 1) + 1
        starts.append(blank if blank > start else start + width)
    return starts


def _breaks_by_cells(paragraph: str, width: int) -> list[int]:
    starts, used, blank = [0], 0, -1
    sizes = list(map(cells, paragraph))
    at = 0
    while at < len(paragraph):
        used += sizes[at]
        # A blank may go beyond the width, where it is not visible, unless a combining mark follows.
        hangs = paragraph[at] == " " and (at + 1 == len(sizes) or bool(sizes[at + 1]))
        if used > width and at > starts[-1] and sizes[at] and not hangs:
            start = blank + 1 if blank > starts[-1] else at
            starts.append(start)
            used, blank, at = 0, -1, start
            continue
        if paragraph[at] == " ":
            blank = at
        at += 1
    return starts
