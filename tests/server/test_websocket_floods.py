"""Floods of tiny WebSocket messages: they take bounded memory, and let other connections in."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from streamtape.server.exchange import Limits
from streamtape.server.websocket.endpoint import WebSocket
from streamtape.server.websocket.framing import WireMessage
from streamtape.server.websocket.handshake import Handshake
from streamtape.server.websocket.relay import Relay
from tests.server.websockets_raw import frame

TEXT = 1
READ_BYTES = 65536  # what one read of a connection brings at most
FLOOD = (frame(TEXT, b"") * READ_BYTES)[: READ_BYTES // 6 * 6]


class FloodedLink:
    """A connection whose client sends nothing but empty messages, as fast as they are read."""

    def __init__(self, n_reads: int) -> None:
        self.limits = Limits()
        self.is_closing = False
        self.n_reads = 0
        self._n_left = n_reads

    async def next_bytes(self) -> bytes:
        """One read of the flood; nothing at its end."""
        await asyncio.sleep(0)
        if not self._n_left:
            return b""
        self._n_left -= 1
        self.n_reads += 1
        return FLOOD

    def write(self, data: bytes) -> bool:
        """Take what is sent."""
        del data
        return True


def test_empty_messages_that_nobody_receives_are_not_read_for_ever() -> None:
    """What they take beyond their data counts, too: reading stops until somebody receives them."""

    async def flood() -> tuple[int, int, WireMessage | None]:
        link: Any = FloodedLink(1000)
        shake = Handshake(101, ())
        exchange: Any = SimpleNamespace()
        socket = WebSocket(exchange, link, shake)
        socket._pump = asyncio.create_task(socket._read())
        for _ in range(100):
            await asyncio.sleep(0)
        n_reads = link.n_reads
        message = await socket.receive()
        for _ in range(20_000):
            await socket.receive()
        for _ in range(100):
            await asyncio.sleep(0)
        socket._pump.cancel()
        return n_reads, link.n_reads, message

    before, after, message = asyncio.run(flood())
    assert before == 1  # of 1,000: ten thousand messages are more than may wait
    assert after > before
    assert message is not None
    assert message.data == b""


def test_a_flood_through_the_proxy_lets_others_in() -> None:
    """While the messages of one read are taken down, other connections have their turns."""

    async def flood() -> tuple[int, list[int]]:
        link: Any = FloodedLink(1)
        sent: list[int] = []
        turns: list[int] = []

        async def write(data: bytes) -> None:
            sent.append(len(data))

        async def others() -> None:
            while True:
                turns.append(len(taken))
                await asyncio.sleep(0)

        taken: list[object] = []
        recorder = SimpleNamespace(message=taken.append)
        recording: Any = SimpleNamespace(recorder=recorder, elapsed=lambda: 5)
        relay = Relay(link, SimpleNamespace(write=write), recording, None, print)
        other = asyncio.create_task(others())
        await relay._pass_up()
        other.cancel()
        assert sent == [len(FLOOD)]  # what was read goes on as it came
        return len(taken), turns

    n_taken, turns = asyncio.run(flood())
    assert n_taken == len(FLOOD) // 6
    assert max(after - before for before, after in pairwise(turns)) < 500
