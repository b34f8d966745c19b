"""The body of a request that is sure to be recorded, taken down while it comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from streamtape.errors import CassetteWriteError
from streamtape.tape.journal import Uploaded
from streamtape.tape.model import Redaction, Request


class CassetteStore(Protocol):
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
    store: Uploaded | None


class Upload:
    """One body: feed it piece by piece, then close it, or withdraw it.

    A journal that can't be written never disturbs the sender: the body is taken down no further,
    and the session fails with the error when it ends.
    """

    def __init__(
        self,
        request: Request,
        redactions: Iterable[Redaction],
        store: CassetteStore,
        failed: Callable[[CassetteWriteError], None],
    ) -> None:
        self._request = request
        self._redactions = tuple(redactions)
        self._store = store
        self._failed = failed
        self._active = True

    def feed(self, data: bytes) -> None:
        """Take a piece."""
        self._do(lambda: self._store.feed(data))

    def close(self) -> WholeUpload:
        """End it; the session is to begin the request that this gives."""
        store: list[Uploaded] = []
        self._do(lambda: store.append(self._store.close()))
        redactions = (*self._redactions, *self._store.redactions)
        return WholeUpload(self._request, redactions, store[0] if store else None)

    def withdraw(self) -> None:
        """Its sender broke off: there was no request."""
        self._do(self._store.withdraw)
        self._active = False

    def _do(self, action: Callable[[], None]) -> None:
        if not self._active:
            return
        try:
            action()
        except CassetteWriteError as error:
            self._active = False
            self._failed(error)
