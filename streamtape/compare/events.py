"""Events against events: the changes at level `events`.

Both streams become units; units are aligned by what they say. Where they differ, a stretch is
looked at as a whole: texts of one target are compared joined, whatever stands between their pieces;
events of one type are paired and compared path by path; what is left was inserted or removed, and
what was removed here and inserted there was swapped. Ids come last: those that most of the paired
units rename alike are no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.coalesce import Coalescer, Target, Unit
from streamtape.compare.comparison import Change, Place
from streamtape.compare.identities import Pair, renamed_here
from streamtape.compare.values import differences
from streamtape.compare.words import hunks
from streamtape.dialects.base import Dialect
from streamtape.tape.views import Event


def compare_events(
    a: Iterable[Event], b: Iterable[Event], dialect_a: Dialect, dialect_b: Dialect
) -> tuple[Change, ...]:
    """The changes between two streams, in order; none where they mean the same."""
    left, right = Coalescer(dialect_a).units(a), Coalescer(dialect_b).units(b)
    return compare_units(left, right)


def compare_units(left: list[Unit], right: list[Unit]) -> tuple[Change, ...]:
    """The changes between two streams' units, in order."""
    changes: list[Change] = []
    pairs: list[Pair] = []
    settled = _settled(left, right)
    found = gaps([u.token for u in left], [u.token for u in right])
    i = j = 0
    for gap in found:
        pairs.extend(zip(left[i : gap.a1], right[j : gap.b1], strict=True))
        stretch = _Stretch(left[gap.a1 : gap.a2], right[gap.b1 : gap.b2], settled)
        changes.extend(stretch.changes())
        pairs.extend(stretch.pairs)
        i, j = gap.a2, gap.b2
    pairs.extend(zip(left[i:], right[j:], strict=True))
    if any(u.target in settled for g in found for u in (*left[g.a1 : g.a2], *right[g.b1 : g.b2])):
        changes.extend(_moved(left, right, pairs, settled))
    changes.extend(renamed_here(pairs))
    if found and not changes:
        changes.append(_interleaved(left[found[0].a1 :], right[found[0].b1 :]))
    return tuple(sorted(join_swapped(changes), key=_order))


def _settled(left: list[Unit], right: list[Unit]) -> frozenset[Target]:
    """The targets whose whole text is the same, wherever its pieces stand."""
    texts: tuple[dict[Target, list[str]], ...] = ({}, {})
    for units, told in zip((left, right), texts, strict=True):
        for unit in units:
            if unit.target is not None:
                told.setdefault(unit.target, []).append(unit.body)
    a, b = texts
    return frozenset(t for t in a if t in b and "".join(a[t]) == "".join(b[t]))


def _moved(
    left: list[Unit], right: list[Unit], pairs: Sequence[Pair], settled: frozenset[Target]
) -> list[Change]:
    """Events that stand elsewhere between the pieces of texts that are themselves the same."""
    before_a, before_b = _n_before(left, settled), _n_before(right, settled)
    return [
        Change("swapped", one.name, place(one), place(other), "", None, _shown(other))
        for one, other in pairs
        if one.target is None and before_a[id(one)] != before_b[id(other)]
    ]


def _n_before(units: Iterable[Unit], settled: frozenset[Target]) -> dict[int, int]:
    """How many characters of the settled texts stand before each unit."""
    n_chars = 0
    before: dict[int, int] = {}
    for unit in units:
        before[id(unit)] = n_chars
        if unit.target in settled:
            n_chars += len(unit.body)
    return before


def _interleaved(left: Sequence[Unit], right: Sequence[Unit]) -> Change:
    """The one thing left that may differ: in what order the pieces of several texts came."""
    one, other = left[0], right[0]
    before, after = (f"{u.name} {u.body!r}"[:60] for u in (one, other))
    return Change("swapped", one.name, place(one), place(other), "order", before, after)


def _order(change: Change) -> tuple[int, int, str]:
    first = change.a or change.b
    other = change.b or change.a
    assert first is not None
    assert other is not None
    return (first.index, other.index, change.path)


