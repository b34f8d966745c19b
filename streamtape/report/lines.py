"""Lines of a report: pieces of text, each with the name of a style.

`plain` gives the text alone, `styled` what rich prints; both make it printable, whatever it holds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from streamtape.printable import printable, printable_line
from streamtape.tape.texts import masked_pieces, masked_text, shortened

if TYPE_CHECKING:
    from rich.text import Text

# What a style's name means in a terminal; the names say what a text is, not how it looks.
STYLES = {
    "title": "bold",
    "label": "cyan",
    "dim": "dim",
    "type": "blue",
    "text": "green",
    "call": "magenta",
    "bad": "bold red",
    "warn": "yellow",
    "good": "green",
    "removed": "red",
    "added": "green",
}


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def line(*parts: str | tuple[str, str]) -> Line:
    """A line of texts and (text, style) pairs; empty parts are left out."""
    spans = (Span(part) if isinstance(part, str) else Span(*part) for part in parts)
    return tuple(span for span in spans if span.text)


def plain(one: Line) -> str:
    """The text of a line, without the blanks at its end."""
    return "".join(printable_line(span.text) for span in one).rstrip()


def styled(one: Line) -> Text:
    """The line as rich prints it."""
    from rich.text import Text

    return Text.assemble(*((printable_line(span.text), STYLES.get(span.style, "")) for span in one))


def masked(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines without the secrets that stand in them, be it in several pieces of one line."""
    rows = [tuple(Span(printable_line(s.text), s.style) for s in one) for one in lines]
    texts = [text for row in rows for text in (*(span.text for span in row), "\n")]
    found = iter(masked_pieces(texts))
    for row in rows:
        yield tuple(Span(next(found), span.style) for span in row)
        next(found)  # the line end


def one_line(text: str, limit: int) -> str:
    """The text in one line of at most `limit` characters; what was left out is marked."""
    if len(text) <= limit:
        text = printable_line(text).replace("\t", " ")
        if len(text) <= limit:
            return text
    return shortened(printable_line(shortened(text, limit * 2)).replace("\t", " "), limit)


def block(text: str, indent: str, width: int | None, style: str = "") -> Iterator[Line]:
    """The text as indented lines, wrapped at `width` where there is one."""
    shown = printable(text) if width is None else masked_text(printable(text))
    for row in shown.expandtabs(4).split("\n"):
        room = None if width is None else max(width - len(indent), 20)
        if room is None or len(row) <= room:
            yield line(indent, (row, style))
            continue
        pieces = textwrap.wrap(row, room, replace_whitespace=False, break_on_hyphens=False)
        for piece in pieces or [""]:
            yield line(indent, (piece, style))


def text_of(lines: Iterable[Line]) -> str:
    """All lines as plain text, each with its line end."""
    return "".join(f"{plain(one)}\n" for one in lines)
