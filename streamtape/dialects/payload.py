"""The payload of an event: a JSON text as a value, the texts in it, and paths into that value.

Decoding is fast where it can be and lenient where it must be. msgspec refuses some texts that
providers do send: half a surrogate pair, NaN, integers beyond 64 bits in places. The standard
library takes them. What neither takes is `NOT_JSON`, and so is what is nested deeper than any
provider nests, so that a value may be walked recursively.

A path says where something is, in a dialect's table. It is dotted keys: `response.usage`. `*`
matches every element of a list (or every value of an object): `choices.*.delta.content`. A key
of a target may name alternatives, and the first that is present counts: `output_index|item_id`;
`#0` is the position that the first `*` of the rule's own path matched, `@event` the index of the
event, `=x` is x itself. Nothing here raises an error on a value of another shape.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from streamtape.dialects.base import Condition

Path = tuple[str, ...]
Bindings = tuple[str | int, ...]
MISSING: Any = object()
_SIMPLE = frozenset({str, int})
NOTHING = (None, "", "null")  # what servers send before there is a reason
NOT_JSON: Any = object()
MAX_DEPTH = 100
_CONTAINERS = frozenset({dict, list})
_decode = msgspec.json.Decoder().decode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def decode(text: str) -> Any:
    """The value of a JSON text; NOT_JSON if it is not one, or deeper than MAX_DEPTH."""
    try:
        value = _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return NOT_JSON
    long = len(text) > 2 * MAX_DEPTH  # shorter ones can't open and close so many
    if long and text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        return NOT_JSON
    return value


def _is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than MAX_DEPTH, found level by level."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            item
            for parent in level
            for item in (parent.values() if type(parent) is dict else parent)
            if type(item) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def canonical(value: Any) -> bytes:
    """The one spelling of a value: keys sorted, no spaces; equal values have equal spellings."""
    try:
        return _encode_sorted(value)
    except (TypeError, ValueError, OverflowError, UnicodeEncodeError, RecursionError):
        return json.dumps(value, sort_keys=True, default=repr).encode("ascii")


def as_text(value: Any) -> str:
    """A value as text: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def join_text(pieces: list[str]) -> str:
    """The pieces joined; a character whose halves came in two pieces is made whole."""
    text = "".join(pieces)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Path:
    """The steps of a path; the empty text is the value itself."""
    return tuple(text.split(".")) if text else ()


def get(value: Any, path: Path, default: Any = None) -> Any:
    """The value at a path without `*`; a step may be a number, into a list."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, MISSING)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return default
        if value is MISSING:
            return default
    return value


def find(value: Any, path: Path, bound: Bindings = ()) -> Sequence[tuple[Bindings, Any]]:
    """Every value at a path, with what each `*` matched."""
    for number, step in enumerate(path):
        if step == "*":
            rest = path[number + 1 :]
            inside = members(value)
            if not rest:
                return [((*bound, name), one) for name, one in inside]
            if len(inside) == 1:
                ((name, one),) = inside
                return find(one, rest, (*bound, name))
            return [each for name, one in inside for each in find(one, rest, (*bound, name))]
        if not isinstance(value, dict) or step not in value:
            return ()
        value = value[step]
    return ((bound, value),)


def members(value: Any) -> Collection[tuple[str | int, Any]]:
    """What `*` matches: the elements of a list, or the values of an object."""
    if isinstance(value, list):
        return [*enumerate(value)]
    return value.items() if isinstance(value, dict) else ()


def bind(path: Path, bound: Bindings) -> Path:
    """The path with each `*` replaced by what it matched."""
    if "*" not in path:
        return path
    names = iter(bound)
    return tuple(str(next(names, "*")) if step == "*" else step for step in path)


@lru_cache(maxsize=4096)
def _alternatives(key: str) -> tuple[tuple[str, Any], ...]:
    """What a key names, one after the other: the sign of its kind, and what follows it."""
    found: list[tuple[str, Any]] = []
    for text in key.split("|"):
        if text == "@event":
            found.append(("@", None))
        elif text.startswith("="):
            found.append(("=", text[1:]))
        elif text.startswith("#"):
            found.append(("#", int(text[1:])))
        else:
            path = parse_path(text)
            is_field = len(path) == 1 and path != ("*",)
            found.append(("field", text) if is_field else ("*" if "*" in text else "", path))
    return tuple(found)


@lru_cache(maxsize=4096)
def _first_fields(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The field that each key names first; empty where one of them names something else."""
    first = [_alternatives(key)[0] for key in keys]
    return tuple(named for _, named in first) if all(s == "field" for s, _ in first) else ()


def resolve_key(value: Any, keys: tuple[str, ...], bound: Bindings, event: int) -> tuple[Any, ...]:
    """What tells one target from another: the values of its keys, None for one that is missing."""
    if type(value) is dict and (names := _first_fields(keys)):  # as most are
        found = tuple([value.get(name) for name in names])
        if _SIMPLE.issuperset(map(type, found)):
            return found
    return tuple([_resolve(value, key, bound, event) for key in keys])


def _resolve(value: Any, key: str, bound: Bindings, event: int) -> Any:
    for sign, named in _alternatives(key):
        if sign == "field" and type(value) is dict:
            found = value.get(named)
        elif sign == "@":
            return event
        elif sign == "=":
            return named
        elif sign == "#":
            if named < len(bound):
                return bound[named]
            continue
        elif sign == "field":
            found = get(value, (named,))
        else:
            found = get(value, bind(named, bound) if sign else named)
        if found is not None:
            simple = type(found) in _SIMPLE or isinstance(found, Hashable)
            return found if simple else repr(found)
    return None


def holds(payload: Any, condition: Condition, bound: Bindings = ()) -> bool:
    """Whether the value at a condition's path is one of its values (if it has none: not null)."""
    text, values = condition
    return _meets(get(payload, bind(parse_path(text), bound)), values)


def holds_anywhere(payload: Any, condition: Condition) -> bool:
    """Whether the condition holds for any of the values at its path, which may have `*`."""
    path, values = condition
    return any(_meets(value, values) for _, value in find(payload, parse_path(path)))


def _meets(value: Any, values: tuple[Any, ...]) -> bool:
    if values:
        return value in values
    return not (value is None or (isinstance(value, str) and value in NOTHING))
