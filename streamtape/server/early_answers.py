"""Connections to upstreams whose response is read even if sending failed.

An upstream may answer and hang up before it has all of a request (RFC 9112 section 9.5). Where it
resets the connection, sending fails first, and asyncio closes the socket with the answer unread in
it. Here the socket has a second handle, and from that the answer is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anyio
import httpcore
import httpx
from anyio.abc import ByteStream, SocketAttribute


class EarlyAnswerStream(ByteStream):
    """A TCP connection; `receive` gives what came before it broke, whoever noticed first."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._socket = stream.extra(SocketAttribute.raw_socket).dup()  # noqa: S610 - of anyio, not Django
        self._is_lost = False

    async def send(self, item: bytes) -> None:
        """Send bytes; to an upstream that has hung up, nothing: reading tells of it.

        TLS would give up a connection on which sending failed, with the answer in it.
        """
        if self._is_lost:
            return
        try:
            await self._stream.send(item)
        except anyio.BrokenResourceError:
            self._is_lost = True

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """Get the next bytes; BrokenResourceError at the end of a connection that broke."""
        try:
            return bytes(await self._stream.receive(max_bytes))
        except anyio.EndOfStream:
            if not self._is_lost:
                raise
        except anyio.BrokenResourceError:
            self._is_lost = True
        try:
            data = bytes(self._socket.recv(max_bytes))
        except OSError as error:
            raise anyio.BrokenResourceError from error
        if not data:  # nothing says that the upstream had no more to say
            raise anyio.BrokenResourceError
        return data

    async def send_eof(self) -> None:
        """Tell the upstream that no more comes."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the connection."""
        try:
            await self._stream.aclose()
        finally:
            self._socket.close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """Those of the connection."""
        return self._stream.extra_attributes  # type: ignore[no-any-return]  # of any stream


class EarlyAnswerBackend(httpcore.AnyIOBackend):
    """Makes such connections for httpcore."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; the errors are those of httpcore."""
        opened: Any = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        opened._stream = EarlyAnswerStream(opened._stream)
        return opened  # type: ignore[no-any-return]  # httpcore's class for this is private


def read_early_answers(transport: httpx.AsyncHTTPTransport) -> httpx.AsyncHTTPTransport:
    """Have a transport, and the proxies that it goes through, connect so; get the transport."""
    transport._pool._network_backend = EarlyAnswerBackend()
    return transport
