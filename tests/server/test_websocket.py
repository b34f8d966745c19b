"""The server's end of a WebSocket: the handshake, the framing, every way to end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import websockets.sync.client
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.typing import Subprotocol

from streamtape.server.exchange import Exchange, Limits
from streamtape.server.http_server import HttpServer
from streamtape.server.websocket.endpoint import accept
from streamtape.server.websocket.framing import (
    MessageProtocol,
    WireMessage,
    agreed_deflate,
    close_data,
    offered_deflate,
)
from tests.patience import PATIENCE_S, until
from tests.server.tapes import talk
from tests.server.websockets_raw import RawClient, close, frame, opening

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
LIMIT = 1000


async def echo(exchange: Exchange) -> None:
    """Says again what it hears; some words have it close, fail or go."""
    socket = await accept(exchange, lambda offered: "b" if "b" in offered else None)
    if socket is None:
        return
    async with socket:
        while (message := await socket.receive()) is not None:
            if message.data == b"close":
                await socket.close(4001, "é" * 100)
            elif message.data == b"fail":
                raise RuntimeError("on purpose")
            elif message.data == b"cut":
                await socket.cut()
            elif message.data == b"reset":
                await socket.reset()
            elif message.kind in {"text", "binary"}:
                await socket.send(message.kind, message.data)


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    """An echo that takes messages of at most 1,000 bytes."""
    running = HttpServer(echo, limits=Limits(max_message_bytes=LIMIT))
    running.start()
    yield running
    running.stop()


def url_of(server: HttpServer) -> str:
    """Where a WebSocket client finds a server."""
    return server.origin.replace("http", "ws", 1)


def test_a_client_talks(server: HttpServer) -> None:
    """Text, binary, fragments and pings, compressed or not."""
    offered = [Subprotocol("a"), Subprotocol("b")]
    for compression in ("deflate", None):
        with websockets.sync.client.connect(
            url_of(server),
            subprotocols=offered,
            compression=compression,
        ) as client:
            assert client.subprotocol == "b"
            client.send("ünïcode ✓")
            client.send(bytes(LIMIT))
            client.send(["in ", "three ", "parts"])
            assert [client.recv() for _ in range(3)] == [
                "ünïcode ✓",
                bytes(LIMIT),
                "in three parts",
            ]
            assert client.ping("still there?").wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (opening(Sec_WebSocket_Key=""), b"400"),
        (opening(Sec_WebSocket_Key="c2hvcnQ="), b"400"),
        (opening(Sec_WebSocket_Key="not base64"), b"400"),
        (opening(Sec_WebSocket_Version=""), b"400"),
        (opening(Sec_WebSocket_Version="8"), b"400"),
        (opening(Upgrade="websocket, h2c"), b"426"),
        (opening(Sec_WebSocket_Extensions="a b c;"), b"400"),
        (opening(Sec_WebSocket_Protocol="a b c;"), b"400"),
        (opening(method="POST"), b"400"),
        (opening(version="1.0"), b"400"),
    ],
)
def test_bad_handshakes_are_refused(server: HttpServer, head: bytes, status: bytes) -> None:
    """With a status, the reason as text, and the version that would do."""
    head = head.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n")
    came, _ = talk(server.origin, head, until=b"\r\n\r\n")
    assert came.startswith(b"HTTP/1.1 " + status)
    assert b"Sec-WebSocket-Version: 13\r\n" in came


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(TEXT, b"x", masked=False)], 1002),
        ([frame(TEXT, b"x", bits=4)], 1002),
        ([frame(TEXT, b"x", bits=1)], 1002),
        ([frame(3, b"x")], 1002),
        ([frame(11)], 1002),
        ([frame(0, b"x")], 1002),  # a continuation of nothing
        ([frame(TEXT, b"x", fin=False), frame(TEXT, b"x")], 1002),
        ([frame(PING, b"x" * 126)], 1002),
        ([frame(PING, b"x", fin=False)], 1002),
        ([frame(CLOSE, b"x")], 1002),
        ([frame(CLOSE, close(999))], 1002),
        ([frame(CLOSE, close(1005))], 1002),
        ([frame(CLOSE, close(1006))], 1002),
        ([frame(CLOSE, close(1000) + b"\xff")], 1007),
        ([frame(TEXT, b"\xff")], 1007),
        ([frame(TEXT, b"\xc3")], 1007),
        ([frame(TEXT, "é".encode()[:1], fin=False), frame(0, b"x")], 1007),
        ([frame(TEXT, b"\xed\xa0\x80", fin=False)], 1007),  # a surrogate, at once
        ([frame(BINARY, bytes(LIMIT + 1))], 1009),
        ([frame(BINARY, length=1 << 62)], 1009),
        ([frame(BINARY, bytes(LIMIT), fin=False), frame(0, b"x")], 1009),
        ([frame(CLOSE)], 1005),
        ([frame(CLOSE, close(1000, "bye"))], 1000),
        ([frame(CLOSE, close(4999))], 4999),
        ([frame(TEXT, b"fail")], 1011),
    ],
)
def test_what_a_client_sends_has_its_close_code(
    server: HttpServer, frames: list[bytes], code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Each violation of RFC 6455 has its code; the server goes on."""
    with RawClient(server.origin) as client:
        client.send(*frames)
        seen = client.read()
    assert (seen.code, seen.end) == (code, "fin")
    if code == 1011:
        until(lambda: "on purpose" in caplog.text)
    else:
        assert caplog.text == ""
    with websockets.sync.client.connect(url_of(server)) as after:
        after.send("still there")
        assert after.recv() == "still there"


