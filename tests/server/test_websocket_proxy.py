"""WebSockets through the recording proxy: what passes, what is recorded, every way to end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import websockets.sync.client
import websockets.sync.server
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.server import ServerConnection
from websockets.typing import Subprotocol

import streamtape
from streamtape.mock.server import MockServer
from streamtape.server.exchange import Limits
from streamtape.server.proxy import RecordingProxy
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.tape.model import Cassette, Interaction
from tests.patience import PATIENCE_S, until
from tests.ports import free_port
from tests.server.websockets_raw import KEY, RawClient, close, frame, opening, serving

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
assert KEY == "dGhlIHNhbXBsZSBub25jZQ==", "the answer is to this key"


@contextmanager
def raw_server(use: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that accepts one handshake, whatever it is, and then does anything at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            sock.settimeout(PATIENCE_S)
            with sock:
                taken = b""
                while b"\r\n\r\n" not in taken:
                    taken += sock.recv(65536)
                sock.sendall(ANSWER)
                use(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def recorded(path: Path, upstream: str, use: Callable[[str], Any], **options: Any) -> Cassette:
    """What a proxy before `upstream` records while `use` uses it."""
    with RecordingProxy(path, upstream=upstream, **options) as proxy:
        use(proxy.url.replace("http", "ws", 1))
        until(lambda: not any(r.active for r in proxy.session._recorders))
    return streamtape.load(path)


def spoken(interaction: Interaction) -> list[tuple[str, str, bytes]]:
    """The messages of a dialogue, without their times."""
    return [(m.direction, m.kind, m.data) for m in interaction.messages]


def echo(connection: ServerConnection) -> None:
    """Says again what it hears."""
    for message in connection:
        connection.send(message)


@pytest.mark.parametrize("compression", ["deflate", None])
def test_messages_pass_exactly(tmp_path: Path, compression: Literal["deflate"] | None) -> None:
    """Both ways, however they are compressed on the way, with times that never go back."""
    large = bytes(range(256)) * 4096

    def use(url: str) -> None:
        with websockets.sync.client.connect(
            f"{url}/talk?x=%7e",
            compression=compression,
            subprotocols=[Subprotocol("a"), Subprotocol("b")],
            additional_headers={"Authorization": "Bearer secret", "X-Own": "1"},
            max_size=None,
        ) as client:
            assert client.subprotocol == "b"
            assert client.response
            extensions = client.response.headers.get("Sec-WebSocket-Extensions", "")
            assert bool(extensions) is bool(compression)
            for message in ("ünïcode ✓", b"\x00\xff", large, ""):
                client.send(message)
                assert client.recv() == message
            assert client.ping(b"there?").wait(PATIENCE_S)

    with serving(echo, subprotocols=[Subprotocol("b")], max_size=None) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert only.request.url == f"ws{url[4:]}/talk?x=%7e"
    headers = {name.lower(): value for name, value in only.request.headers}
    assert headers[b"x-own"] == b"1"
    assert headers[b"authorization"] == b"[redacted]"
    assert only.head
    assert only.head.status == 101
    assert only.head.get("sec-websocket-protocol") == "b"
    talk = [
        ("text", "ünïcode ✓".encode()),
        ("binary", b"\x00\xff"),
        ("binary", large),
        ("text", b""),
    ]
    expected = [(who, *what) for what in talk for who in ("client", "server")]
    expected += [("client", "ping", b"there?"), ("server", "pong", b"there?")]
    expected += [("client", "close", close(1000)), ("server", "close", close(1000))]
    assert spoken(only) == expected
    assert (only.ending.kind, only.ending.close_code) == ("complete", 1000)
    times = [m.at_us for m in only.messages if m.at_us is not None]
    assert times == sorted(times)
    assert len(times) == len(expected)


def test_fragments_are_kept(tmp_path: Path) -> None:
    """They pass as they were sent, and the recording has each."""

    def speak(connection: ServerConnection) -> None:
        connection.send(["one ", "two ", "three"])
        connection.recv()

    with serving(speak, compression=None) as upstream:

        def use(url: str) -> None:
            with websockets.sync.client.connect(url) as client:
                assert [*client.recv_streaming()][:3] == ["one ", "two ", "three"]
                client.send(b"done")

        (only,) = recorded(tmp_path / "x.tape", upstream, use)
    pieces = [m for m in only.messages if m.direction == "server"][:-1]
    assert [(m.kind, m.data, m.final) for m in pieces if m.data or m.final] == [
        ("text", b"one ", False),
        ("continuation", b"two ", False),
        ("continuation", b"three", False),
        ("continuation", b"", True),
    ]
    joined = [m.data for m in only.messages.joined() if m.direction == "server"]
    assert joined[0] == b"one two three"


@pytest.mark.parametrize("status", [401, 404, 429])
def test_a_refused_handshake_is_an_ordinary_response(tmp_path: Path, status: int) -> None:
    """Its status and body pass, and are recorded."""
    bodies: list[bytes] = []

    def use(url: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            with websockets.sync.client.connect(f"{url}/v1/responses?status={status}"):
                pass
        assert caught.value.response.status_code == status
        bodies.append(bytes(caught.value.response.body or b""))

    with MockServer(gap_us=0) as endpoint:
        use(endpoint.url.replace("http", "ws", 1))
        (only,) = recorded(tmp_path / "x.tape", endpoint.url, use)
    assert only.head
    assert (only.head.status, only.is_dialogue, only.ending.kind) == (status, False, "complete")
    assert bodies[0] == bodies[1] == only.body


def test_an_upstream_that_is_not_there(tmp_path: Path) -> None:
    """A 502 that names it; recorded as the failure that it is."""

    def use(url: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            with websockets.sync.client.connect(url):
                pass
        assert caught.value.response.status_code == 502

    (only,) = recorded(tmp_path / "x.tape", f"http://127.0.0.1:{free_port()}", use)
    assert (only.head, only.ending.exception) == (None, "ConnectError")


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 3000, 4999])
def test_a_server_that_closes(tmp_path: Path, code: int) -> None:
    """Its code and reason reach the client, and are the ending."""

    def use(url: str) -> None:
        with websockets.sync.client.connect(url) as client, pytest.raises(ConnectionClosed) as end:
            client.recv()
        assert end.value.rcvd
        assert (end.value.rcvd.code, end.value.rcvd.reason) == (code, "wärum")

    with serving(lambda connection: connection.close(code, "wärum")) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert spoken(only)[0] == ("server", "close", close(code, "wärum"))
    ending = only.ending
    assert (ending.kind, ending.close_code, ending.close_reason) == ("complete", code, "wärum")


def test_a_client_that_closes(tmp_path: Path) -> None:
    """Its close reaches the upstream, whose answer is the ending; no code at all is 1005."""
    ends: list[ConnectionClosed] = []

    def listen(connection: ServerConnection) -> None:
        try:
            connection.recv()
        except ConnectionClosed as error:
            ends.append(error)

    def use(url: str) -> None:
        websockets.sync.client.connect(url).__enter__().close(4000, "enough")
        with RawClient(url) as client:
            client.send(frame(CLOSE))
            assert client.read().code == 1005

    with serving(listen) as url:
        first, second = recorded(tmp_path / "x.tape", url, use)
    # Each connection has a thread of its own there: which one ends first is a matter of luck.
    received = sorted((int(e.rcvd.code), e.rcvd.reason) for e in ends if e.rcvd)
    assert received == [(1005, ""), (4000, "enough")]
    assert (first.ending.kind, first.ending.close_code) == ("complete", 4000)
    assert (second.ending.kind, second.ending.close_code) == ("complete", 1005)


@pytest.mark.parametrize(
    ("resets", "exception"), [(False, "RemoteProtocolError"), (True, "ReadError")]
)
def test_a_server_that_goes_without_a_close(tmp_path: Path, resets: bool, exception: str) -> None:
    """The client sees code 1006, and a reset as a reset, after what had come before."""

    def leave(sock: socket.socket) -> None:
        sock.sendall(frame(TEXT, b"before", masked=False))
        if resets:
            while sock.recv(1) != b"\xfe":  # the client has what came before
                pass
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def use(url: str) -> None:
        with RawClient(url) as client:
            seen = client.read(messages=1)
            if resets:
                client.send(b"\xfe")
            after = client.read()
        assert seen.messages == ["before"]
        assert (after.code, after.end) == (None, "rst" if resets else "fin")

    with raw_server(leave) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert spoken(only)[0] == ("server", "text", b"before")
    ending = only.ending
    assert (ending.kind, ending.exception, ending.close_code) == ("error", exception, 1006)


@pytest.mark.parametrize("resets", [False, True])
def test_a_client_that_goes_without_a_close(tmp_path: Path, resets: bool) -> None:
    """The upstream is told at once, alike; the last message is not lost; it is abandoned."""
    ends: list[str | bytes] = []

    def listen(sock: socket.socket) -> None:
        try:
            while data := sock.recv(65536):
                ends.append(data)
            ends.append("fin")
        except ConnectionResetError:
            ends.append("rst")

    def use(url: str) -> None:
        with RawClient(url) as client:
            client.send(frame(TEXT, b"last words"))
            until(lambda: ends)
            if resets:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with raw_server(listen) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert ends == [frame(TEXT, b"last words"), "rst" if resets else "fin"]
    assert spoken(only) == [("client", "text", b"last words")]
    assert only.ending.kind == "abandoned"


def test_a_client_that_closes_and_does_not_wait(tmp_path: Path) -> None:
    """As browsers do when a page is left: the upstream's answer is still recorded."""

    def use(url: str) -> None:
        with RawClient(url) as client:
            client.send(frame(CLOSE, close(1001)))

    def echo_close(connection: ServerConnection) -> None:
        for _ in connection:
            pass

    with serving(echo_close) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert spoken(only) == [("client", "close", close(1001)), ("server", "close", close(1001))]
    assert (only.ending.kind, only.ending.close_code) == ("complete", 1001)


