"""Which item of its stream an event is of, by a dialect's scopes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from streamtape.compare.units import Item
from streamtape.dialects.base import Dialect, Scope


class Itemiser:
    """Finds the item of an event: its scope is right inside of the response, with a number."""

    def __init__(self, dialect: Dialect) -> None:
        roots = {s.name for s in dialect.scopes if not (_key(s) or s.within)}
        self._scopes = [s for s in dialect.scopes if s.within in roots and _number(s)]
        self._by_type = {
            name: scope.name
            for scope in self._scopes
            for name in (*scope.opens, *scope.closes, *scope.extends)
        }
        names = {_number(scope) for scope in self._scopes}
        name = names.pop() if len(names) == 1 else ""
        texts = [piece.key for piece in dialect.deltas if piece.channel == "text"]
        # where a text goes on from item to item, how many there are is how it was cut
        self.name = name if all(name in "|".join(key) for key in texts) else ""

    def find(self, event_type: str, payload: Any) -> Item | None:
        """The item that an event is of; None where it is of none, or of the whole response."""
        if not self.name or not isinstance(payload, dict):
            return None
        only = self._scopes[0].name if len(self._scopes) == 1 else None
        group = self._by_type.get(event_type, only)
        if group is None:
            return None
        number = payload.get(self.name)
        if type(number) is int:
            return Item(group, number, self.name, (self.name,))
        for field, value in payload.items():
            if isinstance(value, dict) and type(value.get(self.name)) is int:
                return Item(group, value[self.name], self.name, (field, self.name))
        return None


@lru_cache(maxsize=64)
def itemiser_for(dialect: Dialect) -> Itemiser:
    """The itemiser of a dialect, made once."""
    return Itemiser(dialect)


def _key(scope: Scope) -> tuple[str, ...]:
    return scope.open_key or scope.close_key


def _number(scope: Scope) -> str:
    """The field that numbers a scope's items; nothing where they are told apart otherwise."""
    key = _key(scope)
    name = key[0].partition("|")[0].rpartition(".")[2] if len(key) == 1 else ""
    return "" if name[:1] in ("", "@", "#", "=") else name
