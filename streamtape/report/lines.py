"""Lines of a report: pieces of text, each with the name of a style.

`plain` gives the text alone, `styled` what rich prints. Streams may hold anything: control
characters, which would move the cursor or worse, and marks that turn the writing direction around
are shown as what they are.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

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
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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
    return "".join(span.text for span in one).rstrip()


def styled(one: Line) -> Text:
    """The line as rich prints it."""
    from rich.text import Text

    return Text.assemble(*((span.text, STYLES.get(span.style, "")) for span in one))


def clean(text: str) -> str:
    """The text with control characters shown and not obeyed; line ends and tabs stay."""
    return _UNSAFE.sub(_shown, text.replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str, limit: int) -> str:
    """The text in one line of at most `limit` characters; what was left out is marked."""
    shown = clean(text[: limit * 2]).replace("\n", "↵").replace("\t", " ")
    if len(shown) <= limit and len(text) <= limit * 2:
        return shown
    return f"{shown[: max(limit - 1, 0)]}…"


def block(text: str, indent: str, width: int | None, style: str = "") -> Iterator[Line]:
    """The text as indented lines, wrapped at `width` where there is one."""
    for row in clean(text).expandtabs(4).split("\n"):
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
