"""A WebSocket that passes through the recording proxy: bytes go on as they come, both ways.

Nothing is added, answered or framed anew, so pings, fragments, compression and every way to end are
between the client and its upstream. What is read off beside it goes to the recorder, before it goes
on. Only a message that is over the limit ends the connection here, with close code 1009.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore
import httpx
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode

from streamtape.errors import ServerError
from streamtape.server.exchange import Link
from streamtape.server.websocket.framing import (
    MessageProtocol,
    WireMessage,
    agreed_deflate,
    close_data,
)
from streamtape.tape.messages import Direction, Message
from streamtape.transport.response_recorder import ResponseRecorder

_READ_AHEAD = 1 << 16
_AT_ONCE = 2048  # bytes that are looked at without a look at other connections, if they are _MANY
_MANY = 16  # messages
_GOING_AWAY, _TOO_BIG = 1001, 1009
# How long an upstream may take to answer the close message of a client that has gone since.
_CLOSE_S = 5.0


class Relay:
    """One connection of a client to its upstream, after the handshake.

    `stream` is the upstream's network stream, `extensions` what the handshake agreed on. Without a
    `recording` nothing is recorded. `notify` gets what the proxy reports of it at its end.
    """

    def __init__(
        self,
        link: Link,
        stream: Any,
        recording: ResponseRecorder | None,
        extensions: str | None,
        notify: Callable[[str], object],
    ) -> None:
        self._link = link
        self._stream = stream
        self._recording = recording
        limit = link.limits.max_message_bytes
        self._from_client = _protocol(extensions, is_server=True, limit=limit)
        self._from_server = _protocol(extensions, is_server=False, limit=limit)
        self._closes: dict[Direction, WireMessage] = {}
        self._has_ended = False
        self._notify = notify

    @property
    def is_all_sent(self) -> bool:
        """Whether one side has closed, and the end of the connection is still to come."""
        return bool(self._closes) and not self._has_ended

    async def run(self) -> None:
        """Pass messages on until either side ends; the other ends alike."""
        self._link.farewell = self._send_close
        up = asyncio.create_task(self._pass_up())
        down = asyncio.create_task(self._pass_down())
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if not down.done():
                await self._client_has_gone(up.result(), down)
            else:
                await self._server_has_gone(down.result())
        finally:
            self._has_ended = True
            self._link.farewell = None
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _pass_up(self) -> Exception | None:
        """Pass on what the client sends; the error that ends it, None at an ordinary end."""
        return await self._pass(
            "client", self._from_client, self._link.next_bytes, self._stream.write
        )

    async def _pass_down(self) -> Exception | None:
        """Pass on what the upstream sends; the error that ends it, None at an ordinary end."""

        async def read() -> bytes:
            data: bytes = await self._stream.read(_READ_AHEAD)
            return data

        async def write(data: bytes) -> None:
            if not self._link.write(data):
                await self._link.drained()

        return await self._pass("server", self._from_server, read, write)

    async def _pass(
        self,
        direction: Direction,
        protocol: MessageProtocol,
        read: Callable[[], Awaitable[bytes]],
        write: Callable[[bytes], Awaitable[Any]],
    ) -> Exception | None:
        try:
            while data := await read():
                whole = protocol.between_frames
                await self._record_all(direction, protocol, data)
                if isinstance(protocol.violation, PayloadTooBig):
                    protocol.between_frames = whole
                    return self._too_big(direction)
                await write(data)
        except (OSError, httpcore.NetworkError) as error:
            return error
        return None

    async def _record_all(
        self, direction: Direction, protocol: MessageProtocol, data: bytes
    ) -> None:
        """Take down the messages that are whole with these bytes; a flood lets others in."""
        for start in range(0, len(data), _AT_ONCE):
            if self._record(direction, protocol, data[start : start + _AT_ONCE]) >= _MANY:
                await asyncio.sleep(0)

    def _record(self, direction: Direction, protocol: MessageProtocol, data: bytes) -> int:
        """Take down the messages that are whole with these bytes; how many there were."""
        at_us = 0 if self._recording is None else self._recording.elapsed()
        if protocol.violation is None and not protocol.close_rcvd:
            protocol.receive_data(data)
            protocol.data_to_send()  # the ends answer for themselves
        messages = protocol.messages_received()
        for message in messages:
            if self._recording is not None:
                self._recording.recorder.message(
                    Message(direction, at_us, message.kind, message.data, message.final)
                )
            if message.kind == "close":
                self._closes[direction] = message
        if len(self._closes) == 2:
            self._complete()
        return len(messages)

    def _complete(self) -> None:
        """Take down the closing handshake; the recorder ignores what comes after it."""
        close = self._closes.get("server")
        code, reason = (None, "") if close is None else (close.close_code, close.close_reason)
        if self._recording is not None:
            self._recording.recorder.complete(self._recording.elapsed(), code, reason)

    async def _client_has_gone(self, error: Exception | None, down: asyncio.Task[Any]) -> None:
        if isinstance(error, ServerError):
            await self._end_too_big("client", error)
            return
        if self._closes and error is None:
            # It need not wait for the answer to its close; the recording would like to have it.
            await asyncio.wait({down}, timeout=_CLOSE_S)
            self._complete()
        if self._recording is not None:
            self._recording.abandon()
        if isinstance(error, ConnectionError):
            self._reset_upstream()

    async def _server_has_gone(self, error: Exception | None) -> None:
        if isinstance(error, ServerError):
            await self._end_too_big("server", error)
            return
        if self._closes:
            self._complete()
        violation = self._from_server.violation
        if error is not None:
            self._lose(httpx.ReadError(str(error)))
            await self._link.reset()
        else:
            why = (
                f"the server broke the protocol: {violation}"
                if violation
                else "no close message came"
            )
            self._lose(httpx.RemoteProtocolError(why))
            await self._link.cut()

    def _lose(self, error: Exception) -> None:
        if self._recording is not None:
            self._recording.recorder.lose(error, self._recording.elapsed())

    def _too_big(self, direction: Direction) -> ServerError:
        limit = self._link.limits.max_message_bytes
        what = f"a message of the {direction} is over the limit of {limit} bytes"
        self._notify(f"{what}: its WebSocket was closed with code 1009")
        return ServerError(what)

    async def _end_too_big(self, direction: Direction, error: ServerError) -> None:
        """Close both sides with code 1009, where a close message can stand there."""
        self._lose(error)
        if self._from_server.between_frames:
            self._link.write(_close_frame(_TOO_BIG, str(error), masked=False))
        if self._from_client.between_frames:
            with contextlib.suppress(OSError, httpcore.NetworkError):
                await self._stream.write(_close_frame(_TOO_BIG, str(error), masked=True))
        await self._link.cut()

    def _send_close(self) -> bytes:
        """What is sent to the client when the proxy stops."""
        if self._closes or not self._from_server.between_frames:
            return b""
        return _close_frame(_GOING_AWAY, "the recording proxy is stopping", masked=False)

    def _reset_upstream(self) -> None:
        """Have the upstream see a reset, as it would see its client's."""
        sock = self._stream.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _protocol(extensions: str | None, *, is_server: bool, limit: int) -> MessageProtocol:
    try:
        agreed = agreed_deflate(extensions, is_server=is_server)
    except ProtocolError:
        agreed = []  # the client refuses it as well
    return MessageProtocol(is_server=is_server, max_bytes=limit, extensions=agreed, joins=False)


def _close_frame(code: int, reason: str, *, masked: bool) -> bytes:
    return Frame(Opcode.CLOSE, close_data(code, reason)).serialize(mask=masked)
