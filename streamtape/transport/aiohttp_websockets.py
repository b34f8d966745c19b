"""WebSockets of aiohttp (`ws_connect`): a connection recorded by its bytes, or one to a peer here.

aiohttp does all the rest by itself, in a recording as in a replay: its handshake, its messages, its
pings and closes, its exceptions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import hdrs
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from streamtape.playback.failures import failure_kind
from streamtape.playback.steps import Fail
from streamtape.session.session import Session
from streamtape.tape.model import Ending, Request
from streamtape.transport.aiohttp_failures import exception_of
from streamtape.transport.intercept import Call, intercept
from streamtape.transport.websockets.asyncio_client import PeerTransport
from streamtape.transport.websockets.byte_tap import ByteTap, TappedProtocol, TappedTransport
from streamtape.transport.websockets.opening import failure

_NOT_CONNECTED = {"connect", "connect timeout"}
_LATE_US = 1 << 62


def is_websocket(req: Any) -> bool:
    """Whether a request opens a WebSocket."""
    return str(req.headers.get(hdrs.UPGRADE, "")).lower() == "websocket"


def address(req: Any) -> str:
    """The URL of a WebSocket, with the scheme that it has: aiohttp takes http for ws as well."""
    url = str(req.url)
    return f"ws{url[4:]}" if url.startswith("http") else url


async def connection(
    session: Session, connector: Any, req: Any, opened: Callable[[], Awaitable[Connection]]
) -> Connection:
    """The connection for a handshake: a real one that is recorded, or one that is played."""
    headers = tuple(
        (str(name).encode("latin-1"), str(value).encode("utf-8"))
        for name, value in req.headers.items()
    )

    def failed(ending: Ending, started: bool) -> Exception:
        if not started and failure_kind(ending) in _NOT_CONNECTED:
            return exception_of(ending, started, req)
        return failure(ending, started)

    call = intercept(session, Request(req.method, address(req), headers), failed)
    if call.recording is None:
        return _played(call, connector, req)
    with call.upstream():
        real = await opened()
    tap, protocol = ByteTap(call.recording), real.protocol
    transport = protocol.transport if protocol is not None else None
    assert protocol is not None
    assert transport is not None
    transport.set_protocol(TappedProtocol(protocol, tap))
    protocol.transport = cast(Any, TappedTransport(transport, tap))
    return real


def _played(call: Call, connector: Any, req: Any) -> Connection:
    assert call.play is not None, "it is not recorded"
    dialogue, recorded = call.dialogue(), call.play.interaction
    if recorded.head is None and failure_kind(recorded.ending) in _NOT_CONNECTED:
        action = dialogue.player.next(_LATE_US)
        raise dialogue.failed(action.error if isinstance(action, Fail) else recorded.ending, False)
    protocol = ResponseHandler(connector._loop)
    place = (req.url.raw_host or "", req.url.port or 0)
    protocol.connection_made(PeerTransport(protocol, dialogue, place))
    connector._acquired.add(protocol)
    return Connection(connector, req.connection_key, protocol, connector._loop)
