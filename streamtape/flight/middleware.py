"""ASGI middleware: records what a service sends, as its clients receive it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import anyio.to_thread

from streamtape.session.session import Session
from streamtape.tape.model import Head, Request
from streamtape.transport.clocks import SystemClock, wall_us
from streamtape.transport.response_recorder import ResponseRecorder

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[..., Any], Callable[..., Any]], Awaitable[None]]
Message = MutableMapping[str, Any]
_ENDED = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})
_MOST_BODY = 8 << 20  # a longer request body is left out


class FlightMiddleware:
    """An ASGI application around another one; made by `FlightRecorder.middleware(app)`.

    `begin` is called when the server first calls it: it has set its signal handlers by then.
    `flush` is called when the application has shut down, before its server knows.
    """

    def __init__(
        self,
        app: App,
        session: Callable[[], Session | None],
        *,
        begin: Callable[[], object],
        flush: Callable[[], object],
    ) -> None:
        self.app = app
        self._session = session
        self._begin = begin
        self._has_begun = False
        self._flush = flush

    async def __call__(
        self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        """Answer as the application does."""
        if not self._has_begun:
            self._has_begun = True
            with suppress(Exception):
                self._begin()
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        session = self._session() if scope["type"] == "http" else None
        if session is None:
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(session, scope, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            exchange.abandoned()
            raise
        except BaseException as error:
            exchange.failed(error)
            raise
        exchange.abandoned()  # sent no last piece; ignored if there was one

    async def _live(
        self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        """Go through the application's lifespan; one that knows none gets an empty one."""
        is_known = False

        async def received() -> Any:
            message = await receive()
            begun.append(message)
            return message

        async def sent(message: Message) -> None:
            nonlocal is_known
            is_known = True
            if message.get("type") in _ENDED:
                await self._flushed()
            await send(message)

        begun: list[Any] = []
        try:
            await self.app(scope, received, sent)
        except Exception:
            if is_known:
                raise
        if is_known:
            return
        if not begun:
            await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._flushed()
        await send({"type": "lifespan.shutdown.complete"})

    async def _flushed(self) -> None:
        with suppress(Exception):
            await anyio.to_thread.run_sync(self._flush)


class _Exchange:
    def __init__(
        self, session: Session, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        self._recording = ResponseRecorder(session, SystemClock())
        self._started_at_us = wall_us()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body: list[bytes] = []
        self._n_body = 0
        self._begun = False
        self._is_ending = False  # the last piece is on its way: a disconnect cuts nothing off

    async def receive(self) -> Any:
        """Hand the application what came, and note it."""
        message = await self._receive()
        with suppress(Exception):
            self._note_received(message)
        return message

    async def send(self, message: Any) -> None:
        """Note what the application answers, before its client gets it."""
        # Whatever is odd in it is between application and server.
        is_last = False
        with suppress(Exception):
            is_last = self._note_sent(message)
        self._is_ending = self._is_ending or is_last
        await self._send(message)
        if is_last:
            with suppress(Exception):
                self._recording.complete()

    def _note_received(self, message: Any) -> None:
        if message["type"] == "http.request":
            piece = message.get("body", b"")
            self._n_body += len(piece)
            if self._n_body <= _MOST_BODY:
                self._body.append(bytes(piece))
        elif message["type"] == "http.disconnect" and not self._is_ending:
            self.abandoned()

    def _note_sent(self, message: Any) -> bool:
        """Take down a message of the application; whether it is the last one."""
        kind = message["type"]
        if kind == "http.response.start":
            self._take_head(message)
        elif kind == "http.response.body" and self._begun:
            if piece := message.get("body"):
                self._recording.feed(bytes(piece))
            return not message.get("more_body", False)
        # A file that the server sends by itself: its bytes do not pass by here.
        return self._begun and kind == "http.response.pathsend"

    def _take_head(self, message: Any) -> None:
        self._begin()
        headers = tuple((bytes(k), bytes(v)) for k, v in message.get("headers", ()))
        version = f"HTTP/{self._scope.get('http_version', '1.1')}"
        head = Head(message["status"], headers, self._recording.elapsed(), version)
        self._recording.record_head(head)

    def _begin(self) -> None:
        if self._begun:
            return
        scope = self._scope
        headers = tuple((bytes(k), bytes(v)) for k, v in scope.get("headers", ()))
        body = b"".join(self._body) if self._n_body <= _MOST_BODY else b""
        request = Request(scope["method"], _url(scope, dict(headers)), headers, body)
        self._recording.begin(request, self._started_at_us)
        self._begun = True

    def failed(self, error: BaseException) -> None:
        """Note that the application failed, or that its client could not be reached."""
        with suppress(Exception):
            self._begin()
            self._recording.failed(error)

    def abandoned(self) -> None:
        """Note that the client left; nothing where the answer was whole by then."""
        if self._begun:
            with suppress(Exception):
                self._recording.abandon()


def _url(scope: Scope, headers: dict[bytes, bytes]) -> str:
    host = headers.get(b"host", b"").decode("latin-1")
    if not host:
        name, port = scope.get("server") or ("localhost", None)
        host = f"{name}:{port}" if port else str(name)
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope.get('scheme', 'http')}://{host}{path}{'?' if query else ''}{query}"
