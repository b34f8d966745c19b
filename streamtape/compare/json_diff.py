"""Two values of one kind compared path by path: what differs, and where.

Lists are aligned, so that one element more is one difference. Long texts differ at their path; the
words inside are another module's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.normalise import MASK
from streamtape.compare.units import ECHO, VARIES, Unit
from streamtape.dialects.payload import canonical

Difference = tuple[str, Any, Any]
_ABSENT: Any = object()


def differences(one: Unit, other: Unit) -> Iterator[Difference]:
    """Where two units of one kind differ: (path, before, after)."""
    if one.kind == "fact":
        for path in dict.fromkeys((*one.body, *other.body)):
            before, after = one.body.get(path), other.body.get(path)
            if before != after:
                yield ".".join(path), before, after
        return
    literals, other_literals = dict(one.literals), dict(other.literals)
    for path, before, after in walk(one.body, other.body, ()):
        if ECHO not in (before, after):
            yield ".".join(path), _shown(before, after), _shown(after, before)
            continue
        old, new = literals.get(path, before), other_literals.get(path, after)
        if old != new:
            yield ".".join(path), old, new


def _shown(value: Any, beside: Any) -> Any:
    """A value as it is reported: of one that is not compared, only that it is there."""
    return VARIES if isinstance(value, str) and value == MASK and beside is None else value


def walk(
    before: Any, after: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Where two values differ; a path that one side lacks has None there."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            one, other = before.get(name, _ABSENT), after.get(name, _ABSENT)
            if one is _ABSENT or other is _ABSENT:
                if _or_none(one) is not _or_none(other):  # null and nothing are one
                    yield (*path, name), _or_none(one), _or_none(other)
            else:
                yield from walk(one, other, (*path, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif before != after or not _one_kind(before, after):
        yield path, before, after


def _one_kind(one: Any, other: Any) -> bool:
    """Whether two equal values are of one JSON type: 1 and 1.0 are, 1 and true are not."""
    return isinstance(one, bool) is isinstance(other, bool)


def _lists(
    before: list[Any], after: list[Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    for gap in gaps([canonical(x) for x in before], [canonical(x) for x in after]):
        shared = min(gap.a2 - gap.a1, gap.b2 - gap.b1)
        for n in range(shared):
            at = (*path, str(gap.a1 + n))
            yield from walk(before[gap.a1 + n], after[gap.b1 + n], at)
        for n in range(gap.a1 + shared, gap.a2):
            yield (*path, str(n)), before[n], None
        for n in range(gap.b1 + shared, gap.b2):
            yield (*path, str(n)), None, after[n]


def _or_none(value: Any) -> Any:
    return None if value is _ABSENT else value
