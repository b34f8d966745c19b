"""The search for secrets in text: by the table of patterns, and by a user's own rules. Pure.

Text is searched in two steps: do any literals of the patterns occur (one pass for all of them), and
only then, which patterns match, and where. Text with escapes is also searched decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain

from streamtape.content.pieces import joined
from streamtape.json_path import path_pattern, path_text
from streamtape.secrets.assigned import MOST_OPEN
from streamtape.secrets.encoded import decoded
from streamtape.secrets.json_spans import documents
from streamtape.secrets.literals import ESCAPE, Hit, Literals
from streamtape.secrets.named import NAMED
from streamtape.secrets.patterns import OwnPattern, Span
from streamtape.secrets.unescape import unescaped

__all__ = ["Hit", "Search", "default_search"]

_MOST_CUT = MOST_OPEN + 512  # how far from the end the name of a cut-off value may be
_MOST_ESCAPED = 3  # layers of escapes to undo
_BEFORE_NAME = 64
_LONG_VALUE = 1 << 10
_LINE_END_BYTES = 8  # of a key in lines, whose ends may be escaped twice
_OPENING = re.compile(rb"\\*[\"']")
_QUOTE = re.compile(rb"(?:\\*[\"'`]|&[a-z0-9#]{2,5};)\Z")


class Search:
    """Looks for the kinds that are on, and for patterns and JSON paths of the user's own."""

    def __init__(
        self,
        off: Iterable[str] = (),
        more: Iterable[tuple[str, str]] = (),
        json_paths: Iterable[str] = (),
    ) -> None:
        without = frozenset(off)
        self.paths = tuple(map(path_pattern, json_paths))
        own = tuple(
            OwnPattern(kind, (), regex.encode()) for kind, regex in more if kind not in without
        )
        self.has_own = bool(own or self.paths)
        self._own = own
        self.literals = _literals(without)

    def prepare(self) -> None:
        """Make now what streams are searched with: no chunk should wait the 25 ms that it takes."""
        self.hits = self.literals.finder.prepare()

    @cached_property
    def hits(self) -> Callable[[bytes], list[Hit]]:
        """Where literals occur in a text, and which: where none does, `find` finds nothing."""
        return self.literals.finder.hits

    def find(self, text: bytes, hits: list[Hit] | None = None) -> list[Span]:
        """All secrets in a text, in order; they don't overlap."""
        if hits is None:
            hits = self.hits(text)
        if not hits and not self.has_own:
            return []
        spans = self._by_hits(text, hits)
        if _has_escapes(hits):
            spans += self._behind_escapes(text, _MOST_ESCAPED)
        if encoded := [hit for hit in hits if self.literals.is_spelling(hit[0])]:
            spans += self._in_base64(text, encoded)
        for pattern in self._own:
            spans += pattern.spans(text)
        if self.paths:
            spans += self._at_paths(text)
        return list(_merged(sorted(spans))) if len(spans) > 1 else spans

    def find_in_body(self, body: bytes) -> list[Span]:
        """All secrets in a whole body; it may be a form, and nothing precedes its first field."""
        return self.find_in_pieces((body,))

    def find_in_pieces(self, pieces: Iterable[bytes]) -> list[Span]:
        """All secrets in a body that comes in pieces; it is in memory once, for the search."""
        body = joined(chain((b"&",), pieces))
        spans = self.find_to_end(body, self.hits(body)) if len(body) > 1 else []
        return [Span(max(start - 1, 0), end - 1, kind) for start, end, kind in spans]

    def _by_hits(self, text: bytes, hits: list[Hit]) -> list[Span]:
        spans: list[Span] = []
        covered = 0  # names within a long value are not looked at: each could be as long
        for literal, at, _ in hits:
            for pattern in self.literals.patterns(literal):
                if at < covered and pattern is NAMED:
                    continue
                for span in pattern.spans_at(text, (at,)):
                    spans.append(span)
                    if span.end - span.start > _LONG_VALUE:
                        covered = max(covered, span.end)
        return spans

    def _behind_escapes(self, text: bytes, depth: int) -> Iterator[Span]:
        """What is found with the escapes undone, and with those undone that come up then."""
        bare = unescaped(text)
        hits = self.hits(bare.text)
        found = self._by_hits(bare.text, hits)
        if depth > 1 and _has_escapes(hits):
            found += self._behind_escapes(bare.text, depth - 1)
        for start, end, kind in found:
            yield Span(*bare.original(start, end), kind)

    def _in_base64(self, text: bytes, hits: list[Hit]) -> Iterator[Span]:
        spelled = [(self.literals.all[literal], at) for literal, at, _ in hits]

        def goes_on(part: bytes) -> bool:
            spans = self._by_hits(part, self.hits(part))
            return any(span.end >= len(part) - _LINE_END_BYTES for span in spans)

        for run in decoded(text, spelled, goes_on):
            for start, end, kind in self._by_hits(run.text, self.hits(run.text)):
                yield Span(*run.original(start, end), kind)

    def _at_paths(self, text: bytes) -> Iterator[Span]:
        for document in documents(text):
            for path, start, end, is_text in document.leaves:
                matches = is_text and any(p.match(path_text(path)) for p in self.paths)
                if matches and text[start:end].strip(b"*"):
                    yield Span(start, end, "path")

    def find_to_end(self, text: bytes, hits: list[Hit]) -> list[Span]:
        """The secrets that `find` finds, and a quoted value that the end of the text cuts off."""
        spans = self.find(text, hits)
        cut = list(self._cut_off(text, [hit for hit in hits if hit[2] >= len(text) - _MOST_CUT]))
        return list(_merged(sorted(spans + cut))) if cut else spans

    def _cut_off(self, text: bytes, hits: list[Hit]) -> Iterator[Span]:
        """Values in quotes that do not end: what they would be with the quote behind them."""
        for literal, at, _ in hits:
            opened = [
                span
                for pattern in self.literals.open_patterns(literal)
                for span in pattern.spans_at(text, (at,))
            ]
            for span in opened:
                quote = _QUOTE.search(text, max(at, span.start - 12), span.start)
                quote = quote or _OPENING.match(text, span.start)  # of a list: with its quotes
                if quote is None:
                    continue
                base = max(0, at - _BEFORE_NAME)
                closed = text[base:].rstrip(b"\\") + quote[0]
                for pattern in self.literals.patterns(literal):
                    for found in pattern.spans_at(closed, (at - base,)):
                        yield Span(found.start + base, min(found.end + base, len(text)), found.kind)

    def open_from(self, text: bytes, hits: list[Hit]) -> int:
        """Where something begins that may be a secret once it ends; the length if nowhere."""
        start = len(text)
        for literal, at, _ in hits:
            for pattern in self.literals.open_patterns(literal):
                for span in pattern.spans_at(text, (at,)):
                    start = min(start, span.start)
        return start


def _has_escapes(hits: Iterable[Hit]) -> bool:
    return any(literal == ESCAPE for literal, _, _ in hits)


@lru_cache(maxsize=8)
def _literals(without: frozenset[str]) -> Literals:
    return Literals(without)


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
