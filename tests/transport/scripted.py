"""A server on loopback that answers as it is told, byte by byte, without a library between."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Self

from tests.patience import PATIENCE_S
from tests.ports import free_port

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n"
)
END = b"0\r\n\r\n"
Act = bytes | Callable[[], object] | Literal["cut", "reset"]


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Scripted:
    """Does `script` on each connection, once it has a request: sends, calls, cuts or resets.

    `left` is set when a client has closed its connection.
    """

    def __init__(self, *script: Act) -> None:
        self.script = script
        self.left = threading.Event()
        self.requests: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/stream"
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._connection = connection
            with connection:
                connection.settimeout(PATIENCE_S)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        received = b""
        while not received.endswith(b'{"stream": true}'):
            piece = connection.recv(65536)
            if not piece:
                return
            received += piece
        self.requests.append(received)
        try:
            for act in self.script:
                if act == "reset":
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return
                if act == "cut":
                    return
                if isinstance(act, bytes):
                    connection.sendall(act)
                elif callable(act):
                    act()
            while connection.recv(65536):
                pass
        except OSError:
            pass  # the client left, perhaps before it was told all
        self.left.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        if self._connection is not None:
            with suppress(OSError):  # it is closed
                self._connection.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(PATIENCE_S)


def free_url() -> str:
    """A URL that nobody answers."""
    return f"http://127.0.0.1:{free_port()}/stream"
