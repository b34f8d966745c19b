"""Requests of a child's clients that bypass the base URLs: forwarded, and reported.

We are the child's proxy for that, so that nothing goes unseen in silence: tunnels are joined and
not looked into, plain HTTP is sent on, neither is recorded. Only the child knows the password in
its proxy variables; for all others this is no open relay.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from streamtape.errors import ServerError
from streamtape.printable import printable_line
from streamtape.server.exchange import Exchange, RequestHead
from streamtape.server.headers import for_upstream
from streamtape.server.providers import Mount, names_proxy, proxies
from streamtape.server.request_bodies import spooled_body
from streamtape.server.tunnel import tunnel
from streamtape.server.upstreams import Upstreams, request_to
from streamtape.tape.http_values import split_url
from streamtape.tape.store.spool import Spool
from streamtape.transport.spooled_bodies import Spooled

PassOn = Callable[[Exchange, Any, Mount], Awaitable[None]]
_HTTPS = 443
_USER = "streamtape"


class Forwarder:
    """Sends on what came to us as to a forward proxy; `places` are where it went."""

    def __init__(self, upstreams: Upstreams) -> None:
        self.places: dict[str, None] = {}
        self._upstreams = upstreams
        self._token = secrets.token_urlsafe(16)
        self._password = b"Basic " + b64encode(f"{_USER}:{self._token}".encode())

    def variables(self, url: str, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables that make us a child's proxy; none where it has a proxy already."""
        if names_proxy(environ):
            return {}
        return proxies(url.replace("://", f"://{_USER}:{self._token}@"))

    def lets_in(self, head: RequestHead) -> bool:
        """Whether a request comes from the child."""
        given = (head.header("proxy-authorization") or "").encode()
        return secrets.compare_digest(given, self._password)

    async def forward(self, exchange: Exchange, pass_on: PassOn) -> None:
        """Join a tunnel, or send a plain request on; ServerError where that can't be."""
        head = exchange.request
        is_tunnel = head.method == "CONNECT"
        url = split_url(f"//{head.target}" if is_tunnel else head.target)
        if not url.hostname or (not is_tunnel and url.scheme != "http"):
            raise ServerError(
                f"{printable_line(head.target)} is not an address that a proxy can reach"
            )
        place = printable_line(url.netloc.rpartition("@")[2])
        self.places[place] = None
        try:
            if is_tunnel:
                await tunnel(exchange, url.hostname, url.port or _HTTPS)
                return
            headers, body = for_upstream(head.headers), await spooled_body(exchange)
            content = Spooled(body) if isinstance(body, Spool) else body
            request = request_to(head.method, head.target, headers, content)
            response = await self._upstreams.unrecorded().handle_async_request(request)
        except (OSError, httpx.TransportError, httpx.InvalidURL) as error:
            raise ServerError(f"{place} can't be reached: {error}") from error
        origin = f"{url.scheme}://{url.netloc}"
        await pass_on(exchange, response, Mount(origin, origin))

    @property
    def notice(self) -> str:
        """What to say of it at the end; empty where nothing went past us."""
        if not self.places:
            return ""
        return (
            f"not recorded: {', '.join(self.places)}. The child's clients bypassed the base URLs; "
            "point them at the proxy (`--env NAME[=/PATH]` sets a further variable), or "
            "record them in process (streamtape.use_cassette)"
        )
