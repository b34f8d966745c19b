"""The recording proxy: what passes through it, what is written, what breaks."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest

import streamtape
from streamtape.errors import NothingRecordedError, ServerError, UsageError
from streamtape.mock.server import MockServer
from streamtape.server.exchange import Exchange, Handler, Limits
from streamtape.server.http_server import HttpServer
from streamtape.server.proxy import RecordingProxy
from streamtape.server.replay import serve
from streamtape.tape.model import Cassette, Interaction, header
from tests.patience import PATIENCE_S, before_reading, until
from tests.playback.scores import numbered, recording
from tests.ports import free_port
from tests.server.tapes import ASK, SSE, post, talk

PLAIN = [(b"Content-Type", b"text/plain")]


@contextmanager
def upstream(handler: Handler) -> Iterator[str]:
    """A server that answers as the handler says; gives its URL."""
    server = HttpServer(handler)
    server.start()
    try:
        yield server.origin
    finally:
        server.stop()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockServer]:
    """An endpoint that does not wait between events."""
    with MockServer(gap_us=0) as running:
        yield running


def recorded(path: Path, url: str, use: Callable[[str], Any], **options: Any) -> Cassette:
    """What a proxy before `url` records while `use` uses it."""
    with RecordingProxy(path, upstream=url, **options) as proxy:
        use(proxy.url)
        wait_for_endings(proxy)
    return streamtape.load(path)


def wait_for_endings(proxy: RecordingProxy) -> None:
    """Wait until the proxy has seen the end of every stream: the client may be ahead of it."""
    until(lambda: not any(r.active for r in proxy.session._recorders))


def chunks(interaction: Interaction) -> list[bytes]:
    """The pieces of a recording."""
    return [data for _, data in interaction.chunks]


def test_a_stream_passes_and_is_recorded(tmp_path: Path, endpoint: MockServer) -> None:
    """The client gets what the endpoint sends; the cassette has it chunk by chunk, with times."""
    seen: list[bytes] = []

    def use(url: str) -> None:
        with httpx.stream("POST", f"{url}/v1/responses?cookies=2", json=ASK) as answer:
            seen.extend(answer.iter_raw())
        assert answer.headers.get_list("set-cookie") == ["crumb0=1; Path=/", "crumb1=1; Path=/"]

    (only,) = recorded(tmp_path / "x.tape", endpoint.url, use)
    assert chunks(only) == seen
    assert len(seen) == 48
    assert only.request.url.startswith(f"{endpoint.url}/v1/responses?")
    assert json.loads(only.request.body) == ASK
    assert header(only.request.headers, "host") == urlsplit(endpoint.url).netloc
    assert only.ending.kind == "complete"
    times = [at_us for at_us, _ in only.chunks if at_us is not None]
    assert times == sorted(times)


def test_recorded_through_the_proxy_replayed_from_the_server(
    tmp_path: Path, endpoint: MockServer
) -> None:
    """The SDK prints the same events without the proxy, through it, and from a replay of it."""
    path = tmp_path / "x.tape"
    printed: list[list[str]] = []

    def use(url: str) -> None:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="sk-secret", max_retries=0) as client:
            stream = client.responses.create(model="gpt-4.1?seed=4", input="hi", stream=True)
            printed.append([str(event) for event in stream])

    use(endpoint.url)
    recorded(path, endpoint.url, use)
    with serve(path) as server:
        use(server.url)
    assert printed[0] == printed[1] == printed[2]
    assert b"sk-secret" not in path.read_bytes()


def test_compressed_streams_stay_compressed(tmp_path: Path, endpoint: MockServer) -> None:
    """The proxy records and passes on the bytes that came."""
    url = "/v1/responses?gzip=1&seed=1"
    (only,) = recorded(
        tmp_path / "x.tape", endpoint.url, lambda root: httpx.post(root + url, json=ASK)
    )
    assert only.head is not None
    assert only.head.get("content-encoding") == "gzip"
    assert gzip.decompress(only.body) == only.content
    assert len(only.chunks) == 49


@pytest.mark.parametrize(
    ("query", "error", "exception"),
    [
        ("cut=12", httpx.RemoteProtocolError, "RemoteProtocolError"),
        ("reset=12", httpx.ReadError, "ReadError"),
    ],
)
def test_an_upstream_that_breaks_off(
    tmp_path: Path,
    endpoint: MockServer,
    query: str,
    error: type[Exception],
    exception: str,
) -> None:
    """The client gets the same exception as without us, after the same chunks."""

    def use(url: str) -> None:
        with pytest.raises(error):
            httpx.post(f"{url}/v1/responses?{query}", json=ASK)

    use(endpoint.url)
    (only,) = recorded(tmp_path / "x.tape", endpoint.url, use)
    assert (len(only.chunks), only.ending.kind) == (12, "error")
    assert only.ending.exception == exception


def test_a_client_that_leaves(tmp_path: Path) -> None:
    """A client that goes away closes the upstream at once; the recording says abandoned."""
    with MockServer(gap_us=60_000_000) as slow:

        def use(url: str) -> None:
            with httpx.stream("POST", f"{url}/v1/responses", json=ASK) as answer:
                next(answer.iter_raw())
            assert slow.wait_for(disconnects=1, timeout_s=PATIENCE_S)

        (only,) = recorded(tmp_path / "x.tape", slow.url, use)
    assert (len(only.chunks), only.ending.kind) == (1, "abandoned")


class Reluctant(httpx.AsyncByteStream):
    """A body that takes a while to close, as a pool does that closes old connections with it."""

    def __init__(self, inner: Any, closed: list[str]) -> None:
        self._inner = inner
        self._closed = closed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._inner:
            yield data

    async def aclose(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0.001)
        await self._inner.aclose()
        self._closed.append("whole")


def test_a_client_that_is_quick_to_leave_lets_the_upstream_be_closed(
    tmp_path: Path, endpoint: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes with the last byte does not keep us from closing what is behind it."""
    closed: list[str] = []

    class Transport(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            response.stream = Reluctant(response.stream, closed)
            return response

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", Transport)
    with RecordingProxy(tmp_path / "x.tape", upstream=endpoint.url) as proxy:
        assert httpx.post(f"{proxy.url}/v1/responses", json=ASK).status_code == 200
    assert closed == ["whole"]


def test_stopping_in_the_middle(tmp_path: Path) -> None:
    """A stream that is still running when the proxy stops is there as unfinished."""
    with (
        MockServer(gap_us=60_000_000) as slow,
        RecordingProxy(tmp_path / "x.tape", upstream=slow.url) as proxy,
        httpx.stream("POST", f"{proxy.url}/v1/responses", json=ASK) as answer,
    ):
        pieces = answer.iter_raw()  # held: a generator that is let go closes its stream
        next(pieces)
        proxy.stop()
        assert streamtape.load(tmp_path / "x.tape")[0].ending.kind == "unfinished"


def test_requests_arrive_as_they_were_sent(tmp_path: Path) -> None:
    """Method, path as spelled, headers in order and doubled, body: all reach the upstream."""
    arrived: list[tuple[Any, bytes]] = []

    async def take(exchange: Exchange) -> None:
        arrived.append((exchange.request, await exchange.body()))
        await exchange.respond(201, PLAIN, b"taken")

    head = (
        b"PATCH /v1/a%2Fb/../c?x=%7e&y=a+b HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nX-B: 2\r\n"
        b"X-A: 3\r\nConnection: close\r\nContent-Length: 3\r\n\r\nxyz"
    )
    with upstream(take) as url:
        recorded(tmp_path / "x.tape", url, lambda root: talk(root, head))
    request, body = arrived[0]
    assert (request.method, request.target, body) == ("PATCH", "/v1/a%2Fb/../c?x=%7e&y=a+b", b"xyz")
    names = [name.lower() for name, _ in request.headers if name.lower().startswith(b"x-")]
    assert names == [b"x-a", b"x-b", b"x-a"]
    assert request.header("host") == urlsplit(url).netloc
    assert request.header("connection") is None


def test_head_redirects_and_lengths(tmp_path: Path) -> None:
    """HEAD keeps its length; a redirect of the upstream's leads back through the proxy."""

    async def take(exchange: Exchange) -> None:
        if exchange.request.path == "/old":
            place = f"http://{exchange.request.header('host')}/new".encode()
            await exchange.respond(307, [(b"Location", place)], b"")
        else:
            await exchange.respond(200, PLAIN, b"12345")

    def use(url: str) -> None:
        assert httpx.head(f"{url}/x").headers["content-length"] == "5"
        answer = httpx.post(f"{url}/old", content=b"a", follow_redirects=True)
        assert (str(answer.url), answer.text) == (f"{url}/new", "12345")

    with upstream(take) as url:
        cassette = recorded(tmp_path / "x.tape", url, use)
    assert [i.head.status for i in cassette if i.head] == [200, 307, 200]
    with serve(tmp_path / "x.tape") as server:
        assert httpx.head(f"{server.url}/x").headers["content-length"] == "5"


def test_large_uploads_and_their_limit(tmp_path: Path) -> None:
    """Megabytes go up whole; over the limit the client is told."""

    async def count(exchange: Exchange) -> None:
        await exchange.respond(200, PLAIN, b"%d" % len(await exchange.body()))

    def use(url: str) -> None:
        assert httpx.post(url, content=bytes(3 << 20)).text == str(3 << 20)
        assert httpx.post(url, content=bytes(5 << 20)).status_code == 413

    with upstream(count) as url:
        recorded(tmp_path / "x.tape", url, use, limits=Limits(max_body_bytes=4 << 20))


def test_backpressure(tmp_path: Path) -> None:
    """A client that does not read holds the upstream back: nothing piles up in the proxy."""
    sent: list[int] = []
    closed = threading.Event()

    async def flood(exchange: Exchange) -> None:
        try:
            await exchange.start(200, SSE)
            while True:
                await exchange.send(bytes(1 << 16))
                sent.append(1 << 16)
        finally:
            closed.set()

    def use(url: str) -> None:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0)) as sock:
            sock.sendall(post())
            sock.recv(100)
            before = -1
            while before != len(sent):
                before = len(sent)
                threading.Event().wait(0.1)
        assert closed.wait(PATIENCE_S)

    with upstream(flood) as url:
        recorded(tmp_path / "x.tape", url, use)
    assert sum(sent) < 1 << 25


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad"])
def test_an_upstream_that_can_not_answer(tmp_path: Path, answer: bytes) -> None:
    """An upstream that hangs up or sends garbage is a 502 that says so, and the proxy goes on."""

    def serve_garbage(listener: socket.socket) -> None:
        for _ in range(2):
            sock, _ = listener.accept()
            with sock:
                request = b""
                while not request.endswith(
                    b"}"
                ):  # what is left unread would make a reset of the end
                    request += sock.recv(1 << 16)
                sock.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_garbage, args=[listener])
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def use(root: str) -> None:
            for _ in range(2):
                response = httpx.post(f"{root}/v1/responses", json=ASK)
                assert response.status_code == 502
                assert url in response.json()["error"]["message"]

        cassette = recorded(tmp_path / "x.tape", url, use)
        thread.join(PATIENCE_S)
    assert [i.ending.exception for i in cassette] == ["RemoteProtocolError"] * 2


