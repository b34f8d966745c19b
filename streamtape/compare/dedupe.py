"""What several places tell, reported once: repeats, swaps, and one event's text with its facts.

Changes go in and fewer changes come out; events and units are not known here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from streamtape.compare.comparison import Change
from streamtape.compare.text_diff import TextChange, is_part
from streamtape.compare.units import CALL
from streamtape.dialects.payload import canonical

LONG = 12  # characters: a text of that length that changes alike in two places is one change


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
    """In which of the two streams a change stands that stands in one, and at which event."""
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
    """What two changes that are one swap have in common; None for what stands in both streams."""
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
