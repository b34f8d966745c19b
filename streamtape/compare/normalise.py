"""A payload without what differs from one run to the next, by a dialect's table.

Dropped paths are gone, masked ones say only that something is there, ids are put aside for a look
at whether they are renamed alike throughout. Below opaque paths everything is the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from streamtape.dialects.base import Dialect
from streamtape.dialects.paths import parse_path

MASK = "*"  # stands for a value that is there and is not compared
DEEP = "**."
IdsFound = list[tuple[tuple[str, ...], str]]


class _Masked(str):
    """The same mask, of a value that held several: a report says that it was there."""

    __slots__ = ()


MASKED_OBJECT = _Masked(MASK)


@dataclass(slots=True)
class _Node:
    """What is known of one place: the action there, and the places below."""

    action: str = ""
    below: dict[str, _Node] = field(default_factory=dict)


class Normaliser:
    """Cleans payloads by one dialect's table."""

    def __init__(self, dialect: Dialect) -> None:
        self._root = _Node()
        self._deep: dict[str, str] = {}
        for action, paths in (
            ("id", dialect.ids),
            ("mask", dialect.masked),
            ("drop", dialect.dropped),
            ("keep", dialect.opaque),
        ):
            for path in paths:
                self._learn(path, action)

    def _learn(self, path: str, action: str) -> None:
        if path.startswith(DEEP):
            self._deep[path.removeprefix(DEEP)] = action
            return
        node = self._root
        for step in parse_path(path):
            node = node.below.setdefault(step, _Node())
        node.action = action

    @property
    def idle(self) -> bool:
        """Whether there is nothing to clean."""
        return not (self._root.below or self._deep)

    def clean(self, payload: Any) -> tuple[Any, IdsFound]:
        """The payload to compare, and the ids in it with their paths."""
        ids: IdsFound = []
        return self._clean(payload, self._root, (), ids), ids

    def compact(self, payload: Any) -> Any:
        """A clean payload without fields that are null or an empty text, which say nothing.

        One server writes `{"content": null}` where another one writes `""` or leaves the field
        out. Elements of lists keep their places; below opaque paths every value counts.
        """
        return _compact(payload, self._root, self._deep)

    def _clean(self, value: Any, node: _Node | None, path: tuple[str, ...], ids: IdsFound) -> Any:
        if isinstance(value, dict):
            return self._object(value, node, path, ids)
        if isinstance(value, list):
            below = node.below.get("*") if node else None
            return [
                self._clean(one, below, (*path, str(i)), ids) if type(one) in (dict, list) else one
                for i, one in enumerate(value)
            ]
        return value

    def _object(
        self, value: Mapping[str, Any], node: _Node | None, path: tuple[str, ...], ids: IdsFound
    ) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, one in value.items():
            below = (node.below.get(name) or node.below.get("*")) if node else None
            action = (below.action if below else "") or self._deep.get(name, "")
            if action == "drop":
                continue
            if action == "keep" or one is None:
                out[name] = one
            elif action == "mask":
                out[name] = MASKED_OBJECT if type(one) in (dict, list) else MASK
            elif action == "id" and isinstance(one, str | int | float) and one != "":
                ids.append(((*path, name), str(one)))
                out[name] = MASK
            elif type(one) in (dict, list):
                out[name] = self._clean(one, below, (*path, name), ids)
            else:
                out[name] = one
        return out


def _compact(value: Any, node: _Node | None, deep: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        below = node.below.get("*") if node else None
        return [_compact(one, below, deep) if type(one) in (dict, list) else one for one in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for name, one in value.items():
        if one is None or one == "":
            continue
        below = (node.below.get(name) or node.below.get("*")) if node else None
        action = (below.action if below else "") or deep.get(name, "")
        if type(one) in (dict, list) and action != "keep":
            out[name] = _compact(one, below, deep)
        else:
            out[name] = one
    return out


@lru_cache(maxsize=64)
def normaliser_for(dialect: Dialect) -> Normaliser:
    """The normaliser of a dialect, made once."""
    return Normaliser(dialect)
