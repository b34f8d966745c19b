"""Connections of libraries that a session does not see: refused, reported, or let pass."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

import streamtape
from streamtape.errors import MissError, UnseenConnectionError, UsageError
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Cassette
from tests.patience import PATIENCE_S
from tests.playback.scores import numbered, recording
from tests.transport.scripted import END, HEAD, Scripted, chunk

OUTSIDE = "192.0.2.1"  # an address that is for documentation only
Way = Callable[[str, int], None]


def by_socket(host: str, port: int) -> None:
    """Sockets of one's own."""
    socket.create_connection((host, port), PATIENCE_S).close()


def by_connect_ex(host: str, port: int) -> None:
    """The same without an exception of its own."""
    with socket.socket() as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect_ex((host, port))


def in_a_thread(host: str, port: int) -> None:
    """In a thread that was started without the context."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            by_socket(host, port)
        except BaseException as error:  # noqa: BLE001 - handed on
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for error in errors:
        raise error


def by_asyncio(host: str, port: int) -> None:
    """An event loop's own connections."""

    async def main() -> None:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()

    asyncio.run(main())


def by_sock_connect(host: str, port: int) -> None:
    """The lower half of the same."""

    async def main() -> None:
        with socket.socket() as sock:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (host, port))

    asyncio.run(main())


def by_bytes(host: str, port: int) -> None:
    """A host as bytes."""
    with socket.socket() as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect((bytearray(host.encode()), port))


def by_mapped_address(host: str, port: int) -> None:
    """An address of IPv4 in one of IPv6."""
    with socket.socket(socket.AF_INET6) as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect((f"::ffff:{host}", port))


def by_quic(host: str, port: int) -> None:
    """The first packet of HTTP/3, on whatever port."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(QUIC, (host, port))


def by_quic_connected(host: str, port: int) -> None:
    """The same from a socket that was connected before."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect((host, port))
        sock.send(QUIC)


def by_quic_in_pieces(host: str, port: int) -> None:
    """The same, gathered."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendmsg([QUIC[:3], QUIC[3:]], [], 0, (host, port))


QUIC = b"\xc3\x00\x00\x00\x01" + bytes(1195)
WAYS = [
    by_socket, by_connect_ex, in_a_thread, by_asyncio, by_sock_connect, by_bytes, by_mapped_address,
    by_quic, by_quic_connected, by_quic_in_pieces,
]  # fmt: skip
EVERY_WAY = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A local server that answers any request."""
    with Scripted(HEAD, *map(chunk, numbered(2)), END) as server:
        yield server


def port_of(server: Scripted) -> int:
    """Its port."""
    port = httpx.URL(server.url).port
    assert port is not None
    return port


def tape_of(folder: Path, url: str) -> Path:
    """A cassette with one interaction of this URL."""
    path = folder / "made.tape"
    streamtape.save(Cassette((recording(*numbered(2), url=url),)), path)
    return path


@EVERY_WAY
def test_a_replay_refuses_it(way: Way, tmp_path: Path) -> None:
    """Before anything is sent; the error names library, host, line and the way out."""
    path = tape_of(tmp_path, "http://x.test/")
    with pytest.raises(UnseenConnectionError) as caught:
        with streamtape.use_cassette(path, mode="none"):
            way(OUTSIDE, 443)
    text = str(caught.value)
    for named in ("socket", OUTSIDE, "443", "test_unseen.py:", "streamtape record", "ignore_hosts"):
        assert named in text
    assert isinstance(caught.value, MissError)


def test_a_name_is_not_looked_up(tmp_path: Path) -> None:
    """A library that begins with DNS is refused there, with the name; known names pass."""
    path = tape_of(tmp_path, "http://x.test/")
    with pytest.raises(UnseenConnectionError, match=r"look up api\.example\.test"):
        with streamtape.use_cassette(path, mode="none"):
            socket.getaddrinfo("api.example.test", 443)
    with streamtape.use_cassette(path, mode="none", allow_no_requests=True):
        for name in ("localhost", "127.0.0.1", "::1", socket.gethostname()):
            try:
                socket.getaddrinfo(name, 80)
            except socket.gaierror:
                continue  # this machine does not know it


