"""HTTP/1.1 on the server's side, down to the byte: what a library would not let us do.

A replay must cut a body where the recording was cut, as HTTP chunks; end it without the last chunk;
or reset the connection. So requests are parsed by h11, and responses are written here, each `send`
one chunk on the wire. A handler is a coroutine that gets an Exchange; when its client goes away
it is cancelled at once, and `exchange.gone` is True. Nothing here knows cassettes or scripts.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

import h11

from streamtape.errors import ServerError
from streamtape.tape.model import Headers, header

Handler = Callable[["Exchange"], Awaitable[None]]
_READ_AHEAD = 1 << 18
_YIELD_EVERY = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take of a server."""

    max_header_bytes: int = 1 << 16
    max_body_bytes: int = 1 << 26
    max_connections: int = 2048
    idle_s: float = 75.0


class RequestTooLargeError(ServerError):
    """The body of a request is over the limit."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The start of a request as the client sent it; `target` is its path and query."""

    method: str
    target: str
    headers: Headers
    http_version: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        return header(self.headers, name)


class Exchange:
    """One request and its answer, in the hands of a handler."""

    def __init__(self, connection: Connection, head: RequestHead) -> None:
        self.request = head
        self.gone = False
        self.started = False
        self.finished = False
        self._connection = connection
        self._chunked = False
        self._bodiless = False
        self._keep_alive = _wants_keep_alive(head)
        self._sends = 0

    @property
    def client(self) -> str:
        """The address of the client."""
        peer = self._connection.transport.get_extra_info("peername") or ("?",)
        return str(peer[0])

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body of the request, as it comes; reading slowly slows the client down."""
        while (piece := await self._connection.next_piece()) is not None:
            yield piece

    async def body(self) -> bytes:
        """The whole body of the request; RequestTooLargeError where it is over the limit."""
        limit = self._connection.limits.max_body_bytes
        taken, size = [], 0
        async for piece in self.pieces():
            size += len(piece)
            if size > limit:
                raise RequestTooLargeError(f"the request body is over the limit of {limit} bytes")
            taken.append(piece)
        return b"".join(taken)

    async def start(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], *, length: int | None = None
    ) -> None:
        """Send the head; without a length the body goes out in HTTP chunks.

        The headers must not frame the body: those are for this method to say.
        """
        assert not self.started, "the head is already out"
        self.started = True
        self._bodiless = self.request.method == "HEAD" or status in (204, 304) or status < 200
        lines = [b"HTTP/1.1 %d %s" % (status, _reason(status))]
        lines += [name + b": " + value for name, value in headers]
        if length is not None and status not in (204, 304):
            lines.append(b"Content-Length: %d" % length)
        elif not self._bodiless and self.request.http_version == "1.1":
            self._chunked = True
            lines.append(b"Transfer-Encoding: chunked")
        elif not self._bodiless:
            self._keep_alive = False
        if not self._keep_alive or not self._connection.body_read:
            self._keep_alive = False
            lines.append(b"Connection: close")
        self._connection.transport.write(b"\r\n".join(lines) + b"\r\n\r\n")
        await self._connection.drained()

    async def send(self, data: bytes) -> None:
        """Send bytes of the body as one chunk; waits while the client does not read."""
        if self._bodiless or not data:
            return
        framed = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
        self._connection.transport.write(framed)
        await self._connection.drained()
        self._sends += 1
        if self._sends % _YIELD_EVERY == 0:
            await asyncio.sleep(0)

    async def finish(self) -> None:
        """End the body as HTTP says."""
        if self._chunked and not self._bodiless:
            self._connection.transport.write(b"0\r\n\r\n")
        self.finished = True
        await self._connection.drained()

    async def respond(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """Send a whole response."""
        await self.start(status, headers, length=len(body))
        if body and not self._bodiless:
            self._connection.transport.write(body)
        self.finished = True
        await self._connection.drained()

    async def cut(self) -> None:
        """Close the connection (FIN) with the body unfinished."""
        self._keep_alive = False
        await self._connection.flushed()
        self._connection.transport.close()

    async def reset(self) -> None:
        """Reset the connection (RST), once the client has what was sent before."""
        self._keep_alive = False
        await self._connection.flushed(acknowledged=True)
        sock = self._connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.transport.abort()

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may carry another request."""
        return self.finished and self._keep_alive and self._connection.body_read


