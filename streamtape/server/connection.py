"""One client's connection: bytes in, requests out to the handler, one after another.

Requests are parsed by h11. A client that goes away, or only closes its sending side, is noticed at
once and its handler cancelled. Reading stops while nobody takes what has come (backpressure).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import struct
import sys
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import h11

from streamtape.server.event_loop import readable_at
from streamtape.server.exchange import Exchange, Handler, Limits, RequestHead, RequestTooLargeError
from streamtape.server.socket_queue import unread_bytes
from streamtape.tape.texts import masked_text

_LOG = logging.getLogger("streamtape.server")
_READ_AHEAD = 1 << 18
_FLUSH_S = 1.0
# A client that still sends when its answer is out may read it for so long in all, and may be silent
# for so long: to close with bytes unread resets the connection, and the answer is lost with it.
_LINGER_S = 30.0
_LINGER_SILENCE_S = 5.0
# A client that finds the last bytes and the reset in one go may take it for an ordinary end (libuv
# does). So it may read first: as long as it takes, where that can be seen; else for a moment.
_TO_READ_S = 5.0
_BEFORE_RESET_S = 0.02
# Bytes this soon after the connection came with it: to take it may have been all that took time.
_WITH_CONNECTION_S = 0.005
_JSON = [(b"Content-Type", b"application/json")]
T = TypeVar("T")


class Connection(asyncio.Protocol):
    """A connection from its opening to the end of its handler; `register` holds those."""

    transport: asyncio.Transport
    client: str

    def __init__(self, handler: Handler, limits: Limits, register: set[Connection]) -> None:
        self.limits = limits
        self.body_read = True
        self.task: asyncio.Task[None] | None = None
        self._handler = handler
        self._register = register
        self._parser = self._new_parser()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._may_write = True
        self._exchange: Exchange | None = None
        self._unread = 0
        self._is_lingering = False  # its answer is out: the rest of its body is not looked at
        self._raw: bytearray | None = None  # received since the connection stopped being HTTP
        self._end: bool | Exception = False  # how a connection ended that is no longer HTTP
        self.farewell: Callable[[], bytes] | None = None
        self._heard: float | None = None
        self._accepted = readable_at()

    def _new_parser(self) -> h11.Connection:
        return h11.Connection(h11.SERVER, max_incomplete_event_size=self.limits.max_header_bytes)

    # What asyncio tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A machine that is gone without a word is noticed, some time, where nothing is sent.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.client = str((transport.get_extra_info("peername") or ("?",))[0])
        if len(self._register) >= self.limits.max_connections:
            self._answer_plainly(503)
            transport.close()
            return
        self._register.add(self)
        self.task = asyncio.get_running_loop().create_task(self._run())
        # Not when the client goes: what the handler does then is still to be waited for.
        self.task.add_done_callback(lambda _: self._register.discard(self))

    def data_received(self, data: bytes) -> None:
        if self._heard is None and self._exchange is None:
            now = readable_at()
            came_along = now - self._accepted < _WITH_CONNECTION_S
            self._heard = self._accepted if came_along else now
        self._unread += len(data)
        if self._unread > _READ_AHEAD:
            self.transport.pause_reading()
        if self._raw is not None:
            self._raw += data
            self._arrived.set()
            return
        with contextlib.suppress(RuntimeError):  # bytes behind the end of a closing connection
            self._parser.receive_data(data)
        self._arrived.set()

    def eof_received(self) -> bool:
        return False  # a client that will send no more is gone, and the transport closes

    def pause_writing(self) -> None:
        self._may_write = False
        self._writable.clear()

    def resume_writing(self) -> None:
        self._may_write = True
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        if self._exchange is not None and not self._exchange.finished:
            self._exchange.closed = True
        if self._raw is not None:
            # Its handler reads to the end what came before.
            self._end = exc or True
            self._arrived.set()
        elif self.task is not None:
            self.task.cancel()

    # What an exchange asks of us.

    def write(self, data: bytes) -> bool:
        """Send bytes, or hold them until the client takes them; to a client that left, nothing.

        False where whoever writes more is to wait for `drained` first.
        """
        if self.transport.is_closing():
            return False
        self.transport.write(data)
        return self._may_write

    @property
    def is_closing(self) -> bool:
        """Whether the connection has ended, or is about to."""
        return self.transport.is_closing()

    async def drained(self) -> None:
        """Wait until the client has read enough for more."""
        if self.transport.is_closing():
            await asyncio.sleep(0)  # asyncio is about to tell us that the client is gone
        if not self._writable.is_set():
            await self._writable.wait()

    async def cut(self) -> None:
        """Send what was written, then close."""
        await self._flushed(acknowledged=False)
        self.transport.close()

    async def reset(self) -> None:
        """Have the client take what was written, then reset."""
        await self._flushed(acknowledged=True)
        sock = self.transport.get_extra_info("socket")
        give_up = asyncio.get_running_loop().time() + _TO_READ_S
        while unread_bytes(sock) and asyncio.get_running_loop().time() < give_up:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)
        await asyncio.sleep(_BEFORE_RESET_S)
        self._reset_on_close()
        self.transport.abort()

    def take_over(self) -> None:
        """Stop being HTTP: what comes from now on is had by `next_bytes`."""
        self._raw = bytearray(self._parser.trailing_data[0])

    async def next_bytes(self) -> bytes:
        """The bytes that came since the last call, at least one; b"" at the end of the connection.

        ConnectionError where the client reset it. Reading slowly slows the client down.
        """
        assert self._raw is not None, "the connection is still HTTP"
        while not self._raw and not self._end:
            self._arrived.clear()
            self._unread = 0
            self.transport.resume_reading()
            await self._arrived.wait()
        data, self._raw = bytes(self._raw), bytearray()
        if not data and isinstance(self._end, ConnectionError):
            raise self._end
        return data

    def end_writing(self) -> None:
        """Tell the client that no more comes; it may go on sending."""
        if not self.transport.is_closing() and self.transport.can_write_eof():
            with contextlib.suppress(OSError):  # it is gone, which was not noticed yet
                self.transport.write_eof()

    def abort(self) -> None:
        """Close now, after the farewell, where there is one; what was not sent yet is dropped.

        A body that ends where the connection does is reset: its client would take it for whole.
        """
        if self.farewell is not None and (last_words := self.farewell()):
            self.write(last_words)
        if self._exchange is not None and self._exchange.ends_with_connection:
            self._reset_on_close()
        self.transport.abort()

    def _reset_on_close(self) -> None:
        sock = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the client was faster
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def next_piece(self) -> bytes | None:
        """The next bytes of the request's body; None at its end."""
        if self.body_read:
            return None
        async with asyncio.timeout(self.limits.idle_s):
            event = await self._next_event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        self.body_read = True
        return None

    async def _flushed(self, *, acknowledged: bool) -> None:
        """Wait until the kernel, or the client's kernel, has every byte; a second at most."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _FLUSH_S
        while self._pending(acknowledged=acknowledged) and clock() < deadline:  # noqa: ASYNC110 - the kernel has no event for this
            await asyncio.sleep(0.001)

    def _pending(self, *, acknowledged: bool) -> int:
        size = self.transport.get_write_buffer_size()
        fd = self.transport.get_extra_info("socket").fileno()
        if size or not acknowledged or fd < 0 or sys.platform == "win32":
            return size
        import fcntl  # not on Windows
        import termios

        return int.from_bytes(fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0" * 4), sys.byteorder)

    # The life of a connection.

    async def _next_event(self) -> object:
        while True:
            event = self._parser.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._parser.they_are_waiting_for_100_continue and not self._is_lingering:
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
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
            self._answer_plainly(error.error_status_hint or 400)
            self.body_read = False  # whatever else comes is no request
        except TimeoutError:
            pass  # an idle connection is closed without a word
        except Exception:  # noqa: BLE001 - the server goes on, and says what happened
            # The message of an exception that is not ours may quote what a client sent.
            text = masked_text(traceback.format_exc())
            _LOG.error("a handler failed; its connection is closed\n%s", text)
        finally:
            await self._close_gently()

    async def _one_request(self) -> bool:
        async with asyncio.timeout(self.limits.idle_s):
            event = await self._next_event()
        if not isinstance(event, h11.Request):
            return False
        self.body_read = False
        if _is_ambiguous(event):
            self._answer_plainly(400)
            return False
        if not _has_body(event):
            await self.next_piece()
        head = RequestHead(
            method=event.method.decode("ascii"),
            target=event.target.decode("latin-1"),
            headers=tuple((bytes(n), bytes(v)) for n, v in event.headers.raw_items()),
            http_version=event.http_version.decode("ascii"),
        )
        arrived = asyncio.get_running_loop().time() if self._heard is None else self._heard
        exchange = self._exchange = Exchange(self, head, arrived)
        try:
            await self._handler(exchange)
        except RequestTooLargeError as error:
            message = {"error": {"message": str(error), "type": "request_too_large"}}
            await exchange.respond(413, _JSON, json.dumps(message).encode())
        finally:
            self._exchange = self._heard = None
        return exchange.keep_alive

    def _answer_plainly(self, status: int) -> None:
        if self._exchange is not None and self._exchange.started:
            return
        phrase = HTTPStatus(status).phrase.encode("ascii")
        line = b"HTTP/1.1 %d %b\r\n" % (status, phrase)
        self.write(line + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    async def _close_gently(self) -> None:
        """Close, but let a client that is still sending read its answer first."""
        if not self.transport.is_closing() and not self.body_read:
            self._is_lingering = True
            with contextlib.suppress(OSError, TimeoutError):
                self.transport.write_eof()
                async with asyncio.timeout(_LINGER_S):
                    await self._discard()
        self.transport.close()

    async def _discard(self) -> None:
        """Read the rest of the body; where it makes no sense, all up to the connection's end."""
        try:
            while await self._before_long(self.next_piece()) is not None:
                pass
        except h11.RemoteProtocolError:
            self.take_over()
            while await self._before_long(self.next_bytes()):
                pass

    async def _before_long(self, coming: Awaitable[T]) -> T:
        async with asyncio.timeout(_LINGER_SILENCE_S):
            return await coming


def _is_ambiguous(request: h11.Request) -> bool:
    """Whether a request tells its length in two ways, as when one is hidden in another.

    RFC 9112 section 6.1 lets a server refuse it; h11 takes the chunks.
    """
    return {b"content-length", b"transfer-encoding"} <= {name for name, _ in request.headers}


def _has_body(request: h11.Request) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0"))
        for name, value in request.headers
    )
