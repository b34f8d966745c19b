"""Types of fields: an event against the table of its API, made from the provider's SDK.

A table is data (`expected/schemas`); a definition of it is laid out when a value first needs it.
`fits` says whether a value keeps it and is quick, since nearly every value does; `faults` says what
is wrong. Fields and kinds that the table does not name are fine: it grows older than the API.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from streamtape.tape.texts import shortened

_TYPES: dict[str, tuple[type, ...]] = {
    "s": (str,), "i": (int,), "n": (int, float), "b": (bool,), "o": (dict,), "a": (list,),
    "0": (type(None),),
}  # fmt: skip
_NAMES = {str: "a string", int: "an integer", float: "a number", bool: "a boolean",
          dict: "an object", list: "an array", type(None): "null"}  # fmt: skip
_KINDS = {"s": "a string", "i": "an integer", "n": "a number", "b": "a boolean",
          "o": "an object", "a": "an array", "0": "null"}  # fmt: skip
_MAX_SHOWN = 40


class Fault(NamedTuple):
    """What is wrong with one field.

    `kind` is `type` (another JSON type), `null`, `value` (none of an enumeration), `only` (not the
    one value that there is), `kind` (an object of a kind that is not known), `least` (a number
    below the least) or `missing`.
    """

    kind: str
    path: str
    message: str


class Node:
    """What a value must be; whatever it does not speak of is free."""

    __slots__ = (
        "by", "fields", "items", "kinds", "least", "of", "required", "types", "values",
    )  # fmt: skip

    def __init__(self, raw: dict[str, Any], defs: Definitions) -> None:
        spec = {**defs.raw[raw["$"]], **raw} if "$" in raw else raw
        self.kinds: str = spec.get("t", "")
        self.types = frozenset(t for letter in self.kinds for t in _TYPES[letter])
        self.values = frozenset(spec["e"]) if "e" in spec else None
        self.least: int | None = spec.get("m")
        self.fields = {name: defs.later(one) for name, one in spec.get("f", {}).items()}
        self.required: tuple[str, ...] = tuple(spec.get("r", ()))
        self.items = defs.later(spec["i"]) if "i" in spec else None
        self.by: str = spec.get("by", "")
        self.of = {value: defs.later(one) for value, one in spec.get("of", {}).items()}


class Definitions:
    """The named nodes of one table, laid out when they are first used."""

    def __init__(self, raw: dict[str, dict[str, Any]]) -> None:
        self.raw = raw
        self._nodes: dict[str, Node] = {}

    def later(self, raw: dict[str, Any]) -> Node | str:
        """The node of a raw one, or its name, where it has one of its own."""
        return raw["$"] if len(raw) == 1 and "$" in raw else Node(raw, self)

    def node(self, named: Node | str) -> Node:
        """The node of a name."""
        if type(named) is not str:
            return named  # type: ignore[return-value]  # a Node, since it is no str
        node = self._nodes.get(named)
        if node is None:
            node = self._nodes[named] = Node(self.raw[named], self)
        return node


class Schema:
    """The table of one API."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.source: str = table["source"]
        self.rare = frozenset(table.get("rare", ()))
        self.elsewhere = frozenset(table.get("elsewhere", ()))
        self._defs = Definitions(table["defs"])
        self._event = self._defs.later(table["event"])

    def node_of(self, event_type: str) -> Node | None:
        """What an event of a type must be; None for a type that the table does not know."""
        event = self._defs.node(self._event)
        if not event.by:
            return event
        named = event.of.get(event_type)
        return None if named is None else self._defs.node(named)

    def fits(self, value: dict[str, Any], node: Node) -> bool:
        """Whether an object keeps its node."""
        if node.by:
            named = node.of.get(_hashable(value.get(node.by)))
            return named is not None and self.fits(value, self._defs.node(named))
        for name in node.required:
            if name not in value:
                return False
        fields = node.fields
        for name, one in value.items():
            child = fields.get(name)
            if child is not None:
                if type(child) is str:
                    child = fields[name] = self._defs.node(child)
                if not self._keeps(one, child):  # type: ignore[arg-type]  # a Node by now
                    return False
        return True

    def _keeps(self, value: Any, node: Node) -> bool:
        kind = type(value)
        if node.types and kind not in node.types:
            return False
        if kind is str:
            return node.values is None or value in node.values
        if kind is dict:
            return self.fits(value, node)
        if kind is list:
            if node.items is None:
                return True
            inner = self._defs.node(node.items)
            return all(self._keeps(one, inner) for one in value)
        return kind is not int or node.least is None or value >= node.least

    def faults(self, value: Any, named: Node | str, path: str = "") -> Iterator[Fault]:
        """Everything in which a value does not keep its node."""
        node = self._defs.node(named)
        kind = type(value)
        if node.types and kind not in node.types:
            if value is None:
                yield Fault("null", path, f"has {path} null: expected {_expected(node)}")
            elif not (kind is float and int in node.types and value.is_integer()):
                message = f"has {path} {_shown(value)}, {_NAMES[kind]}: expected {_expected(node)}"
                yield Fault("type", path, message)
        elif kind is str and node.values is not None and value not in node.values:
            known = "only" if len(node.values) == 1 else "value"
            yield Fault(known, path, f"has {path} {_shown(value)}: expected {_either(node)}")
        elif kind in {int, float} and node.least is not None and value < node.least:
            yield Fault("least", path, f"has {path} {value}: expected {node.least} or more")
        elif kind is list and node.items is not None:
            for index, one in enumerate(value):
                yield from self.faults(one, node.items, f"{path}.{index}" if path else str(index))
        elif kind is dict:
            yield from self._inside(value, node, path)

    def _inside(self, value: dict[str, Any], node: Node, path: str) -> Iterator[Fault]:
        start = f"{path}." if path else ""
        if node.by:
            tag = value.get(node.by)
            named = node.of.get(_hashable(tag))
            if named is not None:
                yield from self.faults(value, named, path)
            elif tag is None and node.by in value:
                yield Fault("null", f"{start}{node.by}", f"has {start}{node.by} null")
            elif tag is None:
                yield Fault("missing", f"{start}{node.by}", f"has no {start}{node.by}")
            elif type(tag) is not str:
                message = (
                    f"has {start}{node.by} {_shown(tag)}, {_NAMES[type(tag)]}: expected a string"
                )
                yield Fault("type", f"{start}{node.by}", message)
            else:
                message = f"has {start}{node.by} {_shown(tag)}, which this version does not know"
                yield Fault("kind", f"{start}{node.by}", message)
            return
        for name in node.required:
            if name not in value:
                yield Fault("missing", f"{start}{name}", f"has no {start}{name}")
        for name, one in value.items():
            child = node.fields.get(name)
            if child is not None:
                yield from self.faults(one, child, f"{start}{name}")


def _hashable(value: Any) -> Any:
    return value if type(value) is str else None


def _expected(node: Node) -> str:
    kinds = [_KINDS[letter] for letter in node.kinds if letter != "0" or len(node.kinds) == 1]
    return " or ".join(kinds)


def _either(node: Node) -> str:
    names = sorted(node.values or ())
    shown = " or ".join(names[:4])
    return f"{shown} or {len(names) - 4} others" if len(names) > 4 else shown


def _shown(value: Any) -> str:
    text = repr(value)
    return shortened(text, _MAX_SHOWN + 1)


@cache
def schema_of(name: str) -> Schema | None:
    """The table of a dialect; None where it has none."""
    path = files("streamtape.checks.expected") / "schemas" / f"{name}.json"
    return Schema(msgspec.json.decode(path.read_bytes())) if path.is_file() else None