@EVERY_WAY
def test_a_recording_tells_it(way: Way, server: Scripted, tmp_path: Path) -> None:
    """A server that the session has recorded from is no other local service: it is told of."""
    port = port_of(server)
    with pytest.warns(StreamtapeWarning) as caught:
        with streamtape.use_cassette(tmp_path / "x.tape"):
            way("127.0.0.1", port)  # nobody knows yet what it is
            httpx.post(server.url, content=b'{"stream": true}')
            way("127.0.0.1", port)
            way("127.0.0.1", port)
    (one,) = [str(w.message) for w in caught if w.category is StreamtapeWarning]
    assert one.startswith("2 connections were opened past the session")
    assert f"127.0.0.1:{port}" in one
    assert "test_unseen.py:" in one
    assert len(streamtape.load(tmp_path / "x.tape")) == 1


def test_a_replay_refuses_the_server_that_it_stands_for(server: Scripted, tmp_path: Path) -> None:
    """Though it is on loopback; other ports are not concerned, nor is another spelling let by."""
    path = tape_of(tmp_path, server.url.replace("127.0.0.1", "localhost"))
    with socket.create_server(("127.0.0.1", 0)) as database:
        with pytest.raises(UnseenConnectionError):
            with streamtape.use_cassette(path, mode="none"):
                by_socket("127.0.0.1", database.getsockname()[1])
                by_socket("127.0.0.1", port_of(server))


@pytest.mark.parametrize(
    "options",
    [
        {"unseen": "allow"},
        {"ignore_hosts": ["127.*"]},
        {"ignore_localhost": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["none", "new_episodes"])
def test_what_passes(mode: Any, options: Any, server: Scripted, tmp_path: Path) -> None:
    """By option, without a word."""
    path = tape_of(tmp_path, server.url)
    with streamtape.use_cassette(path, mode=mode, allow_no_requests=True, **options):
        by_socket("127.0.0.1", port_of(server))


def test_what_is_no_connection_of_http(tmp_path: Path) -> None:
    """Unix sockets, pairs, DNS, and the datagram socket that tells one's own address."""
    path = tape_of(tmp_path, "http://x.test/")
    with streamtape.use_cassette(path, mode="none", allow_no_requests=True):
        one, other = socket.socketpair()
        one.close()
        other.close()
        for port in (53, 80):
            with socket.socket(type=socket.SOCK_DGRAM) as sock:
                try:
                    sock.connect((OUTSIDE, port))
                except OSError:  # no network here: it was tried
                    continue
        if hasattr(socket, "AF_UNIX"):
            name = str(tmp_path / "s")
            with socket.socket(socket.AF_UNIX) as at, socket.socket(socket.AF_UNIX) as sock:
                at.bind(name)
                at.listen()
                sock.connect(name)
    with pytest.raises(UnseenConnectionError, match="port 443"):
        with streamtape.use_cassette(path, mode="none"):
            with socket.socket(type=socket.SOCK_DGRAM) as sock:
                sock.sendto(b"QUIC", (OUTSIDE, 443))


def test_an_error_by_option(server: Scripted, tmp_path: Path) -> None:
    """`error`: the recording is kept, and the session ends in an error; `warn`: never refused."""
    path = tmp_path / "x.tape"
    with pytest.raises(UnseenConnectionError, match="1 connection was opened past the session"):
        with streamtape.use_cassette(path, unseen="error"):
            httpx.post(server.url, content=b'{"stream": true}')
            by_socket("127.0.0.1", port_of(server))
    assert len(streamtape.load(path)) == 1
    with pytest.warns(StreamtapeWarning, match="1 connection was opened past the session"):
        with streamtape.use_cassette(path, mode="none", unseen="warn", allow_no_requests=True):
            by_socket("127.0.0.1", port_of(server))
    with pytest.raises(UsageError, match=r"known: error, warn, allow"):
        streamtape.use_cassette(path, unseen="refuse")  # type: ignore[arg-type]  # that is the point


def test_a_program_that_hides_the_refusal(tmp_path: Path) -> None:
    """Where a library swallows it, the session tells."""
    path = tape_of(tmp_path, "http://x.test/")
    with pytest.warns(StreamtapeWarning, match="the program went on"):
        with streamtape.use_cassette(path, mode="none"):
            with pytest.raises(UnseenConnectionError):
                by_socket(OUTSIDE, 443)


GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize("mode", ["none", "new_episodes"])
def test_a_connection_opened_before(mode: Any, server: Scripted, tmp_path: Path) -> None:
    """It is noticed when it is sent on: once where it is only reported, each time where not."""
    path, port = tape_of(tmp_path, server.url), port_of(server)
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as sock:
        if mode == "none":
            with pytest.raises(UnseenConnectionError, match=rf"127\.0\.0\.1, port {port}"):
                with streamtape.use_cassette(path, mode=mode):
                    for _ in range(2):
                        with pytest.raises(UnseenConnectionError):
                            sock.sendall(GET)
                    sock.send(GET)
            return
        with pytest.warns(StreamtapeWarning, match="1 connection was opened past the session"):
            with streamtape.use_cassette(path, mode=mode, allow_no_requests=True):
                sock.sendall(GET)
                sock.send(GET)


def test_a_database_connected_before_passes(tmp_path: Path) -> None:
    """What leads neither to a port of HTTP nor to a place of the cassette is no request of HTTP."""
    path = tape_of(tmp_path, "http://x.test/")
    with socket.create_server(("127.0.0.1", 0)) as database:
        with socket.create_connection(database.getsockname()) as sock:
            with streamtape.use_cassette(path, mode="none", allow_no_requests=True):
                sock.sendall(b"SELECT 1")


class Answering(BaseHTTPRequestHandler):
    """Answers each request of a connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_pool_opened_before_is_no_stranger(tmp_path: Path) -> None:
    """A seam may send on a connection that its library opened earlier."""
    path = tape_of(tmp_path, "http://x.test/")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with httpx.Client(trust_env=False) as client, requests.Session() as session:
            session.trust_env = False
            client.get(url)
            session.get(url, timeout=PATIENCE_S)
            with streamtape.use_cassette(path, mode="new_episodes"):
                client.get(f"{url}1")
                session.get(f"{url}2", timeout=PATIENCE_S)
        server.shutdown()
    assert len(streamtape.load(path)) == 3


def test_a_proxy_on_loopback_leads_elsewhere(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who connects to it by itself is refused; a request that may pass by goes through it."""
    monkeypatch.setenv("http_proxy", server.url)
    path = tape_of(tmp_path, "http://x.test/")
    options: dict[str, Any] = {"mode": "none", "ignore_hosts": ["passes.test"]}
    with streamtape.use_cassette(path, allow_no_requests=True, **options):
        httpx.post("http://passes.test/", content=b'{"stream": true}')
        requests.post("http://passes.test/", data=b'{"stream": true}', timeout=PATIENCE_S)
    with pytest.raises(UnseenConnectionError):
        with streamtape.use_cassette(path, **options):
            by_socket("127.0.0.1", port_of(server))


@pytest.mark.parametrize("ignored", [[], ["app"]], ids=["seen", "passes-by"])
def test_what_an_application_in_this_process_asks_for(
    ignored: list[str], server: Scripted, tmp_path: Path
) -> None:
    """It is recorded, and replayed with the upstream stopped."""
    path = tmp_path / "x.tape"

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(server.url, content=b'{"stream": true}')
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer.content})

    async def ask(mode: Any) -> bytes:
        async with streamtape.use_cassette(path, mode=mode, ignore_hosts=ignored):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                return (await client.get("/")).content

    recorded = asyncio.run(ask("once"))
    n_requests = len(server.requests)
    assert asyncio.run(ask("none")) == recorded != b""
    assert len(server.requests) == n_requests
    assert server.url in {one.request.url for one in streamtape.load(path)}


