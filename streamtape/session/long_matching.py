"""Long bodies of requests compared without having them in memory: by a digest of what they say.

Compressed bodies are compared decoded, multipart bodies without their random boundary, and a mask
of any length matches a secret of any length; otherwise every byte counts, in JSON as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from streamtape.content.decode import encodings
from streamtape.content.forms import boundary_of
from streamtape.errors import ContentError
from streamtape.session.difference import MOST_SHOWN, Difference, text_of
from streamtape.tape.long_bodies import LONG_BYTES, decoded
from streamtape.tape.model import Request, StoredBody, header

_MASK_BYTES = 6  # from here on, the length of a mask says nothing
_MASKS = re.compile(rb"\*{%d,}" % _MASK_BYTES)


class Digest(NamedTuple):
    """What a long body is compared by."""

    sha256: str
    has_masks: bool


class Digests:
    """The digests of long bodies, each made once."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[StoredBody, Digest] = WeakKeyDictionary()

    def of(self, request: Request) -> Digest:
        """The digest of a request's body."""
        stored = request.stored_body()
        known = None if stored is None else self._known.get(stored)
        if known is not None:
            return known
        sha256, has_masks = hashlib.sha256(), False
        for piece in comparable(request):
            sha256.update(piece)
            has_masks = has_masks or b"****" in piece
        made = Digest(sha256.hexdigest(), has_masks)
        if stored is not None:
            self._known[stored] = made
        return made

    def are_same(self, recorded: Request, requested: Request) -> bool:
        """Whether two bodies are equal, but for their masks."""
        return self.of(recorded).sha256 == self.of(requested).sha256

    def difference(self, recorded: Request, requested: Request) -> Difference | None:
        """Where two bodies differ of which one is long; None where they don't."""
        one, other = self.of(recorded), self.of(requested)
        if one.sha256 == other.sha256:
            return None
        at, old, new = _first_difference(comparable(recorded), comparable(requested))
        return Difference(
            f"body, from byte {at:,} on (over {LONG_BYTES >> 20} MiB, bodies are compared byte by "
            "byte, JSON too)",
            _text(recorded, one, old),
            _text(requested, other, new),
        )


def _text(request: Request, digest: Digest, piece: bytes) -> str:
    return f"{text_of(piece)} ({request.n_body_bytes:,} bytes, sha256 {digest.sha256[:12]}...)"


def comparable(request: Request) -> Iterator[bytes]:
    """Iterate over what is compared of a body."""
    content_type = header(request.headers, "content-type") or ""
    boundary = boundary_of(content_type) if "multipart/" in content_type.lower() else None
    pieces = _content(request)
    return _without_lengths(pieces if boundary is None else _without(boundary, pieces))


def _content(request: Request) -> Iterator[bytes]:
    encoding = header(request.headers, "content-encoding")
    if not encodings(encoding):
        return request.body_pieces()
    try:
        for _ in decoded(request.body_pieces(), encoding):
            pass
    except ContentError:
        return request.body_pieces()
    return decoded(request.body_pieces(), encoding)


def _without(boundary: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A multipart body whose boundary is always the same."""
    pending = b""
    for piece in pieces:
        pending += piece
        *whole, rest = pending.split(boundary)
        at = max(0, len(rest) - len(boundary) + 1)
        yield b"boundary".join((*whole, rest[:at]))
        pending = rest[at:]
    yield pending


def _without_lengths(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A body whose masks all have one length."""
    n_open = 0  # stars at the end of what came before
    for piece in pieces:
        text = b"*" * n_open + piece
        rest = text.rstrip(b"*")
        n_open = min(len(text) - len(rest), _MASK_BYTES)
        if rest:
            yield _MASKS.sub(b"*" * _MASK_BYTES, rest)
    yield b"*" * n_open


def _first_difference(one: Iterator[bytes], other: Iterator[bytes]) -> tuple[int, bytes, bytes]:
    """Where two bodies differ first, and what either has there, with what comes before it."""
    at, before, left, right = 0, b"", b"", b""
    while True:
        left = left or next((piece for piece in one if piece), b"")
        right = right or next((piece for piece in other if piece), b"")
        size = min(len(left), len(right))
        if not size or left[:size] != right[:size]:
            same = next((n for n in range(size) if left[n] != right[n]), size)
            start, end = max(0, same - MOST_SHOWN // 3), same + MOST_SHOWN // 3
            before = b"" if same else before
            return at + same, before + left[start:end], before + right[start:end]
        at, before = at + size, left[max(0, size - MOST_SHOWN // 3) : size]
        left, right = left[size:], right[size:]
