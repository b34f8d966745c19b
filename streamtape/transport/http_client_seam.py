"""The seam of http.client, and so of all that is built on it: urllib3, requests, botocore, urllib.

Every connection of it writes its request to a socket and reads the response from that socket's
file. While a session is open, a connection gets a `TapeSocket` in place of a socket: it takes the
request, and once that is whole it is decided on, as everywhere. What is played goes to the client
as HTTP/1.1, so that the response, its exceptions, retries and redirects are the library's own. What
is recorded is sent through a real socket, which is connected only then, in the way of the
connection's own class.

So connections are met where they connect (`connect`, of every class that derives from
http.client's), and at the start of a request (`putrequest`, for those that were connected before).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from streamtape.transport.patches import Patches, SessionOf
from streamtape.transport.tape_socket import TapeSocket


def patch(module: ModuleType, patches: Patches, session_of: SessionOf) -> None:
    """Meet every connection, also those of classes that are yet to be made."""
    kind = module.HTTPConnection

    def putrequest(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def wrapped(connection: Any, *args: Any, **kwargs: Any) -> Any:
            _meet(connection, session_of)
            return original(connection, *args, **kwargs)

        return wrapped

    def connect(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def wrapped(connection: Any, *args: Any, **kwargs: Any) -> Any:
            if session_of() is None:
                return original(connection, *args, **kwargs)
            connection.sock = TapeSocket(
                connection, session_of, lambda: original(connection, *args, **kwargs)
            )
            return None

        return wrapped

    patches.replace(kind, "putrequest", putrequest)
    patches.replace_in_subclasses(kind, "connect", connect)


def _meet(connection: Any, session_of: SessionOf) -> None:
    sock = connection.sock
    if sock is not None and not isinstance(sock, TapeSocket) and session_of() is not None:
        connection.sock = TapeSocket(connection, session_of, None, sock)
