"""Two sequences aligned: which stretches are equal, and which are not.

What both sides begin and end with is taken first, then what occurs exactly once on either side and
in the same order (as in patience diff): in real recordings that is nearly everything. The gaps
between go to rapidfuzz, whose alignment is bit-parallel and keeps to linear memory. Sequences with
nothing in common are told without any search.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

EXACT_CELLS = 4_000_000  # up to here a gap is aligned by longest common subsequence (memory n*m/8)
MOST_CELLS = 20_000_000_000  # beyond, what has nothing in common in order is not searched at all
RUN_LENGTHS = (8, 3)  # where no element is unique, runs of elements may be
STRIDE = 1_024  # elements compared at a time for what both sides begin and end with


class Gap(NamedTuple):
    """A stretch that differs: `a[a1:a2]` stands where `b[b1:b2]` stands; either may be empty."""

    a1: int
    a2: int
    b1: int
    b2: int


class Block(NamedTuple):
    """A stretch that is equal: `a[i : i + length]` and `b[j : j + length]`."""

    i: int
    j: int
    length: int


def gaps(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Gap]:
    """The stretches in which two sequences differ, in order; all between them is equal."""
    first = _n_alike(a, b)
    last = _n_alike(a[first:][::-1], b[first:][::-1])
    if first + last == len(a) == len(b):
        return []
    numbers: dict[Hashable, int] = {}
    left = [numbers.setdefault(t, len(numbers)) for t in a[first : len(a) - last]]
    right = [numbers.setdefault(t, len(numbers)) for t in b[first : len(b) - last]]
    found: list[Gap] = []
    todo = [Gap(0, len(left), 0, len(right))]
    while todo:
        gap = _trimmed(left, right, todo.pop())
        a1, a2, b1, b2 = gap
        if a1 == a2 and b1 == b2:
            continue
        if a1 == a2 or b1 == b2 or set(left[a1:a2]).isdisjoint(right[b1:b2]):
            found.append(gap)
        elif anchors := _anchors(left, right, gap) or _anchors_of_runs(left, right, gap):
            for i, j, length in (*anchors, Block(a2, b2, 0)):
                if i < a1 or j < b1:
                    continue  # it overlaps with the one before
                if a1 < i or b1 < j:
                    todo.append(Gap(a1, i, b1, j))
                a1, b1 = i + length, j + length
        else:
            found.extend(_search(left, right, gap))
    return [Gap(*(first + place for place in gap)) for gap in _joined(sorted(found))]


def _n_alike(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """How many elements both begin with; whole strides are compared at once."""
    n, most = 0, min(len(a), len(b))
    while n < most and a[n : n + STRIDE] == b[n : n + STRIDE]:
        n += STRIDE
    n = min(n, most)
    while n < most and a[n] == b[n]:
        n += 1
    return n


def _trimmed(a: list[int], b: list[int], gap: Gap) -> Gap:
    """What is left of a gap without what both sides begin and end with."""
    a1, a2, b1, b2 = gap
    while a1 < a2 and b1 < b2 and a[a1] == b[b1]:
        a1, b1 = a1 + 1, b1 + 1
    while a1 < a2 and b1 < b2 and a[a2 - 1] == b[b2 - 1]:
        a2, b2 = a2 - 1, b2 - 1
    return Gap(a1, a2, b1, b2)


def _anchors(a: list[int], b: list[int], gap: Gap) -> list[Block]:
    """What is once on either side, in the longest order that both sides share."""
    a1, a2, b1, b2 = gap
    ones, others = a[a1:a2], b[b1:b2]
    in_a, in_b = Counter(ones), Counter(others)
    where = {one: j for j, one in enumerate(others) if in_b[one] == 1}
    pairs = [(i, where[one]) for i, one in enumerate(ones) if in_a[one] == 1 and one in where]
    return [Block(a1 + i, b1 + j, 1) for i, j in _in_order(pairs)]


def _anchors_of_runs(a: list[int], b: list[int], gap: Gap) -> list[Block]:
    """The same for runs of elements, in a gap that is too large to be searched exactly.

    The one side is cut into runs, end to end; each is looked for at every place of the other.
    """
    a1, a2, b1, b2 = gap
    if (a2 - a1) * (b2 - b1) <= EXACT_CELLS:
        return []
    for length in RUN_LENGTHS:
        runs = [tuple(a[i : i + length]) for i in range(a1, a2 - length + 1, length)]
        known: dict[tuple[int, ...], int] = {}
        for number, run in enumerate(runs):
            known[run] = -1 if run in known else a1 + number * length
        pairs: dict[int, int] = {}
        for j, run in enumerate(zip(*(b[b1 + n : b2] for n in range(length)), strict=False), b1):
            if run in known and (i := known[run]) >= 0:
                pairs[i] = -1 if i in pairs else j
        once = [(i, pairs[i]) for i in sorted(pairs) if pairs[i] >= 0]
        if once:
            return [Block(i, j, length) for i, j in _in_order(once)]
    return []


def _in_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of places in a, in order, with their places in b: the most that are in order in both."""
    tails: list[int] = []  # the smallest end of an increasing run, by its length
    at: list[int] = []  # which pair that is
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        place = bisect_left(tails, j)
        before.append(at[place - 1] if place else -1)
        if place == len(tails):
            tails.append(j)
            at.append(number)
        else:
            tails[place], at[place] = j, number
    run: list[tuple[int, int]] = []
    number = at[-1] if at else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _search(a: list[int], b: list[int], gap: Gap) -> Iterator[Gap]:
    """Where nothing is unique: the library. Exact where small, in linear memory where large."""
    from rapidfuzz.distance import (
        LCSseq,
        Levenshtein,
    )  # a few ms that most comparisons need not pay

    a1, a2, b1, b2 = gap
    n_cells = (a2 - a1) * (b2 - b1)
    if n_cells > MOST_CELLS:
        yield gap
        return
    small = n_cells <= EXACT_CELLS
    opcodes = (LCSseq if small else Levenshtein).opcodes(a[a1:a2], b[b1:b2])
    for code in opcodes:
        if code.tag != "equal":
            yield Gap(
                a1 + code.src_start, a1 + code.src_end, b1 + code.dest_start, b1 + code.dest_end
            )


def _joined(found: Iterable[Gap]) -> list[Gap]:
    """Touching gaps as one."""
    out: list[Gap] = []
    for gap in found:
        if out and out[-1].a2 == gap.a1 and out[-1].b2 == gap.b1:
            out[-1] = Gap(out[-1].a1, gap.a2, out[-1].b1, gap.b2)
        else:
            out.append(gap)
    return out
