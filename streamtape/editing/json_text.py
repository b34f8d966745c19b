"""The text of a JSON document changed in places: all other bytes stay as they are. Pure.

`parse` makes a tree of a text, where each value knows its place; `changes` says which bytes differ
where another value is to be spelled. A changed value is spelled as its document spells: with or
without spaces, with characters as they are or as escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from streamtape.dialects.payload import MAX_DEPTH

_TOKEN = re.compile(
    rb'[ \t\r\n]*(?:([{}\[\],:])|("(?:[^"\\]|\\.)*+")|([^\s{}\[\],:"]+))', re.DOTALL
)
_SPACE = re.compile(rb"[ \t\r\n]*")
_SPACED = re.compile(rb'"\s*:\s')
_ESCAPED = re.compile(rb"\\u(?!00[0-7])[0-9a-fA-F]{4}")


class Change(NamedTuple):
    """Bytes from `start` to `end` are to be `new`."""

    start: int
    end: int
    new: bytes


class Node:
    """A value in a text: `data[start:end]`. `members` are those of an object or a list.

    A member of an object is (node of its name, node of its value), one of a list (None, node).
    """

    __slots__ = ("end", "kind", "members", "start", "value")

    def __init__(self, kind: str, start: int, end: int = 0, value: Any = None) -> None:
        self.kind = kind  # "object", "list", "text" or "scalar"
        self.start = start
        self.end = end
        self.value = value  # the parsed value of a text or a scalar
        self.members: list[tuple[Node | None, Node]] = []

    @property
    def names(self) -> list[str]:
        """The names of an object's members."""
        return [name.value for name, _ in self.members if name is not None]


def parse(data: bytes) -> Node | None:
    """The tree of a JSON text; None where the bytes are not one JSON value."""
    try:
        json.loads(data.decode("utf-8", "replace"))
        return _Parser(data).whole()
    except (ValueError, RecursionError):
        return None


