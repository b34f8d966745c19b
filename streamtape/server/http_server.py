"""A listening socket and the thread that serves it: the part that every server here shares.

The socket is bound in the caller's thread, so that a port in use is an error where it was chosen
for. Stopping closes every connection at once; handlers are cancelled and may clean up.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable

from streamtape.errors import ServerError
from streamtape.server.connection import Connection
from streamtape.server.event_loop import LoopThread
from streamtape.server.exchange import Handler, Limits
from streamtape.server.open_files import make_room

_BACKLOG = 1024
# So many turns of the loop make a connection of what was accepted; half of one would leak.
_TURNS = 5


def bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket; ServerError where the address can't be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServerError(f"can't listen on host {host!r}, port {port}: {error}") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except (OSError, OverflowError) as error:
        sock.close()
        why = f"can't listen on {host}:{port}: {error}"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            why += "; another program has this port: choose another, or 0 for any free one"
        raise ServerError(why) from error
    return sock


class HttpServer:
    """Serves one handler on one address, in a thread of its own."""

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        on_startup: Callable[[], Awaitable[None]] | None = None,
        before_shutdown: Callable[[], None] | None = None,
        on_shutdown: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._handler = handler
        self._limits = limits or Limits()
        self._connections: set[Connection] = set()
        self._sock = bind(host, port)
        address = self._sock.getsockname()
        self.host, self.port = str(address[0]), int(address[1])
        self._on_startup = on_startup
        self._before_shutdown = before_shutdown
        self._on_shutdown = on_shutdown
        self.thread = LoopThread(self._main)

    @property
    def origin(self) -> str:
        """Where it listens, as the start of a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Start serving; connections are taken from the return on."""
        make_room(self._sock.fileno())
        self.thread.start()

    def stop(self) -> None:
        """Close every connection and end; returns when the thread has ended."""
        self.thread.stop()
        self._sock.close()

    async def _main(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(self._handler, self._limits, self._connections),
            sock=self._sock,
            backlog=_BACKLOG,
        )
        try:
            if self._on_startup is not None:
                await self._on_startup()
            ready()
            await stop.wait()
        finally:
            loop.remove_reader(self._sock)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            server.close()
            await self._close_all()

    async def _close_all(self) -> None:
        connections = list(self._connections)
        tasks = [c.task for c in connections if c.task is not None]
        # Up to the last abort nothing is awaited: no handler sends anything meanwhile.
        if self._before_shutdown is not None:
            self._before_shutdown()
        for connection in connections:
            connection.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._on_shutdown is not None:
            await self._on_shutdown()
        await asyncio.sleep(0)
