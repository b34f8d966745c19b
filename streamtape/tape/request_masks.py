"""The body of a request, masked while it comes in. Pure, incremental, one instance a body.

What a form's field is masked for by its name is masked first, then what patterns find, as in the
body of a response. The masks are listed as those of a body that is there whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from streamtape.content.forms import boundary_of, is_urlencoded
from streamtape.secrets.multipart import MultipartMask
from streamtape.secrets.scanner import Search
from streamtape.secrets.streaming import LARGE_BYTES, BodyRedactor, Masked
from streamtape.secrets.urlencoded import UrlencodedMask
from streamtape.tape.model import Redaction

MAX_LISTED = 1000  # masks of one body that are listed; the rest is masked all the same
DIGEST_BYTES = 2
_SLICE_BYTES = LARGE_BYTES - 1


class Digest:
    """A secret's digest, keyed by its request: short, so that it does not give the secret away."""

    def __init__(self, key: bytes) -> None:
        self._hash = hashlib.blake2b(key=key, digest_size=16, person=b"streamtape")

    def add(self, data: bytes) -> None:
        """Take the next bytes of the secret."""
        self._hash.update(data)

    def end(self, where: str) -> str:
        """Get the digest; it depends on where the secret was."""
        self._hash.update(where.encode("utf-8", "replace"))
        return self._hash.digest()[:DIGEST_BYTES].hex()


class UploadMasks:
    """Masks one body: feed it piece by piece, then close it.

    `key` keys the digests. `kind_of` says what a form's field is masked for by its name, or None.
    """

    def __init__(
        self, search: Search, key: bytes, content_type: str, kind_of: Callable[[str], str | None]
    ) -> None:
        self._key = key
        self._kind_of = kind_of
        self._found: list[Redaction] = []
        self._n_listed = 0
        self._redactor = BodyRedactor(search)
        is_form = content_type.partition(";")[0].strip().lower() == "multipart/form-data"
        boundary = boundary_of(content_type) if is_form else None
        self._search = search
        self._form: MultipartMask | UrlencodedMask | None = None
        if boundary is not None:
            self._form = MultipartMask(boundary, self._field)
        elif is_urlencoded(content_type):
            self._form = UrlencodedMask(self._field, self._holds_secret, self._value)

    def feed(self, data: bytes) -> Iterator[Masked]:
        """Take a piece; a few bytes of a form may be given only with the next one."""
        return self._mask(data if self._form is None else self._form.feed(data))

    def close(self) -> Iterator[Masked]:
        """Get what was held back, then the last patches."""
        yield from self._mask(b"" if self._form is None else self._form.close())
        yield self._listed(self._redactor.close())

    def all_of(self, pieces: Iterable[bytes]) -> Iterator[Masked]:
        """Mask a whole body, read in pieces."""
        for piece in pieces:
            yield from self.feed(piece)
        yield from self.close()

    @property
    def n_decided(self) -> int:
        """How many bytes of the body no later patch changes."""
        return self._redactor.n_decided

    def take_found(self) -> list[Redaction]:
        """The masks that were not taken before."""
        found, self._found = self._found, []
        return found

    def _mask(self, data: bytes) -> Iterator[Masked]:
        # A look at less than a large piece finds whatever a look at the whole body does.
        for at in range(0, len(data), _SLICE_BYTES):
            yield self._listed(self._redactor.feed(data[at : at + _SLICE_BYTES]))

    def _listed(self, masked: Masked) -> Masked:
        for (start, _, kind), secret in zip(masked.found, masked.secrets, strict=True):
            listed = _Field(self, kind, start)
            listed.add(secret)
            listed.end()
        return masked

    def _field(self, name: str, offset: int) -> _Field | None:
        kind = self._kind_of(name)
        return None if kind is None else _Field(self, kind, offset)

    def _holds_secret(self, text: bytes) -> bool:
        return bool(text.strip(b"*") and self._search.find(text))

    def _value(self, offset: int, value: bytes, text: bytes) -> None:
        """Take down a value that is masked for what it is without its escapes."""
        listed = _Field(self, self._search.find(text)[0].kind, offset)
        listed.add(value)
        listed.end()

    def begin_digest(self) -> Digest:
        """Begin the digest of a secret of this body."""
        return Digest(self._key)

    def list(self, where: str, kind: str, digest: str) -> None:
        """Take down a mask."""
        self._n_listed += 1
        if self._n_listed <= MAX_LISTED:
            self._found.append(Redaction(f"request.{where}", kind, digest))


class _Field:
    """A secret of a body: where it is, and its digest."""

    def __init__(self, masks: UploadMasks, kind: str, start: int) -> None:
        self._masks = masks
        self._kind = kind
        self._start = start
        self._n_bytes = 0
        self._digest = masks.begin_digest()
        self._is_mask = True  # it is nothing but stars: masked before it came here

    def add(self, data: bytes) -> None:
        """Take the next bytes of it."""
        self._is_mask = self._is_mask and not data.strip(b"*")
        self._n_bytes += len(data)
        self._digest.add(data)

    def end(self) -> None:
        """List it."""
        if not self._is_mask:
            where = f"body:{self._start}+{self._n_bytes}"
            self._masks.list(where, self._kind, self._digest.end(where))
