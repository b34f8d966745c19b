"""An exchange: one request and its response, written with control of every byte.

A replay must cut a body where the recording was cut, as HTTP chunks; end it without the last chunk;
or reset the connection. So each `send` is one chunk on the wire, and `cut` and `reset` are there. A
handler is a coroutine that gets an Exchange; when its client goes away it is cancelled at once, and
`exchange.gone` is True. Nothing here knows sockets or cassettes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from streamtape.errors import ServerError
from streamtape.tape.http_values import head_problem
from streamtape.tape.model import Head, Headers, header

Handler = Callable[["Exchange"], Awaitable[None]]
_YIELD_EVERY = 16
_FIRST_FINAL = 200  # lower statuses are interim responses (RFC 9110 section 15.2)
# From the timer's end to the client there is more way than this, on any machine.
_WAY_S = 0.0001


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take of a server.

    A message over `max_message_bytes` closes its WebSocket with code 1009.
    """

    max_header_bytes: int = 1 << 16
    max_body_bytes: int = 1 << 26
    max_connections: int = 2048
    idle_s: float = 75.0
    max_message_bytes: int = 1 << 26
    websocket_idle_s: float = 3600.0


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


class Link(Protocol):
    """The connection under an exchange.

    `write` says whether more may be written now; else `drained` waits until it may.
    """

    limits: Limits
    body_read: bool
    client: str
    farewell: Callable[[], bytes] | None

    @property
    def is_closing(self) -> bool: ...
    async def next_piece(self) -> bytes | None: ...
    def write(self, data: bytes) -> bool: ...
    async def drained(self) -> None: ...
    async def cut(self) -> None: ...
    async def reset(self) -> None: ...
    def take_over(self) -> None: ...
    async def next_bytes(self) -> bytes: ...
    def end_writing(self) -> None: ...


