"""A server that can be started and stopped, with the checks that all servers here share.

It checks the Host header, answers CORS preflights, and turns streamtape's errors into JSON in the
shape that the client's provider uses. A subclass handles the requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from streamtape.async_entry import AsyncEntry
from streamtape.errors import StreamtapeError, UsageError
from streamtape.playback.error_responses import error_body
from streamtape.server.dashboard import Dashboard, is_for_dashboard, show
from streamtape.server.exchange import Exchange, Handler, Limits, RequestTooLargeError
from streamtape.server.headers import cors_headers, is_known_host, is_known_page
from streamtape.server.http_server import HttpServer
from streamtape.tape.texts import masked_text

JSON = (b"Content-Type", b"application/json; charset=utf-8")
_NOT_HTTP = "only HTTP requests and WebSockets are recorded and replayed: no tunnels"
# SDKs try again on many errors; a miss will not be better the next time.
NO_RETRY = (b"X-Should-Retry", b"false")


class Service(AsyncEntry):
    """The base of all servers: use `with`, `async with`, or `start` and `stop`."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        cors: str | Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
        limits: Limits | None = None,
        dashboard: Dashboard | None = None,
    ) -> None:
        self.dashboard = dashboard
        if not 0 <= port < 65536:
            raise UsageError(f"port must be a number from 0 (any free port) to 65535, got {port!r}")
        self._cors = frozenset([cors] if isinstance(cors, str) else cors)
        self._allowed = frozenset(name.lower() for name in (*allowed_hosts, host))
        self._server = HttpServer(
            self._dispatch,
            host=host,
            port=port,
            limits=limits,
            on_startup=self.on_startup,
            before_shutdown=self.before_shutdown,
            on_shutdown=self.on_shutdown,
        )

    @property
    def url(self) -> str:
        """Where it listens: `http://127.0.0.1:PORT`, without a path."""
        return self._server.origin

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that it listens on."""
        return self._server.host, self._server.port

    def start(self) -> Self:
        """Start answering."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Close every connection and end; may be called twice."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def answer(self, exchange: Exchange) -> None:
        """Answer one request; every server has its own way."""
        raise NotImplementedError

    async def forward(self, exchange: Exchange) -> None:
        """Answer a request that came to us as to a forward proxy: a tunnel, or an absolute URL."""
        await self.refuse(exchange, 501, _NOT_HTTP, "not_http")

    async def on_startup(self) -> None:
        """Get ready, in the server's loop, before `start` returns."""

    def before_shutdown(self) -> None:
        """Take note, in the server's loop, that every connection is about to be closed."""

    async def on_shutdown(self) -> None:
        """Let go of what belongs to the server's loop; the connections are closed already."""

    def cors_of(self, exchange: Exchange) -> list[tuple[bytes, bytes]]:
        """The CORS headers that an answer to this request carries."""
        return cors_headers(exchange.request, self._cors) if self._cors else []

    async def refuse(
        self, exchange: Exchange, status: int, message: str, kind: str, **more: object
    ) -> None:
        """Answer with an error, without secrets, in the shape that clients of this path know."""
        message = masked_text(message)
        body = error_body(exchange.request.path, status, message, kind, **more)
        await exchange.respond(status, [JSON, NO_RETRY, *self.cors_of(exchange)], body)

    async def _dispatch(self, exchange: Exchange) -> None:
        request = exchange.request
        if request.method == "CONNECT" or not request.target.startswith(("/", "*")):
            # No page makes a browser send that: its user, or a program's, named us as the proxy.
            await self._guarded(exchange, self.forward)
        elif not is_known_host(request, self._allowed):
            why = (
                f"Host {request.header('host')!r} is not a name of this server; allow it to use it"
            )
            await self.refuse(exchange, 421, why, "unknown_host")
        elif not is_known_page(request, self._cors):
            page = request.header("origin") or "another origin"
            why = (
                f"this request comes from a web page of {page}; --cors (cors=) allows its requests"
            )
            await self.refuse(exchange, 403, why, "foreign_origin")
        elif request.method == "OPTIONS" and self.cors_of(exchange):
            await exchange.respond(204, self.cors_of(exchange), b"")
        elif self.dashboard is not None and is_for_dashboard(request.path):
            await show(exchange, self.dashboard)
        else:
            await self._guarded(exchange, self.answer)

    async def _guarded(self, exchange: Exchange, handler: Handler) -> None:
        try:
            await handler(exchange)
        except RequestTooLargeError as error:
            await self.refuse(exchange, 413, str(error), "request_too_large")
        except StreamtapeError as error:
            if exchange.started:
                await exchange.cut()
            else:
                await self.refuse(exchange, 500, str(error), "streamtape_error")
