"""Recorded failures as http.client raises them, and urllib3 where a connection is its own.

Libraries on top of http.client (urllib3, requests, botocore, urllib) make their own exceptions of
these, by the same code as when the network fails.
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import sys
from typing import Any

from streamtape.playback.failures import failure_kind
from streamtape.tape.model import Ending

_ERRNO = re.compile(r"\[Errno (-?\d+)\] (.*)", re.DOTALL)
_ERRNO_TEXT = re.compile(r"\[Errno (-?\d+)\] ([^)\n]*)")
# Where http.client and urllib3 have the classes of what they raise, by the package recorded.
_HOMES = {
    "builtins": ("builtins",),
    "http": ("http.client",),
    "socket": ("socket",),
    "ssl": ("ssl",),
    "urllib3": ("urllib3.exceptions",),
}
_BY_EOF = {"IncompleteRead", "RemoteDisconnected"}


class CutError(Exception):
    """Says that the connection ends here, so that http.client finds out by itself."""


def failure_of(connection: Any, ending: Ending, started: bool) -> Exception:
    """The exception of an ending, for the client of a connection; `started`: it has the head."""
    kind = failure_kind(ending)
    foreign = ending.module not in _HOMES
    if kind == "cut" and (foreign or ending.exception in _BY_EOF):
        if started:
            return CutError(ending.message or "")
        return http.client.RemoteDisconnected("Remote end closed connection without response")
    # urllib3 makes its own of what its sockets say while they connect, except of TLS.
    wrapped = kind == "connect" and ending.module in {"builtins", "socket"}
    if not foreign and not (wrapped and _is_of_urllib3(connection)):
        error = _same(connection, ending)
        if error is not None:
            return error
    if kind in {"connect", "connect timeout"}:
        return _unconnected(connection, ending, timed_out=kind == "connect timeout")
    if kind in {"read timeout", "write timeout"}:
        return TimeoutError("timed out")
    if kind == "reset":
        return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    return OSError(f"{ending.exception}: {ending.message}")


def _same(connection: Any, ending: Ending) -> Exception | None:
    """An instance of the class that was recorded; None where this connection raises none such."""
    if ending.module == "urllib3" and not _is_of_urllib3(connection):
        return None
    for home in _HOMES.get(ending.module or "", ()):
        kind = getattr(sys.modules.get(home), ending.exception or "", None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            return _instance(kind, ending.message or "", connection)
    return None


def _instance(kind: type[Exception], message: str, connection: Any) -> Exception:
    numbered = _ERRNO.fullmatch(message)
    if kind.__module__ == "ssl":
        return kind(1, message)
    if issubclass(kind, OSError):
        return kind(int(numbered[1]), numbered[2]) if numbered else kind(message)
    # Classes of urllib3 want more than a message, and say it themselves.
    error = kind.__new__(kind)
    error.args = (message,)
    if (text := _ERRNO_TEXT.search(message)) is not None:
        cause = socket.gaierror if int(text[1]) < 0 else OSError
        # Up to 1.26 urllib3 names no cause; there it is the context alone.
        old = str(getattr(sys.modules.get("urllib3"), "__version__", "")).startswith("1.")
        setattr(error, "__context__" if old else "__cause__", cause(int(text[1]), text[2]))
    if kind.__module__.startswith("urllib3"):
        for name in ("conn", "pool", "_conn"):
            try:
                setattr(error, name, connection)
            except AttributeError:  # a property of this release
                continue
    return error


def _unconnected(connection: Any, ending: Ending, *, timed_out: bool) -> Exception:
    message = ending.message or ""
    if _is_of_urllib3(connection):
        urllib3: Any = sys.modules["urllib3.exceptions"]
        if timed_out:
            return urllib3.ConnectTimeoutError(connection, message)  # type: ignore[no-any-return]  # found at run time
        return urllib3.NewConnectionError(  # type: ignore[no-any-return]  # found at run time
            connection, f"Failed to establish a new connection: {message}"
        )
    if timed_out:
        return TimeoutError("timed out")
    if (text := _ERRNO_TEXT.search(message)) is not None:
        return (socket.gaierror if int(text[1]) < 0 else OSError)(int(text[1]), text[2])
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


def _is_of_urllib3(connection: Any) -> bool:
    return hasattr(connection, "_new_conn") and "urllib3.exceptions" in sys.modules
