"""The recorded request that differs least from one that nothing answers.

A client waits for a miss to be explained, and a cassette may hold thousands of requests. So each is
taken apart once, differences are counted and not described, and the search ends with a request
than which none can be nearer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

from streamtape.session.matching import Matcher
from streamtape.tape.model import Request

# A different path or method is a different question; a different value in the body is close.
_PART, _LEAF = 1000, 1
_FAR = 1 << 62
_EMPTY: tuple[Any, ...] = ({}, [])


class Comparable:
    """A request taken apart, for many comparisons."""

    def __init__(self, request: Request, matcher: Matcher) -> None:
        self.request = request
        self._matcher = matcher
        self.parts: tuple[Hashable, ...] = matcher.part_values(request)

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
        self._known: list[Comparable] = []

    def find(self, requests: Sequence[Request], plays: Sequence[int], requested: Request) -> int:
        """The index of the request that differs least; of several, the first one played least."""
        one = Comparable(requested, self._matcher)
        best = _LEAF if self._matcher.compares_bodies else _PART
        nearest, least, n_plays = 0, _FAR, 0
        for index, request in enumerate(requests):
            if index == len(self._known):
                self._known.append(Comparable(request, self._matcher))
            distance = self._distance(self._known[index], one, least)
            if (distance, plays[index]) < (least, n_plays):
                nearest, least, n_plays = index, distance, plays[index]
                if (least, n_plays) <= (best, 0):
                    break
        return nearest

    def _distance(self, recorded: Comparable, one: Comparable, most: int) -> int:
        """How much two requests differ; something over `most` where that is known early."""
        distance = 0
        if recorded.parts != one.parts:
            pairs = zip(recorded.parts, one.parts, strict=True)
            distance = _PART * sum(old != new for old, new in pairs)
        if distance > most:
            return distance
        if self._matcher.compares_bodies:
            distance += self._of_bodies(recorded, one)
        if distance > most:
            return distance
        return distance + _PART * self._matcher.n_objections(recorded.request, one.request)

    def _of_bodies(self, recorded: Comparable, one: Comparable) -> int:
        if recorded.leaves is None or one.leaves is None:
            return _PART * self._matcher.whole_bodies_differ(recorded.request, one.request)
        old, new = recorded.tokens, one.tokens
        paths = {path for path, token in old.items() if new.get(path) != token}
        paths |= new.keys() - old.keys()
        loose = self._matcher.matches_up or not (
            paths.isdisjoint(recorded.loose) and paths.isdisjoint(one.loose)
        )
        if loose:
            paths = set(self._matcher.differing(recorded.leaves, one.leaves, paths))
        return _LEAF * len(paths)


def _is_loose(value: Any) -> bool:
    if type(value) is str:
        return "*" in value or "REDACTED" in value or "[redacted]" in value
    return value in _EMPTY
