"""aiohttp's clients, recorded and replayed: what they see is what they see without us."""

import asyncio
import json
import socket
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.connector import BaseConnector

import streamtape
from streamtape.errors import InstallError, MissError, ReplayEndError
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Chunks
from streamtape.transport import patch
from tests.listening import take_no_more
from tests.patience import PATIENCE_S, patiently
from tests.playback.scores import recording

Talk = Callable[[str], Coroutine[Any, Any, Any]]
PIECES = [b"data: %d\n\n" % number for number in range(6)]


async def _stream(request: web.Request) -> web.StreamResponse:
    """Six events; with `cut` the connection ends after so many, with `stall` nothing more comes."""
    query = request.query
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    if "length" in query:
        response.content_length = sum(map(len, PIECES))
    if "gzip" in query:
        response.enable_compression(web.ContentCoding.gzip)
    await response.prepare(request)
    for number, piece in enumerate(PIECES):
        if query.get("cut") == str(number):
            assert request.transport is not None
            request.transport.close()
            return response
        if query.get("stall") == str(number):
            await request.app[GONE].wait()
        await response.write(piece)
        await asyncio.sleep(0.002)
    return response


async def _echo(request: web.Request) -> web.Response:
    body = await request.read()
    kept = ("Content-Type", "Content-Encoding", "Expect", "Cookie", "X-Name")
    headers = {name: request.headers[name] for name in kept if name in request.headers}
    return web.json_response({"body": body.decode("latin-1"), "headers": headers})


async def _redirect(request: web.Request) -> web.Response:
    response = web.Response(status=307, headers={"Location": "/echo"})
    response.set_cookie("crumb", "7")
    return response


async def _status(request: web.Request) -> web.Response:
    status = int(request.match_info["status"])
    return web.Response(status=status, text="no" if status not in {204, 304} else None)


async def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


GONE = web.AppKey("gone", asyncio.Event)


