"""Items of two streams paired before their events are: a message, a thought, a tool call.

Where one stream has an item that the other one lacks, all that follows from it differs too: its
events, the numbers of the items behind it, the list of all items at the end. Told event by event,
that buries the one fact. So items are paired by what they say, blind to their numbers; what has no
partner is one change; and the second stream's items get the numbers of their partners, as far as
the missing ones explain the shift. A number that nothing explains stays, and is a change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Location
from streamtape.compare.normalise import MASK
from streamtape.compare.units import CALL, ECHO, VARIES, IdSeen, Item, Unit, token_of
from streamtape.dialects.payload import canonical


class Side(NamedTuple):
    """One stream's items, each with its units, in the order in which they began."""

    items: dict[Item, list[Unit]]

    @classmethod
    def of(cls, units: Iterable[Unit]) -> Side:
        items: dict[Item, list[Unit]] = {}
        for unit in units:
            if unit.item is not None:
                items.setdefault(unit.item, []).append(unit)
        return cls(items)

    def content(self, item: Item) -> Hashable:
        """What an item says, whatever its number is and however its texts were interrupted."""
        events: list[Hashable] = []
        texts: dict[Hashable, str] = {}
        for unit in (numbered(unit, None) for unit in self.items[item]):
            if unit.kind == "text":
                texts[unit.target] = texts.get(unit.target, "") + unit.body
            else:
                events.append(token_of(unit))
        return tuple(events), tuple(texts.items())

    def events(self, some: Sequence[Item]) -> set[int]:
        """The events of some items."""
        units = [unit for item in some for unit in self.items[item]]
        return {u.first for u in units} | {event.index for u in units for event in u.events}

    def type(self, item: Item) -> Hashable:
        """What an item is, whichever tool it calls."""
        return item.group, *_type(self.items[item])

    def kind(self, item: Item) -> Hashable:
        """What an item is: its group, what opens it, and which tool it calls."""
        units = self.items[item]
        names = tuple(name for unit in units for name, _ in unit.calls)
        return item.group, *_type(units), names[:1]

    def listed(self, alone: Sequence[Item]) -> RemovedItems:
        """Some items as a list of all of them has them."""
        in_order = sorted(self.items, key=lambda item: item.number)
        units = [unit for item in alone for unit in self.items[item]]
        whole = [value for item in alone for value in _whole(self.items[item])[-1:]]
        ids = {seen.value for u in units for seen in u.ids if seen.path == ("item", "id")}
        types = {in_order.index(item): _type(self.items[item])[1] for item in alone}
        return RemovedItems(ids, list(map(canonical, whole)), types, len(in_order))


def pair_items(left: list[Unit], right: list[Unit]) -> tuple[list[Unit], list[Unit], list[Change]]:
    """Both streams without the items that only one has, and a change for each of these.

    The units come back as they were where items pair as they stand, which is nearly always.
    """
    a, b = Side.of(left), Side.of(right)
    if not (a.items or b.items) or [u.token for u in left] == [u.token for u in right]:
        return left, right, []
    pairs = _paired(a, b)
    of_b = dict(pairs)
    removed = [item for item in a.items if item not in of_b]
    taken = set(of_b.values())
    inserted = [item for item in b.items if item not in taken]
    if not removed and not inserted:
        return left, right, []
    numbers = {
        other: one.number for one, other in pairs if _explained(one, other, removed, inserted)
    }
    lost, new = a.listed(removed), b.listed(inserted)
    out_a = [_without(unit, lost) for unit in left if unit.item not in removed]
    out_b = [
        numbered(unit, numbers[unit.item]) if unit.item in numbers else _without(unit, new)
        for unit in right
        if unit.item not in inserted
    ]
    out_a, out_b = _without_facts(out_a, out_b, a.events(removed))
    out_b, out_a = _without_facts(out_b, out_a, b.events(inserted))
    return out_a, out_b, _item_changes(a, b, removed, inserted)


def _without_facts(
    mine: list[Unit], theirs: list[Unit], events: set[int]
) -> tuple[list[Unit], list[Unit]]:
    """Both sides without what the events of a missing item say of the whole stream.

    The model is named once, by whichever event comes first: that another one says it is no
    difference. The role is named once a call: one less follows from the call. What the other side
    says otherwise stays, and is compared.
    """
    paths = {
        path
        for u in mine
        if u.first in events and u.kind == "fact" and u.name != CALL
        for path in u.body
    }
    if not paths:
        return mine, theirs
    mine, theirs = _by_path(mine, paths), _by_path(theirs, paths)
    facts = [u for u in mine if u.first in events and u.kind == "fact" and u.name != CALL]
    known = {u.token: u for u in reversed(theirs) if u.kind == "fact"}
    paths = {path for u in theirs if u.kind == "fact" and u.name != CALL for path in u.body}
    more = Counter(u.token for u in mine if u.kind == "fact")
    more.subtract(u.token for u in theirs if u.kind == "fact")
    drop: set[int] = set()
    for fact in facts:
        if more[fact.token] > 0 and (fact.token in known or paths.isdisjoint(fact.body)):
            more[fact.token] -= 1
            drop.add(id(fact))
        elif fact.token in known:
            drop |= {id(fact), id(known[fact.token])}
    return [u for u in mine if id(u) not in drop], [u for u in theirs if id(u) not in drop]


