"""The body of a request that is sure to be recorded, taken down while it comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from streamtape.errors import CassetteWriteError
from streamtape.tape.journal import Uploaded
from streamtape.tape.model import Redaction, Request


class Place(Protocol):
    """Where a body goes; `tape.store` has it in the journal."""

    redactions: list[Redaction]

    def feed(self, data: bytes) -> None: ...
    def close(self) -> Uploaded: ...
    def withdraw(self) -> None: ...


@dataclass(frozen=True, slots=True)
class WholeUpload:
    """A request, less its secrets, whose body is taken down: `place` says where.

    `place` is None where it could not be written.
    """

    request: Request
    redactions: tuple[Redaction, ...]
    place: Uploaded | None


class Upload:
    """One body: feed it piece by piece, then close it, or withdraw it.

    A journal that can't be written never disturbs the sender: the body is taken down no further,
    and the session fails with the error when it ends.
    """

    def __init__(
        self,
        request: Request,
        redactions: Iterable[Redaction],
        place: Place,
        failed: Callable[[CassetteWriteError], None],
    ) -> None:
        self._request = request
        self._redactions = tuple(redactions)
        self._place = place
        self._failed = failed
        self._active = True

    def feed(self, data: bytes) -> None:
        """Take a piece."""
        self._do(lambda: self._place.feed(data))

    def close(self) -> WholeUpload:
        """End it; the session is to begin the request that this gives."""
        place: list[Uploaded] = []
        self._do(lambda: place.append(self._place.close()))
        redactions = (*self._redactions, *self._place.redactions)
        return WholeUpload(self._request, redactions, place[0] if place else None)

    def withdraw(self) -> None:
        """Its sender broke off: there was no request."""
        self._do(self._place.withdraw)
        self._active = False

    def _do(self, action: Callable[[], None]) -> None:
        if not self._active:
            return
        try:
            action()
        except CassetteWriteError as error:
            self._active = False
            self._failed(error)
