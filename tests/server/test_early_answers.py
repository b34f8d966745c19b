"""Upstreams that answer before they have all of a request, and hang up: the client reads that."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from streamtape.server.exchange import Exchange
from tests.patience import PATIENCE_S
from tests.server.test_proxy import PLAIN, recorded, upstream
from tests.server.test_upstreams import certificate
from tests.tools_present import needs

ANSWER = (
    b"HTTP/1.1 413 Too Large\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n"
    b"Connection: close\r\n\r\ntoo big"
)
BODY = bytes(1 << 23)
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def resetting(tls: ssl.SSLContext | None) -> Iterator[str]:
    """A server that reads a little, answers, and closes with the rest unread: TCP resets that."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            # What Nagle's algorithm holds back would never leave a socket that is reset.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with tls.wrap_socket(sock, server_side=True) if tls else sock as taken:
                taken.recv(1000)
                taken.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        scheme = "https" if tls else "http"
        yield f"{scheme}://localhost:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def uploaded(url: str) -> tuple[int, bytes]:
    """The answer to a long upload."""
    answer = httpx.post(f"{url}/v1/files", content=BODY, timeout=PATIENCE_S)
    return answer.status_code, answer.content


@pytest.mark.parametrize("scheme", ["http", pytest.param("https", marks=needs("openssl"))])
@pytest.mark.parametrize("mode", ["all", "new_episodes"])
def test_an_answer_before_a_reset(
    tmp_path: Path, scheme: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reaches the client, and the request is recorded whole with it, however often."""
    tls = certificate(tmp_path, monkeypatch, "localhost") if scheme == "https" else None

    def use(url: str) -> None:
        for _ in range(3):
            assert uploaded(url) == (413, b"too big")

    with resetting(tls) as url:
        tape = recorded(tmp_path / "x.tape", url, use, mode=mode, allow_playback_repeats=False)
    assert {one.request.body for one in tape} == {BODY}
    assert {one.body for one in tape} == {b"too big"}


def sent_and_read(url: str, head: bytes, body: bytes) -> tuple[int, bytes]:
    """The answer that a client reads when all that it has to say is out."""
    place = httpx.URL(url)
    with socket.create_connection((place.host, place.port or 0), timeout=PATIENCE_S) as sock:
        sock.sendall(head)
        sock.sendall(body)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        return answer.status, answer.read()


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (POST + b"Content-Length: 8388608\r\n\r\n", BODY, 401),
        (POST + b"Expect: 100-continue\r\nContent-Length: 8388608\r\n\r\n", BODY, 401),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"zz" + BODY, 401),
        (b"\x00\x01\x02 no HTTP\r\n\r\n", BODY, 400),
    ],
    ids=["a body", "a body that waits", "a body that makes no sense", "no request"],
)
def test_a_client_that_still_sends_reads_its_answer(head: bytes, body: bytes, status: int) -> None:
    """Our servers take what still comes before they close: else TCP would reset the connection."""

    async def refuse(exchange: Exchange) -> None:
        await exchange.respond(401, PLAIN, b"no such key")

    with upstream(refuse) as url:
        assert sent_and_read(url, head, body)[0] == status