class _Stretch:
    """Where two streams differ: the units of either side."""

    def __init__(self, left: list[Unit], right: list[Unit], settled: frozenset[Target]) -> None:
        self.left, self.right, self.settled = left, right, settled
        self.pairs: list[Pair] = []

    def changes(self) -> list[Change]:
        """What differs in this stretch."""
        found: list[Change] = []
        targets = dict.fromkeys(u.target for u in (*self.left, *self.right) if u.target)
        for target in targets:
            found.extend(self._text_changes(target))
        others_a = [u for u in self.left if u.kind != "text"]
        others_b = [u for u in self.right if u.kind != "text"]
        i = j = 0
        for gap in gaps([u.token for u in others_a], [u.token for u in others_b]):
            self.pairs.extend(zip(others_a[i : gap.a1], others_b[j : gap.b1], strict=True))
            found.extend(self._paired(others_a[gap.a1 : gap.a2], others_b[gap.b1 : gap.b2]))
            i, j = gap.a2, gap.b2
        self.pairs.extend(zip(others_a[i:], others_b[j:], strict=True))
        return found

    def _text_changes(self, target: Target) -> list[Change]:
        a = [u for u in self.left if u.target == target]
        b = [u for u in self.right if u.target == target]
        text_a, text_b = "".join(u.body for u in a), "".join(u.body for u in b)
        if a and b:
            self.pairs.append((a[0], b[0]))
        if text_a == text_b or target in self.settled:
            return []
        name = target[0]
        if not a or not b:
            unit = (a or b)[0]
            place = Place(unit.first, unit.at_us)
            text = text_a or text_b
            if a:
                return [Change("removed", name, place, None, "", text, None)]
            return [Change("inserted", name, None, place, "", None, text)]
        return [
            Change(
                "changed",
                name,
                _place_in(a, hunk.a_first),
                _place_in(b, hunk.b_first),
                "",
                text_a[hunk.a_start : hunk.a_end],
                text_b[hunk.b_start : hunk.b_end],
                hunk.pieces,
            )
            for hunk in hunks(text_a, text_b)
        ]

    def _paired(self, a: list[Unit], b: list[Unit]) -> list[Change]:
        """Units that differ: those of one type are paired, in order; the rest came or went."""
        found: list[Change] = []
        i = j = 0
        for gap in gaps([(u.kind, u.name) for u in a], [(u.kind, u.name) for u in b]):
            found.extend(self._changed(a[i : gap.a1], b[j : gap.b1]))
            found.extend(c for u in a[gap.a1 : gap.a2] for c in _gone(u))
            found.extend(c for u in b[gap.b1 : gap.b2] for c in _come(u))
            i, j = gap.a2, gap.b2
        found.extend(self._changed(a[i:], b[j:]))
        return found

    def _changed(self, a: list[Unit], b: list[Unit]) -> list[Change]:
        found: list[Change] = []
        for one, other in zip(a, b, strict=True):
            self.pairs.append((one, other))
            for path, before, after in differences(one, other):
                found.append(
                    Change("changed", one.name, place(one), place(other), path, before, after)
                )
        return found


def place(unit: Unit) -> Place:
    """Where a unit stands in its recording."""
    return Place(unit.first, unit.at_us)


def _place_in(units: Sequence[Unit], offset: int) -> Place:
    """The event that brought a character of a text which several units make."""
    for unit in units:
        if offset < len(unit.body) or unit is units[-1]:
            return Place(*unit.event_at(offset))
        offset -= len(unit.body)
    raise AssertionError("a text that differs has at least one unit")


def _gone(unit: Unit) -> list[Change]:
    if unit.kind == "fact":
        return [
            Change("changed", unit.name, place(unit), None, ".".join(path), value, None)
            for path, value in unit.body.items()
        ]
    return [Change("removed", unit.name, place(unit), None, "", _shown(unit), None)]


def _come(unit: Unit) -> list[Change]:
    if unit.kind == "fact":
        return [
            Change("changed", unit.name, None, place(unit), ".".join(path), None, value)
            for path, value in unit.body.items()
        ]
    return [Change("inserted", unit.name, None, place(unit), "", None, _shown(unit))]


def _shown(unit: Unit) -> Any:
    """A unit's own value: a fact's paths as texts, a payload as it is compared."""
    if unit.kind == "fact":
        return {".".join(path): value for path, value in unit.body.items()}
    return unit.body


def join_swapped(changes: Iterable[Change]) -> list[Change]:
    """What was removed in one place and inserted in another, unaltered, is one swap."""
    out: list[Change] = []
    for change in changes:
        if change.kind in ("removed", "inserted") and not change.path:
            twin = next((c for c in out if _twins(c, change)), None)
            if twin is not None:
                gone, come = (twin, change) if twin.kind == "removed" else (change, twin)
                out[out.index(twin)] = Change(
                    "swapped", gone.what, gone.a, come.b, "", None, come.after
                )
                continue
        out.append(change)
    return out


def _twins(one: Change, other: Change) -> bool:
    return (
        {one.kind, other.kind} == {"removed", "inserted"}
        and one.what == other.what
        and not one.path
        and (one.before if one.kind == "removed" else one.after)
        == (other.before if other.kind == "removed" else other.after)
    )
