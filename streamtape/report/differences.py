"""A comparison as lines: the verdict, then each change where it is, first divergence first.

Two columns where the terminal is wide enough, the words in one line where it is not. Places are
the event's number in either recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamtape.compare.comparison import ABSENT, Change, ChangeKind, Comparison, Location
from streamtape.printable import printable
from streamtape.report.events import compact
from streamtape.report.lines import Line, Span, line, one_line
from streamtape.report.side_by_side import side_by_side, wrapped
from streamtape.tape.texts import masked_text
from streamtape.units import count, duration

SIDE_BY_SIDE_WIDTH = 110
_SIGNS: dict[ChangeKind, str] = {"inserted": "+", "removed": "-", "changed": "~", "swapped": "⇄"}
_STYLES = {"same": "", "removed": "removed", "inserted": "added"}
_MAX_VALUE = 600
TIMING = "timing"
_INDENT = " " * 6
_NO_SIGN = Span("")
MIN_ROOM = 20  # cells: narrower, a value is not cut further


def verdict(comparison: Comparison) -> str:
    """In one line: the same or not, at which level, how many changes of which kind."""
    sizes = f"{comparison.n_a:,} and {comparison.n_b:,} {comparison.unit}"
    if not comparison.comparable:
        return f"nothing could be compared at level {comparison.level} ({sizes})"
    if comparison.same:
        return f"same at level {comparison.level} ({sizes})"
    return f"different at level {comparison.level}: {comparison.counts()} ({sizes})"


def comparison_lines(
    comparison: Comparison, *, width: int, max_changes: int | None = None
) -> Iterator[Line]:
    """The verdict, what was compared, and the changes."""
    yield line((verdict(comparison), "good" if comparison.same else "bad"))
    yield line(("  - ", "removed"), printable(comparison.a))
    yield line(("  + ", "added"), printable(comparison.b))
    if comparison.verdict is not None and not comparison.same:
        style = "bad" if comparison.verdict == "behaviour changed" else "warn"
        yield line("  verdict: ", (printable(comparison.judgement()), style))
    for note in comparison.notes:
        yield line("  ", (f"note: {printable(note)}", "warn"))
    several = any(change.interaction for change in comparison.changes)
    for change in (change.masked() for change in comparison.changes[:max_changes]):
        yield ()
        yield _heading(change, several=several)
        yield from _values(change, width)
    left = len(comparison.changes) - len(comparison.changes[:max_changes])
    if left:
        yield ()
        yield line((f"  … and {count(left, 'more change')}", "dim"))


def locations(change: Change) -> str:
    """Where a change is: the event's number in a, or in both where they differ."""
    if change.what == TIMING:
        return ""  # a measure is of the whole stream
    if change.a and change.b:
        if change.a.index == change.b.index:
            return f"#{change.a.index}"
        return f"#{change.a.index} → #{change.b.index}"
    return f"#{_known(change).index}"


def _known(change: Change) -> Location:
    return change.a or change.b or Location(0)


def name_of(change: Change) -> str:
    """What changed, and where in it."""
    if change.what == TIMING:
        return change.path.removesuffix("_us").replace("_", " ")
    return printable(f"{change.what} {change.path}".rstrip())


def kind_of(change: Change) -> str:
    """What kind of change it is; of a measure also by how much, and that in percent."""
    before, after = change.before, change.after
    if change.what != TIMING or not isinstance(before, int) or not isinstance(after, int):
        return change.kind
    sign = "−" if after < before else "+"
    share = f", {sign}{abs(after - before) / before:.0%}".replace("%", " %") if before else ""
    return f"{change.kind} by {sign}{duration(abs(after - before))}{share}"


def _heading(change: Change, *, several: bool) -> Line:
    style = {"inserted": "added", "removed": "removed"}.get(change.kind, "warn")
    at_us = None if change.what == TIMING else _known(change).at_us
    where = locations(change)
    return line(
        (f"  {_SIGNS[change.kind]} ", style),
        (f"{where}  " if where else "", "dim"),
        (name_of(change), "title"),
        f" {kind_of(change)}",
        (f" {change.n_repeats + 1} times" if change.n_repeats else "", ""),
        (f" at {duration(at_us)}" if at_us is not None else "", "dim"),
        (f"  interaction {change.interaction}" if several else "", "dim"),
    )


def _values(change: Change, width: int) -> Iterator[Line]:
    before, after = _side(change, "removed"), _side(change, "inserted")
    if change.kind == "changed" and width >= SIDE_BY_SIDE_WIDTH:
        yield from side_by_side(before, after, width, indent=len(_INDENT))
    elif change.pieces:
        marked = tuple(_marked(piece.kind, piece.text) for piece in change.pieces)
        yield from _rows(marked, width)
    elif change.kind == "swapped" and change.before is None:
        yield from _rows(after, width)
    else:
        if change.kind != "inserted":
            yield from _rows(before, width, Span("- ", "removed"))
        if change.kind != "removed":
            yield from _rows(after, width, Span("+ ", "added"))


def _rows(value: Line, width: int, sign: Span = _NO_SIGN) -> Iterator[Line]:
    """A value in as many lines as it needs, below each other."""
    room = max(width - len(_INDENT) - len(sign.text), MIN_ROOM)
    for number, row in enumerate(wrapped(value, room)):
        yield line(_INDENT, sign if not number else " " * len(sign.text), *row)


def _marked(kind: str, text: str) -> Span:
    """A piece of text; what differs is in brackets, too, for screens without colour."""
    shown = one_line(text, _MAX_VALUE)
    brackets = {"removed": "[-{}-]", "inserted": "{{+{}+}}"}.get(kind, "{}")
    return Span(brackets.format(shown), _STYLES[kind])


def _side(change: Change, kind: str) -> Line:
    """One side of a change: the words that it has, or its value."""
    if change.pieces:
        mine = (piece for piece in change.pieces if piece.kind in {"same", kind})
        return tuple(_marked(piece.kind, piece.text) for piece in mine)
    value = change.before if kind == "removed" else change.after
    if value is None and not change.pieces:
        return (Span(ABSENT, "dim"),)
    return (Span(shown_value(change, value), _STYLES[kind]),)


def shown_value(change: Change, value: Any, limit: int = _MAX_VALUE) -> str:
    """A value of a change in one line: a time as a duration, anything else as it is."""
    if change.what == TIMING and isinstance(value, int):
        return duration(value)
    return value_text(value, limit)


def value_text(value: Any, limit: int = _MAX_VALUE) -> str:
    """A value in one line: a text in quotes, anything else as JSON."""
    return one_line(masked_text(compact(value)), limit)
