"""Texts that grow in two streams: each target's text compared whole, wherever its pieces stand.

A text is told apart by its target, so what stands between its pieces, and how many pieces there
are, does not matter here. Where it differs, the report points at the events that brought the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streamtape.compare.comparison import Change, Place, WordPiece
from streamtape.compare.units import Target, Unit
from streamtape.compare.words import hunks, shared_start


class Texts:
    """The units of one stream's texts, by target."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units: dict[Target, list[Unit]] = {}
        for unit in units:
            if unit.target is not None:
                self._units.setdefault(unit.target, []).append(unit)

    def targets(self) -> Iterable[Target]:
        """The targets that have a text, in the order of their first pieces."""
        return self._units

    def units(self, target: Target) -> Sequence[Unit]:
        """The units of one text; none where the stream does not have it."""
        return self._units.get(target, ())

    def whole(self, target: Target) -> str:
        """One text, whole."""
        return "".join(unit.body for unit in self.units(target))


def text_changes(a: Texts, b: Texts, target: Target) -> list[Change]:
    """What differs in one text."""
    before, after = a.whole(target), b.whole(target)
    left, right = a.units(target), b.units(target)
    name = target[0]
    if before == after:
        return []
    if not left:
        return [Change("inserted", name, None, _begin(right), "", None, after)]
    if not right:
        return [Change("removed", name, _begin(left), None, "", before, None)]
    found = hunks(before, after)
    if len(found) > 1:
        swap = _swapped(name, left, right, before, after)
        if swap is not None:
            return [swap]
    return [
        Change(
            "changed",
            name,
            _place_in(left, hunk.a_first),
            _place_in(right, hunk.b_first),
            "",
            before[hunk.a_start : hunk.a_end],
            after[hunk.b_start : hunk.b_end],
            hunk.pieces,
        )
        for hunk in found
    ]


def is_part(part: str, whole: str) -> bool:
    """Whether a text is another one with one stretch taken out."""
    start = len(shared_start([part, whole]))
    end = len(shared_start([part[::-1], whole[::-1]]))
    return len(part) < len(whole) and start + end >= len(part)


def _swapped(
    name: str, left: Sequence[Unit], right: Sequence[Unit], before: str, after: str
) -> Change | None:
    """Two neighbouring stretches that changed places, if that is all that differs."""
    if len(before) != len(after):
        return None
    start = len(shared_start([before, after]))
    end = len(before) - len(shared_start([before[::-1], after[::-1]]))
    for first, last in ((start, end), _at_cuts(left, start, end)):
        one, other = before[first:last], after[first:last]
        split = (one + one).find(other)
        if split > 0:
            return Change(
                "swapped",
                name,
                _place_in(left, first),
                _place_in(right, first),
                "",
                one,
                other,
                (
                    WordPiece("removed", one[:split]),
                    WordPiece("same", one[split:]),
                    WordPiece("inserted", one[:split]),
                ),
            )
    return None


def _at_cuts(units: Sequence[Unit], start: int, end: int) -> tuple[int, int]:
    """A stretch of a text, widened to where its deltas were cut."""
    cuts: list[int] = []
    base = 0
    for unit in units:
        cuts.extend(base + cut for cut in unit.cuts())
        base += len(unit.body)
    return (
        max((cut for cut in cuts if cut <= start), default=0),
        min((cut for cut in cuts if cut >= end), default=base),
    )


def _begin(units: Sequence[Unit]) -> Place:
    return Place(units[0].first, units[0].at_us)


def _place_in(units: Sequence[Unit], offset: int) -> Place:
    """The event that brought a character of a text which several units make."""
    for unit in units:
        if offset < len(unit.body) or unit is units[-1]:
            return Place(*unit.event_at(offset))
        offset -= len(unit.body)
    raise AssertionError("a text that differs has at least one unit")
