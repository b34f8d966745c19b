"""The body of a request, taken down in a journal while it comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streamtape.secrets.streaming import Masked
from streamtape.tape import journal
from streamtape.tape.journal import Data
from streamtape.tape.model import Ending, Redaction
from streamtape.tape.request_masks import UploadMasks


class JournalUpload:
    """One body: feed it piece by piece, then close it, or withdraw it.

    Every method writes before it returns; CassetteWriteError where that fails.
    """

    def __init__(self, number: int, masks: UploadMasks, write: Callable[..., None]) -> None:
        self.redactions: list[Redaction] = []  # the masks so far
        self._number = number
        self._masks = masks
        self._write = write
        self._n_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take a piece."""
        self._take(self._masks.feed(data))

    def close(self) -> journal.Uploaded:
        """End the body; get where it is, for the request that it belongs to."""
        self._take(self._masks.close())
        return journal.Uploaded(self._number, self._n_bytes)

    def withdraw(self) -> None:
        """Its sender broke off, and so there was no request."""
        self._write(journal.ending(self._number, Ending("abandoned")))

    def _take(self, pieces: Iterable[Masked]) -> None:
        records: list[Data] = []
        for masked in pieces:
            records += (journal.patch(self._number, *patch) for patch in masked.patches)
            if n_bytes := len(masked.data) + masked.n_masked:
                records += journal.piece(self._number, self._n_bytes, masked.data, masked.n_masked)
                self._n_bytes += n_bytes
        found = self._masks.take_found()
        records += (journal.redaction(self._number, redaction) for redaction in found)
        if records:
            self._write(*records)
        self.redactions += found