@contextmanager
def upstream() -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """A real server, in a loop and thread of its own; its URL."""
    loop = asyncio.new_event_loop()
    app = web.Application()
    for method, path, handler in (
        ("*", "/stream", _stream), ("*", "/echo", _echo), ("*", "/redirect", _redirect),
        ("*", "/status/{status}", _status), ("*", "/hang_up", _hang_up),
    ):  # fmt: skip
        app.router.add_route(method, path, handler)

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)

    async def begin() -> web.AppRunner:
        app[GONE] = asyncio.Event()
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        return runner

    async def end() -> None:
        await take_no_more(listening)
        transports = set(loop._transports.values())  # type: ignore[attr-defined]  # of asyncio
        await runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for transport in transports:
            transport.abort()
        await take_no_more()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(begin(), loop).result(PATIENCE_S)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", loop
    finally:
        loop.call_soon_threadsafe(app[GONE].set)
        asyncio.run_coroutine_threadsafe(end(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def outcome(talk: Talk, root: str) -> Any:
    """What a program sees, or the exception that it ends with."""
    try:
        return asyncio.run(talk(root))
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error), str(error)


def three_times(talk: Talk, path: Path) -> Any:
    """What a program sees without us, recorded and replayed: the same three times."""
    with upstream() as (root, _):
        direct = outcome(talk, root)
        with streamtape.use_cassette(path):
            recorded = outcome(talk, root)
    with streamtape.use_cassette(path, mode="none") as session:
        replayed = outcome(talk, root)
    assert recorded == direct
    assert replayed == direct
    assert session.unplayed == ()
    return direct


def reading(how: Callable[[aiohttp.StreamReader], Any], query: str = "", **options: Any) -> Talk:
    """A program that reads the stream in one way."""

    async def talk(root: str) -> Any:
        async with (
            aiohttp.ClientSession(**options) as session,
            session.post(f"{root}/stream?{query}", json={"q": 1}) as response,
        ):
            return await how(response.content)

    return talk


async def chunks(content: aiohttp.StreamReader) -> Any:
    """Chunks of HTTP's own."""
    return [chunk async for chunk, _ in content.iter_chunks() if chunk]


async def lines(content: aiohttp.StreamReader) -> Any:
    """Lines."""
    return [line async for line in content]


async def pieces(content: aiohttp.StreamReader) -> Any:
    """Pieces of a size at most; how they fall depends on what has come."""
    found = [piece async for piece in content.iter_chunked(4)]
    return max(map(len, found)), b"".join(found)


async def whole(content: aiohttp.StreamReader) -> Any:
    """All of it at once."""
    return await content.read(), content.at_eof(), content.total_bytes


async def exactly(content: aiohttp.StreamReader) -> Any:
    """So many bytes, then to a separator, then a line."""
    first = await content.readexactly(5)
    return first, await content.readuntil(b"\n\n"), await content.readline()


async def joined(content: aiohttp.StreamReader) -> Any:
    """Whatever is there."""
    return b"".join([piece async for piece in content.iter_any()])


@pytest.mark.parametrize(
    ("how", "query"),
    [
        (how, query)
        for how in (chunks, lines, pieces, whole, exactly, joined)
        for query in ("", "gzip=1", "length=1")
        # Without chunks of HTTP's own, what comes together is given together.
        if (how, query) != (chunks, "length=1")
    ],
)
def test_every_way_to_read(how: Any, query: str, tmp_path: Path) -> None:
    """Chunks as they came, lines, pieces of a size, all at once: compressed, chunked and not."""
    three_times(reading(how, query), tmp_path / "x.tape")
    (interaction,) = streamtape.load(tmp_path / "x.tape")
    assert interaction.content == b"".join(PIECES) or how is exactly
    assert (b"Content-Encoding" in dict(interaction.head.headers)) == ("gzip" in query)  # type: ignore[union-attr]  # it has one


def test_the_cuts_and_times_are_the_wires(tmp_path: Path) -> None:
    """A chunk is recorded when it comes, also where its client is busy with something else."""

    async def busy(root: str) -> bytes:
        async with aiohttp.ClientSession() as session, session.get(f"{root}/stream") as response:
            ended = asyncio.Event()
            response.content.on_eof(ended.set)
            await ended.wait()
            (so_far,) = session_of_tape.recorded()
            assert [chunk.data for chunk in so_far.chunks] == PIECES  # before it reads any
            return await response.read()

    with upstream() as (root, _), streamtape.use_cassette(tmp_path / "x.tape") as session_of_tape:
        assert outcome(busy, root) == b"".join(PIECES)
    (interaction,) = streamtape.load(tmp_path / "x.tape")
    assert [chunk.data for chunk in interaction.chunks] == PIECES
    times = [chunk.at_us or 0 for chunk in interaction.chunks]
    assert times == sorted(times)
    assert times[-1] >= 5 * 2000 - 1000  # since the sending: the first may be late, too


def test_a_replay_gives_the_recorded_chunks_to_iter_any(tmp_path: Path) -> None:
    """At once, yet chunk by chunk: nothing is joined because it is all there."""
    path = tmp_path / "x.tape"

    async def any_(content: aiohttp.StreamReader) -> Any:
        return [piece async for piece in content.iter_any()]

    with upstream() as (root, _), streamtape.use_cassette(path):
        outcome(reading(any_), root)
    with streamtape.use_cassette(path):
        assert outcome(reading(any_), root) == PIECES


@pytest.mark.parametrize("query", ["cut=3", "cut=3&length=1", "cut=3&gzip=1", "cut=0"])
def test_a_cut_ends_in_aiohttps_own_exception(query: str, tmp_path: Path) -> None:
    """The same class and words, live, recorded and replayed, after the same chunks."""
    seen: list[list[bytes]] = []

    async def talk(root: str) -> None:
        seen.append([])
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{root}/stream?{query}") as response:
                async for chunk, _ in response.content.iter_chunks():
                    seen[-1].append(chunk)

    kind, _ = three_times(talk, tmp_path / "x.tape")
    assert kind is aiohttp.ClientPayloadError
    n = 0 if "gzip" in query else int(query[4])  # that server compresses all of it first
    assert [b"".join(chunks) for chunks in seen] == [b"".join(PIECES[:n])] * 3
    (interaction,) = streamtape.load(tmp_path / "x.tape")
    assert interaction.ending.exception == "ClientPayloadError"


@contextmanager
def raw_upstream(answer: bytes) -> Iterator[str]:
    """A server that answers one request after another with these bytes, and hangs up; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"garbage\r\n\r\n", aiohttp.ClientResponseError),
        (OK + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n", aiohttp.ClientResponseError),
        (OK + b"Content-Encoding: gzip\r\n\r\nno gzip at all", aiohttp.ClientPayloadError),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\nZZ\r\n", None),
        (OK + b"\r\nuntil the end", None),
        (OK + b"Content-Length: 0\r\n\r\n", None),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"\r\nthen", None),
        (b"HTTP/1.0 200\r\n\r\nold", None),
        (OK[:9], aiohttp.ServerDisconnectedError),
    ],
    ids=["garbage", "long", "no-gzip", "no-chunk", "until-eof", "empty", "hints", "old", "half"],
)
def test_odd_answers(answer: bytes, kind: Any, tmp_path: Path) -> None:
    """What is no HTTP, or hardly, is to the client what it is without us."""

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.post(root) as response:
                return response.status, response.reason, await response.read()

    path = tmp_path / "x.tape"
    with raw_upstream(answer) as root:
        direct = outcome(talk, root)
        with streamtape.use_cassette(path):
            assert outcome(talk, root) == direct
    with streamtape.use_cassette(path, mode="none"):
        assert outcome(talk, root) == direct
    assert kind is None or direct[0] is kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [("hang_up", aiohttp.ServerDisconnectedError), (":1", aiohttp.ClientConnectorError)],
)
def test_failures_before_a_response(path: str, kind: type[Exception], tmp_path: Path) -> None:
    """A server that hangs up, and one that is not there."""

    async def talk(root: str) -> None:
        url = "http://127.0.0.1:1/" if path == ":1" else f"{root}/{path}"
        async with aiohttp.ClientSession() as session, session.post(url):
            pass

    found, text = three_times(talk, tmp_path / "x.tape")
    assert found is kind
    assert "Connect call failed" in text or path != ":1"
    assert streamtape.load(tmp_path / "x.tape")[0].head is None


@pytest.mark.parametrize(
    ("timeout", "kind"),
    [("sock_read", "SocketTimeoutError"), ("total", "TimeoutError")],
    ids=["read", "total"],
)
def test_timeouts(timeout: str, kind: str, tmp_path: Path) -> None:
    """Of one read and of all of a request: raised live, and in a replay that takes no time."""

    def check(limit_s: float) -> None:
        of_all, of_a_read = (limit_s, None) if timeout == "total" else (None, limit_s)
        limits = aiohttp.ClientTimeout(total=of_all, sock_read=of_a_read)
        talk = reading(chunks, "stall=2", timeout=limits)
        path = tmp_path / f"{limit_s}.tape"
        found, _ = three_times(talk, path)
        assert found.__name__ == kind
        (interaction,) = streamtape.load(path)
        assert [c.data for c in interaction.chunks] == PIECES[:2]

    patiently(check)


def test_an_early_end_reaches_the_upstream(tmp_path: Path) -> None:
    """The connection is closed when the client leaves; a replay says so where one reads on."""
    path = tmp_path / "x.tape"

    async def leave(root: str) -> bytes:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{root}/stream?stall=2", json={"q": 1}) as response,
        ):
            first, _ = await response.content.readchunk()
            connection = response.connection
            assert connection is not None
            transport = connection.transport
            response.close()
            assert transport is None or transport.is_closing()
            assert response.connection is None
            return first

    with upstream() as (root, _), streamtape.use_cassette(path):
        assert outcome(leave, root) == PIECES[0]
    (interaction,) = streamtape.load(path)
    assert interaction.ending.kind == "abandoned"
    with streamtape.use_cassette(path):
        assert outcome(leave, root) == PIECES[0]
    with pytest.raises(ReplayEndError, match="stopped reading"), streamtape.use_cassette(path):
        asyncio.run(reading(chunks, "stall=2")(root))


def test_a_read_that_is_given_up_can_be_taken_up(tmp_path: Path) -> None:
    """As live: a reader that times out waits on with its next read, and loses nothing."""
    path = tmp_path / "x.tape"

    async def patient(root: str) -> list[bytes]:
        found: list[bytes] = []
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{root}/stream") as response,
        ):
            while not response.content.at_eof():
                try:
                    found.append(await asyncio.wait_for(response.content.readany(), 0.001))
                except TimeoutError:
                    continue
        return found

    with upstream() as (root, _), streamtape.use_cassette(path):
        assert b"".join(outcome(patient, root)) == b"".join(PIECES)
    with streamtape.use_cassette(path, speed=0.5):
        assert b"".join(outcome(patient, root)) == b"".join(PIECES)


def test_another_task_can_close_what_one_reads(tmp_path: Path) -> None:
    """The reader gets aiohttp's own exception at once, live and in a replay."""

    async def talk(root: str) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{root}/stream?stall=2") as response,
        ):
            await response.content.readuntil(PIECES[1])
            reader = asyncio.ensure_future(response.content.readany())
            await asyncio.sleep(0)
            response.close()
            return await reader

    path = tmp_path / "x.tape"
    with upstream() as (root, _):
        direct = outcome(talk, root)
        with streamtape.use_cassette(path):
            assert outcome(talk, root) == direct
    tape = streamtape.load(path)[0]
    assert tape.ending.kind == "abandoned"
    assert direct == (aiohttp.ClientConnectionError, "Connection closed")


