"""Fall through: what no rule answers goes to the real provider, and is recorded on its way.

The recording proxy does the work, without a port of its own: requests are masked, tapes are whole,
and what was recorded once is replayed from then on.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b

from streamtape.errors import NothingRecordedError
from streamtape.server.exchange import Exchange
from streamtape.server.proxy import RecordingProxy


class FallThrough:
    """The real provider behind the mock, and the cassette of its answers."""

    def __init__(self, cassette: str | os.PathLike[str], upstream: str | Mapping[str, str]) -> None:
        self._cassette = cassette
        self._upstream = upstream
        self._proxy = self._open()
        self._requested: set[bytes] = set()
        self._n_before = 0
        self._active = 0
        self._turn = asyncio.Lock()

    def _open(self) -> RecordingProxy:
        return RecordingProxy(
            self._cassette,
            upstream=self._upstream,
            mode="new_episodes",
            allow_playback_repeats=True,
        )

    @property
    def n_recorded(self) -> int:
        """How many interactions were recorded so far."""
        return self._n_before + self._proxy.session.n_recorded

    async def on_startup(self) -> None:
        """Get ready, in the server's loop."""
        await self._proxy.on_startup()

    async def answer(self, exchange: Exchange, target: str, body: bytes) -> None:
        """Replay what is recorded, else send it on and record it."""
        head = exchange.request
        key = blake2b(f"{head.method} {target}\0".encode() + body, digest_size=16).digest()
        async with self._turn:
            if key in self._requested and not self._active:
                await self._reopen()
            self._requested.add(key)
            self._active += 1
        try:
            exchange.request = replace(head, target=target)
            exchange.give_back(body)
            await self._proxy.answer(exchange)
        finally:
            self._active -= 1

    async def _reopen(self) -> None:
        """Write what was recorded, so that it is replayed from here on."""
        await self._proxy.on_shutdown()
        self._n_before = self.n_recorded
        with suppress(NothingRecordedError):
            await asyncio.to_thread(self._proxy.stop)
        self._requested.clear()
        self._proxy = await asyncio.to_thread(self._open)
        await self._proxy.on_startup()

    def before_shutdown(self) -> None:
        """Record no further, at the moment at which clients are cut."""
        self._proxy.before_shutdown()

    async def on_shutdown(self) -> None:
        """Close the connections to the provider."""
        await self._proxy.on_shutdown()

    def close(self) -> None:
        """Write the cassette, where anything was recorded."""
        with suppress(NothingRecordedError):
            self._proxy.stop()
