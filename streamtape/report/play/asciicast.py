"""Frames as an asciicast: a recording of a terminal, as asciinema plays and embeds it.

Version 3 (intervals between events; https://docs.asciinema.org/manual/asciicast/v3/) or version 2
(times from the beginning). A frame rewrites the rows that differ from the one before. The same
frames give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from streamtape.printable import printable_line
from streamtape.report.lines import STYLES, Line
from streamtape.report.play.frames import Film, Frame
from streamtape.report.play.themes import Theme

VERSIONS = (3, 2)
COMMAND = "streamtape play"  # who made it, too: no other's file is replaced
_CLEAR = "\x1b[?25l\x1b[H\x1b[2J"
_TO_ROW, _ERASE_REST, _PLAIN = "\x1b[{};1H", "\x1b[K", "\x1b[0m"
_CODES = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34",
    "magenta": "35", "cyan": "36",
}  # fmt: skip
_PALETTE = ("red", "green", "yellow", "blue", "magenta", "cyan")


def asciicast(
    film: Film, *, title: str, theme: Theme, version: int = 3, started_at_us: int | None = None
) -> Iterator[str]:
    """The lines of an asciicast file, each with its line end."""
    header: dict[str, Any] = {"version": version}
    if version == 3:
        header["term"] = {"cols": film.columns, "rows": film.rows, "theme": _theme(theme)}
    else:
        header |= {"width": film.columns, "height": film.rows}
    if started_at_us is not None:
        header["timestamp"] = started_at_us // 1_000_000
    header |= {"command": COMMAND, "title": title}
    if version == 2:
        header["theme"] = _theme(theme)
    yield _row(header)
    before_us = 0
    for at_us, code, data in _events(film):
        since_us = before_us if version == 3 else 0
        yield _row([round((at_us - since_us) / 1e6, 6), code, data])
        before_us = at_us


def _events(film: Film) -> Iterator[tuple[int, str, str]]:
    rows: tuple[Line, ...] = ()
    for frame in film.frames:
        if frame.begins:
            yield frame.at_us, "m", f"interaction {frame.begins + 1}"
        yield frame.at_us, "o", _difference(rows, frame)
        rows = frame.lines
    # The end is on show for a while: a player stops at the last event.
    yield film.length_us, "o", "\x1b[?25h"


def _difference(before: tuple[Line, ...], frame: Frame) -> str:
    pieces = [] if before else [_CLEAR]
    for number, row in enumerate(frame.lines):
        if not before and not row:
            continue
        if not before or row != before[number]:
            pieces.append(f"{_TO_ROW.format(number + 1)}{ansi(row)}{_ERASE_REST}")
    return "".join(pieces)


def ansi(line: Line) -> str:
    """A line with the codes of its styles (ECMA-48, SGR); its text is made printable."""
    pieces = []
    for span in line:
        codes = ";".join(_CODES[word] for word in STYLES.get(span.style, "").split())
        text = printable_line(span.text)
        pieces.append(f"\x1b[{codes}m{text}{_PLAIN}" if codes else text)
    return "".join(pieces)


def _theme(theme: Theme) -> dict[str, str]:
    """The theme as the header has it: eight colours, and their bright ones."""
    eight = [theme.background, *(theme.colours[name] for name in _PALETTE), theme.foreground]
    return {"fg": theme.foreground, "bg": theme.background, "palette": ":".join(eight * 2)}


def _row(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": ")) + "\n"
