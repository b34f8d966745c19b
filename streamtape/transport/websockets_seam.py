"""The seam of the library `websockets`, from 13.1 on: where its clients open a connection.

For asyncio that is the method of `connect` that opens the transport, for threads the function
`connect` (up to 16) or the method of `reconnect` that opens a connection. What a program has is the
library's own connection object in every case. The legacy client and that for trio are not recorded,
and are told of.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from types import ModuleType
from typing import Any

from streamtape.session.diagnostics import warn
from streamtape.transport.carried import sent_past
from streamtape.transport.patches import Patches, SessionOf
from streamtape.transport.response_recorder import ResponseRecorder

_tapped: ContextVar[tuple[ResponseRecorder, str] | None] = ContextVar("tapped", default=None)


def patch(module: ModuleType, patches: Patches, session_of: SessionOf) -> None:
    """Put a session before one of the clients; InstallError where the seam is gone."""
    kind = module.__name__.split(".")[1]
    if kind == "asyncio":
        names = ("open_tcp_connection", "create_connection")  # from 17 on; before
        name = next((name for name in names if name in vars(module.connect)), names[0])
        patches.replace(module.connect, name, _asyncio(session_of))
    elif kind == "sync":
        patches.replace(module.ClientConnection, "handshake", _handshake)
        if hasattr(module, "reconnect"):
            patches.replace(module.reconnect, "open_connection", _threading(module, session_of))
        else:
            patches.replace_code(module.connect, _threading_16(module, session_of))
    elif kind == "legacy":
        patches.replace(module.Connect, "__init__", _unrecorded(module, session_of))
    else:
        patches.replace(module.connect, "__init__", _unrecorded(module, session_of))


def _asyncio(session_of: SessionOf) -> Callable[..., Any]:
    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def open_connection(connect: Any) -> Any:
            session = session_of()
            if session is None:
                return await original(connect)
            if session.passes(connect.uri):
                with sent_past(connect.uri):
                    return await original(connect)
            from websockets.uri import parse_uri

            from streamtape.transport.websockets.opening import address_of, begin

            ws_uri = parse_uri(connect.uri)
            make = getattr(connect, "factory", None) or connect.protocol_factory
            connection = make(ws_uri)
            args = getattr(connect, "handshake_args", None)  # up to 14
            headers, agent = args or (connect.additional_headers, connect.user_agent_header)
            call = begin(session, connection.protocol, connect.uri, headers, agent)
            if call.recording is not None:
                with call.upstream():
                    recorded = await original(connect)
                recorded.protocol.key = connection.protocol.key
                _tap_asyncio(recorded, call.recording)
                return recorded
            from streamtape.transport.websockets.asyncio_client import PeerTransport

            transport = PeerTransport(connection, call.dialogue(), address_of(ws_uri))
            connection.connection_made(transport)
            return connection

        return open_connection

    return wrapped


def _tap_asyncio(connection: Any, recording: ResponseRecorder) -> None:
    """Record a connection; what ends it, its transport tells it."""
    from streamtape.transport.websockets.tap import Tap

    tap = Tap(recording, connection.protocol)
    tap.is_local = True
    eof_received, connection_lost = connection.eof_received, connection.connection_lost

    def peer_ended() -> Any:
        tap.is_local = False
        return eof_received()

    def lost(error: Exception | None) -> None:
        tap.error = error
        connection_lost(error)

    connection.eof_received, connection.connection_lost = peer_ended, lost


def _handshake(original: Callable[..., Any]) -> Callable[..., Any]:
    """Record the connection that is being opened in this context."""

    @wraps(original)
    def handshake(connection: Any, *args: Any, **kwargs: Any) -> Any:
        tapped = _tapped.get()
        if tapped is not None:
            from streamtape.transport.websockets.tap import Tap

            recording, connection.protocol.key = tapped
            tap = Tap(recording, connection.protocol)
            close_socket = connection.close_socket

            def close() -> None:
                tap.is_local = True
                close_socket()

            connection.close_socket = close
        return original(connection, *args, **kwargs)

    return handshake


def _threading(module: ModuleType, session_of: SessionOf) -> Callable[..., Any]:
    """For `reconnect` of 17 and later."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def open_connection(connect: Any, deadline: Any) -> Any:
            session = session_of()
            if session is None:
                return original(connect, deadline)
            if session.passes(connect.uri):
                with sent_past(connect.uri):
                    return original(connect, deadline)
            protocol = module.ClientProtocol(connect.ws_uri, **connect.protocol_kwargs)
            headers, agent = connect.additional_headers, connect.user_agent_header
            call, sock, tls = _open(session, protocol, connect.uri, headers, agent)
            if call.recording is not None:
                with call.upstream():
                    return _recorded(call.recording, protocol.key, original, connect, deadline)
            own = connect.sock, connect.ssl
            connect.sock, connect.ssl = sock, tls
            try:
                return original(connect, deadline)
            finally:
                connect.sock, connect.ssl = own

        return open_connection

    return wrapped


