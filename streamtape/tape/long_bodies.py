"""Long bodies of requests, masked as they are read: nothing has all of one in memory. Pure.

What masks them is what masks an upload while it comes in. A compressed body is given as it is where
nothing in it is to be masked, and else compressed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from streamtape.content.decode import decoder_for, encodings
from streamtape.content.encode import ContentEncoder
from streamtape.errors import ContentError
from streamtape.tape.model import Redaction, Request, StoredBody, header
from streamtape.tape.request_masks import UploadMasks

LONG_BYTES = 8 << 20  # bodies beyond this are never in memory as a whole
LONG_CODED_BYTES = 1 << 20  # the same of compressed ones: what they decode to is longer
_DECODED_AT_ONCE = 16 << 10


def is_long(request: Request) -> bool:
    """Whether the body of a request is only ever read in pieces."""
    n_bytes = request.n_body_bytes
    if n_bytes <= LONG_CODED_BYTES:  # as nearly all are: their headers need not be read
        return False
    coded = encodings(header(request.headers, "content-encoding"))
    return n_bytes > (LONG_CODED_BYTES if coded else LONG_BYTES)


class Pieces:
    """A body in memory, to be read in pieces."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    @property
    def n_bytes(self) -> int:
        """Its length."""
        return len(self._body)

    def pieces(self) -> Iterator[bytes]:
        """Iterate over it."""
        for at in range(0, len(self._body), LONG_CODED_BYTES):
            yield self._body[at : at + LONG_CODED_BYTES]


class MaskedBody:
    """The body of a request, less its secrets; `new_masks` makes what masks it, for each reading.

    `encoding` is its content-encoding, or None.
    """

    def __init__(
        self, source: StoredBody, encoding: str | None, new_masks: Callable[[bytes], UploadMasks]
    ) -> None:
        self._source = source
        self._encoding = encoding if encodings(encoding) else None
        self._new_masks = new_masks

    @cached_property
    def n_bytes(self) -> int:
        """How many bytes `pieces` gives."""
        if self._is_coded and self._is_changed:
            return sum(map(len, self._encoded()))
        return self._source.n_bytes

    @cached_property
    def _is_changed(self) -> bool:
        return bool(self.found(b""))

    @cached_property
    def _is_coded(self) -> bool:
        """Whether the body has a content-encoding, and is what that says."""
        if self._encoding is None:
            return False
        try:
            for _ in decoded(self._source.pieces(), self._encoding):
                pass
        except ContentError:
            return False
        return True

    def pieces(self) -> Iterator[bytes]:
        """Iterate over the masked body."""
        if not self._is_coded:
            return masked_pieces(self._source.pieces(), self._new_masks(b""))
        return self._encoded() if self._is_changed else self._source.pieces()

    def found(self, key: bytes) -> tuple[Redaction, ...]:
        """What is masked, with digests keyed by `key`."""
        masks = self._new_masks(key)
        for _ in masked_pieces(self._content(), masks):
            pass
        return tuple(masks.take_found())

    def _content(self) -> Iterator[bytes]:
        if not self._is_coded:
            return self._source.pieces()
        return decoded(self._source.pieces(), self._encoding)

    def _encoded(self) -> Iterator[bytes]:
        encoder = ContentEncoder(self._encoding)
        for piece in masked_pieces(self._content(), self._new_masks(b"")):
            yield encoder.feed(piece)
        yield encoder.close()


def decoded(pieces: Iterable[bytes], encoding: str | None) -> Iterator[bytes]:
    """Undo a content-encoding piece by piece, a little at a time; ContentError if it is unknown."""
    decoder = decoder_for(encoding)
    for piece in pieces:
        for at in range(0, len(piece), _DECODED_AT_ONCE):
            if content := decoder.feed(piece[at : at + _DECODED_AT_ONCE]):
                yield content


def masked_pieces(content: Iterable[bytes], masks: UploadMasks) -> Iterator[bytes]:
    """Mask a body; what is not decided yet is kept back."""
    pending = bytearray()
    start = 0  # the offset of `pending` in the body
    for masked in masks.all_of(content):
        for offset, data in masked.patches:
            at = offset - start
            pending[at : at + len(data)] = data
        pending += masked.data
        pending += b"*" * masked.n_masked
        n_decided = masks.n_decided - start
        if n_decided > 0:
            yield bytes(pending[:n_decided])
            del pending[:n_decided]
            start += n_decided
    if pending:
        yield bytes(pending)
