"""Two lines beside each other, each wrapped in its half of the width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import zip_longest

from streamtape.report.lines import Line, Span

_SEPARATOR = " │ "


def side_by_side(left: Line, right: Line, width: int, *, indent: int) -> Iterator[Line]:
    """Lines of `width` cells: the left text, a rule, the right text."""
    room = (width - indent - len(_SEPARATOR)) // 2
    for one, other in zip_longest(wrapped(left, room), wrapped(right, room), fillvalue=()):
        blank = " " * (room - sum(cells(span.text) for span in one))
        yield (Span(" " * indent), *one, Span(blank), Span(_SEPARATOR, "dim"), *other)


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(one: Line, room: int) -> Iterator[Line]:
    """The line cut into lines of at most `room` cells, at a blank where one is near."""
    letters = [(letter, span.style) for span in one for letter in span.text]
    start = 0
    while start < len(letters):
        end, used, blank = start, 0, -1
        while end < len(letters):
            used += _cells(letters[end][0])
            if used > room:
                break
            if letters[end][0] == " ":
                blank = end
            end += 1
        if end < len(letters) and blank > start + (end - start) // 2:
            end = blank + 1
        end = max(end, start + 1)
        yield _joined(letters[start:end])
        start = end


def _joined(letters: list[tuple[str, str]]) -> Line:
    spans: list[Span] = []
    for letter, style in letters:
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + letter, style)
        else:
            spans.append(Span(letter, style))
    return tuple(spans)
