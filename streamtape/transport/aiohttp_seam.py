"""The seam of aiohttp: where a session takes a connection for a request out of its connector.

`BaseConnector.connect` is below redirects, retries, cookies and middlewares, so that each hop is an
exchange of its own, and above pools, proxies, TLS and Unix sockets. A connection is given that is
not opened: once aiohttp has written its request to it, the session decides, and the response is
aiohttp's own, recorded or played.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

import aiohttp
from aiohttp import hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import BaseConnector, Connection
from aiohttp.http import StreamWriter
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from streamtape.errors import InstallError
from streamtape.session.session import Session
from streamtape.tape.model import Head, Headers, Request
from streamtape.tape.store.spool import Spool
from streamtape.transport.aiohttp_failures import connect_timeout, exception_of
from streamtape.transport.aiohttp_protocol import (
    Message,
    RecordedParser,
    ReplayedReader,
    RequestCapture,
    body_for,
    message_of,
)
from streamtape.transport.aiohttp_websockets import address, connection, is_websocket
from streamtape.transport.carried import sent_past
from streamtape.transport.http_wire import RequestMessage
from streamtape.transport.intercept import Call, intercept, passes_by
from streamtape.transport.patches import Patches, SessionOf

Connect = Callable[[], Awaitable[Connection]]
_BODILESS = {204, 304}
# What is used of aiohttp beyond its public names: their absence is an error, never a silence.
_NEEDED = (
    (ResponseHandler, ("set_response_params", "start_timeout", "data_received", "read")),
    (StreamReader, ("_wait", "readchunk", "feed_data", "feed_eof", "set_exception")),
    (Connection, ("close", "release", "_notify_release")),
)


def patch(module: ModuleType, patches: Patches, session_of: SessionOf) -> None:
    """Put a session before the connections of all clients; InstallError where the seam is gone."""
    for kind, names in _NEEDED:
        for name in names:
            if not hasattr(kind, name):
                raise InstallError(
                    f"aiohttp {module.__version__} has no {kind.__name__}.{name}, where streamtape "
                    "hooks in; use an older release of it or a newer streamtape"
                )

    def wrapped(original: Callable[..., Awaitable[Connection]]) -> Callable[..., Any]:
        @wraps(original)
        async def connect(connector: Any, req: Any, *args: Any, **kwargs: Any) -> Connection:
            opened = partial(original, connector, req, *args, **kwargs)
            session = session_of()
            if session is not None and is_websocket(req):
                if session.passes(str(req.url)) or session.passes(address(req)):
                    with sent_past(str(req.url)):
                        return await opened()
                return await connection(session, connector, req, opened)
            upgrade = hdrs.UPGRADE in req.headers
            if session is None:
                return await opened()
            if passes_by(session, req.method, str(req.url), upgrade=upgrade):
                with sent_past(str(req.url)):
                    return await opened()
            return DeferredConnection(connector, req, AiohttpExchange(session, req, opened))

        return connect

    patches.replace_in_subclasses(BaseConnector, "connect", wrapped)


class DeferredConnection(Connection):
    """A connection that is opened when its session says so, if ever."""

    def __init__(self, connector: Any, req: Any, exchange: AiohttpExchange) -> None:
        continues = None if req._continue is None else message_of(Head(100, (), reason="Continue"))
        protocol = RequestCapture(connector._loop, exchange.answer, continues=continues)
        super().__init__(connector, req.connection_key, protocol, connector._loop)
        self.capture = protocol
        self._exchange = exchange
        self._real: Connection | None = None
        exchange.connection = self

    def opened(self, real: Connection) -> None:
        """Stand for a connection that is open."""
        self._real = real
        self._protocol = real.protocol

    def close(self) -> None:
        """Close it, and with it the upstream."""
        self._leave(close=True)

    def release(self) -> None:
        """Give it back to its pool."""
        self._leave(close=False)

    def __del__(self, *_: Any) -> None:
        self._exchange.left()  # the real one says itself that nobody closed it

    def _leave(self, *, close: bool) -> None:
        self._notify_release()
        protocol, self._protocol = self._protocol, None
        real, self._real = self._real, None
        try:
            if real is not None:
                (real.close if close else real.release)()
            elif protocol is not None:
                protocol.close()
        finally:
            self._exchange.left()


class AiohttpExchange:
    """One request and its response, from the moment when their session is known."""

    connection: DeferredConnection

    def __init__(self, session: Session, req: Any, connect: Connect) -> None:
        self._session = session
        self._req = req
        self._connect = connect
        self._when_left: Callable[[], None] = _nothing

    def left(self) -> None:
        """Take down that the client is done with the response."""
        when_left, self._when_left = self._when_left, _nothing
        when_left()

    async def answer(self) -> tuple[Message, StreamReader]:
        """Give the response, once the request is known."""
        capture, req = self.connection.capture, self._req
        wire = capture.wire.sent()
        call = intercept(
            self._session,
            request_of(req, wire),
            lambda ending, started: exception_of(ending, started, req),
        )
        if call.recording is not None:
            if not call.must_rehearse:
                return await self._record(call, wire, capture.params)
            await call.rehearse(self._drain(call, wire, capture.params))
        return await self._play(call, capture)

    async def _record(
        self, call: Call, wire: bytes | Spool, params: dict[str, Any]
    ) -> tuple[Message, StreamReader]:
        """Send the request; the response is recorded as it comes."""
        assert call.recording is not None
        # The client's total timeout is an exception of its own, before and within the response.
        with call.upstream(), params["timer"]:
            real = await self._open()
            self.connection.opened(real)
            recording = RecordedParser(real.protocol, params, call.recording)
            self._when_left = recording.abandon
            return await _converse(real.protocol, wire, recording)

    async def _drain(self, call: Call, wire: bytes | Spool, params: dict[str, Any]) -> None:
        """Record all of the response; nobody gets it."""
        assert call.recording is not None
        patient = {**params, "timer": None, "auto_decompress": False}
        with call.upstream():
            real = await self._open()
            recording = RecordedParser(real.protocol, patient, call.recording)
            try:
                _, reader = await _converse(real.protocol, wire, recording)
            except BaseException:
                real.close()
                raise
        try:
            await _read_out(reader)
        finally:
            real.release()

    async def _open(self) -> Connection:
        try:
            return await self._connect()
        except TimeoutError as error:
            raise connect_timeout(self._req.url) from error

    async def _play(self, call: Call, capture: RequestCapture) -> tuple[Message, StreamReader]:
        params = capture.params
        player = call.player_async(params["read_timeout"])
        self._when_left = player.close
        for trace in self._req._traces:
            await trace.send_connection_create_start()
            await trace.send_connection_create_end()
        message = message_of(await player.head_async())
        if params["skip_payload"] or not _has_body(message):
            async for _ in player:
                pass
            return message, EMPTY_PAYLOAD
        reader = ReplayedReader(
            capture,
            params["read_bufsize"],
            player.__anext__,
            timer=params["timer"],
            loop=capture._loop,
        )
        reader.body = body_for(reader, message, params)
        reader.chunked = message.chunked
        return message, reader


async def _converse(
    protocol: Any, wire: bytes | Spool, recording: RecordedParser
) -> tuple[Message, StreamReader]:
    """Send a request as it was written, and read up to the head of its response."""
    recording.install()
    sending = _send(protocol, wire)
    try:
        while True:
            message, payload = await protocol.read()
            if not 100 <= message.code < 200:
                return message, payload
    finally:
        if sending is not None:
            sending.cancel()


def _send(protocol: Any, wire: bytes | Spool) -> asyncio.Task[None] | None:
    """Send a request; the client's patience begins once it has gone out."""
    if not isinstance(wire, Spool):
        protocol.transport.write(wire)
        if not protocol._paused:
            protocol.start_timeout()
            return None
    rest = wire.pieces() if isinstance(wire, Spool) else iter(())

    async def sent() -> None:
        writer = StreamWriter(protocol, protocol._loop)
        try:
            await writer.drain()
            for piece in rest:
                if protocol.transport is None or protocol.transport.is_closing():
                    return
                protocol.transport.write(piece)
                await writer.drain()
        except OSError as error:
            protocol.set_exception(aiohttp.ClientOSError(*error.args))
        else:
            protocol.start_timeout()

    return asyncio.get_running_loop().create_task(sent())


