"""The search for secrets in text: by the table of patterns, and by a user's own rules. Pure.

Text is looked at in two steps: do any literals of the patterns occur, all of them asked in one
pass; and, only then, which patterns match, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ahocorasick_rs import BytesAhoCorasick

from streamtape.tape.leaves import documents, joined, path_pattern
from streamtape.tape.patterns import OPEN, PATTERNS, Pattern, Span


class Search:
    """Looks for the kinds that are on, and for patterns and JSON paths of the user's own."""

    def __init__(
        self,
        off: Iterable[str] = (),
        more: Iterable[tuple[str, str]] = (),
        json_paths: Iterable[str] = (),
    ) -> None:
        without = set(off)
        self.paths = tuple(map(path_pattern, json_paths))
        own = tuple(
            Pattern(kind, (), re.compile(regex.encode()))
            for kind, regex in more
            if kind not in without
        )
        self.has_own = bool(own or self.paths)
        self._own = own
        self._by_literal: dict[bytes, list[Pattern]] = {}
        for pattern in PATTERNS:
            if pattern.kind not in without:
                for literal in pattern.literals:
                    self._by_literal.setdefault(literal, []).append(pattern)
        self._literals = tuple(self._by_literal)
        # All literals in one pass: fifteen times faster than a regular expression of them.
        self._finder = BytesAhoCorasick(self._literals) if self._literals else None
        self._open = tuple(pattern for pattern in OPEN if pattern.kind not in without)

    def hits(self, text: bytes) -> list[bytes]:
        """The literals that occur: where there are none, `find` finds nothing."""
        if self._finder is None:
            return []
        matches = self._finder.find_matches_as_indexes(text.lower(), overlapping=True)
        return [self._literals[n] for n in sorted({match[0] for match in matches})]

    def find(self, text: bytes, hits: list[bytes] | None = None) -> list[Span]:
        """All secrets in a text, in order; they don't overlap."""
        if hits is None:
            hits = self.hits(text)
        if not hits and not self.has_own:
            return []
        lower = text.lower()
        tried = dict.fromkeys(p for hit in hits for p in self._by_literal[hit])
        spans = sorted(s for p in (*tried, *self._own) for s in p.spans(text, lower, hits))
        if self.paths:
            spans = sorted((*spans, *self._at_paths(text)))
        return list(_merged(spans)) if len(spans) > 1 else spans

    def _at_paths(self, text: bytes) -> Iterator[Span]:
        for document in documents(text):
            for path, start, end, is_text in document.leaves:
                wanted = is_text and any(p.fullmatch(joined(path)) for p in self.paths)
                if wanted and text[start:end].strip(b"*"):
                    yield Span(start, end, "path")

    def open_from(self, text: bytes, hits: list[bytes]) -> int:
        """Where something begins that may be a secret once it ends; the length if nowhere."""
        start, lower = len(text), text.lower()
        for pattern in self._open:
            if not set(hits).isdisjoint(pattern.literals):
                for span in pattern.spans(text, lower, hits):
                    start = min(start, span.start)
        return start


def _merged(spans: list[Span]) -> Iterator[Span]:
    last = spans[0]
    for span in spans[1:]:
        if span.start < last.end:
            last = Span(last.start, max(last.end, span.end), last.kind)
        else:
            yield last
            last = span
    yield last


@lru_cache(maxsize=8)
def default_search() -> Search:
    """The search for every known kind."""
    return Search()
