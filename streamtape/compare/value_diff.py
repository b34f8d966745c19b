"""Differences inside two paired values: JSON path by path, text word by word.

Lists are aligned, so that one element more is one difference. Long texts differ at their path.

In a text, a hunk is a place where two texts differ, with the words removed and inserted.
Differences are one hunk if hardly a word separates them, or no more words than either of them
changes: people read a changed phrase or passage, not the few words that it happens to share with
the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from streamtape.compare.align import Gap, gaps
from streamtape.compare.comparison import PieceKind, WordPiece
from streamtape.compare.normalise import MASK
from streamtape.compare.units import ECHO, VARIES, Unit
from streamtape.dialects.payload import canonical
from streamtape.tape.texts import masked_pieces

Difference = tuple[str, Any, Any]
_ABSENT: Any = object()
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|\s+|[^\w\s]")
N_AROUND = 5  # words shown on either side of a hunk
MAX_AROUND = 80  # characters: some words are very long
MIN_WORDS_BETWEEN = 2  # fewer equal words than that between two differences join them


class Hunk(NamedTuple):
    """One place where two texts differ: the stretches by character, and the words around them.

    `a_first` and `b_first` are the first characters that differ, inside of the first word. The
    words in `pieces` are without secrets: a cut, or a mark amid one, would hide it from a search.
    """

    a_first: int
    b_first: int
    a_start: int
    a_end: int
    b_start: int
    b_end: int
    pieces: tuple[WordPiece, ...]


def hunks(before: str, after: str) -> list[Hunk]:
    """Where two texts differ, in order."""
    a, b = _WORD.findall(before), _WORD.findall(after)
    a_at, b_at = (list(accumulate(map(len, tokens), initial=0)) for tokens in (a, b))
    shown_a, shown_b = masked_pieces(a), masked_pieces(b)
    words_a, words_b = _words_before(a), _words_before(b)
    found: list[Hunk] = []
    for group in _grouped(gaps(a, b), words_a, words_b):
        whole = Gap(group[0].a1, group[-1].a2, group[0].b1, group[-1].b2)
        a1, a2, b1, b2 = a_at[whole.a1], a_at[whole.a2], b_at[whole.b1], b_at[whole.b2]
        alike = len(shared_start([before[a1:a2], after[b1:b2]]))
        pieces = _pieces(shown_a, shown_b, whole, _phrases(group, words_a, words_b))
        found.append(Hunk(a1 + alike, b1 + alike, a1, a2, b1, b2, pieces))
    return found


def shared_start(texts: list[str]) -> str:
    """What all texts begin with."""
    low, high = min(texts), max(texts)
    for index, letter in enumerate(low):
        if letter != high[index]:
            return low[:index]
    return low


def _grouped(found: list[Gap], words_a: Sequence[int], words_b: Sequence[int]) -> list[list[Gap]]:
    """The gaps that are one hunk. Joined ones weigh more, and may so join with the one before.

    This is linear in gaps and tokens: each gap is joined once at most and each pass of the inner
    loop joins two groups or ends it. So a pass must not depend on how long a group or a stretch
    between two groups is: a group is known by its first gap, and the words of a stretch by what
    precedes its two ends.
    """
    starts: list[int] = []  # of each group, its first gap; it ends where the next one begins
    weights: list[int] = []
    for number, gap in enumerate(found):
        start = number
        weight = max(words_a[gap.a2] - words_a[gap.a1], words_b[gap.b2] - words_b[gap.b1])
        while starts:
            between = words_a[found[start].a1] - words_a[found[start - 1].a2]
            if between >= MIN_WORDS_BETWEEN and between > min(weights[-1], weight):
                break
            start = starts.pop()
            weight += weights.pop() + between
        starts.append(start)
        weights.append(weight)
    return [found[i:j] for i, j in pairwise([*starts, len(found)])]


def _words_before(tokens: Sequence[str]) -> list[int]:
    """How many words stand before each token, and before the end."""
    return list(accumulate(map(str.isalnum, tokens), initial=0))


def _pieces(
    a: Sequence[str], b: Sequence[str], whole: Gap, phrases: Sequence[Gap]
) -> tuple[WordPiece, ...]:
    around = 2 * N_AROUND
    start, end = max(0, whole.a1 - around), min(len(a), whole.a2 + around)
    lead, tail = "".join(a[start : whole.a1]), "".join(a[whole.a2 : end])
    if start or len(lead) > MAX_AROUND:
        lead = f"…{lead[-MAX_AROUND:]}"
    if end < len(a) or len(tail) > MAX_AROUND:
        tail = f"{tail[:MAX_AROUND]}…"
    parts: list[tuple[PieceKind, str]] = [("same", lead)]
    at = whole.a1
    for gap in phrases:
        parts.append(("same", "".join(a[at : gap.a1])))
        parts.append(("removed", "".join(a[gap.a1 : gap.a2])))
        parts.append(("inserted", "".join(b[gap.b1 : gap.b2])))
        at = gap.a2
    parts.append(("same", tail))
    return tuple(WordPiece(kind, text) for kind, text in parts if text)


def _phrases(group: Sequence[Gap], words_a: Sequence[int], words_b: Sequence[int]) -> list[Gap]:
    """The gaps of a hunk, those with no word between them joined; all, if few words are shared."""
    out: list[Gap] = []
    for gap in group:
        if out and words_a[out[-1].a2] == words_a[gap.a1]:
            gap = Gap(out[-1].a1, gap.a2, out.pop().b1, gap.b2)  # noqa: PLW2901  # grows
        out.append(gap)
    whole = Gap(out[0].a1, out[-1].a2, out[0].b1, out[-1].b2)
    n_changed = sum(words_a[gap.a2] - words_a[gap.a1] for gap in out)
    n_added = sum(words_b[gap.b2] - words_b[gap.b1] for gap in out)
    n_shared = words_a[whole.a2] - words_a[whole.a1] - n_changed
    return [whole] if max(n_changed, n_added) > n_shared else out


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
