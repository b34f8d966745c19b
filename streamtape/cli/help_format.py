"""Help texts that fit the screen: prose is wrapped at its width, and commands are left whole.

A command of an example can be copied; what is beside it goes below it where there is no room.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator

import click

_MOST = 100
_LEAST = 20
_EXAMPLE = re.compile(
    r"(?P<command> {2,6}(?:streamtape|source|git|echo|zstd)\b.*?)(?: {2,}(?P<says>.+))?$"
)
_LABEL = re.compile(r" *\S+(?: \S+)* {2,}(?=\S)")


def screen_width() -> int:
    """How wide help may be: the terminal, or what COLUMNS says, up to a limit."""
    return max(min(shutil.get_terminal_size((80, 24)).columns, _MOST + 2) - 2, _LEAST)


class Formatter(click.HelpFormatter):
    """Click's formatter, for screens of fewer than fifty columns, too."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        super().__init__(indent_increment, width or screen_width(), max_width)

    def getvalue(self) -> str:
        return narrowed(super().getvalue(), self.width + 2)


class Context(click.Context):
    """A context whose help fits the screen."""

    formatter_class = Formatter


def narrowed(text: str, width: int) -> str:
    """The text, with lines that are wider than `width` wrapped below their own beginning."""
    lines = (part for line in text.splitlines() for part in _fitted(line, width))
    return "".join(f"{line}\n" for line in lines)


def _fitted(line: str, width: int) -> Iterator[str]:
    if len(line) <= width:
        yield line
        return
    indent = len(line) - len(line.lstrip(" "))
    example = _EXAMPLE.match(line)
    if example:
        yield example["command"]
        hang = " " * (indent + 4)
        if example["says"]:
            yield from textwrap.wrap(
                example["says"], width, initial_indent=hang, subsequent_indent=hang
            )
        return
    label = _LABEL.match(line)
    hang = " " * (label.end() if label and label.end() <= width // 2 else indent)
    yield from textwrap.wrap(
        line, width, subsequent_indent=hang, drop_whitespace=True, break_on_hyphens=False
    )
