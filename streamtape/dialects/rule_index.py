"""A dialect's table, laid out by event type: which of its rules ask anything of one type.

The tables are written for people, rule by rule. Readers meet events one by one, so each type's
rules are collected once and kept. The rules' paths are parsed here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from streamtape.dialects.alternatives import Found, is_text, only_one_field
from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.payload import (
    Bindings,
    Path,
    find,
    holds,
    members,
    parse_path,
    resolve_key,
)

__all__ = ["Found", "Placed", "Plan", "one_a_text", "plan_for"]


class Placed(NamedTuple):
    """A rule and where it looks: the path of what holds its value, and the value's name in it.

    Rules that stand together mostly share what holds them, so that is looked for once.
    """

    rule: Any
    holder: Path
    name: str


class Node:
    """A place in payloads, and the rules whose value is there, by their number.

    The paths of all rules are one tree, so that a payload is walked once, and only where it has
    what rules ask for.
    """

    __slots__ = ("each", "fields", "rules")

    def __init__(self) -> None:
        self.fields: dict[str, Node] = {}
        self.each: Node | None = None  # what `*` leads to
        self.rules: list[tuple[int, Any]] = []

    def below(self, step: str) -> Node:
        """The place that a step leads to."""
        if step != "*":
            return self.fields.setdefault(step, Node())
        if self.each is None:
            self.each = Node()
        return self.each

    def walk(self, value: Any, bound: Bindings, found: list[_Hit]) -> None:
        """Collect what rules find in the value at this place."""
        for number, rule in self.rules:
            if value is not None:
                found.append((number, rule, bound, value))
        if isinstance(value, dict):
            for name, node in self.fields.items():
                if name in value:
                    node.walk(value[name], bound, found)
        if self.each is not None and isinstance(value, dict | list):
            for member, one in members(value):
                self.each.walk(one, (*bound, member), found)


_Hit = tuple[int, Any, Bindings, Any]
_number = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that ask something of one event type."""

    deltas: tuple[Placed, ...]
    wholes: tuple[Placed, ...]
    calls: tuple[Placed, ...]
    patches: tuple[tuple[Path, str, tuple[Piece, ...]], ...] = ()
    trees: tuple[Node, Node, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        trees = tuple(map(_tree, (self.deltas, self.wholes, self.calls)))
        object.__setattr__(self, "trees", trees)

    def find_deltas(self, payload: Any, event: int) -> Iterator[Found]:
        """Every piece of text that an event adds to some target, each once."""
        return iter(one_a_text([*_find(self.trees[0], payload, event)]))

    def find_all_deltas(self, payload: Any, event: int) -> Iterator[Found]:
        """The placed rules, with every field of a text that is in several."""
        return _find(self.trees[0], payload, event)

    def find_empty(self, payload: Any, event: int) -> Iterator[Found]:
        """Every place of a piece of text that says nothing: `""`, null, or no such field."""
        for rule, holder, name in self.deltas:
            for bound, one in find(payload, holder):
                none = isinstance(one, dict) and name != "*" and one.get(name) in (None, "")
                if none and (rule.when is None or holds(payload, rule.when, bound)):
                    yield Found(rule, resolve_key(payload, rule.key, bound, event), bound, "")

    def find_wholes(self, payload: Any, event: int) -> Iterator[Found]:
        """Every value that an event gives whole."""
        found = [*_find(self.trees[1], payload, event)]
        return (one for one in found if type(one[3]) is str or is_text(one, found))

    def find_calls(self, payload: Any, event: int) -> Iterator[Found]:
        """Every tool call that an event names."""
        return (found for found in _find(self.trees[2], payload, event) if type(found[3]) is dict)

    def find_patches(self, payload: Any, n_calls: int) -> Iterator[Found]:
        """Every piece of text that a patch adds to the arguments of the last opened call."""
        for path, path_field, pieces in self.patches:
            for bound, patch in find(payload, path):
                for piece in pieces if isinstance(patch, dict) else ():
                    value = patch.get(piece.path.rpartition(".")[2])
                    if isinstance(value, str):
                        yield Found(piece, (n_calls, str(patch.get(path_field))), bound, value)


def one_a_text(found: list[Found]) -> list[Found]:
    """Of what rules about deltas found in one event, each text once."""
    if len(found) == 1 and type(found[0].value) is str:
        return found
    return only_one_field(found) if found else found


def _find(tree: Node, payload: Any, event: int) -> Iterator[Found]:
    """What rules find in a payload, rule by rule, each in the payload's order."""
    hits: list[_Hit] = []
    tree.walk(payload, (), hits)
    if len(hits) > 1:
        hits.sort(key=_number)
    for _, rule, bound, value in hits:
        if rule.when is None or holds(payload, rule.when, bound):
            yield Found(rule, resolve_key(payload, rule.key, bound, event), bound, value)


def _tree(rules: Iterable[Placed]) -> Node:
    """The paths of some rules as one tree."""
    root = Node()
    for number, placed in enumerate(rules):
        node = root
        for step in parse_path(placed.rule.path):
            node = node.below(step)
        node.rules.append((number, placed.rule))
    return root


@lru_cache(maxsize=1024)
def plan_for(dialect: Dialect, event_type: str) -> Plan:
    """The rules of a dialect that ask something of one event type."""

    def mine(rules: tuple[Any, ...]) -> tuple[Placed, ...]:
        return tuple(_placed(r) for r in rules if not r.types or event_type in r.types)

    patches = tuple(
        (
            parse_path(p.path),
            p.path_field,
            tuple(Piece("arguments", f"{p.path}.{v}") for v in p.values),
        )
        for p in dialect.patches
    )
    return Plan(mine(dialect.deltas), mine(dialect.wholes), mine(dialect.calls), patches)


def _placed(rule: Any) -> Placed:
    holder, _, name = rule.path.rpartition(".")
    return Placed(rule, parse_path(holder), name)