@pytest.mark.parametrize("sender", ["client", "server"])
def test_a_message_over_the_limit(tmp_path: Path, sender: str) -> None:
    """Both sides are closed with code 1009, and the end of the proxy says why."""
    codes: dict[str, int | None] = {}

    def listen(sock: socket.socket) -> None:
        if sender == "server":
            sock.sendall(frame(BINARY, bytes(1001), masked=False))
        taken = b""
        while data := sock.recv(65536):
            taken += data
        at = taken.find(b"\x88")
        key, masked = taken[at + 2 : at + 6], taken[at + 6 : at + 8]
        codes["server"] = int.from_bytes(bytes(m ^ k for m, k in zip(masked, key, strict=False)))

    def use(url: str) -> None:
        with RawClient(url) as client:
            if sender == "client":
                client.send(frame(BINARY, bytes(1001)))
            codes["client"] = client.read().code

    limits = Limits(max_message_bytes=1000)
    why = f"message of the {sender}"
    with raw_server(listen) as url, pytest.warns(StreamtapeWarning, match=why):
        (only,) = recorded(tmp_path / "x.tape", url, use, limits=limits)
    assert codes == {"client": 1009, "server": 1009}
    assert (only.ending.kind, only.ending.exception) == ("error", "ServerError")


@pytest.mark.parametrize("sender", ["client", "server"])
def test_what_breaks_the_protocol_passes(tmp_path: Path, sender: str) -> None:
    """The other side gets the very bytes, and closes as it would without a proxy."""
    wrong = frame(TEXT, b"\xff", masked=sender == "client")
    got: list[bytes] = []

    def upstream(sock: socket.socket) -> None:
        if sender == "server":
            sock.sendall(wrong)
        got.append(sock.recv(65536))
        if sender == "client":
            sock.sendall(frame(CLOSE, close(1007), masked=False))
            sock.recv(65536)

    def use(url: str) -> None:
        with RawClient(url) as client:
            if sender == "client":
                client.send(wrong)
                assert client.read().code == 1007
            else:
                assert client.read_bytes(len(wrong)) == wrong
                client.send(frame(CLOSE, close(1007)))

    with raw_server(upstream) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    expected = wrong if sender == "client" else frame(CLOSE, close(1007))
    assert got == [expected]
    who = "server" if sender == "client" else "client"
    assert spoken(only) == [(who, "close", close(1007))]