async def _generated() -> AsyncIterator[bytes]:
    yield b"one"
    await asyncio.sleep(0)
    yield b"two"


def _form() -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("name", "value")
    form.add_field("file", b"\x00\xff" * 9, filename="a.bin", content_type="image/png")
    return form


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"a": 1}},
        {"data": b"bytes"},
        {"data": "text"},
        {"data": {"field": "value"}},
        {"data": b"x" * 300_000},
        {"data": _generated},
        {"data": b"expected", "expect100": True},
        {"data": b"squeezed" * 99, "compress": "deflate"},
        {},
    ],
    ids=["json", "bytes", "text", "form", "long", "generated", "expect100", "deflate", "none"],
)
def test_uploads(options: dict[str, Any], tmp_path: Path) -> None:
    """The upstream gets what it would get, and the recording has the body without its framing."""

    async def talk(root: str) -> Any:
        made = {k: v() if callable(v) else v for k, v in options.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{root}/echo", **made) as response,
        ):
            return await response.json()

    found = three_times(talk, tmp_path / "x.tape")
    (interaction,) = streamtape.load(tmp_path / "x.tape")
    body = interaction.request.body
    if "compress" in options:
        body = zlib.decompress(body)
    assert body == found["body"].encode("latin-1")


def test_multipart(tmp_path: Path) -> None:
    """A form with a file, whose boundary is another one in each run."""

    async def talk(root: str) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{root}/echo", data=_form()) as response,
        ):
            return len((await response.json())["body"])

    assert three_times(talk, tmp_path / "x.tape") > 100