async def _read_out(reader: StreamReader) -> None:
    try:
        while await reader.readany():
            pass
    except Exception:  # noqa: BLE001 - it is recorded, and will be played
        return


def request_of(req: Any, wire: bytes | Spool) -> Request:
    """A request as it was written; a long body stays on disk."""
    if isinstance(wire, Spool):
        return _long_request_of(req, wire)
    head, _, body = wire.partition(b"\r\n\r\n")
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    headers = tuple((name, value.strip()) for name, _, value in lines)
    if "chunked" in req.headers.get(hdrs.TRANSFER_ENCODING, "").lower():
        body = _dechunked(body)
    return Request(method=req.method, url=str(req.url), headers=headers, body=body)


def _long_request_of(req: Any, wire: Spool) -> Request:
    """A long request as it was written, its body read piece by piece."""
    found: list[Headers] = []
    body = Spool()
    message = RequestMessage(lambda _, headers: found.append(headers), body.add)
    for piece in wire.pieces():
        at = 0
        while at < len(piece):
            at += message.scan(piece, at)
    kept = body.body()
    if isinstance(kept, Spool):
        return Request.stored(req.method, str(req.url), found[0], kept)
    return Request(req.method, str(req.url), found[0], kept)


def _dechunked(body: bytes) -> bytes:
    """A body without the transfer encoding that aiohttp has written it in."""
    pieces, at = [], 0
    while (end := body.find(b"\r\n", at)) >= 0 and (size := int(body[at:end], 16)):
        pieces.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(pieces)


def _has_body(message: Message) -> bool:
    length = message.headers.get(hdrs.CONTENT_LENGTH)
    return message.code >= 200 and message.code not in _BODILESS and length != "0"


def _nothing() -> None:
    """Nobody reads yet."""
