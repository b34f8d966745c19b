"""Long bodies of aiohttp, http.client and requests: on disk, sent as they are, found again."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import requests

import streamtape
from streamtape.tape import long_bodies
from streamtape.tape.store import spool
from tests.patience import PATIENCE_S

KEY = "sk-proj-" + "a1B2c3D4" * 6
BODY = b'{"more": "' + b"nothing secret here " * 900 + b'", "api_key": "%s"}' % KEY.encode()
MEMORY_BYTES = 4096  # more than that goes to disk


class Upstream(BaseHTTPRequestHandler):
    """Answers with the digest of what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if "content-length" in self.headers:
            body = self.rfile.read(int(self.headers["content-length"]))
        else:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        answer = hashlib.sha256(body).hexdigest().encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """The URL of such a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/up"
    server.shutdown()
    server.server_close()


def pieces() -> Iterator[bytes]:
    """The body as it is made while it is sent."""
    for at in range(0, len(BODY), 1000):
        yield BODY[at : at + 1000]


def by_http_client(url: str, body: Any) -> str:
    """Sent by the standard library."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", parts.path, body, encode_chunked=not isinstance(body, bytes))
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def by_requests(url: str, body: Any) -> str:
    """Sent by requests, and so by urllib3."""
    with requests.Session() as session:
        session.trust_env = False
        return str(session.post(url, data=body, timeout=PATIENCE_S).text)


def by_aiohttp(url: str, body: Any) -> str:
    """Sent by aiohttp."""

    async def made() -> AsyncIterator[bytes]:
        for piece in body:
            yield piece

    async def send() -> str:
        async with aiohttp.ClientSession() as session:
            data = body if isinstance(body, bytes) else made()
            async with session.post(url, data=data) as response:
                return await response.text()

    return asyncio.run(send())


@pytest.mark.parametrize("make", [lambda: BODY, pieces], ids=["bytes", "made while it is sent"])
@pytest.mark.parametrize("send", [by_http_client, by_requests, by_aiohttp])
def test_a_long_body_is_kept_on_disk_and_sent_as_it_is(
    send: Callable[[str, Any], str],
    make: Callable[[], Any],
    upstream: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The upstream gets every byte, the cassette has it without the key, and it is found again."""
    monkeypatch.setattr(spool, "MEMORY_BYTES", MEMORY_BYTES)
    monkeypatch.setattr(long_bodies, "LONG_BYTES", MEMORY_BYTES)
    in_files: list[int] = []
    monkeypatch.setattr(spool, "_write_all", _counted(spool._write_all, in_files))
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        assert send(upstream, make()) == hashlib.sha256(BODY).hexdigest()
    assert sum(in_files) >= len(BODY)
    (one,) = streamtape.load(path)
    assert len(one.request.body) == len(BODY)
    assert KEY.encode() not in one.request.body
    with streamtape.use_cassette(path, mode="none"):
        assert send(upstream, make()) == hashlib.sha256(BODY).hexdigest()


def _counted(write: Callable[[Any, bytes], None], sizes: list[int]) -> Callable[[Any, bytes], None]:
    def counted(file: Any, data: bytes) -> None:
        sizes.append(len(data))
        write(file, data)

    return counted
