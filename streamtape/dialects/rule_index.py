"""What the rules of a dialect find in an event: an index of them by event type, and the fast way.

The tables are written for people, rule by rule. Readers meet events one by one, so each type's
rules are collected once and kept. The rules' paths are parsed here and nowhere else.

Long streams consist of deltas that differ only in their piece of text and in a few fields that no
rule reads. A `Template` is such a delta with those blanked: the next payload equals it or not,
which is one comparison in C. Only an event that differs in anything else is read rule by rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from streamtape.dialects.alternatives import Found, is_text, only_one_field
from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.payload import (
    Bindings,
    Path,
    bind,
    find,
    holds,
    members,
    parse_path,
    resolve_key,
)

__all__ = ["Found", "Placed", "Plan", "Template", "one_a_text", "plan_for", "template_for"]

Step = str | int
_Tree = dict[Step, Any]


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
        self.each: Node | None = None  # the node below `*`
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


class Template:
    """One delta's payload, with its texts and the fields that may differ blanked."""

    __slots__ = ("_blanked", "_flat", "_names", "_others", "_reads", "_rest", "_text", "_tree")

    def __init__(self, payload: Any, texts: Iterable[Path], free: Iterable[Path] = ()) -> None:
        self._tree: _Tree = {}
        self._reads = tuple(_steps(payload, path) for path in texts)
        for path in (*self._reads, *(_steps(payload, path) for path in free)):
            node = self._tree
            for step in path[:-1]:
                node = node.setdefault(step, {})
                if not isinstance(node, dict):
                    break
            else:
                if path:
                    node[path[-1]] = None
        self._blanked = _blank(payload, self._tree)
        self._flat: dict[Step, None] | None = None
        if all(below is None for below in self._tree.values()):
            self._flat = self._tree
        self._text = str(self._reads[0][0]) if self._flat and len(self._reads) == 1 else None
        self._names = list(payload)
        fixed = [name for name in payload if name not in self._tree]
        self._others = itemgetter(*fixed) if fixed else None
        self._rest = self._others(payload) if self._others else None

    def text(self, payload: Any) -> str | None:
        """The one text of the next delta, if it has the same fields in the same order; else None.

        Much faster than `read`, which takes any order.
        """
        if self._text is None or self._others is None or type(payload) is not dict:
            return None
        if list(payload) != self._names or self._others(payload) != self._rest:
            return None
        text = payload[self._text]
        return text if type(text) is str else None

    def texts(self, payload: Any) -> list[str] | None:
        """The texts of the next delta, found the fast way where that is possible."""
        text = self.text(payload)
        return self.read(payload) if text is None else [text]

    def read(self, payload: Any) -> list[str] | None:
        """The texts of the next delta; None where it differs in more than these may."""
        try:
            if self._flat is not None:
                if {**payload, **self._flat} != self._blanked:
                    return None
                texts = [payload[path[0]] for path in self._reads]
                return texts if type(texts[0]) is str and len(texts) == 1 else None
            if _blank(payload, self._tree) != self._blanked:
                return None
            texts = []
            for path in self._reads:
                value = payload
                for step in path:
                    value = value[step]
                texts.append(value)
        except (KeyError, IndexError, TypeError, AttributeError):
            return None
        return texts if all(type(text) is str for text in texts) else None


def template_for(dialect: Dialect, payload: Any, deltas: Sequence[Found]) -> Template | None:
    """The template of a delta's event: free to differ in its texts and in dropped fields."""
    if not isinstance(payload, dict):
        return None
    texts = [bind(parse_path(found.rule.path), found.bound) for found in deltas]
    free = [bind(path, deltas[0].bound) for path in _free(dialect)]
    return Template(payload, texts, free)


@lru_cache(maxsize=256)
def _free(dialect: Dialect) -> tuple[Path, ...]:
    paths = map(parse_path, (*dialect.dropped, dialect.sequence))
    return tuple(path for path in paths if path and path[0] != "**")


def _steps(payload: Any, path: Path) -> tuple[Step, ...]:
    """The path with numbers where it leads into lists; nothing where it leads nowhere."""
    steps: list[Step] = []
    for step in path:
        key: Step = int(step) if isinstance(payload, list) and step.isdigit() else step
        steps.append(key)
        if len(steps) == len(path):
            break
        try:
            payload = payload[key]
        except (KeyError, IndexError, TypeError):
            return ()
    return tuple(steps) if isinstance(payload, dict | list) else ()


def _blank(value: Any, tree: _Tree) -> Any:
    out = value.copy()
    for step, below in tree.items():
        out[step] = None if below is None else _blank(value[step], below)
    return out