class Exchange:
    """One request and its answer, in the hands of a handler.

    `arrived` is the loop's time at which the request began to come.
    """

    def __init__(self, link: Link, request: RequestHead, arrived: float) -> None:
        self.request = request
        self.arrived = arrived
        self.closed = False
        self.started = False
        self.finished = False
        self._link = link
        self._chunked = False
        self._bodiless = False
        self._length: int | None = None
        self._limit = link.limits.max_body_bytes
        self._given_back: list[bytes] = []
        self._received = 0
        self._sent = 0
        self._sends = 0
        self._keep_alive = _wants_keep_alive(request)

    @property
    def client(self) -> str:
        """The address of the client."""
        return self._link.client

    @property
    def body_read(self) -> bool:
        """Whether all of the request's body was read, or it has none."""
        return self._link.body_read and not self._given_back

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may carry another request."""
        return self.finished and self._keep_alive and self._link.body_read

    @property
    def is_all_sent(self) -> bool:
        """Whether the client has as much of the body as it was promised, and we have not ended."""
        return self._length is not None and self._sent >= self._length and not self.finished

    @property
    def ends_with_connection(self) -> bool:
        """Whether the body that is being sent is whole when the connection closes (HTTP/1.0)."""
        framed = self._chunked or self._bodiless or self._length is not None
        return self.started and not self.finished and not framed

    async def next_piece(self) -> bytes | None:
        """The next bytes of the request's body as they come, None at its end.

        Reading slowly slows the client down. RequestTooLargeError where the body is over the limit.
        """
        if self._given_back:
            return self._given_back.pop()
        if not self._received and (content_length(self.request.headers) or 0) > self._limit:
            raise self._too_large()
        piece = await self._link.next_piece()
        self._received += len(piece or b"")
        if self._received > self._limit:
            raise self._too_large()
        return piece

    async def body(self) -> bytes:
        """The whole body of the request; RequestTooLargeError where it is over the limit."""
        taken = []
        while (piece := await self.next_piece()) is not None:
            taken.append(piece)
        return b"".join(taken)

    def give_back(self, body: bytes) -> None:
        """Let a body that was taken be read again, by whoever answers instead."""
        self._given_back = [body] if body else []

    def _too_large(self) -> RequestTooLargeError:
        return RequestTooLargeError(f"the request body is over the limit of {self._limit} bytes")

    @property
    def elapsed_us(self) -> int:
        """Microseconds since the arrival of the request."""
        return round((asyncio.get_running_loop().time() - self.arrived) * 1e6)

    async def sleep_until(self, at_us: int) -> None:
        """Wait until so many microseconds after the arrival of the request, less the way back."""
        if (when := self.wait(at_us)) is not None:
            loop = asyncio.get_running_loop()
            over = loop.create_future()
            timer = loop.call_at(when, _wake, over)
            try:
                await over
            except asyncio.CancelledError:
                timer.cancel()
                raise

    def wait(self, at_us: int) -> float | None:
        """The loop's time so many microseconds after the arrival, less the way; None if past."""
        when = self.arrived + at_us / 1e6 - _WAY_S
        return when if when > asyncio.get_running_loop().time() else None

    async def start(
        self,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        reason: str = "",
        length: int | None = None,
    ) -> None:
        """Send the head; without a length the body goes out in HTTP chunks.

        The headers must not frame the body: that is for this method to say. ServerError, with
        nothing sent, where HTTP can't carry the head.
        """
        assert not self.started, "the head is already out"
        headers = tuple(headers)
        problem = head_problem(Head(status, headers, reason=reason))
        if problem is None and status < _FIRST_FINAL:
            problem = f"the status {status} is not that of a final response"
        if problem is not None:
            raise ServerError(f"this response can't be sent over HTTP: {problem}")
        self.started = True
        empty = status in (204, 304)
        self._bodiless = empty or self.request.method == "HEAD"
        framing: list[tuple[bytes, bytes]] = []
        if length is not None and not empty:
            self._length = None if self._bodiless else length
            framing.append((b"Content-Length", b"%d" % length))
        elif not self._bodiless:
            self._chunked = self.request.http_version == "1.1"
            self._keep_alive = self._keep_alive and self._chunked
            framing += [(b"Transfer-Encoding", b"chunked")] if self._chunked else []
        if not (self._keep_alive and self._link.body_read):
            self._keep_alive = False
            framing.append((b"Connection", b"close"))
        if not self._link.write(_head_bytes(status, (*headers, *framing), reason)):
            await self._link.drained()

    async def send(self, data: bytes) -> None:
        """Send bytes of the body as one chunk; waits while the client does not read."""
        if not self.write(data):
            await self.drained()
        self._sends += 1
        if self._sends % _YIELD_EVERY == 0:
            await asyncio.sleep(0)  # other clients' turn, where this one never makes us wait

    def write(self, data: bytes) -> bool:
        """Send bytes of the body as one chunk; False where `drained` is to be waited for."""
        if self._bodiless or not data:
            return True
        self._sent += len(data)
        return self._link.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def drained(self) -> None:
        """Wait until the client has read enough for more."""
        await self._link.drained()

    async def finish(self) -> None:
        """End the body as HTTP requires; one that is shorter than its declared length is cut."""
        if self._length is not None and self._sent != self._length:
            await self.cut()
            return
        if self._chunked:
            self._link.write(b"0\r\n\r\n")
        self.finished = True
        await self._link.drained()

    async def respond(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """Send a whole response."""
        await self.start(status, headers, length=len(body))
        await self.send(body)
        await self.finish()

    async def cut(self) -> None:
        """Close the connection (FIN) with the body unfinished."""
        self._keep_alive = False
        await self._link.cut()

    async def take_over(
        self, status: int, headers: Iterable[tuple[bytes, bytes]] = (), *, reason: str = ""
    ) -> Link:
        """Send a head after which the connection is HTTP no longer, and get the connection.

        The status is 101, or 200 for a tunnel. ServerError where HTTP can't carry the head.
        """
        headers = tuple(headers)
        problem = head_problem(Head(status, headers, reason=reason))
        if problem is not None:
            raise ServerError(f"this response can't be sent over HTTP: {problem}")
        self.started = True
        self._keep_alive = False
        self._link.take_over()
        self._link.write(_head_bytes(status, headers, reason))
        return self._link

    async def reset(self) -> None:
        """Reset the connection (RST), once the client has what was sent before."""
        self._keep_alive = False
        await self._link.reset()


def content_length(headers: Headers) -> int | None:
    """The Content-Length, where there is a usable one and no transfer coding overrides it."""
    text = header(headers, "content-length")
    if text is None or header(headers, "transfer-encoding") or not text.strip().isdecimal():
        return None
    return int(text)


def _head_bytes(status: int, headers: Headers, reason: str) -> bytes:
    phrase = reason.encode("latin-1", "replace") or _phrase(status)
    lines = [b"HTTP/1.1 %d %b" % (status, phrase)]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _wake(over: asyncio.Future[None]) -> None:
    if not over.done():  # its task may have been cancelled just now
        over.set_result(None)


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b""


def _wants_keep_alive(request: RequestHead) -> bool:
    tokens = (request.header("connection") or "").lower()
    return request.http_version == "1.1" and "close" not in tokens
