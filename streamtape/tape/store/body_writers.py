"""The records that a journal gets for each chunk of a body, masked.

A plain body's chunks are written as they are, masked. The chunks of a compressed body can be
written only once what they decode to is known to hold no secret, and that is known a chunk later;
until then the decoded content replaces them, masked. Once something in it was masked, the wire
bytes are never written, and the body is compressed again when the cassette is made. Pure.
"""

from __future__ import annotations

from typing import Protocol

from streamtape.content import encode
from streamtape.content.decode import decoder_for, encodings
from streamtape.errors import ContentError, ContentLimitError
from streamtape.secrets.binary_media import holds_no_text
from streamtape.secrets.patterns import Span
from streamtape.secrets.scanner import Search
from streamtape.secrets.streaming import BodyRedactor
from streamtape.tape import journal
from streamtape.tape.journal import Data
from streamtape.tape.model import Head, Redaction

MAX_LISTED = 1000  # masks of one body that are listed; the rest is masked all the same


class Body(Protocol):
    """Takes a body's chunks and gives the records to write, before the client has the chunk.

    ContentLimitError from `feed` where a chunk decodes to so much that it can't be searched.
    """

    def feed(self, at_us: int, data: bytes) -> tuple[Data, ...]: ...
    def close(self) -> bytes: ...


def body_of(number: int, head: Head, search: Search) -> Body:
    """The way of writing that the head of a response asks for."""
    encoding = head.get("content-encoding")
    if encodings(encoding) and encode.can_encode(encoding):
        return _Coded(number, encoding, search)
    return _Plain(number, search, content_type=head.get("content-type"))


class _Plain:
    def __init__(
        self, number: int, search: Search, offset: int = 0, content_type: str | None = None
    ) -> None:
        self._number = number
        self._content_type = None if search.has_own else content_type
        self._is_media: bool | None = None  # known from the first bytes on
        self._redactor = BodyRedactor(search)
        self._listed = _Listed(number)
        self._offset = offset  # the offset in the body

    def feed(self, at_us: int, data: bytes) -> tuple[Data, ...]:
        if self._is_media is None and data:
            self._is_media = holds_no_text(self._content_type, data)
        if self._is_media:
            return journal.chunk(self._number, at_us, data)
        masked = self._redactor.feed(data)
        record = journal.chunk(self._number, at_us, masked.data, masked.n_masked)
        if masked.patches or masked.found:
            listed = self._listed.records(masked.found)
            return self._patches(masked.patches), *record, listed
        return record

    def close(self) -> bytes:
        masked = self._redactor.close()
        return self._patches(masked.patches) + self._listed.records(masked.found)

    def _patches(self, patches: tuple[tuple[int, bytes], ...]) -> bytes:
        return b"".join(
            journal.patch(self._number, self._offset + offset, data) for offset, data in patches
        )


class _Coded:
    def __init__(self, number: int, encoding: str | None, search: Search) -> None:
        self._number = number
        self._decoder = decoder_for(encoding)
        self._redactor = BodyRedactor(search)
        self._listed = _Listed(number)
        self._withheld: list[Data] = []  # records of chunks, not to be written yet
        self._recoded = False
        self._undecodable: _Plain | None = None
        self._search = search
        self._offset = 0  # in the content
        self._n_bytes = 0

    def feed(self, at_us: int, data: bytes) -> tuple[Data, ...]:
        if self._undecodable is not None:
            return () if self._recoded else self._undecodable.feed(at_us, data)
        try:
            piece = self._decoder.feed(data)
        except ContentLimitError:
            raise
        except ContentError:  # not what its encoding says: the client will find out, too
            whole = self.close()
            self._undecodable = _Plain(self._number, self._search, self._n_bytes)
            return whole, *self.feed(at_us, data)
        self._n_bytes += len(data)
        masked = self._redactor.feed(piece)
        out = b""
        if masked.found:
            self._recoded = True
            self._withheld.clear()
        elif piece and self._redactor.clear and not self._recoded:
            # What decodes only now began in this chunk or in the one before: all before is known.
            out = b"".join(self._withheld)
            self._withheld.clear()
        if not self._recoded:
            self._withheld += journal.chunk(self._number, at_us, data)
        out += journal.content(self._number, at_us, self._offset, masked.shown)
        self._offset += len(piece)
        return (out + self._patches(masked.patches) + self._listed.records(masked.found),)

    def close(self) -> bytes:
        if self._undecodable is not None:
            return self._undecodable.close()
        masked = self._redactor.close()
        if masked.found:
            self._recoded = True
            self._withheld.clear()
        out = b"".join(self._withheld)
        self._withheld.clear()
        return out + self._patches(masked.patches) + self._listed.records(masked.found)

    def _patches(self, patches: tuple[tuple[int, bytes], ...]) -> bytes:
        if not self._recoded and not self._withheld:
            return b""  # every content record has its chunk in its place
        return b"".join(
            journal.content_patch(self._number, offset, data) for offset, data in patches
        )


class _Listed:
    """The list of what was masked, for the cassette."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._n = 0

    def records(self, found: tuple[Span, ...]) -> bytes:
        out = b""
        for start, end, kind in found:
            self._n += 1
            if self._n <= MAX_LISTED:
                where = f"response.body:{start}+{end - start}"
                out += journal.redaction(self._number, Redaction(where, kind))
        return out
