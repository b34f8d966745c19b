"""Which events are repeats: equal to the one before but for the text that they add.

Most events of a stream are. A rule about fields would find nothing new in them, so rules skip them:
they use `Stream.fresh`, or remember that the last event was correct.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from streamtape.dialects.base import Call, Dialect, Piece
from streamtape.tape.events import Event

_PADDING = frozenset({"obfuscation", "p"})  # fields that hide how long a text is
_NEVER_FREE = frozenset({"type", "id", "index", "name", "role", "*", ""})


def repeats(dialect: Dialect, events: Iterable[Event]) -> Iterator[bool]:
    """For each event whether it only goes on with what the one before it began."""
    free, counter = free_fields(dialect)
    kind, payload = "", None
    for event in events:
        yield event.type == kind and _alike(payload, event.payload, free, counter)
        kind, payload = event.type, event.payload


@lru_cache(maxsize=64)
def free_fields(dialect: Dialect) -> tuple[frozenset[str], str]:
    """The names of the texts that differ from delta to delta, and that of the number which grows.

    Names that tell targets apart are not among them.
    """
    names = {piece.path.rpartition(".")[2] for piece in dialect.deltas} | _PADDING
    rules: tuple[Piece | Call, ...] = (*dialect.deltas, *dialect.wholes, *dialect.calls)
    keys = {key for rule in rules for key in rule.key}
    for scope in dialect.scopes:
        keys |= {*scope.open_key, *scope.close_key, *scope.extend_key}
    identifying = {path.rpartition(".")[2] for key in keys for path in key.split("|")}
    return frozenset(names - identifying - _NEVER_FREE), dialect.sequence.rpartition(".")[2]


def _alike(one: Any, other: Any, free: frozenset[str], counter: str) -> bool:
    """Whether two values differ in nothing but free texts, and a counter that grows."""
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is dict:
        return one.keys() == other.keys() and _alike_fields(one, other, free, counter)
    if kind is list:
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(*two, free, counter) for two in pairs)
    return bool(one == other)


def _alike_fields(
    one: dict[str, Any], other: dict[str, Any], free: frozenset[str], counter: str
) -> bool:
    """Whether the fields of two objects with the same names are alike: one loop, as most are."""
    for name, value in one.items():
        now, kind = other[name], type(value)
        if kind is str and type(now) is str:
            if value != now and name not in free:
                return False
        elif kind is int and type(now) is int:
            if value != now and (name != counter or value > now):
                return False
        elif value is not now and not _alike(value, now, free, counter):
            return False
    return True