def test_a_slow_client_holds_its_upstream_back(tmp_path: Path) -> None:
    """What nobody reads does not fill memory: the upstream's writes stop."""
    written: list[int] = []
    stopped = threading.Event()

    def flood(sock: socket.socket) -> None:
        sock.settimeout(0.3)
        try:
            while sum(written) < 1 << 28:
                sock.sendall(frame(BINARY, bytes(1 << 16), masked=False))
                written.append(1 << 16)
        except TimeoutError:
            stopped.set()

    def use(url: str) -> None:
        with RawClient(url):
            assert stopped.wait(PATIENCE_S)

    with raw_server(flood) as url:
        (only,) = recorded(tmp_path / "x.tape", url, use)
    assert sum(written) < 1 << 25
    assert only.ending.kind == "abandoned"


def test_a_proxy_that_stops(tmp_path: Path) -> None:
    """Open dialogues are recorded up to there, as unfinished; their clients get code 1001."""
    path = tmp_path / "x.tape"
    with serving(echo) as upstream:
        proxy = RecordingProxy(path, upstream=upstream).start()
        with websockets.sync.client.connect(proxy.url.replace("http", "ws", 1)) as client:
            client.send("one")
            assert client.recv() == "one"
            proxy.stop()
            with pytest.raises(ConnectionClosed) as caught:
                client.recv()
    assert caught.value.rcvd
    assert caught.value.rcvd.code == 1001
    (only,) = streamtape.load(path)
    assert spoken(only) == [("client", "text", b"one"), ("server", "text", b"one")]
    assert only.ending.kind == "unfinished"