def test_redirects_are_exchanges_of_their_own(tmp_path: Path) -> None:
    """Each hop is recorded; cookies and the history are aiohttp's."""

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.post(f"{root}/redirect", data=b"sent again") as response:
                found = await response.json()
                hops = [hop.status for hop in response.history]
                return found, hops, response.url.path, [c.key for c in session.cookie_jar]

    found, hops, path, cookies = three_times(talk, tmp_path / "x.tape")
    assert (found["body"], hops, path, cookies) == ("sent again", [307], "/echo", ["crumb"])
    assert len(streamtape.load(tmp_path / "x.tape")) == 2


@pytest.mark.parametrize("status", [204, 304, 404, 503])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_statuses(status: int, method: str, tmp_path: Path) -> None:
    """With and without a body; `raise_for_status` raises aiohttp's own."""

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.request(method, f"{root}/status/{status}") as response:
                text = await response.text()
                response.raise_for_status()
                return response.status, response.reason, text

    found = three_times(talk, tmp_path / "x.tape")
    assert (found[0] is aiohttp.ClientResponseError) == (status >= 400)


def test_a_session_that_raises_for_statuses(tmp_path: Path) -> None:
    """The option of the session works as ever, and the message names the status."""

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession(root, raise_for_status=True) as session:
            await session.get("/status/500")

    found, text = three_times(talk, tmp_path / "x.tape")
    assert found is aiohttp.ClientResponseError
    assert text.startswith("500, message='Internal Server Error'")