def test_an_upstream_that_never_answers(tmp_path: Path) -> None:
    """The client's own timeout ends it; the upstream is let go, and the request is on record."""
    request, closed = threading.Event(), threading.Event()

    async def silent(exchange: Exchange) -> None:
        try:
            await exchange.body()
            request.set()
            await asyncio.sleep(3600)
        finally:
            closed.set()

    def use(root: str) -> None:
        short = httpx.Timeout(PATIENCE_S, read=0.05)
        with httpx.Client(timeout=short) as client, pytest.raises(httpx.ReadTimeout):
            url, asking = f"{root}/v1/responses", before_reading(lambda: request.wait(PATIENCE_S))
            client.post(url, json=ASK, extensions=asking)
        assert closed.wait(PATIENCE_S)
        assert httpx.get(f"{root}/v1/responses/x").status_code == 200

    async def handler(exchange: Exchange) -> None:
        if exchange.request.method == "POST":
            await silent(exchange)
        else:
            await exchange.respond(200, PLAIN, b"still here")

    with upstream(handler) as url:
        cassette = recorded(tmp_path / "x.tape", url, use)
    assert [(i.head is None, i.ending.kind) for i in cassette] == [
        (True, "abandoned"), (False, "complete"),
    ]  # fmt: skip


def test_a_client_that_is_done_is_done(tmp_path: Path) -> None:
    """A proxy that stops as soon as its client has the last byte records a whole answer."""

    async def promised(exchange: Exchange) -> None:
        await exchange.respond(200, PLAIN, bytes(1000))

    with upstream(promised) as url:
        for number in range(8):
            path = tmp_path / f"{number}.tape"
            with RecordingProxy(path, upstream=url) as proxy:
                assert len(httpx.get(proxy.url).content) == 1000
            assert streamtape.load(path)[0].ending.kind == "complete"


