"""Events compared: the changes at level `events`.

Both streams become units; units are aligned by what they say. Where they differ, a stretch is
looked at as a whole: texts of one target are compared joined, whatever comes between their pieces;
events of one type are paired and compared path by path; what is left was inserted or removed, and
what was removed here and inserted there was swapped. Ids come last: those that most of the paired
units rename alike are no change.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.coalesce import Coalescer
from streamtape.compare.comparison import Change, Location
from streamtape.compare.dedupe import Pair, folded, join_swapped, of_one_event, renamed_here
from streamtape.compare.items import pair_items
from streamtape.compare.normalise import MASK, MASKED_OBJECT
from streamtape.compare.text_diff import (
    TextChange,
    Texts,
    moved_key,
    paired,
    text_changes,
    with_arguments,
)
from streamtape.compare.units import CALL, VARIES, Target, Unit, token_of
from streamtape.compare.value_diff import differences
from streamtape.dialects.base import Dialect
from streamtape.tape.events import Event


def compare_events(
    a: Iterable[Event], b: Iterable[Event], dialect_a: Dialect, dialect_b: Dialect
) -> tuple[Change, ...]:
    """The changes between two streams, in order; none where they mean the same."""
    left = Coalescer(dialect_a, compact=True).units(a)
    right = Coalescer(dialect_b, compact=True).units(b)
    return compare_units(left, right)


def compare_units(left: list[Unit], right: list[Unit]) -> tuple[Change, ...]:
    """The changes between two streams' units, in order.

    Items that one stream lacks come first, so that nothing of them is compared with another item.
    """
    left, right, of_items = pair_items(left, right)
    found = gaps([u.token for u in left], [u.token for u in right])
    event_changes: list[Change] = []
    pairs: list[Pair] = []
    i = j = 0
    for gap in found:
        pairs.extend(zip(left[i : gap.a1], right[j : gap.b1], strict=True))
        stretch = _Stretch(left[gap.a1 : gap.a2], right[gap.b1 : gap.b2])
        event_changes.extend(stretch.changes())
        pairs.extend(stretch.pairs)
        i, j = gap.a2, gap.b2
    pairs.extend(zip(left[i:], right[j:], strict=True))
    touched = dict.fromkeys(
        unit.target
        for gap in found
        for unit in (*left[gap.a1 : gap.a2], *right[gap.b1 : gap.b2])
        if unit.target is not None
    )
    texts = _of_texts(left, right, touched, pairs) if touched else []
    event_changes.extend(renamed_here(pairs))
    changes = of_one_event(*with_arguments(event_changes, texts, left, right))
    if touched and not changes and not of_items:
        changes.extend(_interleaved(left, right))
    calls = {_call_at(change): change for change in reversed(of_items) if change.what == CALL}
    once = [c for c in of_items if c.what != CALL or calls[_call_at(c)] is c]
    rest = [c for c in changes if c.what != CALL or _call_at(c) not in calls]
    return tuple(folded(sorted((*once, *join_swapped(rest)), key=_order)))


def _call_at(change: Change) -> Hashable:
    """Which call came or is gone, and where: some servers tell it twice in one event."""
    value = change.before if change.b is None else change.after
    name = value.get("name") if isinstance(value, dict) else None
    return change.kind, change.a and change.a.index, change.b and change.b.index, name


def _of_texts(
    left: list[Unit], right: list[Unit], touched: Iterable[Target], pairs: list[Pair]
) -> list[TextChange]:
    """What differs in the texts, and what is elsewhere between their pieces."""
    a, b = Texts(left), Texts(right)
    found: list[TextChange] = []
    settled: set[Target] = set()
    for one, other in paired(a, b, touched, left, right):
        changes = list(text_changes(a, b, one, other))
        found.extend(changes)
        if one is None or other is None:
            continue
        pairs.extend(zip(a.units(one), b.units(other), strict=False))
        if one != other:
            found.extend(TextChange(c, of_one_event=False) for c in moved_key(a, b, one, other))
        elif not changes:
            settled.add(one)
    if settled:
        moved = _moved(left, right, pairs, frozenset(settled))
        found.extend(TextChange(c, of_one_event=False) for c in moved)
    return found


def _moved(
    left: list[Unit], right: list[Unit], pairs: Sequence[Pair], settled: frozenset[Target]
) -> list[Change]:
    """Events that stand elsewhere between the pieces of texts that are themselves the same."""
    stretch_a, stretch_b = _stretches(left, settled), _stretches(right, settled)
    return [
        Change("swapped", one.name, location(one), location(other), "", None, _shown(other))
        for one, other in pairs
        if one.target is None
        and not _overlap(stretch_a[one.first, one.after], stretch_b[other.first, other.after])
    ]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _stretches(
    units: Iterable[Unit], settled: frozenset[Target]
) -> dict[Hashable, tuple[int, int]]:
    """The position of each event in the settled texts, in characters: before them, and after.

    What comes with a piece of text belongs somewhere within it: how it was cut says no more.
    """
    n_chars = 0
    found: dict[Hashable, tuple[int, int]] = {}
    for unit in units:
        size = sum(n for target, n in unit.beside.items() if target in settled)
        location = (n_chars - size, n_chars) if unit.after else (n_chars, n_chars + size)
        if unit.target is None:
            found.setdefault((unit.first, unit.after), location)
        if unit.target in settled:
            n_chars += len(unit.body)
    return found


def _interleaved(left: Sequence[Unit], right: Sequence[Unit]) -> Iterator[Change]:
    """The one thing left that may differ: in what order the pieces of several texts came."""
    for one, other in zip(_joined(left), _joined(right), strict=False):
        if one.target == other.target and one.body == other.body:
            continue
        shared = min(len(one.body), len(other.body)) if one.target == other.target else 0
        before, after = (f"{u.name} {u.body[shared:]!r}"[:60] for u in (one, other))
        a, b = (Location(*unit.event_at(shared)) for unit in (one, other))
        yield Change("swapped", one.name, a, b, "order", before, after)
        return


def _joined(units: Iterable[Unit]) -> Iterator[Unit]:
    """The texts, neighbours of one target as one; of those that grow side by side the first."""
    texts: list[Unit] = []
    for unit in units:
        beside = bool(texts and unit.events) and unit.events is texts[-1].events
        if unit.target is not None and not beside:
            texts.append(unit)
    for _, group in groupby(texts, key=lambda unit: unit.target):
        same = list(group)
        if len(same) == 1 or same[0].body == MASK:
            yield same[0]
            continue
        pieces = [piece for unit in same for piece in unit.pieces]
        events = [event for unit in same for event in unit.events]
        body = "".join(unit.body for unit in same)
        yield replace(same[0], body=body, pieces=pieces, events=events, starts=None)


def _order(change: Change) -> tuple[int, int, str]:
    first = change.a or change.b
    other = change.b or change.a
    assert first is not None
    assert other is not None
    return (first.index, other.index, change.path)


class _Stretch:
    """Where two streams differ: the units of either side, but for their texts."""

    def __init__(self, left: list[Unit], right: list[Unit]) -> None:
        self.left = list(_in_order(_by_path(u for u in left if u.target is None)))
        self.right = list(_in_order(_by_path(u for u in right if u.target is None)))
        self.pairs: list[Pair] = []
        self.removed: list[Unit] = []
        self.inserted: list[Unit] = []

    def changes(self) -> list[Change]:
        """What differs in this stretch."""
        found: list[Change] = []
        a, b = self.left, self.right
        i = j = 0
        for gap in gaps([u.token for u in a], [u.token for u in b]):
            self.pairs.extend(zip(a[i : gap.a1], b[j : gap.b1], strict=True))
            found.extend(self._paired(a[gap.a1 : gap.a2], b[gap.b1 : gap.b2]))
            i, j = gap.a2, gap.b2
        self.pairs.extend(zip(a[i:], b[j:], strict=True))
        found.extend(_removed(u) for u in _by_event(self.removed))
        found.extend(_inserted(u) for u in _by_event(self.inserted))
        return found

    def _paired(self, a: list[Unit], b: list[Unit]) -> list[Change]:
        """Units that differ: those of one kind are paired, in order; the rest came or went."""
        found: list[Change] = []
        i = j = 0
        for gap in gaps([_kind(u) for u in a], [_kind(u) for u in b]):
            found.extend(self._changed(a[i : gap.a1], b[j : gap.b1]))
            self.removed += a[gap.a1 : gap.a2]
            self.inserted += b[gap.b1 : gap.b2]
            i, j = gap.a2, gap.b2
        found.extend(self._changed(a[i:], b[j:]))
        return found

    def _changed(self, a: list[Unit], b: list[Unit]) -> list[Change]:
        found: list[Change] = []
        for one, other in zip(a, b, strict=True):
            self.pairs.append((one, other))
            for path, before, after in differences(one, other):
                found.append(
                    Change("changed", one.name, location(one), location(other), path, before, after)
                )
        return found


def location(unit: Unit) -> Location:
    """Where a unit is in its recording."""
    return Location(unit.first, unit.at_us)


def _kind(unit: Unit) -> Hashable:
    """What kind of unit it is: its event's type, and the types of the objects right inside."""
    inside = unit.body.values() if unit.kind == "event" and isinstance(unit.body, dict) else ()
    types = tuple(str(value["type"]) for value in inside if type(value) is dict and "type" in value)
    paths = tuple(unit.body) if unit.kind == "fact" and unit.name != CALL else ()
    return unit.kind, unit.name, types, paths


