"""What a recorded exception means on the wire, so that any library can raise its own.

A recording has the name of the exception that its client got, and the names of its base classes. A
client of the same library gets the same class again; a client of another library, or one served
over HTTP, gets what that library raises in the same case. The names are those of Python, httpx and
httpx2, http.client, urllib3 and requests, aiohttp, websockets.
"""

from __future__ import annotations

from typing import Literal

from streamtape.tape.model import Ending

FailureKind = Literal[
    "connect",  # no connection: refused, unknown name, TLS failed
    "connect timeout",
    "read timeout",
    "write timeout",
    "cut",  # closed too soon: before a response, or within its body
    "reset",
    "other",
]

_NAMES: dict[FailureKind, frozenset[str]] = {
    "connect": frozenset({
        "ConnectError", "ProxyError", "NewConnectionError", "NameResolutionError",
        "ClientConnectorError", "ClientConnectorDNSError", "ClientConnectorSSLError",
        "ClientConnectorCertificateError", "ClientProxyConnectionError", "ClientSSLError",
        "ConnectionRefusedError", "gaierror", "SSLError", "SSLCertVerificationError",
    }),
    "connect timeout": frozenset({
        "ConnectTimeout", "ConnectTimeoutError", "ConnectionTimeoutError", "PoolTimeout",
    }),
    "read timeout": frozenset({
        "ReadTimeout", "ReadTimeoutError", "SocketTimeoutError", "ServerTimeoutError",
        "TimeoutException", "TimeoutError", "Timeout",
    }),
    "write timeout": frozenset({"WriteTimeout"}),
    "cut": frozenset({
        "RemoteProtocolError", "IncompleteRead", "ProtocolError", "ChunkedEncodingError",
        "InvalidChunkLength", "RemoteDisconnected", "BadStatusLine", "ClientPayloadError",
        "TransferEncodingError", "ContentLengthError", "ServerDisconnectedError",
        "ServerConnectionError", "ConnectionClosedError", "InvalidMessage", "EOFError",
    }),
    "reset": frozenset({
        "ReadError", "WriteError", "CloseError", "NetworkError", "ConnectionResetError",
        "BrokenPipeError", "ConnectionAbortedError", "ConnectionError", "ClientOSError",
        "ClientConnectionResetError", "ClientConnectionError", "OSError",
    }),
}  # fmt: skip
_KINDS: dict[str, FailureKind] = {name: kind for kind, names in _NAMES.items() for name in names}


def failure_kind(ending: Ending) -> FailureKind:
    """What happened on the wire; the first known name of the class and its bases decides."""
    for name in (ending.exception or "", *ending.bases):
        if name in _KINDS:
            return _KINDS[name]
    return "other"
