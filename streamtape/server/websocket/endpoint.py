"""A WebSocket at its server's end: messages come and go, pings are answered, closes are obeyed.

A handler gets one by `accept`, enters it, and receives and sends until `receive` gives None.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from websockets.protocol import OPEN

from streamtape.server.exchange import Exchange, Link
from streamtape.server.websocket.framing import (
    MessageKind,
    MessageProtocol,
    WireMessage,
    close_data,
)
from streamtape.server.websocket.handshake import ChooseSubprotocol, Handshake, answer_handshake

_GOING_AWAY, _INTERNAL_ERROR, _NORMAL = 1001, 1011, 1000
# How long the other end may take to close, once a close message was sent.
_CLOSE_S = 5.0
# Messages that nobody has received yet: beyond it, nothing more is read.
_MAX_WAITING_BYTES = 1 << 20
_MESSAGE_BYTES = 128  # the overhead of a message: empty ones take memory, too
_PLAIN = (b"Content-Type", b"text/plain; charset=utf-8")


async def accept(
    exchange: Exchange,
    choose: ChooseSubprotocol | None = None,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    compresses: bool = True,
) -> WebSocket | None:
    """Accept the WebSocket that a request asks for; None where its handshake had to be refused.

    `choose` picks one of the subprotocols that the client offers; `headers` go into the answer.
    """
    shake = answer_handshake(exchange.request, choose, compresses=compresses, more_headers=headers)
    if shake.status != 101:
        await exchange.respond(shake.status, [_PLAIN, *shake.headers], shake.body)
        return None
    return WebSocket(exchange, await exchange.take_over(101, shake.headers), shake)


class WebSocket:
    """An accepted WebSocket, used in a `with` block, at whose end it is closed.

    After the end, `client_close` is the client's close message, None where it left without one;
    `violation` is what it did against the protocol, if it did.
    """

    def __init__(self, exchange: Exchange, link: Link, shake: Handshake) -> None:
        limits = link.limits
        self.subprotocol = shake.subprotocol
        self.client_close: WireMessage | None = None
        self._exchange = exchange
        self._link = link
        self._idle_s = limits.websocket_idle_s
        self._protocol = MessageProtocol(
            is_server=True, extensions=shake.extensions, max_bytes=limits.max_message_bytes
        )
        self._waiting: deque[WireMessage] = deque()
        self._waiting_bytes = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._keeps = True  # keep messages until they are received
        self._was_cut = False
        self._pump: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages can still be sent."""
        return self._protocol.state is OPEN and not self._link.is_closing

    @property
    def violation(self) -> Exception | None:
        """What the client did against the protocol; None where it did nothing."""
        return self._protocol.violation

    @property
    def was_left(self) -> bool:
        """Whether the client has left without a close message, and without being cut off."""
        return self._link.is_closing and self.client_close is None and not self._was_cut

    async def receive(self) -> WireMessage | None:
        """The client's next message, pings and closes as well; None after the last one."""
        while not self._waiting:
            if self._pump is None or self._pump.done():
                return None
            self._changed.clear()
            await self._changed.wait()
        message = self._waiting.popleft()
        self._waiting_bytes -= len(message.data) + _MESSAGE_BYTES
        self._room.set()
        return message

    async def send(self, kind: MessageKind, data: bytes, *, final: bool = True) -> None:
        """Send a message, or a fragment of one; waits while the client does not read.

        Nothing is sent to a client that has closed, or left. ProtocolError for fragments that do
        not follow each other.
        """
        if not self.is_open:
            return
        protocol = self._protocol
        if kind == "text":
            protocol.send_text(data, final)
        elif kind == "binary":
            protocol.send_binary(data, final)
        elif kind == "continuation":
            protocol.send_continuation(data, final)
        elif kind == "ping":
            protocol.send_ping(data)
        elif kind == "pong":
            protocol.send_pong(data)
        else:
            close = WireMessage("close", data)
            protocol.send_close(close.close_code if data else None, close.close_reason)
        if not self._flush():
            await self._link.drained()

    async def close(self, code: int | None = _NORMAL, reason: str = "") -> None:
        """Close with a code and a reason (at most 123 bytes of it are sent); wait for the client.

        A client that does not answer in time is cut off.
        """
        await self.send("close", close_data(code, reason))
        await self.closed()

    async def closed(self) -> None:
        """Wait until the connection has ended, for some seconds; then end it."""
        self._keeps = False
        self._room.set()
        if self._pump is not None:
            await asyncio.wait({self._pump}, timeout=_CLOSE_S)
        if not self._link.is_closing:
            await self._link.cut()

    async def cut(self) -> None:
        """Close the connection (FIN) without a close message: the client sees code 1006."""
        self._was_cut = True
        await self._link.cut()

    async def reset(self) -> None:
        """Reset the connection (RST), once the client has what was sent before."""
        self._was_cut = True
        await self._link.reset()

    async def __aenter__(self) -> Self:
        self._link.farewell = self._send_close
        self._pump = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._pump is not None, "entered"
        try:
            if error is None:
                await self.close()
            elif isinstance(error, Exception):
                await self.close(_INTERNAL_ERROR, "the server failed")
        finally:
            self._link.farewell = None
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
            self._exchange.finished = self.client_close is not None

    async def _read(self) -> None:
        """Take in what the client sends, and answer what the protocol answers by itself."""
        protocol = self._protocol
        try:
            while data := await self._next_bytes():
                protocol.receive_data(data)
                self._keep(protocol.messages_received())
                if not self._flush():
                    await self._link.drained()
                await self._wait_for_room()
        except ConnectionError:
            pass  # it is gone, which `receive` reports
        finally:
            protocol.receive_eof()
            self._changed.set()

    async def _next_bytes(self) -> bytes:
        # After a close message, the client has a moment to close the connection.
        limit = self._idle_s if self.is_open else _CLOSE_S
        try:
            async with asyncio.timeout(limit):
                return await self._link.next_bytes()
        except TimeoutError:
            if self.is_open:
                self._protocol.send_close(_GOING_AWAY, f"nothing came for {limit:g} s")
                self._flush()
            return b""

    def _keep(self, messages: Iterable[WireMessage]) -> None:
        for message in messages:
            if message.kind == "close":
                self.client_close = message
            if self._keeps:
                self._waiting.append(message)
                self._waiting_bytes += len(message.data) + _MESSAGE_BYTES
        self._changed.set()

    async def _wait_for_room(self) -> None:
        while self._keeps and self._waiting_bytes > _MAX_WAITING_BYTES:
            self._room.clear()
            await self._room.wait()

    def _flush(self) -> bool:
        may_write = True
        for data in self._protocol.data_to_send():
            if data:
                may_write = self._link.write(data)
            else:
                self._link.end_writing()
        return may_write

    def _send_close(self) -> bytes:
        """What is sent to a client when the server stops."""
        if not self.is_open:
            return b""
        self._protocol.send_close(_GOING_AWAY, "the server is stopping")
        return b"".join(self._protocol.data_to_send())