def _by_path(units: list[Unit], paths: set[tuple[str, ...]]) -> list[Unit]:
    """The units, those split that tell several facts of which one is at one of the paths."""
    out: list[Unit] = []
    for unit in units:
        if unit.kind != "fact" or unit.name == CALL or paths.isdisjoint(unit.body):
            out.append(unit)
            continue
        for path, value in unit.body.items():
            one = replace(unit, body={path: value})
            one.token = token_of(one)
            out.append(one)
    return out


def _paired(a: Side, b: Side) -> list[tuple[Item, Item]]:
    """Items that say the same, in order; between these, items of one kind; then of one type.

    What is left has no partner, unless one of two items of one number lacks the event that opens
    it: then it is the same item, damaged.
    """
    steps = (Side.content, Side.kind, Side.type)
    found = _aligned(list(a.items), list(b.items), a, b, steps)
    known, taken = {one for one, _ in found}, {other for _, other in found}
    found.extend(
        (item, item)
        for item in a.items
        if item in b.items
        and item not in known
        and item not in taken
        and a.items[item][0].name != b.items[item][0].name
    )
    return found


def _aligned(
    mine: Sequence[Item],
    theirs: Sequence[Item],
    a: Side,
    b: Side,
    keys: Sequence[Callable[[Side, Item], Hashable]],
) -> list[tuple[Item, Item]]:
    if not keys:
        return []
    found: list[tuple[Item, Item]] = []
    i = j = 0
    for gap in gaps([keys[0](a, x) for x in mine], [keys[0](b, x) for x in theirs]):
        found.extend(zip(mine[i : gap.a1], theirs[j : gap.b1], strict=True))
        found.extend(_aligned(mine[gap.a1 : gap.a2], theirs[gap.b1 : gap.b2], a, b, keys[1:]))
        i, j = gap.a2, gap.b2
    found.extend(zip(mine[i:], theirs[j:], strict=True))
    return found


def _explained(one: Item, other: Item, removed: Sequence[Item], inserted: Sequence[Item]) -> bool:
    """Whether an item moved by as many places as items before it went and came."""
    n_removed = sum(x.group == one.group and x.number < one.number for x in removed)
    n_inserted = sum(x.group == other.group and x.number < other.number for x in inserted)
    return other.number - one.number == n_inserted - n_removed


def numbered(unit: Unit, number: int | None) -> Unit:
    """A unit as if its item had another number; None for no number at all."""
    item = unit.item
    if item is None or item.number == number:
        return unit
    new: Any = MASK if number is None else number

    def renamed(key: tuple[Any, ...]) -> tuple[Any, ...]:
        at = next((n for n in reversed(range(len(key))) if key[n] == item.number), None)
        if unit.key_names and item.name in unit.key_names:
            at = unit.key_names.index(item.name)
        elif item.name:
            at = 0 if key and key[0] == item.number else None
        return key if at is None else (*key[:at], new, *key[at + 1 :])

    changed = replace(
        unit,
        item=item if number is None else item._replace(number=number),
        body=_put(unit.body, item.path, new) if item.path else unit.body,
        target=unit.target and (unit.target[0], renamed(unit.target[1])),
        calls=[(name, (channel, renamed(key))) for name, (channel, key) in unit.calls],
    )
    changed.token = token_of(changed)
    return changed


def _put(body: Any, path: tuple[str, ...], new: Any) -> Any:
    if not isinstance(body, dict) or path[0] not in body:
        return body
    return {**body, path[0]: new if len(path) == 1 else _put(body[path[0]], path[1:], new)}


def _without(unit: Unit, removed: RemovedItems) -> Unit:
    """A unit that lists all items without those that are reported already."""
    if unit.item is not None or unit.kind != "event":
        return unit
    body, ids = without_elements(unit.body, unit.ids, removed)
    if body is unit.body:
        return unit
    changed = replace(unit, body=body, ids=ids)
    changed.token = token_of(changed)
    return changed


