"""httpx and httpx2: the same API under two names, and unrelated classes.

A response, a stream or an exception of the wrong library is not taken by a client of the other. So
the library is found from the request's own class, and what it must be made of is built once a
library. Nothing is imported here: whoever holds a request has imported its library.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Protocol

from streamtape.errors import DamagedCassetteError, InstallError
from streamtape.playback.failures import FailureKind, failure_kind
from streamtape.tape.http_values import head_problem
from streamtape.tape.model import Ending, Head, Headers, Request, StoredBody

LIBRARIES = ("httpx", "httpx2")


class Reading(Protocol):
    """A body being read by a sync client."""

    def __iter__(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class AsyncReading(Protocol):
    """A body being read by an async client."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ClientLibrary:
    """One of the two libraries, and the stream classes that its clients accept."""

    module: ModuleType
    sync_stream: type[Any]
    async_stream: type[Any]

    def response(self, head: Head, stream: Any) -> Any:
        """A response of this library with this head, whose body is read from `stream`.

        DamagedCassetteError if HTTP can't carry the head.
        """
        problem = head_problem(head)
        if problem is not None:
            raise DamagedCassetteError(f"the recorded response can't be replayed: {problem}")
        return self.module.Response(
            status_code=head.status,
            headers=list(head.headers),
            stream=stream,
            extensions={
                "http_version": head.http_version.encode("ascii", "replace"),
                "reason_phrase": head.reason.encode("latin-1", "replace"),
            },
        )

    def recorded(self, response: Any, stream: Any) -> Any:
        """A copy of a response with another body; `stream` is of this library."""
        return self.module.Response(
            status_code=response.status_code,
            headers=response.headers,
            stream=stream,
            extensions=response.extensions,
        )

    def exception(self, ending: Ending, request: Any) -> Exception:
        """This library's exception for an ending of kind `error`."""
        for name in (ending.exception, *ending.bases):
            kind = getattr(self.module, name or "", None)
            if isinstance(kind, type) and issubclass(kind, self.module.RequestError):
                return kind(ending.message or "", request=request)  # type: ignore[no-any-return]  # the library is found at run time
            if ending.module in _OTHERS or name in _RAW:
                break
            kind = getattr(builtins, name or "", None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                return kind(ending.message or "")
            kind = getattr(sys.modules.get(ending.module or ""), name or "", None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                return _instance(kind, ending.message or "")
        made = getattr(self.module, _BY_KIND[failure_kind(ending)])
        return made(f"{ending.exception}: {ending.message}", request=request)  # type: ignore[no-any-return]  # the same


# Failures of other libraries, and of sockets, are this one's by what they mean.
_OTHERS = {"aiohttp", "http", "socket", "ssl", "urllib3"}
_RAW = {
    "BrokenPipeError", "ConnectionAbortedError", "ConnectionRefusedError", "ConnectionResetError",
    "TimeoutError",
}  # fmt: skip
_BY_KIND: dict[FailureKind, str] = {
    "connect": "ConnectError",
    "connect timeout": "ConnectTimeout",
    "read timeout": "ReadTimeout",
    "write timeout": "WriteTimeout",
    "cut": "RemoteProtocolError",
    "reset": "ReadError",
    "other": "ReadError",
}


def _instance(kind: type[Exception], message: str) -> Exception:
    # Classes elsewhere may want more than a message; the class is what `except` looks at.
    error = kind.__new__(kind)
    error.args = (message,)
    return error


@cache
def _flavour(library: ModuleType) -> ClientLibrary:
    class SyncStream(library.SyncByteStream):  # type: ignore[name-defined,misc]  # found at run time
        def __init__(self, reading: Reading) -> None:
            self.reading = reading

        def __iter__(self) -> Iterator[bytes]:
            return self.reading.__iter__()

        def close(self) -> None:
            self.reading.close()

    class AsyncStream(library.AsyncByteStream):  # type: ignore[name-defined,misc]  # found at run time
        def __init__(self, reading: AsyncReading) -> None:
            self.reading = reading

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self.reading.__aiter__()

        async def aclose(self) -> None:
            await self.reading.aclose()

    return ClientLibrary(library, SyncStream, AsyncStream)


def library_of(request: Any) -> ClientLibrary:
    """The library that a request belongs to, also where its class was derived from.

    InstallError where it is neither httpx nor httpx2.
    """
    for kind in type(request).__mro__:
        root = kind.__module__.partition(".")[0]
        if root in LIBRARIES:
            return _flavour(sys.modules[root])
    kind = type(request)
    raise InstallError(
        f"a request of {kind.__module__}.{kind.__qualname__} is neither httpx's nor httpx2's; "
        "this transport serves those two"
    )


def request_of(request: Any, body: bytes | StoredBody) -> Request:
    """The value of a library's request, with a body that has been read."""
    target = request.method, str(request.url), tuple(request.headers.raw)
    return Request(*target, body) if isinstance(body, bytes) else Request.stored(*target, body)


def head_of(response: Any, at_us: int) -> Head:
    """The value of a library's response head."""
    extensions = response.extensions
    headers: Headers = tuple(response.headers.raw)
    return Head(
        status=response.status_code,
        headers=headers,
        at_us=at_us,
        http_version=_text(extensions.get("http_version", b"HTTP/1.1")),
        reason=_text(extensions.get("reason_phrase", b"")),
    )


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def read_timeout_of(request: Any) -> float | None:
    """How many seconds the client waits for the next bytes; None for ever."""
    timeout = request.extensions.get("timeout") or {}
    return timeout.get("read")


def is_upgrade(request: Any) -> bool:
    """Whether a request asks to leave HTTP (WebSocket): that is not a stream that we can record."""
    return request.url.scheme in {"ws", "wss"} or (
        "upgrade" in request.headers.get("connection", "").lower()
    )