def _by_path(units: Iterable[Unit]) -> Iterator[Unit]:
    """The units, each fact on its own: how many events tell them says nothing."""
    for unit in units:
        if not _is_fact(unit) or len(unit.body) == 1:
            yield unit
            continue
        for path, value in unit.body.items():
            one = replace(unit, body={path: value}, ids=())
            one.token = token_of(one)
            yield one


def _is_fact(unit: Unit) -> bool:
    return unit.kind == "fact" and unit.name != CALL


def _in_order(units: Iterable[Unit]) -> Iterator[Unit]:
    """The units, neighbouring facts in one order: that of an event's fields says nothing."""
    for is_fact, group in groupby(units, key=_is_fact):
        same = list(group)
        yield from sorted(same, key=lambda unit: tuple(unit.body)) if is_fact else same


def _by_event(units: Iterable[Unit]) -> Iterator[Unit]:
    """The units, facts of one event together again."""
    units = sorted(units, key=lambda unit: unit.first)
    for _, group in groupby(units, key=lambda u: (_is_fact(u), u.first)):
        same = list(group)
        if len(same) == 1 or not _is_fact(same[0]):
            yield from same
        else:
            yield replace(same[0], body={p: v for unit in same for p, v in unit.body.items()})


def _removed(unit: Unit) -> Change:
    if not _is_fact(unit) or unit.n_facts == len(unit.body):
        return Change("removed", unit.name, location(unit), None, "", _shown(unit), None)
    path, value = _fact(unit)
    return Change("changed", unit.name, location(unit), None, path, value, None)


