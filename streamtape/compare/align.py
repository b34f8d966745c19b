"""Alignment of two sequences: which stretches are equal, and which differ.

The longest common subsequence would be the best answer, but it takes time in n times m. So an
alignment goes from coarse to fine, and each step is linear:

1. What both sides begin and end with.
2. Elements that occur exactly once on either side and in the same order (as in patience diff): in
   real recordings that is nearly everything.
3. In a long gap without such elements, runs of elements that occur once: texts repeat every word,
   but hardly ever four words in a row.
4. The rest goes to rapidfuzz for its longest common subsequence, which is bit-parallel. A gap
   is cut into blocks of at most EXACT_CELLS first, so that the cost of an element is bounded by
   the block and not by the gap.

Each step leaves gaps between what it found to be equal, and the next one works inside of those:

    a      the cat | sat | on a mat . the | cat | ran
    b      the cat | lay | on a mat . the | dog | ran
    step      1       4           2          4     1

Step 2 passes over what occurs twice in what is left: frequent words have a twin everywhere, and a
plain longest common subsequence would rather match many of those than the few that mean something,
which gives reports that are minimal and hard to read.

A gap over MOST_CELLS in which even long runs have no twin holds nothing that a reader would
recognize; it is one difference, and its elements are not searched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, compress, count, pairwise
from typing import NamedTuple

EXACT_CELLS = 4_000_000  # the largest gap aligned by longest common subsequence (n*m/8 bytes)
MOST_CELLS = 1_000_000_000  # beyond, only runs of the first length are looked for
RUN_LENGTHS = (8, 3)  # elements; in a text every other one is a space
STRIDE = 1_024  # elements compared at a time for what both sides begin and end with


class Gap(NamedTuple):
    """A stretch that differs: `a[a1:a2]` is in the place of `b[b1:b2]`; either may be empty."""

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
    """The stretches in which two sequences differ, in order; all between them is equal.

    Each gap on the list of work is shorter than the one that it came from: anchors and blocks cut
    it, and the search ends it. So the work ends, and a gap passes few steps before it is small.
    """
    first = _n_alike(a, b)
    last = _n_alike(a[first:][::-1], b[first:][::-1])
    if first + last == len(a) == len(b):
        return []
    inner_a, inner_b = a[first : len(a) - last], b[first : len(b) - last]
    numbers = {t: number for number, t in enumerate(dict.fromkeys(chain(inner_a, inner_b)))}
    left, right = list(map(numbers.__getitem__, inner_a)), list(map(numbers.__getitem__, inner_b))
    found: list[Gap] = []
    todo = [Gap(0, len(left), 0, len(right))]
    while todo:
        gap = _trimmed(left, right, todo.pop())
        a1, a2, b1, b2 = gap
        n_cells = (a2 - a1) * (b2 - b1)
        if a1 == a2 and b1 == b2:
            continue
        if not n_cells or set(left[a1:a2]).isdisjoint(right[b1:b2]):
            found.append(gap)
        elif anchors := _anchors(left, right, gap) or _anchors_of_runs(left, right, gap):
            todo.extend(_between(anchors, gap))
        elif n_cells > MOST_CELLS:
            found.append(gap)
        elif n_cells > EXACT_CELLS:
            todo.extend(_blocks(gap))
        else:
            found.extend(_search(left, right, gap))
    return [Gap(*(first + index for index in gap)) for gap in _joined(sorted(found))]


def _between(anchors: Iterable[Block], gap: Gap) -> Iterator[Gap]:
    """What is left of a gap before, between and behind its anchors."""
    a1, a2, b1, b2 = gap
    for i, j, length in (*anchors, Block(a2, b2, 0)):
        if i < a1 or j < b1:
            continue  # it overlaps with the one before
        if a1 < i or b1 < j:
            yield Gap(a1, i, b1, j)
        a1, b1 = i + length, j + length


def _blocks(gap: Gap) -> Iterator[Gap]:
    """A gap in equal parts of either side, each small enough to be searched.

    An equal stretch that lies across a border, or far from its twin, is missed: the alignment stays
    right, and is no longer the shortest. In such a gap no three elements in a row occur once on
    both sides, so there is little to be missed.
    """
    a1, a2, b1, b2 = gap
    n = 1 + int(((a2 - a1) * (b2 - b1) / EXACT_CELLS) ** 0.5)
    cuts = [(a1 + (a2 - a1) * k // n, b1 + (b2 - b1) * k // n) for k in range(n + 1)]
    return (Gap(i, i_next, j, j_next) for (i, j), (i_next, j_next) in pairwise(cuts))


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
    shared = _once(ones) & _once(others)
    if not shared:
        return []
    where = {one: j for j, one in enumerate(others) if one in shared}
    pairs = [(i, where[one]) for i, one in enumerate(ones) if one in shared]
    return [Block(a1 + i, b1 + j, 1) for i, j in _in_order(pairs)]


def _once(elements: list[int]) -> set[int]:
    """The elements that occur exactly once."""
    return {element for element, n in Counter(elements).items() if n == 1}


def _anchors_of_runs(a: list[int], b: list[int], gap: Gap) -> list[Block]:
    """Anchors of equal runs of elements, in a gap that is too large to be searched exactly.

    One side is cut into runs, end to end; each is looked for at every place of the other. A twin
    that is at least twice as long as a run holds one of them whole, however it lies. Short runs
    meet by chance in a very long gap, and anchors by chance hide those that mean something.
    """
    a1, a2, b1, b2 = gap
    n_cells = (a2 - a1) * (b2 - b1)
    if n_cells <= EXACT_CELLS:
        return []
    for length in RUN_LENGTHS[:1] if n_cells > MOST_CELLS else RUN_LENGTHS:
        runs = [tuple(a[i : i + length]) for i in range(a1, a2 - length + 1, length)]
        known: dict[tuple[int, ...], int] = {}
        for number, run in enumerate(runs):
            known[run] = -1 if run in known else a1 + number * length
        pairs: dict[int, int] = {}
        windows = zip(*(b[b1 + n : b2] for n in range(length)), strict=False)
        for j in compress(count(b1), map(known.__contains__, windows)):
            i = known[tuple(b[j : j + length])]
            if i >= 0:
                pairs[i] = -1 if i in pairs else j
        once = [(i, pairs[i]) for i in sorted(pairs) if pairs[i] >= 0]
        if once:
            return [Block(i, j, length) for i, j in _in_order(once)]
    return []


def _in_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of places in a, in order, with their places in b: the most that are in order in both."""
    tails: list[int] = []  # the smallest end of an increasing run, by its length
    at: list[int] = []  # the pair with that end
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        index = bisect_left(tails, j)
        before.append(at[index - 1] if index else -1)
        if index == len(tails):
            tails.append(j)
            at.append(number)
        else:
            tails[index], at[index] = j, number
    run: list[tuple[int, int]] = []
    number = at[-1] if at else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _search(a: list[int], b: list[int], gap: Gap) -> Iterator[Gap]:
    """The differences of a small gap: what its longest common subsequence leaves over."""
    from rapidfuzz.distance import LCSseq  # importing it takes some ms, and few comparisons need it

    a1, a2, b1, b2 = gap
    for code in LCSseq.opcodes(a[a1:a2], b[b1:b2]):
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
