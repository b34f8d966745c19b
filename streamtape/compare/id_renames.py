"""Ids that differ: renamed throughout is no change, renamed in one place is one.

Every pair of units votes for which id of the one stream is which of the other. What most of them
say stands; a place that says otherwise is a change. So is another `doc_1`, where no table says that
it is an id: only ids that look made up are renamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from streamtape.compare.comparison import Change, Location
from streamtape.compare.normalise import looks_made
from streamtape.compare.units import IdSeen, Unit

Pair = tuple[Unit, Unit]


def renamed_here(pairs: Iterable[Pair]) -> Iterator[Change]:
    """The places where an id is not what it is elsewhere."""
    seen = [
        (one, other, x, y)
        for one, other in pairs
        if one.ids or other.ids
        for x, y in _id_pairs(one.ids, other.ids)
        if x.sure or x.value != y.value
    ]
    votes = Counter((x.value, y.value) for _, _, x, y in seen)
    forth: dict[str, str] = {}
    back: dict[str, str] = {}
    for (x_value, y_value), _ in votes.most_common():
        if x_value not in forth and y_value not in back:
            forth[x_value], back[y_value] = y_value, x_value
    for one, other, x, y in seen:
        if forth.get(x.value) != y.value or not _may_differ(x, y):
            yield Change(
                "changed",
                one.name,
                Location(x.event, one.at_us if x.event == one.first else None),
                Location(y.event, other.at_us if y.event == other.first else None),
                ".".join(x.path),
                x.value,
                y.value,
            )


def _may_differ(x: IdSeen, y: IdSeen) -> bool:
    """Whether an id may have the other one's name: without a table's word, if it is made up."""
    return x.sure or looks_made(x.value) or looks_made(y.value)


def _id_pairs(a: Sequence[IdSeen], b: Sequence[IdSeen]) -> Iterator[tuple[IdSeen, IdSeen]]:
    """The ids of two units that stand for each other, path by path."""
    if len(a) == len(b) and all(x.path == y.path for x, y in zip(a, b, strict=True)):
        yield from zip(a, b, strict=True)
        return
    by_path = {path: list(g) for path, g in groupby(sorted(b, key=_path), key=_path)}
    for path, group in groupby(sorted(a, key=_path), key=_path):
        mine, theirs = list(group), by_path.get(path, [])
        if len(mine) != len(theirs):
            mine, theirs = _turns(mine), _turns(theirs)
        if len(mine) == len(theirs):
            yield from zip(mine, theirs, strict=True)
        elif theirs:
            yield from ((x, theirs[0]) for x in mine)
            yield from ((mine[0], y) for y in theirs[1:])


def _turns(ids: Sequence[IdSeen]) -> list[IdSeen]:
    """Ids without those that repeat the one before."""
    return [next(group) for _, group in groupby(ids, key=lambda seen: seen.value)]


def _path(seen: IdSeen) -> tuple[str, ...]:
    return seen.path
