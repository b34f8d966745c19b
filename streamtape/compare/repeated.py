"""Lists that repeat what came before, such as all items of a response when it is completed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from streamtape.compare.units import IdSeen
from streamtape.dialects.payload import canonical


class RemovedItems(NamedTuple):
    """The items that are not to be listed: by id, by what they say (canonical), by place and type.

    The list at the end of a stream mostly repeats each item as it was when it was done. Where it
    does not, it is known by having as many elements as the stream had items (`n_items`).
    """

    ids: set[str]
    values: list[bytes]
    types: dict[int, str]
    n_items: int

    def kept(self, elements: list[Any], ids: dict[str, str]) -> list[int]:
        """The places of the elements that stay; `ids` are theirs, by place."""
        removed = {n for n in range(len(elements)) if ids.get(str(n)) in self.ids}
        if not removed and len(elements) == self.n_items:
            removed = {n for n, kind in self.types.items() if kind and _type(elements[n]) == kind}
        if not removed:
            known = [canonical(x) if isinstance(x, dict) else b"" for x in elements]
            removed = {known.index(value) for value in self.values if value in known}
        return [n for n in range(len(elements)) if n not in removed]


def _type(element: Any) -> Any:
    return element.get("type") if isinstance(element, dict) else None


def without_elements(
    value: Any, ids: Sequence[IdSeen], removed: RemovedItems, path: tuple[str, ...] = ()
) -> tuple[Any, Sequence[IdSeen]]:
    """A payload whose lists lack the items that are gone, and its ids at their new paths.

    The same payload where no list holds one of them.
    """
    if isinstance(value, dict):
        out = value
        for name, one in value.items():
            if isinstance(one, dict | list):
                new, ids = without_elements(one, ids, removed, (*path, name))
                if new is not one:
                    out = {**out, name: new}
        return out, ids
    if not isinstance(value, list):
        return value, ids
    mine = {x.path[-2]: x.value for x in ids if x.path[:-2] == path and x.path[-1] == "id"}
    kept = removed.kept(value, mine)
    if len(kept) == len(value):
        return value, ids
    indices = {str(old): str(new) for new, old in enumerate(kept)}
    return [value[n] for n in kept], [
        moved for seen in ids if (moved := _moved(seen, path, indices)) is not None
    ]


def _moved(seen: IdSeen, path: tuple[str, ...], indices: dict[str, str]) -> IdSeen | None:
    """An id at the path that it has when some elements of a list above it are gone."""
    n = len(path)
    if seen.path[:n] != path or len(seen.path) <= n:
        return seen
    index = indices.get(seen.path[n])
    if index is None:
        return None
    return seen._replace(path=(*path, index, *seen.path[n + 1 :]))
