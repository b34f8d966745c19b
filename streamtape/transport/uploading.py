"""A request's body on its way to the upstream: it goes up as it comes, and is kept.

Nothing is asked of its sender before the upstream takes it, so a slow upstream slows the sender
down. A cassette has requests whole, since replays are matched by them: `whole` is called once all
of the body has come, which is before any answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self


class Upload:
    """The body of a request, read piece by piece; `next_piece` gives None at its end."""

    def __init__(self, next_piece: Callable[[], Awaitable[bytes | None]]) -> None:
        self.whole: Callable[[bytes], Awaitable[None]] | None = None
        self.is_whole = False
        self._next_piece = next_piece
        self._taken: list[bytes] = []
        self._failure: BaseException | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            piece = None if self.is_whole else await self._next_piece()
        except BaseException as error:
            self._failure = error
            raise
        if piece is not None:
            self._taken.append(piece)
            return piece
        if not self.is_whole:
            body = b"".join(self._taken)
            self._taken.clear()
            if self.whole is not None:
                await self.whole(body)
            self.is_whole = True
        raise StopAsyncIteration

    async def rest(self) -> None:
        """Take what the upstream did not; raises what its sender broke off with, if it did."""
        async for _ in self:
            pass
