"""What a recorded exception means, by the classes of all libraries that are here."""

import http.client
import socket
import ssl
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import urllib3.exceptions

from streamtape.playback.failures import failure_kind
from streamtape.tape.model import Ending

ROWS = [
    (httpx.ConnectError, "connect"),
    (httpx2.ConnectTimeout, "connect timeout"),
    (httpx.PoolTimeout, "connect timeout"),
    (httpx2.ReadTimeout, "read timeout"),
    (httpx.WriteTimeout, "write timeout"),
    (httpx.RemoteProtocolError, "cut"),
    (httpx2.ReadError, "reset"),
    (http.client.IncompleteRead, "cut"),
    (http.client.RemoteDisconnected, "cut"),
    (ConnectionResetError, "reset"),
    (BrokenPipeError, "reset"),
    (ConnectionRefusedError, "connect"),
    (TimeoutError, "read timeout"),
    (socket.gaierror, "connect"),
    (ssl.SSLCertVerificationError, "connect"),
    (urllib3.exceptions.NewConnectionError, "connect"),
    (urllib3.exceptions.ConnectTimeoutError, "connect timeout"),
    (urllib3.exceptions.ReadTimeoutError, "read timeout"),
    (urllib3.exceptions.ProtocolError, "cut"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ClientConnectorDNSError, "connect"),
    (aiohttp.ConnectionTimeoutError, "connect timeout"),
    (aiohttp.SocketTimeoutError, "read timeout"),
    (aiohttp.ClientPayloadError, "cut"),
    (aiohttp.ServerDisconnectedError, "cut"),
    (aiohttp.ClientOSError, "reset"),
    (ZeroDivisionError, "other"),
]


@pytest.mark.parametrize(("kind", "meaning"), ROWS, ids=lambda x: getattr(x, "__name__", x))
def test_a_class_of_any_library(kind: Any, meaning: str) -> None:
    """By its own name; a class that somebody derives from it means the same."""
    bases = tuple(base.__name__ for base in kind.__mro__[1:])
    assert failure_kind(Ending("error", exception=kind.__name__, bases=bases)) == meaning
    derived = Ending("error", exception="OwnError", bases=(kind.__name__, *bases))
    assert failure_kind(derived) == meaning
