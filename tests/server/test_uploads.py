"""Uploads through the recording proxy: they go up as they come, and are recorded whole."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import streamtape
from streamtape.errors import NothingRecordedError
from streamtape.server.exchange import Exchange, Limits
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import serve
from streamtape.transport import upload_streams
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.server.test_proxy import PLAIN, recorded, upstream

KEY = "sk-proj-" + "a1B2c3D4" * 6


@pytest.fixture(params=["in memory", "in the journal"], autouse=True)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a body is until it is whole: long ones go to the journal as they come."""
    if request.param == "in the journal":
        monkeypatch.setattr(upload_streams, "LONG_BYTES", 1)


def dial(url: str, head: bytes) -> socket.socket:
    """A connection on which the head of a request has gone out."""
    place = urlsplit(url)
    sock = socket.create_connection((place.hostname or "", place.port or 0), timeout=PATIENCE_S)
    sock.sendall(head)
    return sock


def chunked(*headers: bytes) -> bytes:
    """The head of an upload of unknown length."""
    lines = (b"POST /v1/files HTTP/1.1", b"Host: localhost", b"Transfer-Encoding: chunked")
    return b"\r\n".join((*lines, *headers, b"", b""))


def http_chunk(data: bytes) -> bytes:
    """Bytes as one HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer_of(sock: socket.socket) -> tuple[int, bytes]:
    """The status and the body of the answer."""
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    return answer.status, answer.read()


def test_each_piece_goes_up_before_the_next_is_sent(tmp_path: Path) -> None:
    """The upstream has the first piece while the client still holds back the second."""
    came: list[bytes] = []
    one_more = threading.Semaphore(0)

    async def take(exchange: Exchange) -> None:
        assert exchange.request.header("transfer-encoding") == "chunked"
        while (piece := await exchange.next_piece()) is not None:
            came.append(piece)
            one_more.release()
        await exchange.respond(200, PLAIN, b"taken")

    def use(url: str) -> None:
        with dial(url, chunked()) as sock:
            for word in (b"one", b"two", b"three"):
                sock.sendall(http_chunk(word))
                assert one_more.acquire(timeout=PATIENCE_S)
            sock.sendall(b"0\r\n\r\n")
            assert answer_of(sock) == (200, b"taken")

    with upstream(take) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert came == [b"one", b"two", b"three"]
    assert only.request.body == b"onetwothree"


def test_an_upstream_that_does_not_read_holds_its_client(tmp_path: Path) -> None:
    """Backpressure upwards: what fits between the two is all that the client can send."""
    size, go_on = 1 << 26, threading.Event()

    async def wait_first(exchange: Exchange) -> None:
        await asyncio.to_thread(go_on.wait, PATIENCE_S)
        await exchange.respond(200, PLAIN, b"%d" % len(await exchange.body()))

    def use(url: str) -> None:
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
        with dial(url, head) as sock:
            sock.settimeout(1)
            sent, piece = 0, bytes(1 << 16)
            with pytest.raises(TimeoutError):
                while sent < size:
                    sent += sock.send(piece)
            assert sent < size / 2
            go_on.set()
            sock.settimeout(PATIENCE_S)
            sock.sendall(bytes(size - sent))
            assert answer_of(sock) == (200, b"%d" % size)

    with upstream(wait_first) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert len(only.request.body) == size


def test_secrets_of_an_upload_are_masked(tmp_path: Path) -> None:
    """The upstream gets what was sent, the cassette has it without; also compressed, and a form."""
    came: list[bytes] = []

    async def take(exchange: Exchange) -> None:
        came.append(await exchange.body())
        await exchange.respond(200, PLAIN, b"taken")

    secret = json.dumps({"note": "x" * 1000, "api_key": KEY}).encode()
    bodies = [secret, gzip.compress(secret), f"a=1&api_key={KEY}".encode()]

    def pieces(body: bytes) -> Iterator[bytes]:
        yield from (body[:1030], body[1030:])

    def use(url: str) -> None:
        httpx.post(url, content=pieces(bodies[0]))
        httpx.post(url, content=pieces(bodies[1]), headers={"Content-Encoding": "gzip"})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        httpx.post(url, content=pieces(bodies[2]), headers=form)

    with upstream(take) as url:
        plain, coded, form = recorded(tmp_path / "x.tape", url, use)
    assert came == bodies
    stars = b"*" * len(KEY)
    assert plain.request.body == secret.replace(KEY.encode(), stars)
    assert gzip.decompress(coded.request.body) == plain.request.body
    assert form.request.body == b"a=1&api_key=" + stars


def test_an_upstream_that_answers_early(tmp_path: Path) -> None:
    """It refuses and hangs up: the client reads that, and the request is recorded whole."""
    body = bytes(range(256)) * (1 << 15)

    async def refuse(exchange: Exchange) -> None:
        await exchange.respond(401, PLAIN, b"no such key")

    def status(url: str) -> int:
        return httpx.post(f"{url}/v1/files", content=body, timeout=PATIENCE_S).status_code

    def use(url: str) -> None:
        assert status(url) == 401

    with upstream(refuse) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert only.request.body == body
    with serve(tmp_path / "x.tape") as server:
        assert status(server.url) == 401


def test_an_upstream_that_refuses_an_upload(tmp_path: Path) -> None:
    """A connection that is refused is a 502; what was to go up is recorded all the same."""

    def use(root: str) -> None:
        response = httpx.post(f"{root}/v1/files", content=iter([b"ab", b"cd"]))
        assert response.status_code == 502

    (only,) = recorded(tmp_path / "x.tape", f"http://127.0.0.1:{free_port()}", use)
    assert (only.ending.exception, only.request.body) == ("ConnectError", b"abcd")


@pytest.mark.parametrize("how", ["leaves", "garbage", "too long", "too long, as it says"])
def test_a_client_that_breaks_off(tmp_path: Path, how: str) -> None:
    """It was no request: nothing is recorded, the upstream is let go, the next one goes through."""
    over, some = threading.Event(), threading.Event()

    async def take(exchange: Exchange) -> None:
        if exchange.request.path == "/next":
            await exchange.respond(200, PLAIN, b"here")
            return
        try:
            while await exchange.next_piece() is not None:
                some.set()
        finally:
            over.set()

    def use(url: str) -> None:
        if how == "too long, as it says":
            response = httpx.post(f"{url}/v1/files", content=bytes(3000))
            assert response.status_code == 413
        else:
            with dial(url, chunked()) as sock:
                sock.sendall(http_chunk(b"some"))
                assert some.wait(PATIENCE_S)
                if how == "garbage":
                    sock.sendall(b"no length\r\n")
                    assert answer_of(sock)[0] == 400
                elif how == "too long":
                    sock.sendall(http_chunk(bytes(3000)))
                    assert answer_of(sock)[0] == 413
            assert over.wait(PATIENCE_S)
        assert httpx.get(f"{url}/next").text == "here"

    limits = Limits(max_body_bytes=2000)
    with upstream(take) as url:
        cassette = recorded(tmp_path / "x.tape", url, use, limits=limits)
    assert [urlsplit(i.request.url).path for i in cassette] == ["/next"]


def test_only_a_broken_upload_is_nothing(tmp_path: Path) -> None:
    """A session that saw half a request has nothing to write."""

    async def take(exchange: Exchange) -> None:
        await exchange.body()

    with upstream(take) as url, pytest.raises(NothingRecordedError):
        recorded(tmp_path / "x.tape", url, lambda root: dial(root, chunked()).close())


def test_a_proxy_that_stops_amid_an_upload(tmp_path: Path) -> None:
    """Who has had some of an answer has it recorded; half a request was none, and is let go."""
    let_go, half, path = threading.Event(), threading.Event(), tmp_path / "x.tape"

    async def take(exchange: Exchange) -> None:
        if exchange.request.path == "/stream":
            await exchange.start(200, PLAIN)
            await exchange.send(b"first")
            await asyncio.to_thread(let_go.wait, PATIENCE_S)
            return
        try:
            while await exchange.next_piece() is not None:
                half.set()
        finally:
            let_go.set()

    with upstream(take) as url:
        proxy = RecordingProxy(path, upstream=url).start()
        streamed = dial(proxy.url, b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with streamed, dial(proxy.url, chunked()) as uploading:
            answer = http.client.HTTPResponse(streamed)
            answer.begin()
            assert answer.read1(5) == b"first"
            uploading.sendall(http_chunk(b"x" * 4000))
            assert half.wait(PATIENCE_S)
            proxy.stop()
        assert let_go.wait(PATIENCE_S)
    (only,) = streamtape.load(path)
    assert (only.request.method, only.body, only.ending.kind) == ("GET", b"first", "unfinished")


def test_what_may_be_played_is_taken_whole(tmp_path: Path) -> None:
    """In a mode that plays, an upload is matched by its body, and a new one is recorded."""
    bodies: list[bytes] = []

    async def take(exchange: Exchange) -> None:
        bodies.append(await exchange.body())
        await exchange.respond(200, PLAIN, bodies[-1][:3])

    def use(url: str) -> None:
        assert httpx.post(url, content=iter([b"abc", b"def"])).text == "abc"

    def more(url: str) -> None:
        assert httpx.post(url, content=iter([b"a", b"bcdef"])).text == "abc"
        assert httpx.post(url, content=iter([b"xyz", b"def"])).text == "xyz"

    path = tmp_path / "x.tape"
    with upstream(take) as url:
        recorded(path, url, use)
        recorded(path, url, more, mode="new_episodes")
    assert bodies == [b"abcdef", b"xyzdef"]
    assert [i.request.body for i in streamtape.load(path)] == bodies


def test_expectations(tmp_path: Path) -> None:
    """A client that waits for `100 Continue` gets it when its body is wanted, not before."""

    async def take(exchange: Exchange) -> None:
        await exchange.respond(200, PLAIN, await exchange.body())

    def use(url: str) -> None:
        head = b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        with dial(url, head + b"Expect: 100-continue\r\n\r\n") as sock:
            assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
            sock.sendall(b"abc")
            assert answer_of(sock) == (200, b"abc")

    with upstream(take) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert only.request.body == b"abc"
