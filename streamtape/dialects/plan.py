"""A dialect's table, laid out by event type: which of its rules ask anything of one type.

The tables are written for people, rule by rule. Readers meet events one by one, so each type's
rules are collected once and kept. The rules' paths are parsed here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from streamtape.dialects.base import Call, Condition, Dialect, Piece
from streamtape.dialects.paths import (
    Bindings,
    Path,
    bind,
    find,
    get,
    parse_path,
    resolve_key,
)


class Found(NamedTuple):
    """What a rule found in one event: the rule, the target's key, what `*` stood for, the value."""

    rule: Piece | Call
    key: tuple[Any, ...]
    bound: Bindings
    value: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that ask something of one event type."""

    deltas: tuple[tuple[Piece, Path], ...]
    wholes: tuple[tuple[Piece, Path], ...]
    calls: tuple[tuple[Call, Path], ...]

    def find_deltas(self, payload: Any, event: int) -> Iterator[Found]:
        """Every piece of text that an event adds to some target."""
        for rule, path in self.deltas:
            for found in _find(rule, path, payload, event):
                if isinstance(found.value, str):
                    yield found

    def find_wholes(self, payload: Any, event: int) -> Iterator[Found]:
        """Every value that an event gives whole."""
        for rule, path in self.wholes:
            yield from _find(rule, path, payload, event)

    def find_calls(self, payload: Any, event: int) -> Iterator[Found]:
        """Every tool call that an event names."""
        for rule, path in self.calls:
            for found in _find(rule, path, payload, event):
                if isinstance(found.value, dict):
                    yield found


def _find(rule: Piece | Call, path: Path, payload: Any, event: int) -> Iterator[Found]:
    for bound, value in find(payload, path):
        if value is not None and (rule.when is None or holds(payload, rule.when, bound)):
            yield Found(rule, resolve_key(payload, rule.key, bound, event), bound, value)


def holds(payload: Any, condition: Condition, bound: Bindings = ()) -> bool:
    """Whether the value at a condition's path is one of its values (if it has none: not null)."""
    text, values = condition
    found = get(payload, bind(parse_path(text), bound))
    return found in values if values else found is not None


@lru_cache(maxsize=1024)
def plan_for(dialect: Dialect, event_type: str) -> Plan:
    """The rules of a dialect that ask something of one event type."""

    def mine(rules: tuple[Any, ...]) -> tuple[tuple[Any, Path], ...]:
        return tuple((r, parse_path(r.path)) for r in rules if not r.types or event_type in r.types)

    return Plan(mine(dialect.deltas), mine(dialect.wholes), mine(dialect.calls))