def test_traces_and_connections(tmp_path: Path) -> None:
    """What a TraceConfig is told is the same, and the connection is given back at the end."""

    async def talk(root: str) -> Any:
        reported: list[str] = []
        config = aiohttp.TraceConfig()
        for name in (
            "on_request_start", "on_connection_create_start", "on_connection_create_end",
            "on_request_headers_sent", "on_request_chunk_sent", "on_response_chunk_received",
            "on_request_end",
        ):  # fmt: skip

            async def tell(*_: Any, name: str = name) -> None:
                reported.append(name)

            getattr(config, name).append(tell)
        async with aiohttp.ClientSession(trace_configs=[config]) as session:
            response = await session.post(f"{root}/stream", data=b"body")
            body = await response.read()
            return sorted(reported), body, response.closed, response.connection

    found = three_times(talk, tmp_path / "x.tape")
    assert len(found[0]) == 7
    assert found[2:] == (True, None)


def test_connections_are_used_again(tmp_path: Path) -> None:
    """A recorder leaves the pool as it is: one connection serves one request after another."""
    used = {"on_connection_create_end": 0, "on_connection_reuseconn": 0}

    async def talk(root: str) -> Any:
        config = aiohttp.TraceConfig()
        for name in used:

            async def count(*_: Any, name: str = name) -> None:
                used[name] += 1

            getattr(config, name).append(count)
        async with aiohttp.ClientSession(trace_configs=[config]) as session:
            for _ in range(3):
                async with session.post(f"{root}/stream") as response:
                    await response.read()

    with upstream() as (root, _), streamtape.use_cassette(tmp_path / "x.tape"):
        outcome(talk, root)
    assert list(used.values()) == [1, 2]


def test_what_the_session_passes_by(tmp_path: Path) -> None:
    """An ignored host is neither recorded nor replayed; an upgrade passes with a warning."""
    path = tmp_path / "x.tape"

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{root}/echo") as response:
                return await response.json()

    async def upgrade(root: str) -> Any:
        async with aiohttp.ClientSession() as session:
            headers = {"Connection": "Upgrade", "Upgrade": "h2c"}
            async with session.get(f"{root}/echo", headers=headers) as response:
                return response.status

    with upstream() as (root, _):
        with streamtape.use_cassette(path, ignore_localhost=True, allow_no_requests=True):
            assert outcome(talk, root)["body"] == ""
        assert not path.exists()
        with streamtape.use_cassette(path):
            outcome(talk, root)
            with pytest.warns(StreamtapeWarning, match="unrecorded"):
                outcome(upgrade, root)
        with pytest.raises(MissError), streamtape.use_cassette(path, mode="none"):
            outcome(upgrade, root)


def test_the_ends_of_http_chunks(tmp_path: Path) -> None:
    """`iter_chunks` tells them as it does live, with the one of no bytes that ends the body."""

    async def chunks_with_ends(content: aiohttp.StreamReader) -> Any:
        return [(chunk, ends) async for chunk, ends in content.iter_chunks()]

    path = tmp_path / "x.tape"
    with upstream() as (root, _), streamtape.use_cassette(path):
        recorded = outcome(reading(chunks_with_ends), root)
    with streamtape.use_cassette(path):
        replayed = outcome(reading(chunks_with_ends), root)
    assert replayed == [*((piece, True) for piece in PIECES), (b"", True)]
    assert recorded in (replayed, replayed[:-1])  # without it, where all came at once


def test_through_a_proxy(tmp_path: Path) -> None:
    """The recording has the URL that was asked for, and the replay asks neither."""

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.get("http://nowhere.test/stream", proxy=root) as response:
                return await response.read()

    path = tmp_path / "x.tape"
    with raw_upstream(OK + b"\r\nby proxy") as root, streamtape.use_cassette(path):
        assert outcome(talk, root) == b"by proxy"
    with streamtape.use_cassette(path, mode="none"):
        assert outcome(talk, root) == b"by proxy"
    assert streamtape.load(path)[0].request.url == "http://nowhere.test/stream"