class _Parser:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def whole(self) -> Node:
        start = _SPACE.match(self._data, 3 if self._data.startswith(b"\xef\xbb\xbf") else 0)
        self._at = start.end() if start else 0
        return self._value(self._next(), 0)

    def _next(self) -> re.Match[bytes]:
        token = _TOKEN.match(self._data, self._at)
        if token is None:
            raise ValueError("the text ends within a value")
        self._at = token.end()
        return token

    def _value(self, token: re.Match[bytes], depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ValueError("a value is nested too deep")
        mark = token[1]
        if mark == b"{":
            return self._container("object", token.start(1), depth)
        if mark == b"[":
            return self._container("list", token.start(1), depth)
        if token[2] is not None:
            return Node("text", *token.span(2), _text(token[2]))
        return Node("scalar", *token.span(3), json.loads(token[3]))

    def _container(self, kind: str, start: int, depth: int) -> Node:
        node = Node(kind, start)
        closing = b"}" if kind == "object" else b"]"
        token = self._next()
        while token[1] != closing:
            if token[1] == b",":
                token = self._next()
            name = None
            if kind == "object":
                name = Node("text", *token.span(2), _text(token[2]))
                self._next()  # the colon
                token = self._next()
            node.members.append((name, self._value(token, depth + 1)))
            token = self._next()
        node.end = token.end()
        return node


def _text(token: bytes) -> str:
    if b"\\" not in token:
        return token[1:-1].decode("utf-8", "replace")
    return str(json.loads(token.decode("utf-8", "replace"), strict=False))


class Spelling:
    """How a document spells its values: with spaces or without, with escapes or without."""

    def __init__(self, data: bytes) -> None:
        self.spaced = _SPACED.search(data) is not None
        self.escaped = data.isascii() and _ESCAPED.search(data) is not None

    def spell(self, value: Any) -> bytes:
        """The text of a value."""
        separators = (", ", ": ") if self.spaced else (",", ":")
        if not self.escaped:
            try:
                return json.dumps(value, ensure_ascii=False, separators=separators).encode()
            except UnicodeEncodeError:  # half a surrogate pair: only an escape can say it
                pass
        return json.dumps(value, separators=separators).encode()


def changes(data: bytes, value: Any) -> list[Change]:
    """What is to be changed in a JSON text so that it says `value`, in order of the text.

    Members that stay keep their order and their spelling; further ones come last. Where an object
    has a name twice, it is spelled anew. ValueError where the text is not JSON.
    """
    node = parse(data)
    if node is None:
        raise ValueError("the text is not JSON")
    return list(_changes(node, value, data, Spelling(data)))


def apply(data: bytes, some: list[Change]) -> bytes:
    """The bytes with changes made, which are in order and do not overlap."""
    pieces: list[bytes] = []
    at = 0
    for start, end, new in some:
        pieces += [data[at:start], new]
        at = end
    return b"".join([*pieces, data[at:]])


def respelled(data: bytes, value: Any) -> bytes:
    """A JSON text that says `value`, spelled as `data` where the two agree."""
    return apply(data, changes(data, value))


def _changes(node: Node, value: Any, data: bytes, spelling: Spelling) -> Iterator[Change]:
    if node.kind == "object" and isinstance(value, dict):
        if len(set(node.names)) == len(node.members):
            yield from _in_object(node, value, data, spelling)
            return
        if json.loads(data[node.start : node.end].decode("utf-8", "replace")) == value:
            return
    elif node.kind == "list" and isinstance(value, list):
        yield from _in_list(node, value, data, spelling)
        return
    elif node.kind in {"text", "scalar"} and _alike(node.value, value):
        return
    yield Change(node.start, node.end, spelling.spell(value))


def _alike(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (one == other or one != one)  # noqa: PLR0124  # NaN


def _in_object(
    node: Node, value: dict[str, Any], data: bytes, spelling: Spelling
) -> Iterator[Change]:
    colon, comma = (b": ", b", ") if spelling.spaced else (b":", b",")
    stays = [(name, one) for name, one in node.members if name is not None and name.value in value]
    new = [name for name in value if name not in set(node.names)]
    if not stays:
        if node.members or new:
            yield Change(node.start, node.end, spelling.spell(value))
        return
    yield from _removed(node, {id(one) for _, one in stays}, value, data, spelling)
    if new:
        end = node.members[-1][1].end
        added = b"".join(
            comma + spelling.spell(name) + colon + spelling.spell(value[name]) for name in new
        )
        yield Change(end, end, added)


def _removed(
    node: Node, stays: set[int], value: dict[str, Any], data: bytes, spelling: Spelling
) -> Iterator[Change]:
    """What changes in the members that stay, and the others, each removed with one comma."""
    first_kept = next(n for n, (_, one) in enumerate(node.members) if id(one) in stays)
    for n, (name, one) in enumerate(node.members):
        assert name is not None
        if id(one) in stays:
            yield from _changes(one, value[name.value], data, spelling)
        elif n < first_kept:
            following = node.members[n + 1][0]
            assert following is not None
            yield Change(name.start, following.start, b"")
        else:
            yield Change(node.members[n - 1][1].end, one.end, b"")


def _in_list(node: Node, value: list[Any], data: bytes, spelling: Spelling) -> Iterator[Change]:
    n_old, n_new = len(node.members), len(value)
    if not n_old or not n_new:
        if n_old != n_new:
            yield Change(node.start, node.end, spelling.spell(value))
        return
    for (_, one), new in zip(node.members, value, strict=False):
        yield from _changes(one, new, data, spelling)
    last = node.members[min(n_old, n_new) - 1][1].end
    if n_new > n_old:
        comma = b", " if spelling.spaced else b","
        added = b"".join(comma + spelling.spell(one) for one in value[n_old:])
        yield Change(last, last, added)
    elif n_new < n_old:
        yield Change(last, node.members[-1][1].end, b"")
