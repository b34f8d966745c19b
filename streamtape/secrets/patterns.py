"""One kind of secret as an expression that is tried where a literal of it occurs. Pure.

The kinds themselves are in `kinds` (by shape), `known` (by what stands around them) and `named` (by
the name beside the value); `scanner` looks by all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

_ESCAPED = rb"(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2})"
# Where a token may begin: after anything but a letter or digit, or after an escape that ends in one
# (JSON's \n and \u003d, a URL's %3D).
BOUNDARY = rb"(?:(?<![A-Za-z0-9])|" + _ESCAPED + rb")"
# The same for prefixes so short that they occur in base64url: not after its signs either.
STRICT_BOUNDARY = rb"(?:(?<![A-Za-z0-9_-])|" + _ESCAPED + rb")"
MAX_SECRET_BYTES = 1 << 15  # nothing longer is looked for


class Span(NamedTuple):
    """A secret in a text."""

    start: int
    end: int
    kind: str


Accept = Callable[[re.Match[bytes]], bool]


class Pattern:
    """One kind of secret; the group `s`, or else group 1, or else the whole match, is masked.

    The expression is tried where a literal occurs, `before` bytes before it: searching for a short
    literal is a hundred times faster than searching for an expression. Most literals never occur,
    so the expression is compiled when the first one does. `folded` literals are lower-case, and
    found in any case. Without literals, the expression is searched for. `parts` masks only these
    within the match; `more` is what the secret goes on with.
    """

    def __init__(
        self,
        kind: str,
        literals: tuple[bytes, ...],
        expression: bytes,
        accept: Accept | None = None,
        *,
        parts: bytes | None = None,
        before: int = 0,
        more: bytes | None = None,
        folded: bool = False,
    ) -> None:
        self.kind = kind
        self.literals = literals
        self.folded = folded
        self._expression = expression
        self._accept = accept
        self._parts = parts
        self._before = before
        self._more = more

    @cached_property
    def _regex(self) -> re.Pattern[bytes]:
        return re.compile(self._expression)

    def spans_at(self, text: bytes, offsets: Iterable[int]) -> Iterator[Span]:
        """Iterate over the secrets whose literals stand at these places of a text."""
        match, before = self._regex.match, self._before
        for at in offsets:
            if at >= before and (found := match(text, at - before)) is not None:
                yield from self._spans(text, found)

    def spans(self, text: bytes) -> Iterator[Span]:
        """Iterate over all secrets in a text."""
        for match in self._regex.finditer(text):
            yield from self._spans(text, match)

    def _spans(self, text: bytes, match: re.Match[bytes]) -> Iterator[Span]:
        regex = match.re
        start, end = match.span("s" if "s" in regex.groupindex else min(1, regex.groups))
        if start == end or (self._accept is not None and not self._accept(match)):
            return
        if self._more is not None and (rest := re.compile(self._more).match(text, end)):
            end = rest.end()
        if self._parts is None:
            yield Span(start, end, self.kind)
            return
        for part in re.compile(self._parts).finditer(text, start, end):
            if part[1]:
                yield Span(*part.span(1), self.kind)


def pattern(
    kind: str,
    literals: str,
    expression: bytes,
    accept: Accept | None = None,
    *,
    parts: bytes | None = None,
    before: int = 0,
    more: bytes | None = None,
) -> Pattern:
    """A pattern whose literals are listed in a text; any case where the expression has `(?i`."""
    words = tuple(sorted({word.encode() for word in literals.split()}))
    folded = b"(?i" in expression
    return Pattern(
        kind, words, expression, accept, parts=parts, before=before, more=more, folded=folded
    )
