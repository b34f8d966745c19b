"""End the recording proxy at random moments, and count what is lost: nothing may be.

A server streams over loopback without end. `streamtape record --upstream` records it for several
clients at once (curl, curl with HTTP/1.0, httpx, Node's fetch, a WebSocket, an upload of up to
10 MB), each of which keeps what it receives. At a random moment the proxy gets a signal; then each
recorded stream must begin with all that its client has. A recorded upload must begin what was sent,
and be whole where its client has some of the answer. Before that, some rounds record megabytes, so
that the cassette takes long to write. After SIGKILL the journal is recovered.

    python tools/attacks/kill_proxy.py --rounds 40
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import websockets.exceptions
import websockets.sync.client

import streamtape

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamtape.tape.model import Interaction
from streamtape.tape.store import recover
from tools.attacks.endless import count_rounds, endless_server, main

SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL")
MEGABYTES = (0, 0, 10, 40)
_NODE = """
const fs = require("fs")
fetch(process.argv[1]).then(async answer => {
  for await (const piece of answer.body) fs.appendFileSync(process.argv[2], piece)
}).catch(() => process.exit(1))
"""


class _Httpx(threading.Thread):
    """A client in this process."""

    def __init__(self, url: str, path: Path) -> None:
        super().__init__()
        self._url, self._path = url, path
        self.start()

    def run(self) -> None:
        with (
            self._path.open("wb", buffering=0) as file,
            contextlib.suppress(httpx.TransportError),
            httpx.stream("GET", self._url, timeout=60, trust_env=False) as answer,
        ):
            for data in answer.iter_raw():
                file.write(data)

    def wait(self, timeout: float) -> None:
        self.join(timeout)


class _WebSocket(_Httpx):
    """A client of a dialogue, which keeps the messages that it gets."""

    def run(self) -> None:
        url = self._url.replace("http://", "ws://")
        with (
            self._path.open("wb", buffering=0) as file,
            contextlib.suppress(websockets.exceptions.WebSocketException, OSError, EOFError),
            websockets.sync.client.connect(url, proxy=None, close_timeout=1) as dialogue,
        ):
            for message in dialogue:
                assert isinstance(message, str)
                file.write(message.encode())
                if file.tell() % 5 == 0:
                    dialogue.send("heard")


class _Upload(_Httpx):
    """A client that sends numbered lines, and keeps what it is answered."""

    def run(self) -> None:
        address = urlsplit(self._url)
        n_pieces = random.choice((1, 40, 160))
        head = f"POST {address.path} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Content-Length: {n_pieces << 16}\r\n\r\n"
        with (
            self._path.open("wb", buffering=0) as file,
            contextlib.suppress(OSError, http.client.HTTPException),
            socket.create_connection((address.hostname or "", address.port or 0), 60) as sock,
        ):
            sock.sendall(head.encode())
            for piece in range(n_pieces):
                sock.sendall(_lines(piece))
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            while data := answer.read1(1 << 16):
                file.write(data)


def _lines(piece: int) -> bytes:
    """One of the pieces that are uploaded: 64 KiB in lines that tell their place."""
    return b"".join(b"%07d\n" % n for n in range(piece << 13, (piece + 1) << 13))


def _curl(*options: str) -> Callable[[str, Path], subprocess.Popen[bytes]]:
    return lambda url, path: _started("curl", "-sN", *options, "-o", str(path), url)


def _started(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


CLIENTS: dict[str, Callable[[str, Path], subprocess.Popen[bytes] | _Httpx]] = {
    "httpx": _Httpx,
    "curl": _curl(),
    "curl, HTTP/1.0": _curl("--http1.0"),
    "node": lambda url, path: _started("node", "-e", _NODE, url, str(path)),
    "WebSocket": _WebSocket,
    "upload": _Upload,
}


@contextmanager
def _proxy(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    argv = [sys.executable, "-m", "streamtape", "record", "-o", str(folder / "x.tape")]
    argv += ["--upstream", f"http://127.0.0.1:{port}", "--port", "0", "--json"]
    with (folder / "stderr").open("w") as stderr:
        proxy = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        assert proxy.stdout is not None
        yield proxy, json.loads(proxy.stdout.readline())["url"]
    finally:
        proxy.kill()
        proxy.communicate()


def _round(number: int, port: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """One recording, ended; the bytes that clients have, and the clients that lost some."""
    name = SIGNALS[number % len(SIGNALS)]
    own = {"httpx", "WebSocket", "upload"}
    kinds = [kind for kind in CLIENTS if kind in own or shutil.which(kind.partition(",")[0])]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        with _proxy(folder, port) as (proxy, url):
            if size := rng.choice(MEGABYTES):
                httpx.get(f"{url}/megabytes/{size}", timeout=60, trust_env=False)
            clients = [
                CLIENTS[kind](f"{url}/{n}", folder / f"seen.{n}") for n, kind in enumerate(kinds)
            ]
            time.sleep(rng.uniform(0.02, 0.6))
            proxy.send_signal(getattr(signal, name))
            proxy.communicate(timeout=120)
            for client in clients:
                client.wait(60)
        seen = {int(p.suffix[1:]): p.read_bytes() for p in folder.glob("seen.*")}
        recorded = _recorded(folder / "x.tape", killed=name == "SIGKILL")
        lost = [n for n, data in seen.items() if not _holds(recorded.get(n), data)]
        counts = Counter({"bytes seen": sum(map(len, seen.values()))})
        return counts, [f"{name}, {kinds[n]}" for n in lost]


def _holds(one: Interaction | None, seen: bytes) -> bool:
    """Whether an interaction holds all that its client has; None holds nothing."""
    if one is None:
        return not seen
    if one.is_dialogue:
        texts = [m.data for m in one.messages if m.direction == "server" and m.kind == "text"]
        return b"".join(texts).startswith(seen)
    if one.request.method == "POST":
        sent = one.request.body
        pieces = map(_lines, range((len(sent) >> 16) + 1))
        return b"".join(pieces).startswith(sent) and one.body.startswith(seen)
    return one.body.startswith(seen)


def _recorded(path: Path, *, killed: bool) -> dict[int, Interaction]:
    if killed and not path.exists():
        with contextlib.suppress(streamtape.CassetteNotFoundError):
            recover(path)
    if not path.exists():
        return {}
    streams = [i for i in streamtape.load(path) if "/megabytes/" not in i.request.url]
    return {int(one.request.url.rpartition("/")[2]): one for one in streams}


def run(rounds: int, seed: int) -> Counter[str]:
    """Do so many rounds; the counts of all of them."""
    with endless_server() as port:
        return count_rounds(_round, port, rounds, seed)


if __name__ == "__main__":
    sys.exit(main(__doc__, run, rounds=40))
