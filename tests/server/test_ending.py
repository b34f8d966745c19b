"""The end of a recording while clients stream: what they have received is in the cassette."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import streamtape
from streamtape.server.exchange import Exchange
from streamtape.server.http_server import HttpServer
from streamtape.server.proxy import RecordingProxy
from streamtape.session.recorder import Recorder
from streamtape.tape.model import Head, Request
from streamtape.tape.store import TapeFile
from tests.patience import PATIENCE_S, until
from tests.server.tapes import SSE


async def endless(exchange: Exchange) -> None:
    """Send events as fast as the client takes them, each another one."""
    await exchange.start(200, SSE)
    n = 0
    while True:
        await exchange.send(b"data: %d %s\n\n" % (n, b"x" * (n % 300)))
        await exchange.sleep_until(n * 200)
        n += 1


@pytest.fixture
def upstream() -> Iterator[str]:
    """An upstream that never comes to an end."""
    server = HttpServer(endless)
    server.start()
    yield server.origin
    server.stop()


class Client(threading.Thread):
    """Reads what comes, and knows how its connection ended."""

    def __init__(self, url: str, version: str) -> None:
        super().__init__()
        self.received = bytearray()
        self.end = ""
        address = urlsplit(url)
        self._sock = socket.create_connection((address.hostname, address.port), PATIENCE_S)
        self._sock.sendall(f"GET /{version} HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
        self.start()

    def run(self) -> None:
        with self._sock:
            try:
                while data := self._sock.recv(1 << 16):
                    self.received += data
                self.end = "fin"
            except ConnectionResetError:
                self.end = "rst"

    @property
    def body(self) -> bytes:
        """The body, its chunks joined."""
        head, _, rest = bytes(self.received).partition(b"\r\n\r\n")
        if b"chunked" not in head:
            return rest
        found = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            found += rest[: int(size, 16)]
            rest = rest[int(size, 16) + 2 :]
        return found


def has_some(client: Client) -> bool:
    """Whether a client has received some of the stream."""
    return len(client.received) > 2000


def test_clients_are_cut_before_the_cassette_is_written(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing takes a while; nothing that clients get meanwhile would be recorded."""
    alive: list[bool] = []
    proxy = RecordingProxy(tmp_path / "x.tape", upstream=upstream).start()
    clients = [Client(proxy.url, version) for version in ("1.1", "1.0") for _ in range(3)]
    until(lambda: all(map(has_some, clients)))
    close = proxy.session.close

    def close_when_all_are_cut(error: BaseException | None = None) -> None:
        for client in clients:
            client.join(PATIENCE_S)
            alive.append(client.is_alive())
        close(error)

    monkeypatch.setattr(proxy.session, "close", close_when_all_are_cut)
    proxy.stop()
    assert alive == [False] * 6
    # A body that the end of its connection would end is reset, so that nobody takes it for whole.
    assert [client.end for client in clients[3:]] == ["rst"] * 3
    cassette = streamtape.load(tmp_path / "x.tape")
    assert {i.ending.kind for i in cassette} == {"unfinished"}
    for client in clients:
        assert len(client.body) > 1000
        assert any(i.body.startswith(client.body) for i in cassette)


def test_an_interruption_is_an_ordinary_end_of_a_proxy(upstream: str, tmp_path: Path) -> None:
    """Ctrl-C in a program that runs one keeps what was recorded, in place of an old cassette."""
    path = tmp_path / "x.tape"
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), RecordingProxy(path, upstream=upstream) as proxy:
            client = Client(proxy.url, "1.1")
            until(partial(has_some, client))
            raise KeyboardInterrupt
        client.join(PATIENCE_S)
        assert streamtape.load(path)[0].body.startswith(client.body)


PROGRAM = """
import threading, streamtape
from streamtape.server.proxy import RecordingProxy
import httpx

def read():
    with open({seen!r}, "wb", buffering=0) as file, httpx.stream("GET", url) as answer:
        for data in answer.iter_raw():
            file.write(data)
            enough.set() if file.tell() > 3000 else None

enough = threading.Event()
{opened}
threading.Thread(target=read, daemon=True).start()
enough.wait()
"""
OPENED = {
    "session": "session = streamtape.use_cassette({path!r}).__enter__(); url = {upstream!r}",
    "proxy": "proxy = RecordingProxy({path!r}, upstream={upstream!r}).start(); url = proxy.url",
}


@pytest.mark.parametrize("what", OPENED)
def test_the_end_of_the_interpreter(what: str, upstream: str, tmp_path: Path) -> None:
    """A daemon thread that streams up to the end of the program has nothing that is not kept."""
    path, seen = tmp_path / "x.tape", tmp_path / "seen"
    opened = OPENED[what].format(path=str(path), upstream=upstream)
    code = PROGRAM.format(seen=str(seen), opened=opened)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (only,) = streamtape.load(path)
    assert only.ending.kind == "unfinished"
    assert only.body.startswith(seen.read_bytes())


def test_a_recorder_that_is_cut(tmp_path: Path) -> None:
    """What can't be recorded any more is not given to the client, either."""
    journal = TapeFile(tmp_path / "x.tape").open_journal()
    journal.request(0, Request("GET", "http://x/"), 0)
    recorder = Recorder(journal, 0, lambda _: None)
    recorder.head(Head(200))
    recorder.feed(b"a", 1)
    recorder.detach(cut=True)
    with pytest.raises(SystemExit, match="interpreter is shutting down"):
        recorder.feed(b"b", 2)
    assert [i.body for i in journal.commit()] == [b"a"]