def _inserted(unit: Unit) -> Change:
    if not _is_fact(unit) or unit.n_facts == len(unit.body):
        return Change("inserted", unit.name, None, location(unit), "", None, _shown(unit))
    path, value = _fact(unit)
    return Change("changed", unit.name, None, location(unit), path, None, value)


def _fact(unit: Unit) -> tuple[str, Any]:
    """A fact's path and value; of several in one event, all of them without a path."""
    event_changes = _shown(unit)
    return next(iter(event_changes.items())) if len(event_changes) == 1 else ("", event_changes)


def _shown(unit: Unit) -> Any:
    """A unit's own value: a fact's paths as texts, a payload without what is not compared."""
    if unit.kind == "fact":
        return {".".join(path): value for path, value in unit.body.items()}
    if isinstance(unit.body, dict) and unit.body.get("type") == unit.name:
        return _compared({name: value for name, value in unit.body.items() if name != "type"})
    return _compared(unit.body)


def _compared(value: Any) -> Any:
    """A value without the fields that are not compared; of objects, it says that they are there."""
    if isinstance(value, dict):
        return {k: _compared(v) for k, v in value.items() if type(v) is not str or v != MASK}
    if isinstance(value, list):
        return [_compared(v) for v in value]
    return VARIES if value is MASKED_OBJECT else value
