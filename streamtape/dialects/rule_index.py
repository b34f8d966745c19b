"""A dialect's table, laid out by event type: which of its rules ask anything of one type.

The tables are written for people, rule by rule. Readers meet events one by one, so each type's
rules are collected once and kept. The rules' paths are parsed here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from streamtape.dialects.alternatives import Found, is_text, only_one_field
from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.payload import Bindings, Path, find, holds, parse_path, resolve_key

__all__ = ["Found", "Placed", "Plan", "plan_for"]


class Placed(NamedTuple):
    """A rule and where it looks: the path of what holds its value, and the value's name in it.

    Rules that stand together mostly share what holds them, so that is looked for once.
    """

    rule: Any
    holder: Path
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that ask something of one event type."""

    deltas: tuple[Placed, ...]
    wholes: tuple[Placed, ...]
    calls: tuple[Placed, ...]
    patches: tuple[tuple[Path, str, tuple[Piece, ...]], ...] = ()

    def find_deltas(self, payload: Any, event: int) -> Iterator[Found]:
        """Every piece of text that an event adds to some target, each once."""
        found = [*_find(self.deltas, payload, event)]
        if len(found) == 1 and type(found[0][3]) is str:
            return iter(found)
        return iter(only_one_field(found))

    def find_empty(self, payload: Any, event: int) -> Iterator[Found]:
        """Every place of a piece of text that says nothing: `""`, null, or no such field."""
        for rule, holder, name in self.deltas:
            for bound, one in find(payload, holder):
                none = isinstance(one, dict) and name != "*" and one.get(name) in (None, "")
                if none and (rule.when is None or holds(payload, rule.when, bound)):
                    yield Found(rule, resolve_key(payload, rule.key, bound, event), bound, "")

    def find_wholes(self, payload: Any, event: int) -> Iterator[Found]:
        """Every value that an event gives whole."""
        found = [*_find(self.wholes, payload, event)]
        return (one for one in found if type(one[3]) is str or is_text(one, found))

    def find_calls(self, payload: Any, event: int) -> Iterator[Found]:
        """Every tool call that an event names."""
        return (found for found in _find(self.calls, payload, event) if type(found[3]) is dict)

    def find_patches(self, payload: Any, n_calls: int) -> Iterator[Found]:
        """Every piece of text that a patch adds to the arguments of the last opened call."""
        for path, path_field, pieces in self.patches:
            for bound, patch in find(payload, path):
                for piece in pieces if isinstance(patch, dict) else ():
                    value = patch.get(piece.path.rpartition(".")[2])
                    if isinstance(value, str):
                        yield Found(piece, (n_calls, str(patch.get(path_field))), bound, value)


def _find(rules: tuple[Placed, ...], payload: Any, event: int) -> Iterator[Found]:
    last: Path | None = None
    holders: Sequence[tuple[Bindings, Any]] = ()
    for rule, holder, name in rules:
        if holder is not last:
            last, holders = holder, find(payload, holder)
        for above, one in holders:
            if name and name != "*":
                value = one.get(name) if isinstance(one, dict) else None
                inside: Sequence[tuple[Bindings, Any]] = ((above, value),)
                if value is None:
                    continue
            else:
                inside = find(one, parse_path(name), above)
            for bound, value in inside:
                if value is not None and (rule.when is None or holds(payload, rule.when, bound)):
                    yield Found(rule, resolve_key(payload, rule.key, bound, event), bound, value)


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
