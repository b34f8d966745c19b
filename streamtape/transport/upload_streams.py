"""A request's body on its way to the upstream: it goes up as it comes, and is kept.

Nothing is read from its sender before the upstream takes it, so a slow upstream slows the sender
down. A cassette has requests whole, since replays are matched by them: the session learns of a
request once all of its body has come, which is before any answer. Until then it is kept in memory,
and beyond LONG_BYTES in the journal, or in a file without a name where it can be masked only when
it is whole: memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self, TypeVar

from streamtape.session.session import Session
from streamtape.session.upload_recording import Upload as Recording
from streamtape.session.upload_recording import WholeUpload
from streamtape.tape.model import Request
from streamtape.tape.store.spool import Spool

LONG_BYTES = 1 << 20
T = TypeVar("T")


class Kept:
    """The body of a request as far as it has come. `request` has none."""

    def __init__(self, session: Session, request: Request, started_at_us: int) -> None:
        self._session = session
        self._request = request
        self._started_at_us = started_at_us
        self._kept = Spool(2 * LONG_BYTES)
        self._upload: Recording | None = None
        self._must_be_whole = False

    @property
    def is_long(self) -> bool:
        """Whether so much is kept that a look at it takes a while."""
        return self._kept.n_bytes >= LONG_BYTES

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._upload is not None:
            self._upload.feed(piece)
        else:
            self._kept.add(piece)

    @property
    def should_spool(self) -> bool:
        """Whether `spool` is to be called."""
        return self.is_long and not self._must_be_whole

    def spool(self) -> None:
        """Go on in the journal, where the session can take down a body that is not whole."""
        self._upload = self._session.open_upload(self._request, self._started_at_us)
        self._must_be_whole = self._upload is None
        if self._upload is not None:
            for piece in self._kept.pieces():
                self._upload.feed(piece)
            self._kept = Spool()

    def whole(self) -> Request | WholeUpload:
        """The request with all of its body."""
        if self._upload is not None:
            return self._upload.close()
        body, one = self._kept.body(), self._request
        if isinstance(body, Spool):
            return Request.stored(one.method, one.url, one.headers, body)
        return replace(one, body=body)

    def withdraw(self) -> None:
        """Its sender broke off."""
        if self._upload is not None:
            self._upload.withdraw()


class Upload:
    """The body of a request, read piece by piece; `next_piece` gives None at its end."""

    def __init__(self, next_piece: Callable[[], Awaitable[bytes | None]]) -> None:
        self.kept: Kept | None = None
        self.begin: Callable[[Request | WholeUpload], None] | None = None
        self.is_whole = False
        self._next_piece = next_piece
        self._failure: BaseException | None = None

    def keep(self, kept: Kept, begin: Callable[[Request | WholeUpload], None]) -> None:
        """Have the body kept, and `begin` called with the request once it is whole."""
        self.kept, self.begin = kept, begin

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            piece = None if self.is_whole else await self._next_piece()
        except BaseException as error:
            self._failure = error
            if self.kept is not None:
                self.kept.withdraw()
            raise
        kept = self.kept
        if piece is not None:
            if kept is not None:
                kept.add(piece)
                if kept.should_spool:
                    await aside(kept.spool)
            return piece
        if not self.is_whole:
            if kept is not None and self.begin is not None:
                begin = self.begin
                if kept.is_long:
                    await aside(lambda: begin(kept.whole()))
                else:
                    begin(kept.whole())
            self.is_whole = True
        raise StopAsyncIteration

    async def rest(self) -> None:
        """Take what the upstream did not; raises what its sender broke off with, if it did."""
        async for _ in self:
            pass


async def aside(action: Callable[[], T]) -> T:
    """Run what takes a while in a thread: others have streams to read."""
    from anyio import to_thread

    return await to_thread.run_sync(action)
