"""Request bodies read before the request is sent; long ones go to disk.

A body that is in memory stays there. One that its client makes while it is sent (an iterator, a
file, a form with files) is read to its end, into memory or, if it is long, to disk; from there it
is matched, recorded and sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from streamtape.tape.store.spool import Spool
from streamtape.transport.client_library import ClientLibrary


class Spooled:
    """A stream over a body that is on disk; it can be read any number of times."""

    def __init__(self, body: Spool) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        return self.body.pieces()

    def close(self) -> None:
        """Nothing: the body may be sent again."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.body.pieces():
            yield piece

    async def aclose(self) -> None:
        """Nothing: the body may be sent again."""


def read(request: Any, library: ClientLibrary) -> bytes | Spool:
    """Read the body of a request of a sync client; it can be sent afterwards."""
    if isinstance(request.stream, library.module.ByteStream):
        request.read()
        return request.content  # type: ignore[no-any-return]  # of a library found at run time
    spool = Spool()
    for piece in request.stream:
        spool.add(piece)
    body = _kept(spool, request, library)
    if isinstance(body, Spool):
        request.stream = library.sync_stream(Spooled(body))
    else:
        request.read()
    return body


async def read_async(request: Any, library: ClientLibrary) -> bytes | Spool:
    """Read the body of a request of an async client; it can be sent afterwards."""
    if isinstance(request.stream, library.module.ByteStream):
        await request.aread()
        return request.content  # type: ignore[no-any-return]  # of a library found at run time
    reading = getattr(request.stream, "reading", None)
    if isinstance(reading, Spooled):  # it was read by the proxy that sends it on
        return reading.body
    spool = Spool()
    async for piece in request.stream:
        spool.add(piece)
    body = _kept(spool, request, library)
    if isinstance(body, Spool):
        request.stream = library.async_stream(Spooled(body))
    else:
        await request.aread()
    return body


def _kept(spool: Spool, request: Any, library: ClientLibrary) -> bytes | Spool:
    body = spool.body()
    if not isinstance(body, Spool):
        request.stream = library.module.ByteStream(body)
    return body
