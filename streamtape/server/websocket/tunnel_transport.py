"""WebSockets of plain `ws:` URLs behind an HTTP proxy: through a tunnel (RFC 6455 section 4.1).

A proxy asked for them as for plain HTTP answers the upgrade itself, or drops it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpcore
import httpx

_HTTP = 80


class TunnelTransport(httpx.AsyncBaseTransport):
    """Sends each request in a tunnel of its own through an HTTP proxy."""

    def __init__(self, proxy: str) -> None:
        self._proxy = httpx.Proxy(proxy)
        self._pool = httpcore.AsyncConnectionPool()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect through the proxy, and send the handshake in the tunnel.

        httpx.ProxyError where the proxy refuses it, httpx.ConnectError where it can't be reached.
        """
        url = request.url
        port = url.port or _HTTP
        with _errors_of_httpx():
            stream = await self._tunnel(b"%b:%d" % (url.raw_host, port))
            origin = httpcore.Origin(b"http", url.raw_host, port)
            target = httpcore.URL(scheme=b"http", host=url.raw_host, port=port, target=url.raw_path)
            response = await httpcore.AsyncHTTP11Connection(origin, stream).handle_async_request(
                httpcore.Request(
                    request.method,
                    target,
                    headers=request.headers.raw,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=dict(response.extensions),
        )

    async def _tunnel(self, place: bytes) -> httpcore.AsyncNetworkStream:
        proxy = self._proxy
        headers: list[tuple[bytes, bytes]] = [(b"Host", place)]
        if proxy.raw_auth is not None:
            user, password = proxy.raw_auth
            headers.append((b"Proxy-Authorization", b"Basic " + b64encode(user + b":" + password)))
        url = proxy.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                b"CONNECT",
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=place),
                headers=headers,
            )
        )
        if not 200 <= response.status < 300:
            await response.aclose()
            raise httpx.ProxyError(f"the proxy answered CONNECT with status {response.status}")
        stream: httpcore.AsyncNetworkStream = response.extensions["network_stream"]
        return stream

    async def aclose(self) -> None:
        """Close all connections to the proxy."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of a response that httpcore gave."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for data in self._response.aiter_stream():
                yield data

    async def aclose(self) -> None:
        await self._response.aclose()


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    try:
        yield
    except httpcore.ConnectError as error:
        raise httpx.ConnectError(str(error)) from error
    except httpcore.NetworkError as error:
        raise httpx.ReadError(str(error)) from error
    except httpcore.ProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
