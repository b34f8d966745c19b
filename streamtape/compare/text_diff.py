"""Texts that grow in two streams: each target's text compared whole, wherever its pieces stand.

A text is told apart by its target, so what stands between its pieces, and how many pieces there
are, does not matter here. Where it differs, the report points at the events that brought the words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streamtape.compare.comparison import Change, Location, WordPiece
from streamtape.compare.units import Target, Unit
from streamtape.compare.word_diff import hunks, shared_start

SOUNDS = ("audio",)  # texts that are Base64: told by size and digest


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


class TextChange(NamedTuple):
    """What differs in a text, and whether a single event brought all that is gone or new.

    `target` is the text's, where it is in one stream only.
    """

    change: Change
    of_one_event: bool
    target: Target | None = None


def text_changes(
    a: Texts, b: Texts, one: Target | None, other: Target | None
) -> Iterator[TextChange]:
    """What differs in one text, which goes by these targets in the two streams."""
    left, right = a.units(one) if one else (), b.units(other) if other else ()
    before, after = "".join(u.body for u in left), "".join(u.body for u in right)
    name = (one or other or ("text", ()))[0]
    if before == after:
        return
    if not right:
        change = Change(
            "removed", name, _location_in(left, 0), None, "", _text_value(name, before), None
        )
        yield TextChange(change, _in_one_event(left, 0, len(before)), one)
        return
    if not left:
        change = Change(
            "inserted", name, None, _location_in(right, 0), "", None, _text_value(name, after)
        )
        yield TextChange(change, _in_one_event(right, 0, len(after)), other)
        return
    if name in SOUNDS:
        start = len(shared_start([before, after]))
        locations = _location_in(left, start), _location_in(right, start)
        change = Change("changed", name, *locations, "", _sized(before), _sized(after))
        yield TextChange(change, of_one_event=False)
        return
    found = hunks(before, after)
    swap = _swapped(name, left, right, before, after) if len(found) > 1 else None
    if swap is not None:
        yield TextChange(swap, of_one_event=False)
        return
    for hunk in found:
        removed, inserted = before[hunk.a_start : hunk.a_end], after[hunk.b_start : hunk.b_end]
        locations = _location_in(left, hunk.a_first), _location_in(right, hunk.b_first)
        change = Change("changed", name, *locations, "", removed, inserted, hunk.pieces)
        longer, first, size = (
            (right, hunk.b_first, len(inserted) - len(removed))
            if len(inserted) > len(removed)
            else (left, hunk.a_first, len(removed) - len(inserted))
        )
        yield TextChange(change, _in_one_event(longer, first, first + size))


def _text_value(name: str, text: str) -> str:
    return _sized(text) if name in SOUNDS else text


def _sized(text: str) -> str:
    """A text that nobody reads, by its size and digest."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{len(text):,} characters of Base64, sha256 {digest[:16]}"


def _in_one_event(units: Sequence[Unit], start: int, end: int) -> bool:
    return _location_in(units, start) == _location_in(units, max(start, end - 1))


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
                _location_in(left, first),
                _location_in(right, first),
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


def _location_in(units: Sequence[Unit], offset: int) -> Location:
    """The event that brought a character of a text which several units make."""
    for unit in units:
        if offset < len(unit.body) or unit is units[-1]:
            return Location(*unit.event_at(offset))
        offset -= len(unit.body)
    raise AssertionError("a text that differs has at least one unit")