def test_a_compressed_bomb(server: HttpServer) -> None:
    """A message that is small on the wire and large when it is decompressed has code 1009."""
    with websockets.sync.client.connect(url_of(server)) as client:
        client.send(bytes(1 << 20))
        with pytest.raises(ConnectionClosedError) as caught:
            client.recv()
    assert caught.value.rcvd
    assert caught.value.rcvd.code == 1009


def test_control_frames_between_fragments(server: HttpServer) -> None:
    """Pings are answered at once, with their payload; pongs that nobody asked for pass."""
    with RawClient(server.origin) as client:
        client.send(
            frame(TEXT, b"a", fin=False),
            frame(PING, b"1"),
            frame(0, b"b", fin=False),
            frame(PONG, b"2"),
            frame(0, b"", fin=False),
            frame(PING),
            frame(0, b"c"),
        )
        seen = client.read(messages=1)
    assert (seen.messages, seen.pongs) == (["abc"], [b"1", b""])


@pytest.mark.parametrize(("word", "end"), [(b"cut", "fin"), (b"reset", "rst")])
def test_ends_without_a_close_message(server: HttpServer, word: bytes, end: str) -> None:
    """The client sees code 1006, and the reset as a reset."""
    with RawClient(server.origin) as client:
        client.send(frame(TEXT, b"before"), frame(TEXT, word))
        seen = client.read()
    assert (seen.messages, seen.code, seen.end) == (["before"], None, end)


def test_a_long_reason_is_shortened(server: HttpServer) -> None:
    """A close message has 125 bytes: a reason ends at a whole character."""
    with RawClient(server.origin) as client:
        client.send(frame(TEXT, b"close"))
        seen = client.read()
    assert (seen.code, seen.reason) == (4001, "é" * 61)


