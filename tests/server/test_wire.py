"""HTTP as the server writes it, seen byte by byte."""

from __future__ import annotations

import asyncio
import gc
import re
import socket
import threading
import warnings
from collections.abc import Iterator

import pytest

from streamtape.errors import ServerError
from streamtape.server import connection
from streamtape.server.event_loop import LoopThread, to_the_end
from streamtape.server.exchange import Exchange, Limits
from streamtape.server.http_server import HttpServer, bind
from tests.patience import PATIENCE_S, patiently
from tests.server.tapes import talk

PLAIN = [(b"Content-Type", b"text/plain")]
GET = b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSING = b"GET /%b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SMALL = Limits(max_header_bytes=2000, max_body_bytes=100, max_connections=3)


async def echo(exchange: Exchange) -> None:
    """Answers with what the path says; streams `a`, `b` by default."""
    name = exchange.request.path[1:]
    if name == "whole":
        await exchange.respond(200, PLAIN, await exchange.body())
    elif name == "empty":
        await exchange.respond(204, PLAIN, b"")
    elif name == "unread":
        await exchange.respond(403, PLAIN, b"no")
    elif name == "short":
        await exchange.start(200, PLAIN, length=3)
        await exchange.send(b"a")
        await exchange.finish()
    elif name == "fails":
        await exchange.start(200, PLAIN)
        raise RuntimeError("on purpose")
    else:
        await exchange.start(200, PLAIN, reason="Quite Fine")
        for piece in (b"a", b"b"):
            await exchange.send(piece)
        await {"cut": exchange.cut, "reset": exchange.reset}.get(name, exchange.finish)()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A server with small limits."""
    running = HttpServer(echo, limits=SMALL)
    running.start()
    yield running
    running.stop()


def test_a_server_that_stops_while_a_client_connects() -> None:
    """A connection that is only half there when the server stops is closed, too: none is left."""
    gc.collect()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for _ in range(20):
            running = HttpServer(echo)
            running.start()
            with socket.create_connection((running.host, running.port)):
                running.stop()
        del running
        gc.collect()
    assert [str(one.message) for one in found] == []


def test_a_send_is_a_chunk(server: HttpServer) -> None:
    """Each send is one HTTP chunk; the reason phrase is the recorded one."""
    came, end = talk(server.origin, CLOSING % b"")
    assert came == (
        b"HTTP/1.1 200 Quite Fine\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    )
    assert end == "fin"


def test_pipelined_requests_share_a_connection(server: HttpServer) -> None:
    """Requests that come at once are answered one after another, bodies and all."""
    body = b"POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    came, _ = talk(server.origin, (GET % b"") + body + CLOSING % b"empty")
    found = re.findall(rb"HTTP/1.1 [\w ]+", came)
    assert found == [b"HTTP/1.1 200 Quite Fine", b"HTTP/1.1 200 OK", b"HTTP/1.1 204 No Content"]
    assert b"\r\n\r\nhelloHTTP/1.1 204" in came


def test_http_1_0_and_head(server: HttpServer) -> None:
    """HTTP/1.0 gets no chunks and a closed connection; HEAD gets no body."""
    came, _ = talk(server.origin, b"GET / HTTP/1.0\r\n\r\n")
    assert came.endswith(b"Connection: close\r\n\r\nab")
    assert b"chunked" not in came
    came, _ = talk(server.origin, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert came.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(("path", "end"), [(b"cut", "fin"), (b"reset", "rst")])
def test_cuts_and_resets(server: HttpServer, path: bytes, end: str) -> None:
    """Both come after the last byte that was sent, and without the last chunk."""
    came, how = talk(server.origin, GET % path)
    assert (came.endswith(b"\r\nb\r\n"), how) == (True, end)


def test_a_reset_waits_until_the_client_has_read(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that finds the last bytes and the reset together may miss either."""
    left = [9, 5, 5, 0]
    monkeypatch.setattr(connection, "unread_bytes", lambda _: left.pop(0))
    assert talk(server.origin, GET % b"reset")[1] == "rst"
    assert left == []


def test_a_broken_promise_of_length_is_a_cut(server: HttpServer) -> None:
    """A body that is shorter than was said does not pass for a whole one."""
    came, how = talk(server.origin, GET % b"short")
    assert came.endswith(b"Content-Length: 3\r\n\r\na")
    assert how == "fin"


