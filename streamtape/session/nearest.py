"""The recorded request that differs least from one that nothing answers.

A client waits for a miss to be explained, and a cassette may hold thousands of requests. Outlines
say how much each differs at least, and the likeliest are taken apart first, until no other one can
be nearer. Of those, differences are counted and not described.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from streamtape.session.matching import Key, Matcher
from streamtape.session.outlines import PART, VALUE, Outline, is_loose, least_distance
from streamtape.tape.model import Request

_FAR = 1 << 62
_EMPTY: tuple[Any, ...] = ({}, [])


class Comparable:
    """A request taken apart, for many comparisons."""

    def __init__(self, request: Request, matcher: Matcher) -> None:
        self.request = request
        self._matcher = matcher

    @cached_property
    def leaves(self) -> dict[str, Any] | None:
        """The leaves of its body, by path; None where it is compared whole."""
        return self._matcher.body_leaves(self.request)

    @cached_property
    def tokens(self) -> dict[str, str | bytes]:
        """Each leaf as a value that is equal for equal JSON alone: 1 is neither 1.0 nor true."""
        leaves = self.leaves or {}
        return {p: v if type(v) is str else repr(v).encode() for p, v in leaves.items()}

    @cached_property
    def loose(self) -> frozenset[str]:
        """The paths of leaves that may equal others: masks, and what is empty."""
        return frozenset([path for path, value in (self.leaves or {}).items() if _is_loose(value)])


class NearestRequest:
    """Finds the nearest of some requests, to which more may be added."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._requests: list[Request] = []
        self._outlines: list[tuple[int, Outline]] = []  # each with the number of its other parts
        self._parts: dict[Key, int] = {}
        self._has_loose = False
        self._masked: list[int] = []  # those with masks, which may equal others
        self._known: dict[int, Comparable] = {}

    def add(self, request: Request, key: Key) -> None:
        """Add a recorded request, which the matcher gave this key."""
        parts, outline = self._matcher.without_body(key), self._matcher.outline(key)
        number = self._parts.setdefault(parts, len(self._parts))
        if self._matcher.may_be_masked(request, key):
            self._masked.append(len(self._requests))
        self._has_loose = self._has_loose or is_loose(outline)
        self._outlines.append((number, outline))
        self._requests.append(request)

    def find(self, plays: Sequence[int], requested: Request) -> int:
        """The index of the request that differs least; of several, the first one played least."""
        key = self._matcher.key(requested)
        parts, outline = self._matcher.without_body(key), self._matcher.outline(key)
        n_parts = self._matcher.n_different_parts
        far = [0 if other == parts else PART * n_parts(other, parts) for other in self._parts]
        items = frozenset(outline.items or ())
        one = Comparable(requested, self._matcher)
        best = VALUE if self._matcher.compares_bodies else PART  # as nothing equals it
        if self._has_loose or is_loose(outline):  # but for stars that are no masks
            best = 0
        likeliest: list[tuple[int, int, int]] = []
        for index, (number, other) in enumerate(self._outlines):
            distance = far[number] + least_distance(other, outline, items)
            if distance <= best and not plays[index]:
                distance = far[number] + self._distance(index, one)
                if distance <= best:
                    return index
            likeliest.append((distance, plays[index], index))
        heapq.heapify(likeliest)
        nearest = (_FAR, 0, 0)
        while likeliest and likeliest[0] < nearest:
            _, n_plays, index = heapq.heappop(likeliest)
            distance = far[self._outlines[index][0]] + self._distance(index, one)
            nearest = min(nearest, (distance, n_plays, index))
        return nearest[2]

    def may_equal(self, requested: Request, key: Key) -> Iterable[int]:
        """The requests that may equal one of another key, as something was masked."""
        if not self._matcher.may_be_masked(requested, key):
            return self._masked
        outline = self._matcher.outline(key)
        items = frozenset(outline.items or ())
        return [
            index
            for index, (_, other) in enumerate(self._outlines)
            if not least_distance(other, outline, items)
        ]

    def _distance(self, index: int, one: Comparable) -> int:
        """How much a recorded request differs in its body, and for the user's own functions."""
        recorded = self._known.get(index)
        if recorded is None:
            recorded = self._known[index] = Comparable(self._requests[index], self._matcher)
        distance = self._of_bodies(recorded, one) if self._matcher.compares_bodies else 0
        return distance + PART * self._matcher.n_objections(recorded.request, one.request)

    def _of_bodies(self, recorded: Comparable, one: Comparable) -> int:
        if recorded.leaves is None or one.leaves is None:
            return PART * self._matcher.whole_bodies_differ(recorded.request, one.request)
        old, new = recorded.tokens, one.tokens
        paths = {path for path, token in old.items() if new.get(path) != token}
        paths |= new.keys() - old.keys()
        loose = self._matcher.matches_up or not (
            paths.isdisjoint(recorded.loose) and paths.isdisjoint(one.loose)
        )
        if loose:
            paths = set(self._matcher.differing(recorded.leaves, one.leaves, paths))
        return VALUE * len(paths)


def _is_loose(value: Any) -> bool:
    if type(value) is str:
        return "*" in value or "REDACTED" in value or "[redacted]" in value
    return value in _EMPTY
