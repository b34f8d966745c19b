"""Every HTTP library that a session sees, as one function: read a stream, chunk by chunk.

What one client can't do is not in its row; what it raises for what happens on the wire is.
"""

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import anyio
import httpx
import httpx2
import requests
import urllib3

BODY = b'{"stream": true}'
Take = Callable[[bytes], object]


class Read(Protocol):
    """Post BODY to a URL, give each chunk of the answer to `take`, stop where it gives True."""

    def __call__(self, url: str, take: Take, timeout: float | None = None) -> None: ...


@dataclass(frozen=True)
class Client:
    """One way to read; `raises` has its exceptions by what happened on the wire."""

    name: str
    read: Read
    raises: Mapping[str, type[Exception]]


def _of_httpx(library: Any) -> list[Client]:
    def sync(url: str, take: Take, timeout: float | None = None) -> None:
        with library.Client(timeout=timeout, trust_env=False, verify=False) as client:
            with client.stream("POST", url, content=BODY) as response:
                for chunk in response.iter_raw():
                    if take(chunk):
                        break

    async def main(url: str, take: Take, timeout: float | None) -> None:  # noqa: ASYNC109 - httpx's
        async with library.AsyncClient(timeout=timeout, trust_env=False, verify=False) as client:
            async with client.stream("POST", url, content=BODY) as response:
                async for chunk in response.aiter_raw():
                    if take(chunk):
                        break

    def asynchronous(url: str, take: Take, timeout: float | None = None) -> None:
        anyio.run(main, url, take, timeout)

    raises = {
        "cut": library.RemoteProtocolError,
        "reset": library.ReadError,
        "silence": library.ReadTimeout,
        "no response": library.RemoteProtocolError,
        "reset at once": library.ReadError,
        "silence at once": library.ReadTimeout,
        "refused": library.ConnectError,
    }
    name = library.__name__
    return [Client(f"{name}-sync", sync, raises), Client(f"{name}-async", asynchronous, raises)]


def _by_requests(url: str, take: Take, timeout: float | None = None) -> None:
    with requests.Session() as session:
        session.trust_env = False
        with session.post(url, data=BODY, stream=True, timeout=timeout) as response:
            for chunk in response.iter_content(None):
                if take(chunk):
                    break


def _by_urllib3(url: str, take: Take, timeout: float | None = None) -> None:
    with urllib3.PoolManager() as pool:
        response = pool.request(
            "POST", url, body=BODY, preload_content=False, retries=False, timeout=timeout
        )
        try:
            for chunk in response.stream(None):
                if take(chunk):
                    break
        finally:
            response.close()


def _by_urllib(url: str, take: Take, timeout: float | None = None) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, BODY), timeout=timeout) as response:
        while (chunk := response.read1()) and not take(chunk):
            pass


def _by_http_client(url: str, take: Take, timeout: float | None = None) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        connection.request("POST", parts.path, BODY)
        with connection.getresponse() as response:
            while (chunk := response.read1()) and not take(chunk):
                pass
    finally:
        connection.close()


async def _aiohttp(url: str, take: Take, timeout: float | None) -> None:  # noqa: ASYNC109 - its own
    patience = aiohttp.ClientTimeout(total=None, sock_read=timeout)
    async with aiohttp.ClientSession(timeout=patience) as session:
        async with session.post(url, data=BODY) as response:
            async for chunk, _ in response.content.iter_chunks():
                if chunk and take(chunk):  # an empty one tells where an HTTP chunk ends
                    break


def _by_aiohttp(url: str, take: Take, timeout: float | None = None) -> None:
    asyncio.run(_aiohttp(url, take, timeout))


_STANDARD: dict[str, type[Exception]] = {
    "cut": http.client.IncompleteRead,
    "reset": ConnectionResetError,
    "silence": TimeoutError,
    "no response": http.client.RemoteDisconnected,
    "reset at once": ConnectionResetError,
    "silence at once": TimeoutError,
    "refused": ConnectionRefusedError,
}
CLIENTS = [
    *_of_httpx(httpx),
    *_of_httpx(httpx2),
    Client(
        "requests",
        _by_requests,
        {
            "cut": requests.exceptions.ChunkedEncodingError,
            "reset": requests.exceptions.ChunkedEncodingError,
            "silence": requests.exceptions.ConnectionError,
            "no response": requests.exceptions.ConnectionError,
            "reset at once": requests.exceptions.ConnectionError,
            "silence at once": requests.exceptions.ReadTimeout,
            "refused": requests.exceptions.ConnectionError,
        },
    ),
    Client(
        "urllib3",
        _by_urllib3,
        {
            "cut": urllib3.exceptions.ProtocolError,
            "reset": urllib3.exceptions.ProtocolError,
            "silence": urllib3.exceptions.ReadTimeoutError,
            "no response": urllib3.exceptions.ProtocolError,
            "reset at once": urllib3.exceptions.ProtocolError,
            "silence at once": urllib3.exceptions.ReadTimeoutError,
            "refused": urllib3.exceptions.NewConnectionError,
        },
    ),
    Client(
        "aiohttp",
        _by_aiohttp,
        {
            "cut": aiohttp.ClientPayloadError,
            "reset": aiohttp.ClientPayloadError,
            "silence": aiohttp.SocketTimeoutError,
            "no response": aiohttp.ServerDisconnectedError,
            "reset at once": aiohttp.ClientOSError,
            "silence at once": aiohttp.SocketTimeoutError,
            "refused": aiohttp.ClientConnectorError,
        },
    ),
    Client("urllib", _by_urllib, {**_STANDARD, "refused": urllib.error.URLError}),
    Client("http.client", _by_http_client, _STANDARD),
]