def test_a_client_that_does_not_read_is_waited_for(tmp_path: Path) -> None:
    """As ever: no more than aiohttp's own buffers is read ahead of it."""
    path, size = tmp_path / "x.tape", 20_000_000

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession() as session, session.get(root) as response:
            assert response.connection is not None
            protocol: Any = response.connection.protocol
            while not protocol._reading_paused:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            return response.content.total_bytes, len(await response.read())

    with raw_upstream(OK + b"\r\n" + bytes(size)) as root, streamtape.use_cassette(path):
        ahead, read = outcome(talk, root)
    assert ahead < 2_000_000
    assert read == size


def test_a_miss_is_ours(tmp_path: Path) -> None:
    """What nothing answers is a MissError, and reaches nobody."""
    path = tmp_path / "x.tape"

    async def ask(root: str, number: int) -> Any:
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{root}/echo", json={"n": number}) as response:
                return json.loads((await response.json())["body"])

    with upstream() as (root, _), streamtape.use_cassette(path):
        assert asyncio.run(ask(root, 1)) == {"n": 1}
    with pytest.raises(MissError, match=r"body \$\.n"), streamtape.use_cassette(path):
        asyncio.run(ask(root, 2))


def test_a_body_that_fails_is_not_recorded(tmp_path: Path) -> None:
    """The program gets aiohttp's own exception, and there is nothing to replay."""

    async def failing() -> AsyncIterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession() as session:
            await session.post(f"{root}/echo", data=failing())

    with upstream() as (root, _):
        direct = outcome(talk, root)
        with streamtape.use_cassette(tmp_path / "x.tape", allow_no_requests=True) as session:
            seen = outcome(talk, root)
    assert (direct[0], seen[0]) == (aiohttp.ClientConnectionError,) * 2
    assert session.requests == ()


def test_a_connector_of_ones_own(tmp_path: Path) -> None:
    """Classes derived from a connector are seen too, also those that connect in their own way."""

    class Own(aiohttp.TCPConnector):
        async def connect(self, *args: Any, **kwargs: Any) -> Any:
            return await super().connect(*args, **kwargs)

    async def talk(root: str) -> Any:
        async with aiohttp.ClientSession(connector=Own()) as session:
            async with session.post(f"{root}/stream") as response:
                return await response.read()

    assert three_times(talk, tmp_path / "x.tape") == b"".join(PIECES)
    assert len(streamtape.load(tmp_path / "x.tape")) == 1


def test_the_patch_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last session aiohttp is as it was."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())
    before = vars(BaseConnector)["connect"]
    with streamtape.use_cassette(tmp_path / "x.tape", allow_no_requests=True):
        assert vars(BaseConnector)["connect"] is not before
    assert vars(BaseConnector)["connect"] is before


@pytest.mark.parametrize("name", ["set_response_params", "start_timeout"])
def test_a_missing_seam_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a release has moved what we rely on, a session says so instead of seeing nothing."""
    monkeypatch.setattr(patch, "_installation", patch.Installation())
    monkeypatch.delattr(aiohttp.client_proto.ResponseHandler, name)
    with pytest.raises(InstallError, match=rf"aiohttp .* has no ResponseHandler\.{name}"):
        streamtape.use_cassette(tmp_path / "x.tape").__enter__()


@pytest.mark.parametrize(
    ("fault", "kind", "n"),
    [
        ("cut@event=2", "ClientPayloadError", 2),
        ("cut@event=2:rst", "ClientPayloadError", 2),
        ("cut@head", "ServerDisconnectedError", 0),
        ("cut@head:rst", "ClientOSError", 0),
        ("stall=30s@event=3", "SocketTimeoutError", 3),
        ("stall=30s@head", "SocketTimeoutError", 0),
    ],
)
def test_faults_are_aiohttps_own_exceptions(fault: str, kind: str, n: int, tmp_path: Path) -> None:
    """While it is recorded, which takes all of it down, and in each replay."""
    path = tmp_path / "x.tape"
    got: list[bytes] = []

    async def talk(root: str) -> None:
        patience = aiohttp.ClientTimeout(sock_read=20)
        async with aiohttp.ClientSession(timeout=patience) as session:
            async with session.post(f"{root}/stream") as response:
                async for chunk, _ in response.content.iter_chunks():
                    got.append(chunk)

    with upstream() as (root, _), streamtape.use_cassette(path, fault=fault):
        assert outcome(talk, root)[0].__name__ == kind
    with streamtape.use_cassette(path, fault=fault) as session:
        with pytest.raises(aiohttp.ClientError) as caught:
            asyncio.run(talk(root))
    assert type(caught.value).__name__ == kind
    assert caught.value.__notes__ == [f"streamtape broke this replay on request: {fault}"]
    assert list(map(str, session.struck)) == [fault]
    assert got == PIECES[:n] * 2
    assert streamtape.load(path)[0].body == b"".join(PIECES)


@pytest.mark.parametrize(
    ("timeout", "kind"),
    [
        (aiohttp.ClientTimeout(sock_read=5), aiohttp.SocketTimeoutError),
        (aiohttp.ClientTimeout(total=25), TimeoutError),
        (aiohttp.ClientTimeout(total=None), None),
    ],
    ids=["read", "total", "patient"],
)
def test_a_virtual_clock_takes_timeouts_along(timeout: Any, kind: Any, tmp_path: Path) -> None:
    """Ten seconds between two chunks pass at once, and aiohttp's own timers fire in them."""
    path = tmp_path / "x.tape"
    talk = reading(chunks, timeout=timeout)
    with upstream() as (root, _), streamtape.use_cassette(path):
        assert outcome(reading(chunks), root) == PIECES
    with streamtape.use_cassette(path, clock="auto", pace="rate=10s"):
        found = outcome(talk, root)
    assert found == PIECES if kind is None else found[0] is kind