def _threading_16(module: ModuleType, session_of: SessionOf) -> Callable[..., Any]:
    """For the function `connect` of 13 to 16."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(uri: str, **kwargs: Any) -> Any:
            session = session_of()
            if session is None:
                return original(uri, **kwargs)
            if session.passes(uri):
                with sent_past(uri):
                    return original(uri, **kwargs)
            protocol = _protocol_16(module, uri, kwargs)
            headers = kwargs.get("additional_headers")
            agent = kwargs.get("user_agent_header", module.USER_AGENT)
            call, sock, tls = _open(session, protocol, uri, headers, agent)
            if call.recording is not None:
                with call.upstream():
                    return _recorded(call.recording, protocol.key, original, uri, **kwargs)
            kwargs["sock"] = sock
            kwargs.pop("ssl_context", None)
            if tls is not None:
                kwargs["ssl"] = tls
            if "proxy" in (original.__kwdefaults__ or ()):
                kwargs["proxy"] = None
            return original(uri, **kwargs)

        return connect

    return wrapped


def _protocol_16(module: ModuleType, uri: str, options: dict[str, Any]) -> Any:
    extensions = options.get("extensions")
    if options.get("compression", "deflate") == "deflate":
        extensions = module.enable_client_permessage_deflate(extensions)
    return module.ClientProtocol(
        module.parse_uri(uri),
        origin=options.get("origin"),
        extensions=extensions,
        subprotocols=options.get("subprotocols"),
    )


def _open(session: Any, protocol: Any, uri: str, headers: Any, agent: Any) -> tuple[Any, Any, Any]:
    """Decide whether to replay; if so, gives the client's socket and the replacement of its TLS."""
    from websockets.uri import parse_uri

    from streamtape.transport.websockets.opening import address_of, begin
    from streamtape.transport.websockets.threading_client import NoTLS, connected

    ws_uri = parse_uri(uri)
    call = begin(session, protocol, uri, headers, agent)
    if call.recording is not None:
        return call, None, None
    sock = connected(call.dialogue(), address_of(ws_uri))
    return call, sock, NoTLS() if ws_uri.secure else None


def _recorded(
    recording: ResponseRecorder, key: str, original: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Open a connection for real, and have its handshake and all that follows recorded."""
    token = _tapped.set((recording, key))
    try:
        return original(*args, **kwargs)
    finally:
        _tapped.reset(token)


def _unrecorded(module: ModuleType, session_of: SessionOf) -> Callable[..., Any]:
    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def init(connect: Any, uri: str, *args: Any, **kwargs: Any) -> None:
            session = session_of()
            if session is not None and not session.passes(uri):
                what = session.masked(
                    f"{module.__name__} opens {uri.partition('?')[0]}, and no session sees what it "
                    "says: use websockets.asyncio.client or websockets.sync.client"
                )
                if not session.records:
                    raise session.refuse(f"{what} (record mode {session.mode!r} lets nothing out)")
                warn(f"{what}; it is sent unrecorded")
            original(connect, uri, *args, **kwargs)

        return init

    return wrapped