def test_an_upstream_that_refuses(tmp_path: Path) -> None:
    """A refused connection is a 502, recorded as the error that it was."""

    def use(root: str) -> None:
        response = httpx.post(f"{root}/v1/messages", json=ASK)
        assert response.status_code == 502
        assert "ConnectError" in response.json()["error"]["message"]

    (only,) = recorded(tmp_path / "x.tape", f"http://127.0.0.1:{free_port()}", use)
    assert only.ending.exception == "ConnectError"


def test_providers_by_path(tmp_path: Path, endpoint: MockServer) -> None:
    """Without one upstream, the first part of the path names the provider."""
    environ = {"OPENAI_BASE_URL": endpoint.base_url, "ANTHROPIC_BASE_URL": endpoint.url}
    path = tmp_path / "x.tape"
    with RecordingProxy(path, providers=["openai", "anthropic"], environ=environ) as proxy:
        env = proxy.child_env()
        assert env["OPENAI_BASE_URL"] == f"{proxy.url}/openai/v1"
        assert "OLLAMA_HOST" not in env
        assert httpx.post(env["OPENAI_BASE_URL"] + "/responses", json=ASK).status_code == 200
        answer = httpx.post(env["ANTHROPIC_BASE_URL"] + "/v1/messages", json=ASK)
        assert answer.text.startswith("event: message_start")
        lost = httpx.post(f"{proxy.url}/v1/responses", json=ASK)
        assert (lost.status_code, "/openai" in lost.text) == (404, True)
        wait_for_endings(proxy)
    urls = [i.request.url for i in streamtape.load(path)]
    assert urls == [f"{endpoint.base_url}/responses", f"{endpoint.url}/v1/messages"]
    with serve(path) as server:
        for variable, rest in (
            ("OPENAI_BASE_URL", "/responses"),
            ("ANTHROPIC_BASE_URL", "/v1/messages"),
        ):
            answer = httpx.post(server.child_env({})[variable] + rest, json=ASK)
            assert answer.status_code == 200


