"""The differences between two sets of recordings, as lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from streamtape.analysis.drift import Drift, DriftChange
from streamtape.report.lines import Line, line
from streamtape.units import count

_MARKS = {"came": ("+", "added"), "went": ("-", "removed")}


def drift_lines(found: Drift, a: str, b: str) -> Iterator[Line]:
    """The changes of each dialect, and how much both sides have of it."""
    counts = {name: (n_a, n_b) for name, n_a, n_b in found.interactions}
    by_dialect = {
        name: list(changes) for name, changes in groupby(found.changes, lambda one: one.dialect)
    }
    for name, (n_a, n_b) in counts.items():
        sides = f": {count(n_a, 'interaction')} in a, {n_b:,} in b"
        if not n_a or not n_b:
            yield line((name, "title"), sides, ("; nothing to compare with", "dim"))
            continue
        same = "" if name in by_dialect else ("; nothing came or went", "good")
        yield line((name, "title"), sides, same)
        for change in by_dialect.get(name, ()):
            yield _change_line(change)
    n_came = sum(change.happened == "came" for change in found.changes)
    n_went = len(found.changes) - n_came
    yield line((f"{n_came} came, {n_went} went", "title"), f" from {a} to {b}")


def _change_line(change: DriftChange) -> Line:
    mark, style = _MARKS[change.happened]
    n, of = (change.n_b, change.of_b) if change.happened == "came" else (change.n_a, change.of_a)
    place = f" {change.path}" if change.path else ""
    if change.what == "kind":
        place += f": {change.value}"
    elif change.value:
        place += f" = {change.value!r}"
    chance = f"; by chance in {change.chance:.0%} of cases" if change.chance >= 0.05 else ""
    return line(
        (f"  {mark} {change.what} ", style),
        (change.event, "type"),
        place,
        (f"  {n:,} of {of:,}{chance}", "dim"),
    )
