"""One kind of secret as an expression, tried only where one of its literals occurs. Pure.

The kinds themselves are in `kinds` (by shape), `known` (by what surrounds them) and `named` (by the
name beside the value); `scanner` searches for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

# What ends in a letter or digit and belongs to no token: escapes (JSON's \n and \u003d, a URL's
# %3D), colours of a terminal (`ESC[32m`, `ESC[K`), the length before a text in MessagePack, CBOR
# and Protocol Buffers.
_ESCAPED = (
    rb"(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2})|"
    rb"(?<=\[[mKJ])|(?<=[\[;][0-9][mKJ])|(?<=[\[;][0-9]{2}m)|(?<=[\[;][0-9]{3}m)|"
    rb"(?<=[\x00-\x08\n-\x0c\x0e-\x1f\x7f-\xff][0-9A-Za-z])"
)
# Where a token may begin: after anything but a letter or digit, or after one of those.
BOUNDARY = rb"(?:(?<![A-Za-z0-9])|" + _ESCAPED + rb")"
# The same for prefixes so short that they occur in base64url: not after its signs either.
STRICT_BOUNDARY = rb"(?:(?<![A-Za-z0-9_-])|" + _ESCAPED + rb")"
# What a key may be glued to, from the beginning of a token: words of one case, and short numbers.
_GLUE = re.compile(
    rb"[_-]{0,3}(?:(?:(?:[A-Z]?[a-z]{1,24}|[A-Z]{1,24})[0-9]{0,3}|[0-9]{1,4})[_-]{1,2})*(?:[A-Z]?[a-z]{1,24}|[A-Z]{1,24})?"
)
_TOKEN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_MOST_GLUE = 48
_LEAST_GLUED = 4  # bytes of a glued literal: shorter ones occur in words
MAX_SECRET_BYTES = 1 << 15  # longer words are not looked at


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
    within the match; `more` is what the secret goes on with. `glued` is the expression without its
    boundary: it is tried behind words that run into the secret (`call_`, `req`).
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
        glued: bytes | None = None,
    ) -> None:
        self.kind = kind
        self.literals = literals
        self.folded = folded
        self._expression = expression
        self._accept = accept
        self._parts = parts
        self._before = before
        self._more = more
        self._glued = glued

    @cached_property
    def _regex(self) -> re.Pattern[bytes]:
        return re.compile(self._expression)

    def spans_at(self, text: bytes, offsets: Iterable[int]) -> Iterator[Span]:
        """Iterate over the secrets whose literals stand at these places of a text."""
        match, before = self._regex.match, self._before
        for at in offsets:
            found = match(text, at - before) if at >= before else None
            if found is None and self._glued is not None and self._is_glued(text, at):
                found = re.compile(self._glued).match(text, at)
            if found is not None:
                yield from self._spans(text, found)

    def spans(self, text: bytes) -> Iterator[Span]:
        """Iterate over all secrets in a text."""
        for match in self._regex.finditer(text):
            yield from self._spans(text, match)

    def _is_glued(self, text: bytes, at: int) -> bool:
        """Whether words run into what is at an offset of a text.

        Encoded data does not look so: letters of both cases and digits are mixed there. If a
        slash or a plus precedes the words, they must be joined by signs, which that data does not
        have.
        """
        before = text[max(0, at - _MOST_GLUE - 1) : at]
        words = before[len(before.rstrip(_TOKEN)) :]
        if not words or len(words) > _MOST_GLUE or _GLUE.fullmatch(words) is None:
            return False
        if words[-1:] not in {b"_", b"-"} and min(map(len, self.literals)) < _LEAST_GLUED:
            return False
        has_sign = b"_" in words or b"-" in words
        return has_sign or before[: -len(words)][-1:] not in {b"/", b"+"}

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


class OwnPattern(Pattern):
    """A user's own expression: the first group that matches a character is masked.

    Where no group takes part in a match, the whole match is.
    """

    def _spans(self, text: bytes, match: re.Match[bytes]) -> Iterator[Span]:
        if "s" in match.re.groupindex and match.start("s") >= 0:
            groups = [match.span("s")]
        else:
            groups = [span for span in match.regs[1:] if span[0] >= 0]
        filled = ((start, end) for start, end in groups or [match.span()] if start < end)
        for start, end in islice(filled, 1):
            yield Span(start, end, self.kind)


def pattern(
    kind: str,
    literals: str,
    expression: bytes,
    accept: Accept | None = None,
    *,
    parts: bytes | None = None,
    before: int = 0,
    more: bytes | None = None,
    glued: bool = False,
) -> Pattern:
    """A pattern whose literals are listed in a text; any case where the expression has `(?i`.

    One that is `glued` begins with a boundary, and is also found behind words that run into it.
    """
    words = tuple(sorted({word.encode() for word in literals.split()}))
    return Pattern(
        kind, words, expression, accept, parts=parts, before=before, more=more,
        folded=b"(?i" in expression, glued=without_boundary(expression) if glued else None,
    )  # fmt: skip


def without_boundary(expression: bytes) -> bytes:
    """An expression without the boundary that it begins with."""
    return expression.removeprefix(BOUNDARY).removeprefix(STRICT_BOUNDARY)
