"""Two lines beside each other, each wrapped in its half of the width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from rich.cells import cell_len, split_graphemes

from streamtape.report.lines import Line, Span

_SEPARATOR = " │ "
_GAP = re.compile(r"(?<=\S) {2,}")


def side_by_side(left: Line, right: Line, width: int, *, indent: int) -> Iterator[Line]:
    """Lines of `width` cells: the left text, a rule, the right text."""
    room = (width - indent - len(_SEPARATOR)) // 2
    for one, other in zip_longest(wrapped(left, room), wrapped(right, room), fillvalue=()):
        blank = " " * (room - sum(cells(span.text) for span in one))
        yield (Span(" " * indent), *one, Span(blank), Span(_SEPARATOR, "dim"), *other)


def fitted(one: Line, width: int) -> Iterator[Line]:
    """The line, wrapped at `width` where it is wider; what goes on is below its own text.

    That is behind the last gap of two blanks in the first half of the line, as behind a label, or
    else two cells further in than the line begins.
    """
    text = "".join(span.text for span in one)
    if cells(text) <= width:
        yield one
        return
    begins = len(text) - len(text.lstrip(" "))
    hang = max((gap.end() for gap in _GAP.finditer(text, begins, width // 2)), default=begins + 2)
    hang = min(hang, width // 2)
    first = next(wrapped(one, width))
    yield first
    used = sum(len(span.text) for span in first)
    for row in wrapped(_from(one, used), width - hang):
        yield (Span(" " * hang), *row)


def _from(one: Line, start: int) -> Line:
    """The line without its first characters, and without the blanks that follow these."""
    rest: list[Span] = []
    for span in one:
        rest.append(Span(span.text[min(start, len(span.text)) :], span.style))
        start = max(start - len(span.text), 0)
    while rest and not rest[0].text.strip(" "):
        rest.pop(0)
    if rest:
        rest[0] = Span(rest[0].text.lstrip(" "), rest[0].style)
    return tuple(rest)


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def wrapped(one: Line, room: int) -> Iterator[Line]:
    """The line cut into lines of at most `room` cells, at a blank where one is near.

    What is read as one character stays together: a letter with its accents, an emoji of several.
    """
    letters = [letter for span in one for letter in _letters(span)]
    start = 0
    while start < len(letters):
        end, used, blank = start, 0, -1
        while end < len(letters):
            used += letters[end][2]
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


def _letters(span: Span) -> Iterator[tuple[str, str, int]]:
    """Each character as it is read, with its style and its cells."""
    if span.text.isascii():
        yield from ((letter, span.style, 1) for letter in span.text)
        return
    for start, end, size in split_graphemes(span.text)[0]:
        yield span.text[start:end], span.style, size


def _joined(letters: list[tuple[str, str, int]]) -> Line:
    spans: list[Span] = []
    for letter, style, _ in letters:
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + letter, style)
        else:
            spans.append(Span(letter, style))
    return tuple(spans)
