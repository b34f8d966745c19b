"""Bytes that came in pieces, changed in places; the pieces keep their cuts. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from streamtape.editing.json_text import Change, apply


class Stretch:
    """A body, or a message: its content in the pieces that it came in, and what is to change.

    Changes may come in any order, and must not overlap. Those of no bytes (`start == end`) are
    insertions: where a piece ends there, they go to the next one.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = list(pieces)
        self.content = b"".join(self.pieces)
        self.changes: list[Change] = []

    def change(self, start: int, end: int, new: bytes) -> None:
        """Let the bytes from `start` to `end` be others; what both begin or end with stays."""
        old = self.content[start:end]
        most = min(len(old), len(new))
        before = next((n for n in range(most) if old[n] != new[n]), most)
        most -= before
        behind = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
        if len(old) != len(new) or before < len(old):
            change = Change(start + before, end - behind, new[before : len(new) - behind])
            self.changes.append(change)

    def result(self) -> list[bytes]:
        """The pieces as changed. A cut within changed bytes keeps its share of them."""
        if not self.changes:
            return self.pieces
        some = sorted(self.changes)
        content = apply(self.content, some)
        moved = Moved([(start, end, len(new)) for start, end, new in some])
        ends = [*accumulate(map(len, self.pieces))]
        last = len(self.content)
        cuts = [0, *(len(content) if end == last else moved.to(end) for end in ends)]
        return [content[a:b] for a, b in pairwise(cuts)]

    def moved(self) -> Moved:
        """Where each place is after the changes."""
        return Moved([(start, end, len(new)) for start, end, new in sorted(self.changes)])


class Moved:
    """Places before some changes to places after them.

    A change is (start, end, the new length); they are in order and do not overlap.
    """

    def __init__(self, some: Sequence[tuple[int, int, int]]) -> None:
        self._some = some
        self._starts = [start for start, _, _ in some]
        self._by = [*accumulate((n_new - (end - start) for start, end, n_new in some), initial=0)]

    def to(self, at: int) -> int:
        """The new place: what is inserted at `at` comes behind it."""
        number = bisect_left(self._starts, at)  # of the changes that begin before it
        if number == 0:
            return at
        start, end, n_new = self._some[number - 1]
        if at >= end:
            return at + self._by[number]
        return start + self._by[number - 1] + (at - start) * n_new // (end - start)