def test_a_client_that_does_not_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-dead: it gets our close message, answers nothing, and is cut off."""
    monkeypatch.setattr("streamtape.server.websocket.endpoint._CLOSE_S", 0.01)
    server = HttpServer(echo, limits=Limits(websocket_idle_s=0.01))
    server.start()
    try:
        with RawClient(server.origin) as client:
            seen = client.read()
    finally:
        server.stop()
    assert (seen.code, seen.reason) == (1001, "nothing came for 0.01 s")
    assert seen.end  # a FIN, or a reset where the client still said something


def test_a_server_that_stops_says_so() -> None:
    """Open dialogues are closed with 1001, at once."""
    server = HttpServer(echo)
    server.start()
    with websockets.sync.client.connect(url_of(server)) as client:
        server.stop()
        with pytest.raises(ConnectionClosedOK) as caught:
            client.recv()
    assert caught.value.rcvd
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1001, "the server is stopping")


def test_sending_waits_for_a_reader() -> None:
    """A client that does not read holds the handler back; what it sends is held back, too."""
    sent: list[int] = []
    closed = threading.Event()

    async def flood(exchange: Exchange) -> None:
        socket = await accept(exchange)
        assert socket is not None
        async with socket:
            while socket.is_open:
                await socket.send("binary", bytes(1 << 16))
                sent.append(1 << 16)
        closed.set()

    server = HttpServer(flood)
    server.start()
    try:
        with RawClient(server.origin) as client:
            client.sock.settimeout(0.2)
            large = frame(BINARY, bytes(1 << 20))
            with pytest.raises(TimeoutError):  # nobody receives, and so nobody reads
                while True:
                    client.send(large)
        assert closed.wait(PATIENCE_S)
    finally:
        server.stop()
    assert sum(sent) < 1 << 24  # what the kernel's buffers hold, not memory without end


def test_what_came_before_the_client_left_is_received() -> None:
    """The last message of a client that goes away without a word is not lost."""
    heard: list[WireMessage | None] = []
    done = threading.Event()

    async def late(exchange: Exchange) -> None:
        socket = await accept(exchange)
        assert socket is not None
        async with socket:
            heard.append(await socket.receive())
            heard.append(await socket.receive())
        done.set()

    server = HttpServer(late)
    server.start()
    try:
        with RawClient(server.origin) as client:
            client.send(frame(TEXT, b"last words"))
        assert done.wait(PATIENCE_S)
    finally:
        server.stop()
    assert heard == [WireMessage("text", b"last words"), None]


pieces = st.lists(st.binary(max_size=9), min_size=1, max_size=5)
controls = st.lists(st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=9)), max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from([TEXT, BINARY]), pieces, controls), max_size=4),
    st.integers(1, 40),
)
def test_messages_survive_any_cutting(
    sent: list[tuple[int, list[bytes], list[tuple[int, bytes]]]], size: int
) -> None:
    """However fragments, control frames and reads lie: the same messages, in order."""
    data = b""
    expected = []
    for opcode, parts, between in sent:
        texts = [p.hex().encode() for p in parts] if opcode == TEXT else parts
        for n, part in enumerate(texts):
            data += frame(opcode if n == 0 else 0, part, fin=n == len(texts) - 1)
            if n == 0:
                data += b"".join(frame(kind, payload) for kind, payload in between)
        controls_ = [WireMessage("ping" if k == PING else "pong", p) for k, p in between]
        whole = WireMessage("text" if opcode == TEXT else "binary", b"".join(texts))
        expected += [whole, *controls_] if len(texts) == 1 else [*controls_, whole]
    protocol = MessageProtocol(is_server=True, max_bytes=1 << 20)
    found = []
    for start in range(0, len(data), size):
        protocol.receive_data(data[start : start + size])
        found += protocol.messages_received()
    assert found == expected
    assert protocol.between_frames
    assert protocol.violation is None


@given(st.binary(max_size=200), st.integers(1, 50), st.booleans())
@example(frame(TEXT, b"\xff") + frame(CLOSE, close(1000)), 50, False)
@example(frame(TEXT, b"x", bits=4), 50, True)
def test_any_bytes_at_all(data: bytes, size: int, deflates: bool) -> None:
    """Garbage never raises: it is messages, or a violation with one of three codes."""
    extensions = agreed_deflate("permessage-deflate" if deflates else None, is_server=True)
    protocol = MessageProtocol(is_server=True, max_bytes=100, extensions=extensions)
    for start in range(0, len(data), size):
        protocol.receive_data(data[start : start + size])
    protocol.receive_eof()
    if protocol.violation is not None:
        assert protocol.close_sent is not None
        assert protocol.close_sent.code in {1002, 1007, 1009}


def test_fragments_one_by_one() -> None:
    """As a recorder wants them: each with its kind, and whether it is the last."""
    protocol = MessageProtocol(is_server=True, max_bytes=9, joins=False)
    protocol.receive_data(frame(TEXT, b"a", fin=False) + frame(PING) + frame(0, b"b")[:3])
    found = protocol.messages_received()
    assert not protocol.between_frames
    protocol.receive_data(frame(0, b"b")[3:])
    assert [*found, *protocol.messages_received()] == [
        WireMessage("text", b"a", final=False),
        WireMessage("ping"),
        WireMessage("continuation", b"b"),
    ]


def test_empty_fragments_take_no_room() -> None:
    """A message of endless empty fragments is bounded as any other."""
    protocol = MessageProtocol(is_server=True, max_bytes=9)
    protocol.receive_data(frame(TEXT, b"a", fin=False))
    for _ in range(100):
        protocol.receive_data(frame(0, b"", fin=False) * 10)
    assert len(protocol._parts) == 1
    protocol.receive_data(frame(0, b"b"))
    assert protocol.messages_received() == [WireMessage("text", b"ab")]


def test_the_extension_that_can_be_read() -> None:
    """Offers of other extensions are left out; an answer is understood from either end."""
    offers = ["x-other, permessage-deflate; client_max_window_bits", "permessage-deflate"]
    assert offered_deflate(offers) == (
        "permessage-deflate; client_max_window_bits, permessage-deflate"
    )
    assert offered_deflate(["x-other"]) is None
    answer = "permessage-deflate; server_no_context_takeover; client_max_window_bits=10"
    (server,) = agreed_deflate(answer, is_server=True)
    (client,) = agreed_deflate(answer, is_server=False)
    assert isinstance(server, PerMessageDeflate)
    assert isinstance(client, PerMessageDeflate)
    assert (server.remote_max_window_bits, client.local_max_window_bits) == (10, 10)
    assert (server.local_no_context_takeover, client.remote_no_context_takeover) == (True, True)


@pytest.mark.parametrize(
    "answer",
    ["x-other", "permessage-deflate, x-other", "permessage-deflate; client_max_window_bits=7"],
)
def test_extensions_that_can_not_be_read(answer: str) -> None:
    """An answer that nobody offered is the other end's error."""
    with pytest.raises(websockets.exceptions.ProtocolError):
        agreed_deflate(answer, is_server=True)


def test_the_data_of_a_close() -> None:
    """No code has no data; a code that may not be sent is refused."""
    assert close_data(None) == b""
    assert close_data(1000, "x") == close(1000, "x")
    with pytest.raises(websockets.exceptions.ProtocolError):
        close_data(1006)
    assert WireMessage("close").close_code == 1005
