"""A replayed connection for the asyncio client of `websockets`: its transport, without a network.

The connection object is the library's own, and so is everything that a program sees of it. The
transport hands what the client writes to the peer, and plays the dialogue in a task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from streamtape.playback.steps import Await, Fail, WaitUntil
from streamtape.session.dialogue_player import Done, Listen
from streamtape.transport.intercept import Dialogue
from streamtape.transport.order_waits import wait_async
from streamtape.transport.silence import heard_within
from streamtape.transport.websockets.peer import Peer


class PeerTransport(asyncio.Transport):
    """The transport of a replayed connection; `address` is what the client is told of its peer."""

    def __init__(self, connection: Any, dialogue: Dialogue, address: tuple[str, int]) -> None:
        super().__init__(extra={"peername": address, "sockname": ("127.0.0.1", 0)})
        self._connection = connection
        self._dialogue = dialogue
        self._peer = Peer(dialogue.player)
        self._loop = asyncio.get_running_loop()
        self._out: deque[bytes] = deque()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._heard = asyncio.Event()
        self._is_closing = False
        self._failure: BaseException | None = None
        self._task = self._loop.create_task(self._play())

    # What the client's end asks of its transport.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes of the client."""
        if not self._is_closing:
            self._peer.feed(bytes(data), self._dialogue.now_us())
            self._heard.set()
            self._loop.call_soon(self._flush)

    def writelines(self, list_of_data: Any) -> None:
        """Take several of them."""
        for data in list_of_data:
            self.write(data)

    def write_eof(self) -> None:
        """Take the end of what the client writes."""
        if not self._is_closing:
            self._peer.feed_eof()
            self._loop.call_soon(self._flush)

    def can_write_eof(self) -> bool:
        """A half-close is understood."""
        return True

    def pause_reading(self) -> None:
        """Give the client nothing more for now."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Go on giving."""
        self._may_read.set()
        self._loop.call_soon(self._flush)

    def is_reading(self) -> bool:
        """Whether the client takes what comes."""
        return self._may_read.is_set()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever buffered."""

    def get_write_buffer_size(self) -> int:
        """Nothing is ever buffered."""
        return 0

    def is_closing(self) -> bool:
        """Whether the connection is at its end."""
        return self._is_closing

    def close(self) -> None:
        """End the connection from the client's side."""
        self._lose()

    def abort(self) -> None:
        """End the connection from the client's side."""
        self._lose()

    # What the peer does.

    async def _play(self) -> None:
        try:
            error = await self._obey()
            if error is None:
                return  # the client closes, some time
        except Exception as failed:  # noqa: BLE001 - the client gets it, as the cause of its own
            self._failure = failed
            if self._peer.refuse():
                self._flush()
                return  # the client closes, too, and that is the end
        else:
            # A cut comes as the end of the stream, everything else as its error.
            self._failure = None if isinstance(error, EOFError) else error
        self._flush()
        self._lose()

    async def _obey(self) -> BaseException | None:
        """Obey the steps; gives what the connection ends with, None where it stays open."""
        dialogue, player, peer = self._dialogue, self._dialogue.player, self._peer
        while not peer.has_request:
            await self._until_heard()
        while (action := player.next(dialogue.now_us())) != Done():
            await self._may_read.wait()
            if isinstance(action, WaitUntil):
                await dialogue.clock.wait_until_async(dialogue.start_us + action.at_us)
            elif isinstance(action, Listen | Done):
                await self._listen(action)
            elif isinstance(action, Await):
                await wait_async(dialogue.order, action, dialogue.clock)
                player.wait_no_longer(dialogue.now_us())
            elif isinstance(action, Fail):
                return dialogue.failed(action.error, peer.has_answered)
            else:
                peer.obey(action)
                self._flush()
        peer.finish()
        self._flush()
        return None

    async def _listen(self, action: Listen | Done) -> None:
        """Wait until the client says something, or for as long as the player has patience."""
        if action.patience_s is None:
            await self._until_heard()
            return
        self._heard.clear()
        if not await heard_within(action.patience_s, self._heard, self._dialogue.clock):
            self._dialogue.player.listen_no_longer(action.patience_s)

    async def _until_heard(self) -> None:
        self._heard.clear()
        await self._heard.wait()

    def _flush(self) -> None:
        self._out.extend(self._peer.data_to_send())
        while self._out and self._may_read.is_set() and not self._is_closing:
            if data := self._out.popleft():
                self._connection.data_received(data)
            else:
                self._connection.eof_received()
                self._lose()

    def _lose(self) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        if self._task is not asyncio.current_task(self._loop):
            self._task.cancel()
        self._dialogue.player.leave()
        self._loop.call_soon(self._connection.connection_lost, self._failure)
