"""Which text of the one stream is which text of the other.

Most have the same key in both. Where an item more came before, the indices behind it have moved:
then tool calls are paired by their names, in order, and the other texts that have no namesake by
their channel. That the key moved is a change, reported once a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Location
from streamtape.compare.text_diff import TextChange, Texts
from streamtape.compare.units import CALL, Target, Unit

SIDES = ("removed", "inserted")  # what is in one stream only: in the first, in the second
TargetPair = tuple[Target | None, Target | None]


def paired(
    a: Texts, b: Texts, touched: Iterable[Target], left: Sequence[Unit], right: Sequence[Unit]
) -> list[TargetPair]:
    """The texts that were touched, each with what it is compared to; None if there is none."""
    partners = dict(_of_calls(left, right))
    taken = set(partners.values())
    pairs: list[TargetPair] = []
    alone_a: dict[str, list[Target]] = {}
    alone_b: dict[str, list[Target]] = {}
    for target in touched:
        here, there = bool(a.units(target)), bool(b.units(target))
        if here and target in partners:
            pairs.append((target, partners[target]))
        elif here and there and target not in taken:
            pairs.append((target, target))
        elif here:
            alone_a.setdefault(target[0], []).append(target)
        if there and target not in taken and not (here and target not in partners):
            alone_b.setdefault(target[0], []).append(target)
    for channel in dict.fromkeys((*alone_a, *alone_b)):
        ones, others = alone_a.get(channel, []), alone_b.get(channel, [])
        n_both = min(len(ones), len(others))
        pairs.extend(zip(ones, others, strict=False))
        pairs.extend((one, None) for one in ones[n_both:])
        pairs.extend((None, other) for other in others[n_both:])
    return pairs


def _of_calls(left: Sequence[Unit], right: Sequence[Unit]) -> Iterator[tuple[Target, Target]]:
    """The arguments of calls of one name, in the order of the calls, where their keys differ."""
    a, b = _calls(left), _calls(right)
    ones, others = list(a), list(b)
    i = j = 0
    for gap in (*gaps(list(a.values()), list(b.values())), None):
        end_a, end_b = (gap.a1, gap.b1) if gap else (len(ones), len(others))
        for one, other in zip(ones[i:end_a], others[j:end_b], strict=True):
            if one != other:
                yield one, other
        i, j = (gap.a2, gap.b2) if gap else (end_a, end_b)


def _calls(units: Sequence[Unit]) -> dict[Target, str]:
    """The target of each tool call's arguments, and the tool's name."""
    found: dict[Target, str] = {}
    for unit in units:
        for name, target in unit.calls:
            found.setdefault(target, name)
    return found


def with_arguments(
    changes: Sequence[Change],
    texts: Sequence[TextChange],
    left: Sequence[Unit],
    right: Sequence[Unit],
) -> tuple[list[Change], list[TextChange]]:
    """Put the arguments of tool calls that were inserted or removed into their changes."""
    calls: dict[tuple[str, int, Any], list[int]] = {}
    for number, change in enumerate(changes):
        location, value = (
            (change.a, change.before) if change.b is None else (change.b, change.after)
        )
        if change.what == CALL and change.kind in SIDES and location is not None:
            key = change.kind, location.index, value.get("name")
            calls.setdefault(key, []).append(number)
    if not calls:
        return list(changes), list(texts)
    opened: dict[tuple[str, Target], tuple[str, int, Any]] = {}
    for kind, units in zip(SIDES, (left, right), strict=True):
        for unit in units:
            if unit.name == CALL:
                at = kind, unit.first, unit.body.get(("name",))
                opened.update(((kind, target), at) for _, target in unit.calls)
    out, rest = list(changes), list[TextChange]()
    for text in texts:
        at_call = None if text.target is None else opened.get((text.change.kind, text.target))
        numbers = calls.get(at_call) if at_call else None
        if not numbers:
            rest.append(text)
            continue
        number = numbers.pop(0)
        if text.change.kind == "removed":
            before = {**out[number].before, "arguments": text.change.before}
            out[number] = replace(out[number], before=before)
        else:
            after = {**out[number].after, "arguments": text.change.after}
            out[number] = replace(out[number], after=after)
    return out, rest


def moved_key(a: Texts, b: Texts, one: Target, other: Target) -> Iterator[Change]:
    """What differs in the keys of two texts that are the same one; ids in keys are not told."""
    left, right = a.units(one), b.units(other)
    if not (left and right):
        return
    for name, before, after in zip(left[0].key_names, one[1], other[1], strict=False):
        if before != after and isinstance(before, int) and isinstance(after, int):
            locations = (
                Location(left[0].first, left[0].at_us),
                Location(right[0].first, right[0].at_us),
            )
            yield Change("changed", one[0], *locations, name, before, after)
