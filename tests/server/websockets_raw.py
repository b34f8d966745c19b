"""A WebSocket client that sends any bytes whatever, and a server: neither is of our making."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import websockets.sync.server
from websockets.sync.server import ServerConnection
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from tests.patience import PATIENCE_S

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
MASK = b"mask"


def opening(path: str = "/", *, method: str = "GET", version: str = "1.1", **headers: str) -> bytes:
    """The bytes of an opening handshake; an empty header is left out, `_` stands for a hyphen."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{n}: {v}" for n, v in {**HANDSHAKE, **changed}.items() if v]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(
    opcode: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    bits: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """The bytes of a client's frame, right or wrong; `bits` are the reserved ones (1 to 7)."""
    size = len(data) if length is None else length
    head = bytes([(fin << 7) | (bits << 4) | opcode])
    high = masked << 7
    if size < 126:
        head += bytes([high | size])
    elif size < 1 << 16:
        head += struct.pack("!BH", high | 126, size)
    else:
        head += struct.pack("!BQ", high | 127, size)
    if not masked:
        return head + data
    return head + MASK + bytes(b ^ MASK[n % 4] for n, b in enumerate(data))


def close(code: int, reason: str = "") -> bytes:
    """The payload of a close frame."""
    return code.to_bytes(2) + reason.encode()


@dataclass
class Seen:
    """What a server sent after its handshake, and how the connection ended: `fin` or `rst`."""

    messages: list[str | bytes] = field(default_factory=list)
    pings: list[bytes] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    code: int | None = None
    reason: str = ""
    end: str = ""


class RawClient:
    """A connection to a WebSocket server after a good handshake."""

    def __init__(self, url: str, head: bytes | None = None) -> None:
        address = urlsplit(url)
        assert address.hostname
        self.sock = socket.create_connection(
            (address.hostname, address.port or 80), timeout=PATIENCE_S
        )
        self.sock.sendall(opening(address.path or "/") if head is None else head)
        taken = b""
        while b"\r\n\r\n" not in taken:
            more = self.sock.recv(65536)
            assert more, f"the handshake ended after {taken!r}"
            taken += more
        self.head, _, self._rest = taken.partition(b"\r\n\r\n")
        self._reader = Connection(ConnectionType.CLIENT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sock.close()

    def send(self, *frames: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(b"".join(frames))

    def read_bytes(self, size: int) -> bytes:
        """The next bytes after the handshake, as they come."""
        while len(self._rest) < size:
            more = self.sock.recv(65536)
            assert more, f"the connection ended after {self._rest!r}"
            self._rest += more
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def read(self, *, messages: int | None = None) -> Seen:
        """Read to the end of the connection, or up to so many messages."""
        seen = Seen()
        parts: list[str | bytes] = []
        while True:
            data, self._rest = self._rest, b""
            self._reader.receive_data(data)
            for event in self._reader.events():
                parts = _take(event, seen, parts)
            if messages is not None and len(seen.messages) >= messages:
                return seen
            if seen.code is not None and not seen.end:
                seen.end = self._ending()
                return seen
            try:
                self._rest = self.sock.recv(65536)
            except ConnectionResetError:
                seen.end = "rst"
                return seen
            if not self._rest:
                seen.end = "fin"
                return seen

    def _ending(self) -> str:
        try:
            self.send(frame(8))  # a close of the server's own waits for that
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            return "rst"
        return "fin"


def _take(event: Event, seen: Seen, parts: list[str | bytes]) -> list[str | bytes]:
    """Take one event down; `parts` are those of the message that is coming in."""
    if isinstance(event, TextMessage):
        parts = [*parts, event.data]
        if event.message_finished:
            seen.messages.append("".join(map(str, parts)))
            return []
    elif isinstance(event, BytesMessage):
        parts = [*parts, bytes(event.data)]
        if event.message_finished:
            seen.messages.append(b"".join(p for p in parts if isinstance(p, bytes)))
            return []
    elif isinstance(event, Ping):
        seen.pings.append(bytes(event.payload))
    elif isinstance(event, Pong):
        seen.pongs.append(bytes(event.payload))
    elif isinstance(event, CloseConnection):
        seen.code, seen.reason = event.code, event.reason or ""
    return parts


@contextmanager
def serving(handler: Callable[[ServerConnection], None], **options: Any) -> Iterator[str]:
    """A WebSocket server of another making, at the URL that is given; its handlers end with it."""
    threads: list[threading.Thread] = []

    def handle(connection: ServerConnection) -> None:
        threads.append(threading.current_thread())
        handler(connection)

    with websockets.sync.server.serve(handle, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            for each in (thread, *threads):
                each.join(PATIENCE_S)