def test_other_cuts(tmp_path: Path) -> None:
    """A replay in other chunks."""
    path = tmp_path / "x.tape"
    with upstream() as (root, _), streamtape.use_cassette(path):
        outcome(reading(chunks), root)
    with streamtape.use_cassette(path, rechunk="bytes=10"):
        assert list(map(len, outcome(reading(chunks), root))) == [10, 10, 10, 10, 10, 4]


@pytest.mark.parametrize(
    ("ending", "before", "within"),
    [
        (("httpx", "RemoteProtocolError"), "ServerDisconnectedError", "ClientPayloadError"),
        (("httpx2", "ReadError"), "ClientOSError", "ClientPayloadError"),
        (("httpx", "ReadTimeout"), "SocketTimeoutError", "SocketTimeoutError"),
        (("httpx", "ConnectTimeout"), "ConnectionTimeoutError", "ConnectionTimeoutError"),
        (("httpx", "ConnectError"), "ClientConnectorError", "ClientPayloadError"),
        (("builtins", "ConnectionResetError"), "ClientOSError", "ClientPayloadError"),
        (("builtins", "TimeoutError"), "SocketTimeoutError", "SocketTimeoutError"),
        (("zipfile", "BadZipFile"), "BadZipFile", "BadZipFile"),
        (("nobody", "KnowsThis"), "ClientConnectionError", "ClientPayloadError"),
        (("aiohttp", "ClientOSError"), "ClientOSError", "ClientOSError"),
        (("aiohttp", "ClientConnectorDNSError"),) + ("ClientConnectorDNSError",) * 2,
        (("aiohttp", "ServerFingerprintMismatch"),) + ("ServerFingerprintMismatch",) * 2,
        (("aiohttp", "ClientResponseError"),) + ("ClientResponseError",) * 2,
        (("aiohttp", "InvalidURL"),) + ("InvalidURL",) * 2,
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
@pytest.mark.parametrize("started", [False, True], ids=["before", "within"])
def test_what_other_libraries_recorded(
    ending: tuple[str, str], before: str, within: str, started: bool, tmp_path: Path
) -> None:
    """A failure is what it means to aiohttp, where a tape was recorded with another library."""
    import zipfile  # noqa: F401 - a class that a replay looks up

    module, name = ending
    failed = streamtape.Ending("error", 9, exception=name, message="it broke", module=module)
    damaged = recording(b"data: 0\n\n", url="http://x.test/stream", ending=failed)
    if not started:
        damaged = replace(damaged, head=None, chunks=Chunks.of([]))
    path = tmp_path / "x.tape"
    streamtape.save(streamtape.Cassette((damaged,)), path)
    with streamtape.use_cassette(path, mode="none", match_on=("method", "url")):
        with pytest.raises(Exception, match=r"it broke|x\.test") as caught:
            asyncio.run(reading(whole)("http://x.test"))
    assert type(caught.value).__name__ == (within if started else before)
