"""The opening handshake of a WebSocket, at a server's end (RFC 6455 section 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from websockets.datastructures import Headers as HeaderMap
from websockets.extensions.base import Extension
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.server import ServerProtocol

from streamtape.server.exchange import RequestHead
from streamtape.tape.model import Headers

# Which of the client's subprotocols the server speaks; None for none of them.
ChooseSubprotocol = Callable[[Sequence[str]], str | None]
_UPGRADE = ((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"))


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a server answers to an opening handshake, and what was agreed on.

    `status` is 101, or that of a refusal, whose `body` says why.
    """

    status: int
    headers: Headers
    extensions: tuple[Extension, ...] = ()
    subprotocol: str | None = None
    body: bytes = b""


def is_websocket(request: RequestHead) -> bool:
    """Whether a request asks for a WebSocket; other offers to upgrade (h2c) a server may ignore."""
    offered = (request.header("upgrade") or "").lower()
    return "websocket" in offered and "upgrade" in (request.header("connection") or "").lower()


def answer_handshake(
    request: RequestHead,
    choose: ChooseSubprotocol | None = None,
    *,
    compresses: bool = True,
    more_headers: Iterable[tuple[bytes, bytes]] = (),
) -> Handshake:
    """Check an opening handshake, and agree on a subprotocol and on permessage-deflate."""
    if request.method != "GET" or request.http_version != "1.1":
        why = "a WebSocket handshake must be a GET request of HTTP/1.1"
        return _refusal(400, why, [])
    protocol = ServerProtocol(
        extensions=[ServerPerMessageDeflateFactory()] if compresses else None,
        select_subprotocol=lambda _, offered: choose(offered) if choose is not None else None,  # type: ignore[arg-type,return-value]  # their own kinds of str
    )
    fields = HeaderMap()
    for name, value in request.headers:
        fields[name.decode("latin-1")] = value.decode("latin-1")
    response = protocol.accept(Request(request.target, fields))
    if response.status_code != 101:
        why = (response.body or b"").decode("utf-8", "replace").strip()
        kept = [(n, v) for n, v in response.headers.raw_items() if n in {"Upgrade", "Allow"}]
        return _refusal(response.status_code, why, kept)
    agreed = [
        (name.encode(), value.encode("latin-1"))
        for name, value in response.headers.raw_items()
        if name.startswith("Sec-WebSocket-")
    ]
    return Handshake(
        101,
        (*_UPGRADE, *agreed, *more_headers),
        tuple(protocol.extensions),
        protocol.subprotocol,
    )


def _refusal(status: int, why: str, headers: Iterable[tuple[str, str]]) -> Handshake:
    named = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    # A version that is not ours is answered with the one that is (RFC 6455 section 4.4).
    named.append((b"Sec-WebSocket-Version", b"13"))
    return Handshake(status, tuple(named), body=why.encode())
