"""Which events only go on: like the one before them, but for the text that they add.

Most of a stream is such events. What a rule finds in the fields of one of them it has found in the
one before, so rules pass over them: they ask `Stream.fresh` for the rest, or remember that the last
event was right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from streamtape.dialects.base import Call, Dialect, Piece
from streamtape.tape.events import Event

_NEVER_FREE = frozenset({"type", "id", "index", "name", "role", "*", ""})


def repeats(dialect: Dialect, events: Iterable[Event]) -> Iterator[bool]:
    """For each event whether it only goes on with what the one before it began."""
    free = _free_fields(dialect)
    kind, payload = "", None
    for event in events:
        yield event.type == kind and _alike(payload, event.payload, free)
        kind, payload = event.type, event.payload


@lru_cache(maxsize=64)
def _free_fields(dialect: Dialect) -> frozenset[str]:
    """The names of the fields that differ from delta to delta: texts, and what hides their length.

    Names that tell targets apart are not among them.
    """
    names = {piece.path.rpartition(".")[2] for piece in dialect.deltas}
    names |= {path.rpartition(".")[2] for path in (*dialect.dropped, dialect.sequence)}
    rules: tuple[Piece | Call, ...] = (*dialect.deltas, *dialect.wholes, *dialect.calls)
    keys = {key for rule in rules for key in rule.key}
    for scope in dialect.scopes:
        keys |= {*scope.open_key, *scope.close_key, *scope.extend_key}
    told = {path.rpartition(".")[2] for key in keys for path in key.split("|")}
    return frozenset(names - told - _NEVER_FREE)


def _alike(one: Any, other: Any, free: frozenset[str]) -> bool:
    """Whether two values differ in nothing but free texts, and free numbers that grow."""
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is dict:
        if len(one) != len(other):
            return False
        for (name, value), (other_name, other_value) in zip(
            one.items(), other.items(), strict=True
        ):
            if name != other_name:
                return False
            if value is other_value:
                continue
            kind = type(value)
            if kind is str or kind is int:
                if kind is not type(other_value) or (
                    value != other_value
                    and (name not in free or (kind is int and value > other_value))
                ):
                    return False
            elif not _alike(value, other_value, free):
                return False
        return True
    if kind is list:
        return len(one) == len(other) and all(
            _alike(value, other_value, free) for value, other_value in zip(one, other, strict=True)
        )
    return bool(one == other)