def test_upstreams_by_path(tmp_path: Path) -> None:
    """The longest path that fits has the request; a server plays it back under the same paths."""

    def named(name: str) -> Handler:
        async def tell(exchange: Exchange) -> None:
            await exchange.respond(200, PLAIN, f"{name} {exchange.request.target}".encode())

        return tell

    body = {
        "/search/v1/q?a=1": "one /v1/q?a=1",
        "/search/deep/v1/q": "two /v1/q",
        "/searching": "three /searching",
        "/search": "one /",
    }
    path = tmp_path / "x.tape"
    with upstream(named("one")) as one, upstream(named("two")) as two:
        with upstream(named("three")) as three:
            where = {"": three, "/search": one, "/search/deep/": two}
            with RecordingProxy(path, upstream=where) as proxy:
                response = {target: httpx.get(proxy.url + target).text for target in body}
                assert proxy.child_env({})["OPENAI_BASE_URL"] == f"{proxy.url}/v1"
            assert response == body
            with RecordingProxy(path, upstream={"/a": one}, providers=["openai"]) as proxy:
                assert [mount.prefix for mount in proxy.mounts] == ["/openai", "/a"]
                assert httpx.get(f"{proxy.url}/b").status_code == 404
                assert httpx.get(f"{proxy.url}/a/v1/q").text == "one /v1/q"
    with serve(path) as server:
        assert httpx.get(f"{server.url}/a/v1/q").text == "one /v1/q"


@pytest.mark.parametrize(
    ("upstreams", "what"),
    [
        ({}, "at least one path"),
        ({"a": "http://h"}, "an upstream: 'a'"),
        ({"/a?b": "http://h"}, "an upstream: '/a?b'"),
        ({"/a": "ftp://h"}, "invalid upstream 'ftp://h'"),
    ],
)
def test_wrong_upstreams(tmp_path: Path, upstreams: dict[str, str], what: str) -> None:
    """What is wrong with an upstream is said before anything starts."""
    with pytest.raises(UsageError, match=re.escape(what)):
        RecordingProxy(tmp_path / "x.tape", upstream=upstreams)


def test_a_child_of_one_upstream(tmp_path: Path, endpoint: MockServer) -> None:
    """Every base URL points at the one upstream, with the path that its SDK leaves out."""
    for url, base in ((endpoint.url, "/v1"), (endpoint.base_url, "")):
        proxy = RecordingProxy(tmp_path / "x.tape", upstream=url)
        env = proxy.child_env({})
        with pytest.raises(NothingRecordedError, match="no request came through"):
            proxy.stop()
        assert env["OPENAI_BASE_URL"] == proxy.url + base
        assert env["ANTHROPIC_BASE_URL"] == proxy.url


def test_other_modes(tmp_path: Path, endpoint: MockServer) -> None:
    """In mode new_episodes what is there is played, and the rest recorded."""
    path = tmp_path / "x.tape"
    texts: list[str] = []

    def use(url: str) -> None:
        texts.append(httpx.post(f"{url}/v1/responses", json=ASK).text)

    recorded(path, endpoint.url, use)
    assert len(recorded(path, endpoint.url, use, mode="new_episodes")) == 1
    assert texts[0] == texts[1]


