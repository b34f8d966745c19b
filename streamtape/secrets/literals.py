"""The literals of the patterns, and which patterns each of them calls for. Pure.

Some are looked for as they are spelled, others (names, schemes) in any case; and escapes are, since
what they stand for may be part of a secret, and so are the beginnings of secrets within base64.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from streamtape.secrets.encoded import SPELLINGS
from streamtape.secrets.known import OPEN, PATTERNS
from streamtape.secrets.literal_search import ESCAPE, Finder, Hit, finder
from streamtape.secrets.patterns import Pattern

__all__ = ["ESCAPE", "Hit", "Literals"]


class Literals:
    """The literals of all patterns but those of some kinds."""

    def __init__(self, without: Collection[str]) -> None:
        exact: dict[bytes, list[Pattern]] = {}
        folded: dict[bytes, list[Pattern]] = {}
        for pattern in PATTERNS:
            if pattern.kind not in without:
                for literal in pattern.literals:
                    (folded if pattern.folded else exact).setdefault(literal, []).append(pattern)
        for spelling in SPELLINGS:
            exact.setdefault(spelling, [])
        self._exact, self._folded = tuple(exact), tuple(folded)
        self.all = (*self._exact, *self._folded)
        self._patterns = (*exact.values(), *folded.values())
        self._spellings = tuple(spelling in SPELLINGS for spelling in self._exact)
        self._open = tuple(
            tuple(p for p in OPEN if p.kind not in without and literal in p.literals)
            for literal in self.all
        )

    def patterns(self, literal: int) -> list[Pattern]:
        """The patterns that a literal is one of."""
        if literal == ESCAPE:
            return []
        return self._patterns[literal]

    def is_spelling(self, literal: int) -> bool:
        """Whether a literal is how a secret may begin in base64."""
        return 0 <= literal < len(self._spellings) and self._spellings[literal]

    def open_patterns(self, literal: int) -> tuple[Pattern, ...]:
        """The patterns of what may go on beyond the end."""
        if literal == ESCAPE:
            return ()
        return self._open[literal]

    @cached_property
    def finder(self) -> Finder:
        """Where they occur; made when it is first asked for."""
        return finder(self._exact, self._folded)
