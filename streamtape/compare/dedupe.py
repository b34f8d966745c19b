"""Duplicate changes reported once: repeats, swaps, renamed ids, one event's text and facts.

Most of it takes changes and gives fewer changes: a repeat is counted by the first of its kind, two
halves of a swap become one change.

Ids are another case, since they differ in every run. Every pair of units votes for which id of the
one stream is which of the other; the majority decides, and only a place that disagrees is a
change:

    a   call_1   call_1   call_1        votes   call_1 = call_x: 2, call_1 = call_y: 1
    b   call_x   call_x   call_y                             ^ the third place is a change

Another `doc_1` is a change, too, unless a table says that it is an id: only ids that look made up
are renamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from streamtape.compare.comparison import Change, Location
from streamtape.compare.normalise import looks_made
from streamtape.compare.text_diff import TextChange, is_part
from streamtape.compare.units import CALL, IdSeen, Unit
from streamtape.dialects.payload import canonical

Pair = tuple[Unit, Unit]
# Characters. A text of that length that changes alike in two places is one change. What is shorter
# ("1", "auto", "completed") may change alike by chance, and is one only under one name of a field.
LONG = 12


def folded(changes: Iterable[Change]) -> list[Change]:
    """The changes without those that only repeat an earlier one, which counts them.

    A value is repeated where a later event tells the same field anew (the item when it is done, the
    response when it is completed); a text where one event brings it twice, under two names; a whole
    event where it came, or is gone, several times.
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
    values = canonical(change.before), canonical(change.after)
    if change.kind in ("inserted", "removed") and not change.path:
        return (change.kind, change.what, *values)
    if change.kind != "changed" or change.a is None or change.b is None:
        return None
    if change.pieces:
        return (change.a.index, change.b.index, *values)
    if all(isinstance(v, str) and len(v) >= LONG for v in (change.before, change.after)):
        return values
    names = [step for step in change.path.split(".") if not step.isdigit()]
    return (names[-1] if names else "", *values)


def of_one_event(changes: Sequence[Change], texts: Sequence[TextChange]) -> list[Change]:
    """What one event's text and its facts both tell, reported once: that event came, or is gone."""
    changes = _calls_with_facts(changes)
    removed = {c.a.index: c for c in changes if c.a and not c.b and _of_facts(c)}
    inserted = {c.b.index: c for c in changes if c.b and not c.a and _of_facts(c)}
    out: list[Change] = []
    joined: set[int] = set()
    for text, of_one, _ in texts:
        before, after = text.before or "", text.after or ""
        fact = None
        if of_one and text.a and is_part(after, before):
            fact = removed.get(text.a.index)
        if of_one and fact is None and text.b and is_part(before, after):
            fact = inserted.get(text.b.index)
        if fact is None:
            out.append(text)
            continue
        joined.add(id(fact))
        out.append(_whole_event(fact, text))
    return [*(c for c in changes if id(c) not in joined), *out]


def _of_facts(change: Change) -> bool:
    return change.kind == "changed" or change.what == CALL


def _calls_with_facts(changes: Sequence[Change]) -> list[Change]:
    """A tool call that came, or is gone, with what else its event says."""
    calls = {_side(c): n for n, c in enumerate(changes) if c.what == CALL and not (c.a and c.b)}
    out: list[Change | None] = list(changes)
    for number, fact in enumerate(changes):
        n = calls.get(_side(fact)) if fact.kind == "changed" and not (fact.a and fact.b) else None
        call = out[n] if n is not None else None
        if n is not None and call is not None:
            out[number] = None
            value = fact.before if fact.a else fact.after
            facts = value if isinstance(value, dict) and not fact.path else {fact.path: value}
            if fact.a:
                out[n] = replace(call, before={**call.before, **facts})
            else:
                out[n] = replace(call, after={**call.after, **facts})
    return [change for change in out if change is not None]


def _side(change: Change) -> tuple[bool, int]:
    """Which stream has a change that only one of them has, and at which event."""
    location = change.a or change.b
    return change.a is None, location.index if location else -1


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
    waiting: dict[tuple[bool, Hashable], list[int]] = {}
    for change in changes:
        key = _swap_key(change)
        if key is None:
            out.append(change)
            continue
        is_removed = change.kind == "removed" or change.b is None
        twins = waiting.get((not is_removed, key))
        if not twins:
            waiting.setdefault((is_removed, key), []).append(len(out))
            out.append(change)
            continue
        number = twins.pop(0)
        twin = out[number]
        removed, inserted = (change, twin) if is_removed else (twin, change)
        path = removed.path if removed.path == inserted.path else ""
        out[number] = Change(
            "swapped", removed.what, removed.a, inserted.b, path, None, inserted.after
        )
    return _once(out)


def _swap_key(change: Change) -> Hashable:
    """What two changes that are one swap have in common; None for what both streams have."""
    if change.kind == "removed":
        return "event", change.what, canonical(change.before)
    if change.kind == "inserted":
        return "event", change.what, canonical(change.after)
    if change.kind == "changed" and (change.a is None) != (change.b is None):
        value = change.before if change.b is None else change.after
        facts = {change.path: value} if change.path else value
        return "event", change.what, canonical(facts)  # an event may be no more than its facts
    return None


def _once(changes: Iterable[Change]) -> list[Change]:
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


def renamed_here(pairs: Iterable[Pair]) -> Iterator[Change]:
    """The places where an id is not what it is elsewhere."""
    seen = [
        (one, other, x, y)
        for one, other in pairs
        if one.ids or other.ids
        for x, y in _id_pairs(one.ids, other.ids)
        if x.sure or x.value != y.value
    ]
    votes = Counter((x.value, y.value) for _, _, x, y in seen)
    forth: dict[str, str] = {}
    back: dict[str, str] = {}
    for (x_value, y_value), _ in votes.most_common():
        if x_value not in forth and y_value not in back:
            forth[x_value], back[y_value] = y_value, x_value
    for one, other, x, y in seen:
        if forth.get(x.value) != y.value or not _may_differ(x, y):
            yield Change(
                "changed",
                one.name,
                Location(x.event, one.at_us if x.event == one.first else None),
                Location(y.event, other.at_us if y.event == other.first else None),
                ".".join(x.path),
                x.value,
                y.value,
            )


def _may_differ(x: IdSeen, y: IdSeen) -> bool:
    """Whether an id may have the other one's name: without a table's word, if it is made up."""
    return x.sure or looks_made(x.value) or looks_made(y.value)


def _id_pairs(a: Sequence[IdSeen], b: Sequence[IdSeen]) -> Iterator[tuple[IdSeen, IdSeen]]:
    """The ids of two units that stand for each other, path by path."""
    if len(a) == len(b) and all(x.path == y.path for x, y in zip(a, b, strict=True)):
        yield from zip(a, b, strict=True)
        return
    by_path = {path: list(g) for path, g in groupby(sorted(b, key=_path), key=_path)}
    for path, group in groupby(sorted(a, key=_path), key=_path):
        mine, theirs = list(group), by_path.get(path, [])
        if len(mine) != len(theirs):
            mine, theirs = _turns(mine), _turns(theirs)
        if len(mine) == len(theirs):
            yield from zip(mine, theirs, strict=True)
        elif theirs:
            yield from ((x, theirs[0]) for x in mine)
            yield from ((mine[0], y) for y in theirs[1:])


def _turns(ids: Sequence[IdSeen]) -> list[IdSeen]:
    """Ids without those that repeat the one before."""
    return [next(group) for _, group in groupby(ids, key=lambda seen: seen.value)]


def _path(seen: IdSeen) -> tuple[str, ...]:
    return seen.path