def test_no_tunnels(tmp_path: Path, endpoint: MockServer) -> None:
    """A tunnel is refused to whoever is not our child, and not recorded."""

    def use(url: str) -> None:
        head = b"Host: a.example\r\nConnection: close\r\n\r\n"
        came, _ = talk(url, b"CONNECT a.example:443 HTTP/1.1\r\n" + head)
        assert came.startswith(b"HTTP/1.1 501")
        httpx.post(f"{url}/v1/responses", json=ASK)

    assert len(recorded(tmp_path / "x.tape", endpoint.url, use)) == 1


@pytest.mark.parametrize("allowed", [False, True])
def test_other_origins_while_recording(allowed: bool, tmp_path: Path) -> None:
    """What an upstream allows pages is not passed on: we say which pages may read along."""

    async def open_to_all(exchange: Exchange) -> None:
        await exchange.respond(200, [*PLAIN, (b"Access-Control-Allow-Origin", b"*")], b"x")

    def use(url: str) -> None:
        name, page = "access-control-allow-origin", {"Origin": "http://page.example"}
        assert httpx.get(url).headers.get_list(name) == []
        answer = httpx.post(url, content=b"a", headers=page)
        assert answer.headers.get_list(name) == ([page["Origin"]] if allowed else [])
        assert answer.status_code == (200 if allowed else 403)

    with upstream(open_to_all) as url:
        cassette = recorded(tmp_path / "x.tape", url, use, cors=["http://page.example"] * allowed)
    assert len(cassette) == 1 + allowed
    assert cassette[0].head is not None
    assert cassette[0].head.get("access-control-allow-origin") == "*"


def test_an_offer_of_http2_is_ignored(tmp_path: Path, endpoint: MockServer) -> None:
    """Java's HttpClient and `curl --http2` offer to upgrade; the answer comes in HTTP/1.1."""
    offer = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABk",
    }

    def use(url: str) -> None:
        with httpx.Client(headers=offer) as client:
            for _ in range(2):
                assert client.post(f"{url}/v1/responses", json=ASK).status_code == 200

    first, _ = recorded(tmp_path / "x.tape", endpoint.url, use)
    assert header(first.request.headers, "upgrade") is None
    with serve(tmp_path / "x.tape") as server:
        use(server.url)


def test_many_clients_at_once(tmp_path: Path, endpoint: MockServer) -> None:
    """A hundred streams at once are each passed on and recorded whole."""

    async def many(url: str) -> list[bytes]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as c:
            posts = [c.post(f"{url}/v1/responses?seed={n}", json=ASK) for n in range(100)]
            return [answer.content for answer in await asyncio.gather(*posts)]

    found: list[bytes] = []
    cassette = recorded(
        tmp_path / "x.tape", endpoint.url, lambda url: found.extend(asyncio.run(many(url)))
    )
    assert len(set(found)) == 100
    assert {i.body for i in cassette} == set(found)
    assert {i.ending.kind for i in cassette} == {"complete"}


def test_it_may_start_where_something_was_recorded(tmp_path: Path) -> None:
    """What it sends itself as it starts is no client's, for a replay around it, either."""
    port = free_port()
    kept = recording(*numbered(3), url=f"http://127.0.0.1:{port}/v1/responses")
    streamtape.save(Cassette((kept,)), tmp_path / "around.tape")
    with streamtape.use_cassette(tmp_path / "around.tape", mode="none"):
        proxy = RecordingProxy(tmp_path / "x.tape", upstream="http://127.0.0.1:1", port=port)
        proxy.start()
        with pytest.raises(NothingRecordedError):
            proxy.stop()


def test_wrong_options(tmp_path: Path, endpoint: MockServer) -> None:
    """What can't be is refused before anything listens; the port is free again."""
    with pytest.raises(UsageError, match="can't be combined"):
        RecordingProxy(tmp_path / "x.tape", upstream="http://h", providers=["openai"])
    with pytest.raises(UsageError, match="mode"):
        RecordingProxy(tmp_path / "x.tape", upstream="http://h", mode="some")  # type: ignore[arg-type]  # on purpose
    (tmp_path / "file").write_text("")
    with pytest.raises(streamtape.CassetteError):
        RecordingProxy(tmp_path / "file" / "x.tape", upstream="http://h")
    with serve() as server, pytest.raises(ServerError, match="choose another"):
        RecordingProxy(tmp_path / "x.tape", upstream="http://h", port=server.port)
