"""Where output goes: results to stdout, notes to stderr, both as they come.

Text is written as UTF-8 whatever the locale says; what UTF-8 can't hold (half of a surrogate pair,
as streams that are cut may have) is written as its escape, which JSON reads back. Whatever text is
written is made printable (`streamtape.printable`).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from streamtape.printable import PrintableBytes, printable, printable_json

if TYPE_CHECKING:
    from streamtape.report.lines import Line

PLAIN_WIDTH = 100
_USUAL_COLUMNS = 80


def write_bytes(data: bytes) -> None:
    """Write bytes to stdout, at once."""
    stream = sys.stdout.buffer
    stream.write(data)
    stream.flush()


def body_writer() -> Callable[[bytes], None]:
    """A function that writes the pieces of a body to stdout, each at once.

    To a terminal they are made printable; to anything else they go as they are.
    """
    if not sys.stdout.isatty():
        return write_bytes
    made = PrintableBytes()
    return lambda data: write_bytes(made.feed(data))


def shown(text: str) -> str:
    """The text, printable and with secrets masked."""
    from streamtape.tape.texts import masked_text

    return masked_text(printable(text))


def write_text(text: str) -> None:
    """Write text to stdout, made printable, with a line end; a report, too, shows no secret."""
    write_bytes(shown(text).encode("utf-8", "backslashreplace") + b"\n")


def write_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a value to stdout as JSON."""
    write_json_text(json.dumps(value, ensure_ascii=False, indent=indent, default=repr))


def write_json_text(text: str) -> None:
    """Write JSON text to stdout, with control characters escaped."""
    write_text(printable_json(text))


def note(text: str) -> None:
    """Write a line for people to stderr."""
    with contextlib.suppress(OSError):  # a terminal that was closed: SIGHUP ends us in good order
        click.echo(shown(text), err=True)


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """How wide lines may be: the terminal's width or COLUMNS; without both one fixed width."""
    return screen_width() or PLAIN_WIDTH


def screen_width() -> int | None:
    """The width of the terminal, or a narrow one that COLUMNS asks for; None without both.

    Test runners and CI systems export a COLUMNS of 80 and more that nobody looks at: what is no
    terminal is narrowed only by less.
    """
    given = os.environ.get("COLUMNS", "")
    if not is_terminal():
        return int(given) if given.isdecimal() and 0 < int(given) < _USUAL_COLUMNS else None
    import shutil

    return shutil.get_terminal_size((80, 24)).columns


def write_lines(lines: Iterable[Line], *, as_they_are: bool = False) -> None:
    """Write styled lines: in colour to a terminal, as plain text to anything else.

    What is wider than the screen is wrapped, and goes on below its own text; unless
    `as_they_are`, for text whose width is known to be right, or that is for programs.
    """
    from streamtape.report.lines import masked, plain, styled

    lines = masked(lines)
    room = None if as_they_are else screen_width()
    if room is not None:
        from streamtape.report.side_by_side import fitted

        lines = (part for one in lines for part in fitted(one, room))
    if not is_terminal():
        write_text("\n".join(map(plain, lines)))
        return
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(styled(line))
