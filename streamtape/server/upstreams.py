"""The connections of a recording proxy to its upstreams, through the proxies of the environment.

Upstreams have no read timeout: the client decides how long to wait.
"""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Sequence
from typing import Any

import httpx

from streamtape.server.early_answers import read_early_answers
from streamtape.session.session import Session
from streamtape.transport.carried import carried
from streamtape.transport.client_library import library_of
from streamtape.transport.spooled_bodies import Spooled
from streamtape.transport.transports import TapeTransport

_TIMEOUT = {"connect": 30.0, "read": None, "write": None, "pool": None}


class Upstreams:
    """The transports to them, kept open; all record into one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._transports: dict[str, TapeTransport] = {}
        self._proxies: dict[str, str] = {}
        self._for_websockets: dict[str, httpx.AsyncBaseTransport] = {}
        self._unrecorded: httpx.AsyncHTTPTransport | None = None

    async def prepare(self, target: str, own: tuple[str, int]) -> None:
        """Make the transport to a URL, and a connection to our own address: both import much."""
        import anyio

        self.transport(httpx.URL(target))
        # Some systems can't connect to "any address". The port may be one that a session around us
        # has recordings of.
        with contextlib.suppress(OSError), carried(own[0]):
            stream = await anyio.connect_tcp(*own)
            await stream.aclose()

    def transport(self, url: httpx.URL) -> TapeTransport:
        """The transport that leads to a URL."""
        proxy = self._proxy_for(url)
        if proxy not in self._transports:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
            inner = httpx.AsyncHTTPTransport(limits=limits, proxy=proxy or None)
            read_early_answers(inner)
            self._transports[proxy] = TapeTransport(self._session, inner, rehearses=False)
        return self._transports[proxy]

    def for_websockets(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """The transport that sends opening handshakes to a URL; it records nothing."""
        from streamtape.server.websocket.tunnel_transport import TunnelTransport

        proxy = self._proxy_for(url)
        tunnelled = proxy if url.scheme == "http" and proxy.startswith("http") else ""
        found = self._for_websockets.get(f"{url.scheme} {proxy}")
        if found is None:
            limits = httpx.Limits(max_connections=None)
            found = self._for_websockets[f"{url.scheme} {proxy}"] = (
                TunnelTransport(tunnelled)
                if tunnelled
                else httpx.AsyncHTTPTransport(limits=limits, proxy=proxy or None)
            )
        return found

    def _proxy_for(self, url: httpx.URL) -> str:
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        proxy = self._proxies.get(origin)
        if proxy is None:  # read once: it takes the whole environment
            proxy = self._proxies[origin] = _proxy_for(url)
        return proxy

    def unrecorded(self) -> httpx.AsyncHTTPTransport:
        """A transport that leads anywhere, and records nothing."""
        if self._unrecorded is None:
            self._unrecorded = read_early_answers(httpx.AsyncHTTPTransport())
        return self._unrecorded

    async def aclose(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            await transport.aclose()
        for one in self._for_websockets.values():
            await one.aclose()
        if self._unrecorded is not None:
            await self._unrecorded.aclose()


class ExactURL(httpx.URL):
    """A URL whose path and query go out as the client spelled them, which httpx would tidy.

    This holds behind a proxy as well: in the tunnel of an https URL, and in the absolute form that
    a proxy wants of an http one (RFC 9112 section 3.2.2).
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._path = url.partition("://")[2].partition("/")[2]

    @property
    def raw_path(self) -> bytes:
        """The target on the request line."""
        return f"/{self._path}".encode("latin-1")


def request_to(
    method: str, url: str, headers: Sequence[tuple[bytes, bytes]], content: Any
) -> httpx.Request:
    """A request to an upstream, spelled as its URL is; it may wait as long as its client does."""
    request = httpx.Request(
        method, url, headers=list(headers), content=content, extensions={"timeout": _TIMEOUT}
    )
    request.url = ExactURL(url)
    if isinstance(content, Spooled):
        request.stream = library_of(request).async_stream(content)
    return request


def _proxy_for(url: httpx.URL) -> str:
    """The proxy that the environment names for a URL; empty for none."""
    host = url.host if url.port is None else f"{url.host}:{url.port}"
    if urllib.request.proxy_bypass(host):
        return ""
    found = urllib.request.getproxies()
    return found.get(url.scheme) or found.get("all", "")