class Connection(asyncio.Protocol):
    """One client's connection: requests in, one after another; the handler answers each."""

    transport: asyncio.Transport

    def __init__(self, handler: Handler, limits: Limits, register: set[Connection]) -> None:
        self.limits = limits
        self.body_read = True
        self._handler = handler
        self._register = register
        self._parser = self._new_parser()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed = asyncio.Event()
        self._exchange: Exchange | None = None
        self._unread = 0
        self.task: asyncio.Task[None] | None = None

    def _new_parser(self) -> h11.Connection:
        return h11.Connection(h11.SERVER, max_incomplete_event_size=self.limits.max_header_bytes)

    # What asyncio tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self._register) >= self.limits.max_connections:
            transport.write(_PLAIN % (503, b"Service Unavailable"))
            transport.close()
            self._closed.set()
            return
        self._register.add(self)
        self.task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        if self._unread > _READ_AHEAD and self._exchange is not None:
            self.transport.pause_reading()
        with contextlib.suppress(RuntimeError):  # bytes after the end of a closing connection
            self._parser.receive_data(data)
        self._arrived.set()

    def eof_received(self) -> bool:
        return False  # a client that will send no more is gone, and the transport closes

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._register.discard(self)
        self._closed.set()
        self._writable.set()
        if self._exchange is not None and not self._exchange.finished:
            self._exchange.gone = True
        if self.task is not None:
            self.task.cancel()

    # What an exchange asks of us.

    async def drained(self) -> None:
        """Wait until the client has read enough for more."""
        if not self._writable.is_set():
            await self._writable.wait()

    async def flushed(self, *, acknowledged: bool = False) -> None:
        """Wait until the kernel (or the client's) has every byte; a second at most."""
        deadline = asyncio.get_running_loop().time() + 1.0
        while self._pending(acknowledged) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - the kernel has no event for this
            await asyncio.sleep(0.001)

    def _pending(self, acknowledged: bool) -> int:
        size = self.transport.get_write_buffer_size()
        fd = self.transport.get_extra_info("socket").fileno()
        if size or not acknowledged or fd < 0 or sys.platform == "win32":
            return size
        import fcntl  # not on Windows
        import termios

        unsent = fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0" * 4)
        return int.from_bytes(unsent, "little")

    async def next_piece(self) -> bytes | None:
        """The next bytes of the request's body; None at its end."""
        if self.body_read:
            return None
        event = await self._next_event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        self.body_read = True
        return None

    # The life of a connection.

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._parser.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]  # h11's sentinels have no type
            if self._parser.they_are_waiting_for_100_continue:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self._parser.send(h11.InformationalResponse(status_code=100, headers=[]))
            self._arrived.clear()
            self._unread = 0
            self.transport.resume_reading()
            await self._arrived.wait()

    async def _run(self) -> None:
        try:
            while await self._one_request():
                trailing, _ = self._parser.trailing_data
                self._parser = self._new_parser()
                if trailing:
                    self._parser.receive_data(trailing)
        except h11.RemoteProtocolError as error:
            code = error.error_status_hint or 400
            self.transport.write(_PLAIN % (code, _reason(code)))
        except TimeoutError:
            pass  # an idle connection is closed without a word
        finally:
            await self._close_gently()

    async def _one_request(self) -> bool:
        async with asyncio.timeout(self.limits.idle_s):
            event = await self._next_event()
        if not isinstance(event, h11.Request):
            return False
        self.body_read = False
        if not _has_body(event):
            await self.next_piece()
        head = RequestHead(
            method=event.method.decode("ascii"),
            target=event.target.decode("latin-1"),
            headers=tuple((bytes(n), bytes(v)) for n, v in event.headers.raw_items()),
            http_version=event.http_version.decode("ascii"),
        )
        exchange = self._exchange = Exchange(self, head)
        try:
            await self._handler(exchange)
        finally:
            self._exchange = None
        return exchange.keep_alive

    async def _close_gently(self) -> None:
        """Close, but let a client that is still sending read its answer first."""
        if not self.transport.is_closing() and not self.body_read:
            with contextlib.suppress(OSError, TimeoutError):
                self.transport.write_eof()
                async with asyncio.timeout(1.0):
                    while await self.next_piece() is not None:
                        pass
        self.transport.close()


_PLAIN = b"HTTP/1.1 %d %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b"-"


def _has_body(request: h11.Request) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0"))
        for name, value in request.headers
    )


def _wants_keep_alive(head: RequestHead) -> bool:
    tokens = (head.header("connection") or "").lower()
    return head.http_version == "1.1" and "close" not in tokens
