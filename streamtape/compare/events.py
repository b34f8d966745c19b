"""Events against events: the changes at level `events`.

Both streams become units; units are aligned by what they say. Where they differ, a stretch is
looked at as a whole: texts of one target are compared joined, whatever stands between their pieces;
events of one type are paired and compared path by path; what is left was inserted or removed, and
what was removed here and inserted there was swapped. Ids come last: those that most of the paired
units rename alike are no change.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.coalesce import Coalescer
from streamtape.compare.comparison import Change, Place
from streamtape.compare.identities import Pair, renamed_here
from streamtape.compare.texts import Texts, is_part, text_changes
from streamtape.compare.units import Target, Unit
from streamtape.compare.values import differences
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import canonical
from streamtape.tape.views import Event


def compare_events(
    a: Iterable[Event], b: Iterable[Event], dialect_a: Dialect, dialect_b: Dialect
) -> tuple[Change, ...]:
    """The changes between two streams, in order; none where they mean the same."""
    left, right = Coalescer(dialect_a).units(a), Coalescer(dialect_b).units(b)
    return compare_units(left, right)


def compare_units(left: list[Unit], right: list[Unit]) -> tuple[Change, ...]:
    """The changes between two streams' units, in order."""
    found = gaps([u.token for u in left], [u.token for u in right])
    changes: list[Change] = []
    pairs: list[Pair] = []
    i = j = 0
    for gap in found:
        pairs.extend(zip(left[i : gap.a1], right[j : gap.b1], strict=True))
        stretch = _Stretch(left[gap.a1 : gap.a2], right[gap.b1 : gap.b2])
        changes.extend(stretch.changes())
        pairs.extend(stretch.pairs)
        i, j = gap.a2, gap.b2
    pairs.extend(zip(left[i:], right[j:], strict=True))
    touched = dict.fromkeys(
        unit.target
        for gap in found
        for unit in (*left[gap.a1 : gap.a2], *right[gap.b1 : gap.b2])
        if unit.target is not None
    )
    texts: list[Change] = []
    if touched:
        a, b = Texts(left), Texts(right)
        settled = frozenset(t for t in touched if a.whole(t) == b.whole(t))
        for target in touched:
            texts.extend(text_changes(a, b, target))
            pairs.extend(zip(a.units(target), b.units(target), strict=False))
        if settled:
            changes.extend(_moved(left, right, pairs, settled))
    changes.extend(renamed_here(pairs))
    changes = of_one_event(changes, texts)
    if touched and not changes:
        texts_a = [u for u in left if u.target in touched]
        texts_b = [u for u in right if u.target in touched]
        changes.extend(_interleaved(texts_a, texts_b))
    return tuple(_folded(sorted(join_swapped(changes), key=_order)))


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


def _interleaved(left: Sequence[Unit], right: Sequence[Unit]) -> Iterator[Change]:
    """The one thing left that may differ: in what order the pieces of several texts came."""
    for one, other in zip(left, right, strict=False):
        if one.token == other.token:
            continue
        shared = min(len(one.body), len(other.body)) if one.target == other.target else 0
        before, after = (f"{u.name} {u.body[shared:]!r}"[:60] for u in (one, other))
        a, b = (Place(*unit.event_at(shared)) for unit in (one, other))
        yield Change("swapped", one.name, a, b, "order", before, after)
        return


def _folded(changes: Iterable[Change]) -> list[Change]:
    """The changes without those that only repeat an earlier one, which counts them.

    A value is repeated where a later event tells the same field anew (the item when it is done, the
    response when it is completed); a text where one event brings it twice, under two names.
    """
    first: dict[Hashable, int] = {}
    out: list[Change] = []
    for change in changes:
        key = _fold_key(change)
        if key is not None and key in first:
            number = first[key]
            out[number] = replace(out[number], n_repeats=out[number].n_repeats + 1)
            continue
        if key is not None:
            first[key] = len(out)
        out.append(change)
    return out


def _fold_key(change: Change) -> Hashable:
    if change.kind != "changed" or change.a is None or change.b is None:
        return None
    values = canonical(change.before), canonical(change.after)
    if change.pieces:
        return (change.a.index, change.b.index, *values)
    names = [step for step in change.path.split(".") if not step.isdigit()]
    return (names[-1], *values)