LIBRARY = """
import socket
def ask(host, port):
    with socket.create_connection((host, port), 5):
        pass
"""
PROGRAM = """
import sys, streamtape
sys.path.insert(0, sys.argv[1])
import own_http
with streamtape.use_cassette(sys.argv[2], mode="none"):
    own_http.ask("192.0.2.1", 443)
"""


def test_a_library_with_sockets_of_its_own_is_named(tmp_path: Path) -> None:
    """By its package, with the line of the program that called it."""
    library = tmp_path / "site-packages"
    (library / "own_http" / "_vendor").mkdir(parents=True)
    (library / "own_http" / "_vendor" / "wire.py").write_text(LIBRARY)
    (library / "own_http" / "_vendor" / "__init__.py").touch()
    (library / "own_http" / "__init__.py").write_text("from own_http._vendor.wire import ask\n")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), str(library)]
    command.append(str(tape_of(tmp_path, "http://x.test/")))
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 1
    assert "own_http was about to connect to 192.0.2.1, port 443 (program.py:6)" in run.stderr


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last session, sockets are as they were."""
    from streamtape.transport import patch, sockets, unseen

    before = socket.socket.connect, socket.getaddrinfo
    with monkeypatch.context() as fresh:
        own = sockets.Sockets()
        for module in (patch, sockets):
            fresh.setattr(module, "SOCKETS", own)
        installation = patch.Installation()
        assert isinstance(installation._unseen, unseen.UnseenWatch)
        installation.retain()
        assert (socket.socket.connect, socket.getaddrinfo) != before
        installation.release()
    assert (socket.socket.connect, socket.getaddrinfo) == before