def test_a_proxy_that_stops_after_the_last_close(tmp_path: Path) -> None:
    """A client that closes and exits at once has a complete recording."""
    path = tmp_path / "x.tape"
    with serving(echo) as upstream:
        for _ in range(5):
            with RecordingProxy(path, upstream=upstream) as proxy:
                with websockets.sync.client.connect(proxy.url.replace("http", "ws", 1)) as client:
                    client.send("one")
                    client.recv()
            (only,) = streamtape.load(path)
            assert only.ending.kind == "complete"


def test_hosts_that_pass_by(tmp_path: Path) -> None:
    """What is ignored goes through, and is not recorded."""
    path = tmp_path / "x.tape"
    with (
        serving(echo) as upstream,
        MockServer(gap_us=0) as endpoint,
        RecordingProxy(
            path,
            upstream={"/a": upstream.replace("127.0.0.1", "localhost"), "/b": endpoint.url},
            ignore_hosts=["localhost"],
        ) as proxy,
    ):
        url = proxy.url.replace("http", "ws", 1)
        with websockets.sync.client.connect(f"{url}/a") as client:
            client.send("one")
            assert client.recv() == "one"
        with websockets.sync.client.connect(f"{url}/b/v1/responses"):
            pass
    (only,) = streamtape.load(path)
    assert only.request.url.endswith("/v1/responses")


@pytest.mark.parametrize(
    ("headers", "cors", "status"),
    [
        ({"Origin": "https://page.example"}, (), b"403"),
        ({"Origin": "https://page.example"}, "https://page.example", b"101"),
        ({"Host": "evil.example"}, (), b"421"),
        ({}, (), b"101"),
    ],
)
def test_pages_of_other_origins(
    tmp_path: Path, headers: dict[str, str], cors: str | tuple[()], status: bytes
) -> None:
    """A page of any origin may open a WebSocket to this machine: it is let in where it was told."""
    with serving(echo) as upstream:
        with RecordingProxy(
            tmp_path / "x.tape", upstream=upstream, cors=cors, allow_no_requests=True
        ) as proxy:
            with RawClient(proxy.url, opening(**headers)) as client:
                assert client.head.startswith(b"HTTP/1.1 " + status)
            with RawClient(proxy.url):
                pass


def test_what_the_upstream_is_asked(tmp_path: Path) -> None:
    """The client's own handshake, with the upstream's host; extensions that we know alone."""
    heads: list[list[tuple[str, str]]] = []

    def note(connection: ServerConnection) -> None:
        assert connection.request
        heads.append(list(connection.request.headers.raw_items()))

    def use(url: str) -> None:
        offer = "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=10"
        with RawClient(url, opening(X_Twice="1", Sec_WebSocket_Extensions=offer)) as client:
            assert b"permessage-deflate" in client.head
            client.send(frame(CLOSE))

    with serving(note) as upstream:
        recorded(tmp_path / "x.tape", upstream, use)
    body = dict(heads[0])
    assert body["Host"] == upstream.removeprefix("http://")
    assert body["Sec-WebSocket-Key"] == KEY
    assert body["Sec-WebSocket-Extensions"] == "permessage-deflate; client_max_window_bits=10"
    assert body["X-Twice"] == "1"
