"""The opening handshake of a WebSocket, sent on to an upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import httpx

from streamtape.errors import ServerError
from streamtape.server.event_loop import to_the_end
from streamtape.server.exchange import Exchange, Link
from streamtape.server.headers import end_to_end, for_upstream, without_cors
from streamtape.server.upstreams import Upstreams
from streamtape.server.websocket.framing import offered_deflate
from streamtape.server.websocket.relay import Relay
from streamtape.session.session import Session
from streamtape.tape.model import Headers
from streamtape.transport.client_library import head_of, library_of, request_of
from streamtape.transport.intercept import intercept
from streamtape.transport.response_recorder import ResponseRecorder

_UPGRADE = [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
_SWITCHING = 101
_EXTENSIONS = b"sec-websocket-extensions"


def websocket_url(url: str) -> str:
    """Change the scheme of a URL to that of WebSockets: ws for http, wss for https."""
    return f"ws{url[4:]}" if url.startswith("http") else url


def handshake_for_upstream(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers of an opening handshake that go on to an upstream.

    Of the extensions that the client offers, only permessage-deflate goes on: what others would do
    to messages, no recording could undo.
    """
    offered = [value.decode("latin-1") for name, value in headers if name.lower() == _EXTENSIONS]
    kept = offered_deflate(offered)
    deflate = [] if kept is None else [(b"Sec-WebSocket-Extensions", kept.encode("latin-1"))]
    others = [(n, v) for n, v in for_upstream(headers) if n.lower() != _EXTENSIONS]
    return [*_UPGRADE, *others, *deflate]


async def pass_messages(
    exchange: Exchange,
    opened: Opened,
    more_headers: Iterable[tuple[bytes, bytes]],
    running: set[Any],
    notify: Callable[[str], object],
) -> None:
    """Pass messages on between the client and an open WebSocket, to the end of both.

    The relay is among `running` meanwhile; `notify` gets what the proxy reports at its end.
    """
    try:
        head = [*opened.headers, *more_headers]
        link = await exchange.take_over(_SWITCHING, head, reason=opened.reason)
        relay = opened.relay(link, notify)
        running.add(relay)
        try:
            await relay.run()
        finally:
            running.discard(relay)
    finally:
        # The pool would forget a connection amid closing it.
        await to_the_end(opened.response.aclose())


@dataclass(frozen=True, slots=True)
class Opened:
    """An upstream's answer to an opening handshake.

    `response` is httpx's; where it refuses, its body is recorded as it is read.
    """

    response: httpx.Response
    recording: ResponseRecorder | None

    @property
    def is_open(self) -> bool:
        """Whether the upstream has accepted."""
        return self.response.status_code == _SWITCHING

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the client is answered."""
        return [*_UPGRADE, *without_cors(end_to_end(tuple(self.response.headers.raw)))]

    @property
    def reason(self) -> str:
        """The reason phrase of the answer."""
        phrase: bytes = self.response.extensions.get("reason_phrase", b"")
        return phrase.decode("latin-1")

    def relay(self, link: Link, notify: Callable[[str], object]) -> Relay:
        """What passes messages on between the client and the upstream."""
        extensions = self.response.headers.get("sec-websocket-extensions")
        stream = self.response.extensions["network_stream"]
        return Relay(link, stream, self.recording, extensions, notify)


async def open_websocket(request: httpx.Request, upstreams: Upstreams, session: Session) -> Opened:
    """Send an opening handshake on, and record it and its answer.

    httpx.TransportError where the upstream can't be reached.
    """
    transport = upstreams.for_websockets(request.url)
    handshake = request_of(request, b"")
    handshake = replace(handshake, url=websocket_url(handshake.url))
    if session.passes(handshake.url):
        return Opened(await transport.handle_async_request(request), None)
    call = intercept(session, handshake, lambda *_: ServerError("it is recorded"), rehearses=False)
    assert call.recording is not None, "the cassette does not answer it"
    with call.upstream():
        response = await transport.handle_async_request(request)
    call.recording.record_head(head_of(response, call.recording.elapsed()))
    if response.status_code != _SWITCHING:
        flavour = library_of(request)
        body = call.recording.stream_async(response.stream)
        response = flavour.recorded(response, flavour.async_stream(body))
    return Opened(response, call.recording)