def test_expect_continue(server: HttpServer) -> None:
    """A client that waits to be asked for its body is asked."""
    ask = b"POST /whole HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    came, _ = talk(server.origin, ask, until=b"\r\n\r\n")
    assert came == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"garbage\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),  # no Host
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 3000, b"431"),
        (b"POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + b"y" * 101, b"413"),
        (b"POST /whole HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
def test_bad_requests_are_refused(server: HttpServer, data: bytes, status: bytes) -> None:
    """Garbage, and what is over a limit, get the status that says so; the server goes on."""
    came, end = talk(server.origin, data)
    assert came.startswith(b"HTTP/1.1 " + status)
    assert end == "fin"
    assert talk(server.origin, CLOSING % b"")[0].startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("order", [1, -1])
def test_a_length_reported_in_two_ways_is_refused(server: HttpServer, order: int) -> None:
    """Who takes one of them and who takes the other see different requests (smuggling)."""
    lengths = [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"][::order]
    hidden = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n" + b"".join(lengths)
    answer, _ = talk(server.origin, request + b"\r\n0\r\n\r\n" + hidden)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_an_unread_body_closes_the_connection(server: HttpServer) -> None:
    """A client that is still sending gets its answer, and then the end."""
    ask = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n" + b"y" * 50
    came, end = talk(server.origin, ask)
    assert came.startswith(b"HTTP/1.1 403")
    assert came.endswith(b"Connection: close\r\n\r\nno")
    assert end == "fin"


def test_idle_connections_end() -> None:
    """A connection on which nothing comes is closed without a word."""

    def check(limit_s: float) -> None:
        server = HttpServer(echo, limits=Limits(idle_s=limit_s))
        server.start()
        try:
            assert talk(server.origin, b"GET / HT") == (b"", "fin")
        finally:
            server.stop()

    patiently(check)  # a client that begins too late would find it closed


def test_one_connection_too_many(server: HttpServer) -> None:
    """The connection over the limit is told so."""
    address = (server.host, server.port)
    stored = [socket.create_connection(address) for _ in range(3)]
    try:
        assert talk(server.origin, GET % b"")[0].startswith(b"HTTP/1.1 503")
    finally:
        for sock in stored:
            sock.close()


def test_a_handler_that_fails_is_logged(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of ours cuts the connection and is logged; the server goes on."""
    came, end = talk(server.origin, GET % b"fails")
    assert (came.endswith(b"0\r\n\r\n"), end) == (False, "fin")
    assert "on purpose" in caplog.text
    assert talk(server.origin, CLOSING % b"")[1] == "fin"


def test_writing_waits_for_a_reader() -> None:
    """A client that does not read holds the handler back, and going away ends it."""
    sent: list[int] = []
    closed = threading.Event()

    async def flood(exchange: Exchange) -> None:
        try:
            await exchange.start(200, PLAIN)
            while True:
                await exchange.send(bytes(1 << 16))
                sent.append(1 << 16)
        finally:
            if exchange.closed:
                closed.set()

    server = HttpServer(flood)
    server.start()
    try:
        talk(server.origin, GET % b"", until=b"\r\n\r\n")
        assert closed.wait(PATIENCE_S)
        assert sum(sent) < 1 << 24  # what the kernel's buffers hold, not memory without end
    finally:
        server.stop()


def test_stopping_waits_for_handlers_whose_clients_have_gone() -> None:
    """What a handler does when its client goes is done when the server has stopped."""
    done: list[str] = []
    closed = threading.Event()

    async def closing() -> None:
        closed.set()
        for _ in range(50):
            await asyncio.sleep(0)
        done.append("closed")

    async def left(exchange: Exchange) -> None:
        try:
            await exchange.start(200, PLAIN)
            await asyncio.get_running_loop().create_future()
        finally:
            await to_the_end(closing())

    server = HttpServer(left)
    server.start()
    talk(server.origin, GET % b"", until=b"\r\n\r\n")
    assert closed.wait(PATIENCE_S)
    server.stop()
    assert done == ["closed"]


@pytest.mark.parametrize("n_cancels", [0, 1, 2])
def test_what_is_done_to_the_end_is_not_cancelled(n_cancels: int) -> None:
    """The work ends however often its waiter is cancelled; only then is that heard."""
    steps: list[int] = []

    async def work() -> None:
        for n in range(5):
            await asyncio.sleep(0)
            steps.append(n)

    async def main() -> None:
        task = asyncio.create_task(to_the_end(work()))
        for _ in range(n_cancels):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
        await task

    if n_cancels:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(main())
    else:
        asyncio.run(main())
    assert steps == [0, 1, 2, 3, 4]


def test_what_fails_to_the_end_says_so() -> None:
    """An error of the work is raised where it was waited for."""

    async def work() -> None:
        raise OSError("no way")

    with pytest.raises(OSError, match="no way"):
        asyncio.run(to_the_end(work()))


def test_a_port_in_use_is_our_error() -> None:
    """The message names the address and the way out."""
    with bind("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(ServerError, match=f"127.0.0.1:{port}.*choose another"):
            bind("127.0.0.1", port)
    with pytest.raises(ServerError, match=r"no\.such\.host\.invalid"):
        bind("no.such.host.invalid", 0)


def test_a_thread_that_can_not_start_says_why() -> None:
    """What stops the loop's coroutine is raised where it was started."""

    async def main(ready: object, stop: asyncio.Event) -> None:
        raise OSError("no way")

    with pytest.raises(OSError, match="no way"):
        LoopThread(main).start()


def test_stopping_twice_and_never_starting(server: HttpServer) -> None:
    """Stop may be called at any time, any number of times."""
    server.stop()
    server.stop()
    HttpServer(echo).stop()
