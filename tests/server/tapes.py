"""Small recordings, built by hand, and a raw client that sees every byte."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Headers,
    Interaction,
    Request,
)
from tests.patience import PATIENCE_S

URL = "https://api.openai.com/v1/responses"
ASK = {"model": "m", "stream": True}
SSE = ((b"Content-Type", b"text/event-stream"),)
CUT = Ending("error", 30, "RemoteProtocolError", "cut", "httpx", ("ProtocolError",))
RESET = Ending("error", 30, "ReadError", "reset", "httpx", ("NetworkError",))
SILENT = Ending("error", 30, "ReadTimeout", "", "httpx", ("TimeoutException",))


def taped(
    pieces: Sequence[bytes],
    *,
    url: str = URL,
    body: Any = ASK,
    method: str = "POST",
    status: int = 200,
    headers: Headers = SSE,
    ending: Ending | None = None,
    request_headers: Headers = (),
    gap_us: int = 10,
) -> Interaction:
    """An interaction whose chunks are these pieces, so far apart."""
    return Interaction(
        Request(method, url, request_headers, json.dumps(body).encode() if body else b""),
        Head(status, headers, 5, "HTTP/1.1", "Fine"),
        Chunks.of(Chunk(10 + n * gap_us, piece) for n, piece in enumerate(pieces)),
        ending or Ending("complete", 10 + len(pieces) * gap_us),
    )


def tape(*interactions: Interaction) -> Cassette:
    """A cassette in memory."""
    return Cassette(interactions)


def events(count: int, *, numbered: bool = True) -> list[bytes]:
    """Frames of a Responses stream, the first with the response's id; each a chunk."""
    found = []
    for n in range(count):
        payload: dict[str, Any] = {"type": "response.x", "sequence_number": n}
        if n == 0:
            payload["response"] = {"id": "resp_1"}
        mark = "" if numbered else f"id: {n}\n"
        found.append(f"{mark}event: response.x\ndata: {json.dumps(payload)}\n\n".encode())
    return found


def talk(url: str, data: bytes, *, until: bytes | None = None) -> tuple[bytes, str]:
    """Send bytes, read to the end (or up to `until`): what came, and `fin`, `rst` or `open`."""
    address = urlsplit(url)
    assert address.hostname
    with socket.create_connection(
        (address.hostname, address.port or 80), timeout=PATIENCE_S
    ) as sock:
        sock.sendall(data)
        taken = b""
        while until is None or until not in taken:
            try:
                more = sock.recv(65536)
            except ConnectionResetError:
                return taken, "rst"
            if not more:
                return taken, "fin"
            taken += more
    return taken, "open"


def post(path: str = "/v1/responses", body: Any = ASK, *, version: str = "1.1") -> bytes:
    """The bytes of a POST."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/{version}\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data
