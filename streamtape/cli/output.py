"""Where output goes: results to stdout, notes to stderr, both as they come.

Text is written as UTF-8 whatever the locale says; what UTF-8 can't hold (half of a surrogate pair,
as streams that are cut may have) is written as its escape, which JSON reads back.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from streamtape.report.lines import Line

PLAIN_WIDTH = 100


def write_bytes(data: bytes) -> None:
    """Write bytes to stdout, at once."""
    stream = sys.stdout.buffer
    stream.write(data)
    stream.flush()


def write_text(text: str) -> None:
    """Write text to stdout, with a line end."""
    write_bytes(text.encode("utf-8", "backslashreplace") + b"\n")


def write_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a value to stdout as JSON."""
    write_text(json.dumps(value, ensure_ascii=False, indent=indent, default=repr))


def note(text: str) -> None:
    """Write a line for people to stderr."""
    with contextlib.suppress(OSError):  # a terminal that was closed: SIGHUP ends us in good order
        click.echo(text, err=True)


def is_terminal() -> bool:
    """Whether stdout is a terminal that people look at."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """How wide lines may be: the terminal's width, or one fixed width where there is none."""
    if not is_terminal():
        return PLAIN_WIDTH
    import shutil

    return shutil.get_terminal_size((80, 24)).columns


def write_lines(lines: Iterable[Line]) -> None:
    """Write styled lines: in colour to a terminal, as plain text to anything else."""
    from streamtape.report.lines import plain, styled

    if not is_terminal():
        write_text("\n".join(map(plain, lines)))
        return
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(styled(line))
