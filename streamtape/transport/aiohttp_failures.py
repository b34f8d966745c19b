"""aiohttp's own exceptions for what a recorded or broken stream ends with."""

from __future__ import annotations

import re
import sys
from textwrap import dedent
from typing import Any

import aiohttp
from aiohttp import http_exceptions

from streamtape.playback.failures import FailureKind, failure_kind
from streamtape.tape.model import Ending

_ERRNO = re.compile(r"\[Errno (-?\d+)\] (.*)", re.DOTALL)
_PROCESSING = re.compile(r"(\d+), message:\s?(.*)", re.DOTALL)
_REASON = re.compile(r" \[(.*)\]\Z", re.DOTALL)
# Releases before 3.10 have only the class that these derive from.
_ConnectTimeout: type[Exception] = getattr(
    aiohttp, "ConnectionTimeoutError", aiohttp.ServerTimeoutError
)
_ReadTimeout: type[Exception] = getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError)
_TIMEOUTS: dict[FailureKind, type[Exception]] = {
    "connect timeout": _ConnectTimeout,
    "read timeout": _ReadTimeout,
    "write timeout": _ReadTimeout,
}
_BEFORE_RESPONSE: dict[FailureKind, type[Exception]] = {
    **_TIMEOUTS,
    "connect": aiohttp.ClientConnectorError,
    "cut": aiohttp.ServerDisconnectedError,
    "reset": aiohttp.ClientOSError,
}


def connect_timeout(url: object) -> Exception:
    """What a client gets whose connection was not there in time."""
    return _ConnectTimeout(f"Connection timeout to host {url}")


def exception_of(ending: Ending, started: bool, req: Any) -> Exception:
    """The exception of an ending of kind `error`; `started` says that the head has been given.

    What another library raised becomes what aiohttp raises in the same case.
    """
    message = ending.message or ""
    if ending.module == "aiohttp":
        for name in (ending.exception or "", *ending.bases):
            kind = getattr(aiohttp, name, None)
            if isinstance(kind, type) and issubclass(kind, aiohttp.ClientError):
                return _of_aiohttp(kind, message, req)
            kind = getattr(http_exceptions, name, None)
            if isinstance(kind, type) and issubclass(kind, http_exceptions.HttpProcessingError):
                return _unparsed(message)
    if ending.exception == "TimeoutError" and not message:
        return TimeoutError()  # aiohttp's own, over all of a request; those of sockets say more
    what = failure_kind(ending)
    if what == "other" and (error := _elsewhere(ending)) is not None:
        return error
    message = f"{ending.exception}: {message}"
    if started:
        return _made(_TIMEOUTS.get(what, aiohttp.ClientPayloadError), message)
    return _of_aiohttp(_BEFORE_RESPONSE.get(what, aiohttp.ClientConnectionError), message, req)


def _of_aiohttp(kind: type[Any], message: str, req: Any) -> Exception:
    if issubclass(kind, aiohttp.ClientConnectorError):
        found = _REASON.search(message)
        return kind(req.connection_key, OSError(None, found[1] if found else message))
    if issubclass(kind, aiohttp.ClientResponseError):
        return kind(req.request_info, (), message=message)
    if issubclass(kind, aiohttp.ServerFingerprintMismatch):
        return kind(b"", b"", req.host, req.port)
    return _made(kind, message)


def _unparsed(message: str) -> Exception:
    """What aiohttp's parser raises of what is no HTTP; its client makes its own error of it."""
    found = _PROCESSING.fullmatch(message)
    code, text = (int(found[1]), dedent(found[2])) if found else (0, message)
    return http_exceptions.HttpProcessingError(code=code, message=text)


def _made(kind: type[Exception], message: str) -> Exception:
    if issubclass(kind, OSError) and (found := _ERRNO.fullmatch(message)):
        return kind(int(found[1]), found[2])
    try:
        return kind(message)
    except TypeError:  # it is made of more than a message; `except` looks at the class alone
        return _bare(kind, message)


def _elsewhere(ending: Ending) -> Exception | None:
    """An exception of something that is no HTTP client: a callback's, a middleware's."""
    kind = getattr(sys.modules.get(ending.module or ""), ending.exception or "", None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        return _bare(kind, ending.message or "")
    return None


def _bare(kind: type[Exception], message: str) -> Exception:
    error = kind.__new__(kind)
    error.args = (message,)
    return error
