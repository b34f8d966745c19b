"""Texts that grow in two streams: each target's text compared whole, wherever its pieces stand.

A text is identified by its target, so what comes between its pieces, and how many pieces there
are, does not matter here. Where it differs, the report points at the events that brought the words.

Most texts have the same target in both streams. Where an item more came before, the indices behind
it have moved: then tool calls are paired by their names, in order, and the other texts that have no
namesake by their channel. That the key moved is a change, reported once a text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Location, WordPiece
from streamtape.compare.units import CALL, Target, Unit
from streamtape.compare.value_diff import hunks, shared_start

SIDES = ("removed", "inserted")  # kinds of changes on one side only: the first, the second
TargetPair = tuple[Target | None, Target | None]
SOUNDS = ("audio",)  # texts that are Base64: shown by size and digest


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


def paired(
    a: Texts, b: Texts, touched: Iterable[Target], left: Sequence[Unit], right: Sequence[Unit]
) -> list[TargetPair]:
    """The texts that were touched, each with its counterpart in the other stream, or None."""
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
    """What differs in the keys of two texts that are the same one; ids in keys are not reported."""
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
