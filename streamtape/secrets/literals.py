"""The literals of the patterns: where any of them occurs, in one pass, and which patterns it needs.

Some are looked for as they are spelled, others (names, schemes) in any case; and escapes are, since
what they stand for may be part of a secret, and so are the beginnings of secrets within base64.
`hyperscan` finds them by vector instructions at 2.7 GB/s, whatever their case; where it has no
wheels, `ahocorasick_rs` finds the same at 0.2 to 0.8 GB/s. Pure.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any, Protocol

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from streamtape.secrets.encoded import SPELLINGS
from streamtape.secrets.known import OPEN, PATTERNS
from streamtape.secrets.patterns import Pattern
from streamtape.secrets.unescape import SIGNS, last_escape

__all__ = ["ESCAPE", "Hit", "Literals"]

hyperscan: Any
try:
    hyperscan = importlib.import_module("hyperscan")
except ImportError:  # no wheel for this platform
    hyperscan = None

Hit = tuple[int, int, int]  # number of the literal, start, end
Hits = Callable[[bytes], list[Hit]]
ESCAPE = -1  # marks an escape, in place of a literal's number
_MAX_SCAN_BYTES = (1 << 32) - 1  # hyperscan counts in 32 bits
_LARGE_BYTES = 4096
_SHORT_TEXTS_BYTES = 1 << 20  # within this much text, a portable finder wastes at most 20 ms
# The vector search of ahocorasick_rs takes at most 64 literals, and the fuller it is, the more
# often it stops at what only begins like one. It compares as many first bytes as the shortest
# literal has, at most four: fewer bytes stop it more often, so there are fewer short ones in each.
_LITERALS_A_FINDER = 48
_SHORT_ONES_A_FINDER = 16
_LONG_BYTES = 4


class Finder(Protocol):
    """Finds literals, numbered in order: those as spelled, then those in any case (lower-case)."""

    def hits(self, text: bytes) -> list[Hit]:
        """All occurrences, overlapping ones too; and the last escape, if there is one."""
        ...

    def prepare(self) -> Hits:
        """Make now what searches texts of any length, and get its `hits`."""


def finder(exact: tuple[bytes, ...], folded: tuple[bytes, ...]) -> Finder:
    """The fastest finder that there is on this platform."""
    portable = Portable(exact, folded)
    return portable if hyperscan is None else PortableFirst(exact, folded, portable)


class PortableFirst:
    """Searches short texts with a portable finder, until a vectorized one pays.

    That takes 25 ms to make, which a process that replays a few requests would only wait for.
    """

    def __init__(
        self, exact: tuple[bytes, ...], folded: tuple[bytes, ...], portable: Portable
    ) -> None:
        self._literals = exact, folded
        self._portable = portable
        self._vectorized: Vectorized | None = None
        self._n_left = _SHORT_TEXTS_BYTES

    def hits(self, text: bytes) -> list[Hit]:
        if self._vectorized is None:
            self._n_left -= len(text)
            if len(text) < _LARGE_BYTES and self._n_left >= 0:
                return self._portable.hits(text)
        return self.prepare()(text)

    def prepare(self) -> Hits:
        """Make the vectorized finder now, before something waits for it."""
        if self._vectorized is None:
            self._vectorized = Vectorized(*self._literals, self._portable)
        return self._vectorized.hits


class Vectorized:
    """All in one scan; each thread has the scratch space for it that the library asks for."""

    def __init__(self, exact: tuple[bytes, ...], folded: tuple[bytes, ...], longer: Finder) -> None:
        literals = (*exact, *folded)
        self._sizes = tuple(map(len, literals))
        self._escape = len(literals)
        self._longer = longer  # for texts beyond 4 GB
        flags = [0] * len(exact) + [hyperscan.HS_FLAG_CASELESS] * len(folded)
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[re.escape(literal) for literal in (*literals, *SIGNS)],
            # One number for all signs of an escape, of which one occurrence is enough to know.
            ids=[*range(len(literals)), *[self._escape] * len(SIGNS)],
            elements=len(literals) + len(SIGNS),
            flags=flags + [hyperscan.HS_FLAG_SINGLEMATCH] * len(SIGNS),
        )
        self._own = threading.local()

    def hits(self, text: bytes) -> list[Hit]:
        if len(text) > _MAX_SCAN_BYTES:
            return self._longer.hits(text)
        ends: list[tuple[int, int]] = []
        try:
            self._database.scan(
                text, match_event_handler=_take, context=ends, scratch=self._scratch()
            )
        except hyperscan.ScratchInUseError:  # a signal's handler, in the midst of a scan
            ends.clear()
            scratch = hyperscan.Scratch(self._database)
            self._database.scan(text, match_event_handler=_take, context=ends, scratch=scratch)
        return self._hits(text, ends) if ends else []

    def _scratch(self) -> Any:
        try:
            return self._own.scratch
        except AttributeError:
            self._own.scratch = hyperscan.Scratch(self._database)
            return self._own.scratch

    def _hits(self, text: bytes, ends: list[tuple[int, int]]) -> list[Hit]:
        sizes, signs = self._sizes, self._escape
        hits = [(n, end - sizes[n], end) for n, end in ends if n != signs]
        if len(hits) < len(ends) and (escape := last_escape(text)) >= 0:
            hits.append((ESCAPE, escape, escape + 1))
        return hits


def _take(number: int, _start: int, end: int, _flags: int, ends: list[tuple[int, int]]) -> None:
    ends.append((number, end))


class Portable:
    """Automata for literals as spelled and for those in any case; quick ones for large texts."""

    def __init__(self, exact: tuple[bytes, ...], folded: tuple[bytes, ...]) -> None:
        self._literals = exact, folded
        self._automata: tuple[BytesAhoCorasick, ...] = ()
        self._quick: tuple[tuple[BytesAhoCorasick, ...], ...] = ()

    def prepare(self) -> Hits:
        return self.hits

    def hits(self, text: bytes) -> list[Hit]:
        lower = text.lower()
        escape = last_escape(text)
        found: list[Hit] = [] if escape < 0 else [(ESCAPE, escape, escape + 1)]
        if len(text) >= _LARGE_BYTES and self._none_in(text, lower):
            return found
        if not self._automata:
            self._automata = tuple(
                BytesAhoCorasick(words or (b"\0",), implementation=Implementation.DFA)
                for words in self._literals
            )
        exact, folded = self._automata
        found += exact.find_matches_as_indexes(text, overlapping=True)
        first = len(self._literals[0])
        named = folded.find_matches_as_indexes(lower, overlapping=True)
        found += ((n + first, at, end) for n, at, end in named)
        return found

    def _none_in(self, text: bytes, lower: bytes) -> bool:
        if not self._quick:
            self._quick = tuple(map(_quick_finders, self._literals))
        return not any(
            finder.find_matches_as_indexes(form)
            for finders, form in zip(self._quick, (text, lower), strict=True)
            for finder in finders
        )


def _quick_finders(literals: tuple[bytes, ...]) -> tuple[BytesAhoCorasick, ...]:
    """Finders that together tell whether any literal occurs, at five times the speed.

    A few dozen literals, of which only the leftmost match is needed, are searched by vector
    instructions, by as many first bytes as the shortest has: so short ones are searched apart. A
    literal that contains another need not be searched at all.
    """
    needed = sorted(w for w in literals if not any(o in w for o in literals if o != w))
    by_size: dict[int, list[bytes]] = {}
    for word in needed:
        by_size.setdefault(min(len(word), _LONG_BYTES), []).append(word)
    groups = []
    for size, some in by_size.items():
        most = _LITERALS_A_FINDER if size == _LONG_BYTES else _SHORT_ONES_A_FINDER
        groups += [some[n : n + most] for n in range(0, len(some), most)]
    return tuple(BytesAhoCorasick(group, matchkind=MatchKind.LeftmostFirst) for group in groups)


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
        """Where they occur; made when it is first used."""
        return finder(self._exact, self._folded)
