"""A payload without what differs from one run to the next, by a dialect's table.

Dropped paths are gone, masked ones say only that something is there, ids are put aside for a look
at whether they are renamed alike throughout. Below opaque paths everything is the user's own.

A compact payload, for comparing, is also without fields that are null or an empty text: one server
writes `{"content": null}` where another one writes `""` or leaves the field out. Elements of lists
keep their places. There, ids are also what no table names: fields called `id` or `..._id`, and what
an id field of the stream contained before. Providers add such fields faster than tables grow.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import parse_path

MASK = "*"  # replaces a value that is there and is not compared
DEEP = "**."
MADE_FROM = 8  # characters: a shorter text may be an id, but hardly one that was made at random
_ID_NAME = re.compile(r"(?:^|.*_)ids?|.*[a-z]Ids?")
_MADE = re.compile(rf"(?=.*\d)[\w.:+/=-]{{{MADE_FROM},}}")
_MODELS = ("model_id", "modelId")  # another model is no renaming


class IdFound(NamedTuple):
    """An id in a payload. `sure`: the table says so.

    Other ones are ids by the names of their fields, or since an id field contained them before.
    """

    path: tuple[str, ...]
    value: str
    sure: bool = True


IdsFound = list[IdFound]


@lru_cache(maxsize=1024)
def is_id_name(name: str) -> bool:
    """Whether a field of this name holds an id."""
    return _ID_NAME.fullmatch(name) is not None and name not in _MODELS


def looks_made(value: str) -> bool:
    """Whether an id looks as if it was made up for one run, unlike `doc_1`."""
    return _MADE.fullmatch(value) is not None


class _Masked(str):
    """The mask of a value that contained several secrets; reports say that it was there."""

    __slots__ = ()


MASKED_OBJECT = _Masked(MASK)


@dataclass(slots=True)
class _Node:
    """What is known of one place: the action there, and the places below."""

    action: str = ""
    below: dict[str, _Node] = field(default_factory=dict)


class Normaliser:
    """Cleans payloads by one dialect's table."""

    def __init__(self, dialect: Dialect, *, compact: bool = False) -> None:
        self._compact = compact
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

    def clean(self, payload: Any, known: Container[str] = ()) -> tuple[Any, IdsFound]:
        """The payload to compare, and the ids in it with their paths.

        `known` are ids that the stream had before: a compact payload has them nowhere.
        """
        ids: IdsFound = []
        return self._clean(payload, self._root, (), _Ids(known, ids)), ids

    def _clean(self, value: Any, node: _Node | None, path: tuple[str, ...], ids: _Ids) -> Any:
        if isinstance(value, dict):
            return self._object(value, node, path, ids)
        if isinstance(value, list):
            below = node.below.get("*") if node else None
            out = [
                self._clean(one, below, (*path, str(i)), ids) if type(one) in (dict, list) else one
                for i, one in enumerate(value)
            ]
            if self._compact:
                for i, one in enumerate(out):
                    if type(one) is str and one in ids.known:
                        ids.found.append(IdFound((*path, str(i)), one, sure=False))
                        out[i] = MASK
            return out
        return value

    def _object(
        self, value: Mapping[str, Any], node: _Node | None, path: tuple[str, ...], ids: _Ids
    ) -> dict[str, Any]:
        out: dict[str, Any] = {}
        compact = self._compact
        for name, one in value.items():
            if compact and (one is None or one == ""):
                continue
            below = (node.below.get(name) or node.below.get("*")) if node else None
            action = (below.action if below else "") or self._deep.get(name, "")
            if action == "drop":
                continue
            if action == "keep" or one is None:
                out[name] = one
            elif action == "mask":
                out[name] = MASKED_OBJECT if type(one) in (dict, list) else MASK
            elif action == "id" and isinstance(one, str | int | float) and one != "":
                ids.found.append(IdFound((*path, name), str(one)))
                out[name] = MASK
            elif type(one) in (dict, list):
                out[name] = self._clean(one, below, (*path, name), ids)
            elif compact and type(one) is str and (one in ids.known or is_id_name(name)):
                ids.found.append(IdFound((*path, name), one, sure=False))
                out[name] = MASK
            else:
                out[name] = one
        return out


class _Ids(NamedTuple):
    known: Container[str]
    found: IdsFound


@lru_cache(maxsize=128)
def normaliser_for(dialect: Dialect, *, compact: bool = False) -> Normaliser:
    """The normaliser of a dialect, made once."""
    return Normaliser(dialect, compact=compact)