def _item_changes(a: Side, b: Side, removed: list[Item], inserted: list[Item]) -> list[Change]:
    """A change for each item that one stream lacks; one that is in both, elsewhere, has moved."""
    changes: list[Change] = []
    waiting: dict[Hashable, list[Item]] = {}
    for item in inserted:
        waiting.setdefault(b.content(item), []).append(item)
    moved: set[Item] = set()
    for item in removed:
        units = a.items[item]
        what, value = _shown(units)
        location = Location(units[0].first, units[0].at_us)
        twins = waiting.get(a.content(item))
        if not twins:
            changes.append(Change("removed", what, location, None, "", value, None))
            continue
        twin = twins.pop(0)
        moved.add(twin)
        there = b.items[twin][0]
        where = Location(there.first, there.at_us)
        changes.append(Change("swapped", what, location, where, "", None, value))
    for item in inserted:
        if item not in moved:
            units = b.items[item]
            what, value = _shown(units)
            location = Location(units[0].first, units[0].at_us)
            changes.append(Change("inserted", what, None, location, "", None, value))
    return changes


def _shown(units: Sequence[Unit]) -> tuple[str, Any]:
    """What an item is called, and what is reported of it: a call, a text, or the item itself."""
    texts: dict[str, str] = {}
    for unit in units:
        if unit.target is not None:
            texts[unit.target[0]] = texts.get(unit.target[0], "") + unit.body
    whole: dict[str, Any] = next(reversed(_whole(units)), {})
    names = [name for unit in units for name, _ in unit.calls]
    if names:
        facts = {
            ".".join(path): value
            for unit in units
            if unit.kind == "fact" and unit.name == CALL
            for path, value in unit.body.items()
        }
        arguments = whole.get("arguments", ECHO)
        arguments = texts.get("arguments", "") if arguments == ECHO else arguments
        return CALL, {**({} if facts else {"name": names[0]}), **facts, "arguments": arguments}
    if texts:
        channel = next(iter(texts))
        return channel, VARIES if texts[channel] == MASK else texts[channel]
    name, kind = _type(units)
    body = whole or units[0].body
    if not whole and units[0].kind == "fact":
        body = {".".join(path): value for path, value in body.items()}
    plain = {k: v for k, v in body.items() if v != MASK} if isinstance(body, dict) else body
    return kind or name, plain


def _type(units: Sequence[Unit]) -> tuple[str, str]:
    """The type of the event that opens an item, and the type of what it opens."""
    body = units[0].body
    inside = body.values() if units[0].kind == "event" and isinstance(body, dict) else ()
    types = [v["type"] for v in inside if isinstance(v, dict) and isinstance(v.get("type"), str)]
    return units[0].name, types[0] if types else ""


def _whole(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """An item as its events give it, whole or not yet."""
    bodies = (unit.body for unit in units if unit.kind == "event" and isinstance(unit.body, dict))
    return [item for body in bodies if isinstance(item := body.get("item"), dict)]


class RemovedItems(NamedTuple):
    """The items that are not to be listed: by id, by what they say (canonical), by place and type.

    The list at the end of a stream mostly repeats each item as it was when it was done. Where it
    does not, it is known by having as many elements as the stream had items (`n_items`).
    """

    ids: set[str]
    values: list[bytes]
    types: dict[int, str]
    n_items: int

    def kept(self, elements: list[Any], ids: dict[str, str]) -> list[int]:
        """The places of the elements that stay; `ids` are theirs, by place."""
        removed = {n for n in range(len(elements)) if ids.get(str(n)) in self.ids}
        if not removed and len(elements) == self.n_items:
            removed = {
                n for n, kind in self.types.items() if kind and _element_type(elements[n]) == kind
            }
        if not removed:
            known = [canonical(x) if isinstance(x, dict) else b"" for x in elements]
            removed = {known.index(value) for value in self.values if value in known}
        return [n for n in range(len(elements)) if n not in removed]


def _element_type(element: Any) -> Any:
    return element.get("type") if isinstance(element, dict) else None


def without_elements(
    value: Any, ids: Sequence[IdSeen], removed: RemovedItems, path: tuple[str, ...] = ()
) -> tuple[Any, Sequence[IdSeen]]:
    """A payload whose lists lack the items that are gone, and its ids at their new paths.

    The same payload where no list holds one of them.
    """
    if isinstance(value, dict):
        out = value
        for name, one in value.items():
            if isinstance(one, dict | list):
                new, ids = without_elements(one, ids, removed, (*path, name))
                if new is not one:
                    out = {**out, name: new}
        return out, ids
    if not isinstance(value, list):
        return value, ids
    mine = {x.path[-2]: x.value for x in ids if x.path[:-2] == path and x.path[-1] == "id"}
    kept = removed.kept(value, mine)
    if len(kept) == len(value):
        return value, ids
    indices = {str(old): str(new) for new, old in enumerate(kept)}
    return [value[n] for n in kept], [
        moved for seen in ids if (moved := _moved(seen, path, indices)) is not None
    ]


def _moved(seen: IdSeen, path: tuple[str, ...], indices: dict[str, str]) -> IdSeen | None:
    """An id at the path that it has when some elements of a list above it are gone."""
    n = len(path)
    if seen.path[:n] != path or len(seen.path) <= n:
        return seen
    index = indices.get(seen.path[n])
    if index is None:
        return None
    return seen._replace(path=(*path, index, *seen.path[n + 1 :]))
