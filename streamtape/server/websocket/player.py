"""A dialogue played to a client: the server obeys the player, and tells it what the client says.

A recorded failure becomes what made it, as for streams. A client that says something else than what
was recorded is closed with code 1008 and the first path that differs; the log has all of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from streamtape.errors import MissError
from streamtape.playback.steps import Await, Emit, Fail, Send, Start, WaitUntil
from streamtape.server.exchange import Exchange
from streamtape.server.player import Failing, break_off, failing, served_headers
from streamtape.server.websocket.endpoint import WebSocket, accept
from streamtape.session.dialogue_player import CLOSE_CODE, Action, DialoguePlayer, Done, Listen
from streamtape.session.order import Order
from streamtape.tape.messages import Message
from streamtape.tape.model import Head, header
from streamtape.transport.order_waits import wait_async

_LOG = logging.getLogger("streamtape.server")
_OF_HANDSHAKES = "sec-websocket-"
_EXTENSIONS, _PROTOCOL = "sec-websocket-extensions", "sec-websocket-protocol"
_SWITCHING = 101
_UNEXPECTED = 1011  # the server meets what it has no answer for
_SILENT_REASON = "streamtape: nothing more was recorded; the client still waits for a message"
_SILENCE_S = 3600.0


async def play_dialogue(
    exchange: Exchange,
    player: DialoguePlayer,
    *,
    order: Order,
    more_headers: Iterable[tuple[bytes, bytes]] = (),
    on_miss: Callable[[MissError], object] = lambda _: None,
) -> None:
    """Play a dialogue from its handshake to its end; times count from the arrival of the request.

    Where the client sends something else than was recorded, it is closed, and `on_miss` is called.
    """
    try:
        await _to_the_handshake(exchange, player, order, tuple(more_headers))
    except MissError as error:
        on_miss(error)
        # Its client got no more than a close code and a path.
        _LOG.warning("%s", error)
    finally:
        player.leave()


async def _to_the_handshake(
    exchange: Exchange,
    player: DialoguePlayer,
    order: Order,
    more_headers: Sequence[tuple[bytes, bytes]],
) -> None:
    refusal: Head | None = None
    body = b""
    while not isinstance(action := player.next(exchange.elapsed_us), Done):
        if isinstance(action, Start) and action.head.status != _SWITCHING:
            refusal = action.head
        elif isinstance(action, Emit):
            body += action.data
        elif isinstance(action, Start):
            socket = await accept_as_recorded(exchange, action.head, more_headers)
            if socket is not None:
                async with socket:
                    await _Shell(exchange, socket, player, order).run()
            return
        elif isinstance(action, WaitUntil):
            await exchange.sleep_until(action.at_us)
        elif isinstance(action, Await):
            await wait_async(order, action)
            player.wait_no_longer(exchange.elapsed_us)
        elif isinstance(action, Fail):
            await break_off(exchange, failing(action.error))
            return
    if refusal is None:
        await exchange.cut()
    else:
        headers = [*served_headers(refusal), *more_headers]
        await exchange.respond(refusal.status, headers, body)


async def accept_as_recorded(
    exchange: Exchange, head: Head, more_headers: Iterable[tuple[bytes, bytes]] = ()
) -> WebSocket | None:
    """Accept a WebSocket as a recorded server did, as far as this client offers the same.

    The subprotocol is the recorded one, and there is compression where there was some.
    """
    recorded = header(head.headers, _PROTOCOL)

    def choose(offered: Sequence[str]) -> str | None:
        return recorded if recorded in offered else None

    kept = [
        (name, value)
        for name, value in served_headers(head)
        if not name.decode("latin-1").lower().startswith(_OF_HANDSHAKES)
    ]
    return await accept(
        exchange,
        choose,
        headers=[*kept, *more_headers],
        compresses=header(head.headers, _EXTENSIONS) is not None,
    )


class _Shell:
    """One dialogue after its handshake: one task hears the client, and one obeys the player."""

    def __init__(
        self, exchange: Exchange, socket: WebSocket, player: DialoguePlayer, order: Order
    ) -> None:
        self._exchange = exchange
        self._socket = socket
        self._player = player
        self._order = order
        self._heard = asyncio.Event()
        self._is_closed = False

    async def run(self) -> None:
        hearing = asyncio.create_task(self._hear())
        try:
            await self._obey()
        except MissError:
            await self._socket.close(CLOSE_CODE, self._player.close_reason)
            raise
        finally:
            hearing.cancel()
            await asyncio.wait({hearing})

    async def _hear(self) -> None:
        """Tell the player what the client says, to the end of the connection."""
        while (message := await self._socket.receive()) is not None:
            now_us = self._exchange.elapsed_us
            timed = Message("client", now_us, message.kind, message.data, message.final)
            self._player.hear(timed, now_us)
            self._heard.set()
        self._is_closed = True
        self._heard.set()

    async def _obey(self) -> None:
        player, socket = self._player, self._socket
        while True:
            self._heard.clear()
            action = player.next(self._exchange.elapsed_us)
            if (
                isinstance(action, Fail)
                and action.error.kind == "abandoned"
                and action.error.message
            ):
                _LOG.warning("%s", action.error.message)
                await socket.close(_UNEXPECTED, _SILENT_REASON)
                return
            if isinstance(action, Fail):
                await self._fail(failing(action.error))
                return
            if isinstance(action, Send):
                message = action.message
                await socket.send(message.kind, message.data, final=message.final)
            elif self._is_closed or (isinstance(action, Done) and not socket.is_open):
                break
            else:
                await self._wait(action)
        if not self._is_closed:
            await socket.closed()

    async def _wait(self, action: Action) -> None:
        """Wait as the player says, or until the client says something, or goes."""
        if isinstance(action, Await):
            await wait_async(self._order, action)
            self._player.wait_no_longer(self._exchange.elapsed_us)
        elif isinstance(action, WaitUntil):
            due = asyncio.create_task(self._exchange.sleep_until(action.at_us))
            heard = asyncio.create_task(self._heard.wait())
            try:
                await asyncio.wait({due, heard}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                due.cancel()
                heard.cancel()
        elif isinstance(action, Listen | Done) and action.patience_s is not None:
            try:
                await asyncio.wait_for(self._heard.wait(), action.patience_s)
            except TimeoutError:
                self._player.listen_no_longer(action.patience_s)
        elif isinstance(action, Listen | Done):
            await self._heard.wait()
        else:
            assert not isinstance(action, Start | Emit), "the handshake was answered"

    async def _fail(self, how: Failing) -> None:
        if how == "silence":
            while not self._is_closed:
                self._heard.clear()
                await self._heard.wait()
        elif how == "reset":
            await self._socket.reset()
        else:
            await self._socket.cut()
