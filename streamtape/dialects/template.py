"""The next delta, recognised by the one before it: the fast way through a long stream.

Deltas that follow each other differ in their piece of text and in a few fields that nobody asks
about. With those blanked, two payloads are equal or they are not; that is one comparison in C. Only
an event that differs in anything else is looked at rule by rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from streamtape.dialects.alternatives import Found
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import Path, bind, parse_path

Step = str | int
_Tree = dict[Step, Any]


class Template:
    """One delta's payload, with its texts and the fields that may differ blanked."""

    __slots__ = ("_blanked", "_flat", "_names", "_others", "_reads", "_rest", "_text", "_tree")

    def __init__(self, payload: Any, texts: Iterable[Path], free: Iterable[Path] = ()) -> None:
        self._tree: _Tree = {}
        self._reads = tuple(_steps(payload, path) for path in texts)
        for path in (*self._reads, *(_steps(payload, path) for path in free)):
            node = self._tree
            for step in path[:-1]:
                node = node.setdefault(step, {})
                if not isinstance(node, dict):
                    break
            else:
                if path:
                    node[path[-1]] = None
        self._blanked = _blank(payload, self._tree)
        self._flat: dict[Step, None] | None = None
        if all(below is None for below in self._tree.values()):
            self._flat = self._tree
        self._text = str(self._reads[0][0]) if self._flat and len(self._reads) == 1 else None
        self._names = list(payload)
        fixed = [name for name in payload if name not in self._tree]
        self._others = itemgetter(*fixed) if fixed else None
        self._rest = self._others(payload) if self._others else None

    def text(self, payload: Any) -> str | None:
        """The one text of the next delta, if it has the same fields in the same order; else None.

        Much faster than `read`, which takes any order.
        """
        if self._text is None or self._others is None or type(payload) is not dict:
            return None
        if list(payload) != self._names or self._others(payload) != self._rest:
            return None
        text = payload[self._text]
        return text if type(text) is str else None

    def texts(self, payload: Any) -> list[str] | None:
        """The texts of the next delta, found the fast way where that is possible."""
        text = self.text(payload)
        return self.read(payload) if text is None else [text]

    def read(self, payload: Any) -> list[str] | None:
        """The texts of the next delta; None where it differs in more than these may."""
        try:
            if self._flat is not None:
                if {**payload, **self._flat} != self._blanked:
                    return None
                texts = [payload[path[0]] for path in self._reads]
                return texts if type(texts[0]) is str and len(texts) == 1 else None
            if _blank(payload, self._tree) != self._blanked:
                return None
            texts = []
            for path in self._reads:
                value = payload
                for step in path:
                    value = value[step]
                texts.append(value)
        except (KeyError, IndexError, TypeError, AttributeError):
            return None
        return texts if all(type(text) is str for text in texts) else None


def template_for(dialect: Dialect, payload: Any, deltas: Sequence[Found]) -> Template | None:
    """The template of a delta's event: free to differ in its texts and in dropped fields."""
    if not isinstance(payload, dict):
        return None
    texts = [bind(parse_path(found.rule.path), found.bound) for found in deltas]
    free = [bind(path, deltas[0].bound) for path in _free(dialect)]
    return Template(payload, texts, free)


@lru_cache(maxsize=256)
def _free(dialect: Dialect) -> tuple[Path, ...]:
    paths = map(parse_path, (*dialect.dropped, dialect.sequence))
    return tuple(path for path in paths if path and path[0] != "**")


def _steps(payload: Any, path: Path) -> tuple[Step, ...]:
    """The path with numbers where it leads into lists; nothing where it leads nowhere."""
    steps: list[Step] = []
    for step in path:
        key: Step = int(step) if isinstance(payload, list) and step.isdigit() else step
        steps.append(key)
        if len(steps) == len(path):
            break
        try:
            payload = payload[key]
        except (KeyError, IndexError, TypeError):
            return ()
    return tuple(steps) if isinstance(payload, dict | list) else ()


def _blank(value: Any, tree: _Tree) -> Any:
    out = value.copy()
    for step, below in tree.items():
        out[step] = None if below is None else _blank(value[step], below)
    return out