def _order(change: Change) -> tuple[int, int, str]:
    first = change.a or change.b
    other = change.b or change.a
    assert first is not None
    assert other is not None
    return (first.index, other.index, change.path)


class _Stretch:
    """Where two streams differ: the units of either side, but for their texts."""

    def __init__(self, left: list[Unit], right: list[Unit]) -> None:
        self.left = [u for u in left if u.target is None]
        self.right = [u for u in right if u.target is None]
        self.pairs: list[Pair] = []

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
        return found

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


def _gone(unit: Unit) -> list[Change]:
    if unit.kind != "fact":
        return [Change("removed", unit.name, place(unit), None, "", _shown(unit), None)]
    path, value = _fact(unit)
    return [Change("changed", unit.name, place(unit), None, path, value, None)]


def _come(unit: Unit) -> list[Change]:
    if unit.kind != "fact":
        return [Change("inserted", unit.name, None, place(unit), "", None, _shown(unit))]
    path, value = _fact(unit)
    return [Change("changed", unit.name, None, place(unit), path, None, value)]


def _fact(unit: Unit) -> tuple[str, Any]:
    """A fact's path and value; of several in one event, all of them without a path."""
    told = _shown(unit)
    return next(iter(told.items())) if len(told) == 1 else ("", told)


def _shown(unit: Unit) -> Any:
    """A unit's own value: a fact's paths as texts, a payload as it is compared."""
    if unit.kind == "fact":
        return {".".join(path): value for path, value in unit.body.items()}
    if isinstance(unit.body, dict) and unit.body.get("type") == unit.name:
        return {name: value for name, value in unit.body.items() if name != "type"}
    return unit.body


def of_one_event(told: Sequence[Change], texts: Sequence[Change]) -> list[Change]:
    """What one event's text and its facts both tell, told once: that event came, or is gone."""
    gone = {c.a.index: c for c in told if c.a and not c.b and c.kind == "changed"}
    come = {c.b.index: c for c in told if c.b and not c.a and c.kind == "changed"}
    out: list[Change] = []
    joined: set[int] = set()
    for text in texts:
        before, after = text.before or "", text.after or ""
        fact = gone.get(text.a.index) if text.a and is_part(after, before) else None
        if fact is None and text.b and is_part(before, after):
            fact = come.get(text.b.index)
        if fact is None:
            out.append(text)
            continue
        joined.add(id(fact))
        out.append(_whole_event(fact, text))
    return [*(c for c in told if id(c) not in joined), *out]


def _whole_event(fact: Change, text: Change) -> Change:
    value = fact.before if fact.a else fact.after
    facts = value if isinstance(value, dict) and not fact.path else {fact.path: value}
    if fact.a:
        shown = {text.what: text.before, **facts}
        return Change("removed", fact.what, fact.a, None, "", shown, None)
    return Change("inserted", fact.what, None, fact.b, "", None, {text.what: text.after, **facts})


def join_swapped(changes: Iterable[Change]) -> list[Change]:
    """What was removed in one place and inserted in another, unaltered, is one swap."""
    out: list[Change] = []
    for change in changes:
        twin = None
        if change.a is None or change.b is None:
            twin = next((c for c in out if _twins(c, change)), None)
        if twin is None:
            out.append(change)
            continue
        gone, come = (twin, change) if twin.b is None else (change, twin)
        out[out.index(twin)] = Change(
            "swapped", gone.what, gone.a, come.b, gone.path, None, come.after
        )
    return _once(out)


def _once(changes: list[Change]) -> list[Change]:
    """Two neighbours that changed places are one swap, though each of them moved."""
    moved: set[tuple[int, int]] = set()
    out: list[Change] = []
    for change in changes:
        if change.kind == "swapped" and change.a and change.b:
            there = (change.a.index, change.b.index)
            if there[::-1] in moved and there[0] != there[1]:
                continue
            moved.add(there)
        out.append(change)
    return out


def _twins(one: Change, other: Change) -> bool:
    if one.kind == other.kind == "changed" and (one.what, one.path) == (other.what, other.path):
        gone, come = (one, other) if one.a else (other, one)
        return gone.b is come.a is None and gone.before == come.after
    return (
        {one.kind, other.kind} == {"removed", "inserted"}
        and one.what == other.what
        and not one.path
        and (one.before if one.kind == "removed" else one.after)
        == (other.before if other.kind == "removed" else other.after)
    )
