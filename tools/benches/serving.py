"""Servers that replay one stream at its pace, each in a process of its own, and clients for them.

The stream is one of Chat Completions: that is what all contestants can play. streamtape plays the
recorded chunks; aimock makes the answer anew from its text, with the recorded gaps; mitmproxy sends
the recorded bytes at once, as it keeps no times. Peers are installed beside the benchmark's own
environment, and left out, with a word, where that does not work.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import streamtape
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from tools import environments

PATH = "/v1/chat/completions"
REQUEST = {"model": "gpt-4.1", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
BODY = json.dumps(REQUEST).encode()
ASK = (
    f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY
PIECE = "double bubble bath! "
HOME = Path(sys.prefix) / "peers"
CONNECTIONS = 4096
_WHY_NOT = {
    "aimock": "it needs node and npm, and npm to install it",
    "mitmproxy": "it can't be installed here",
}


def payload(delta: dict[str, str], finish: str | None = None) -> bytes:
    """One event of the stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 0}
    return b"data: " + json.dumps({**head, "model": "gpt-4.1", "choices": [choice]}).encode()


def stream(due_us: list[int]) -> Cassette:
    """A recording whose events came at these times, each in a chunk of its own."""
    pieces = [payload({"role": "assistant", "content": ""})]
    pieces += [payload({"content": PIECE}) for _ in due_us[2:]]
    pieces.append(payload({}, "stop"))
    assert len(pieces) == len(due_us), "at least two events are wanted"
    chunks = [Chunk(at, piece + b"\n\n") for at, piece in zip(due_us, pieces, strict=True)]
    chunks.append(Chunk(due_us[-1], b"data: [DONE]\n\n"))
    head = Head(200, ((b"Content-Type", b"text/event-stream"),), due_us[0])
    json_body = ((b"Content-Type", b"application/json"),)
    request = Request("POST", f"https://api.openai.com{PATH}", json_body, BODY)
    return Cassette(
        (Interaction(request, head, Chunks.of(chunks), Ending("complete", due_us[-1])),)
    )


@dataclass
class Running:
    """A server that was started: where it is, and which process it is."""

    port: int
    pid: int
    late: Path | None = None  # where it writes at its end how late its timers were

    def cpu_s(self) -> float:
        """The CPU seconds that its process has taken."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def contestants() -> dict[str, Any]:
    """Who can be measured here: name and version, and what starts a server for a stream."""
    found: dict[str, Any] = {"streamtape": tape_server}
    for name, version, start in (
        ("aimock", aimock_version(), _aimock),
        ("mitmproxy", mitmproxy_version(), _mitmproxy),
    ):
        if version:
            found[f"{name} {version}"] = start
        else:
            environments.leave_out(name, _WHY_NOT[name])
    return found


# Installing.


@cache
def aimock_version() -> str:
    """The version of aimock that is installed for the benchmark; empty where it can't be."""
    package = HOME / "node_modules" / "@copilotkit" / "aimock" / "package.json"
    if not package.exists() and shutil.which("npm") and shutil.which("node"):
        HOME.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(HOME), "--no-audit", "--no-fund"]
        subprocess.run([*command, "@copilotkit/aimock"], capture_output=True, check=False)
    return str(json.loads(package.read_text())["version"]) if package.exists() else ""


@cache
def mitmproxy_version() -> str:
    """The same of mitmproxy, in an environment of its own: it pins what we use, too."""
    python = HOME / "mitmproxy" / "bin" / "python"
    if not python.exists():
        environments.install(environments.make(HOME / "mitmproxy"), "mitmproxy")
    if not python.with_name("mitmdump").exists():
        return ""
    code = "from importlib.metadata import version; print(version('mitmproxy'))"
    return subprocess.check_output([python, "-c", code], text=True).strip()


# Starting.


@contextlib.contextmanager
def served(command: list[str], port: int | None = None, **more: Any) -> Iterator[Running]:
    """A process that serves: it prints its port, unless that is known."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what a peer tells of itself
        text=True,
        **more,
    )
    assert process.stdout
    try:
        number = port or int(process.stdout.readline())
        _wait_for(number)
        yield Running(number, process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def command(*words: str, late: Path | None = None) -> Iterator[Running]:
    """A command of ours that serves, in a process of its own; SIGTERM ends it.

    How late its timers fired is in the file `late` then.
    """
    ours = ["streamtape"] if late is None else ["tools.benches.lateness", str(late)]
    process = subprocess.Popen(
        [sys.executable, "-m", *ours, *words, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        yield Running(int(json.loads(process.stdout.readline())["port"]), process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextlib.contextmanager
def tape_server(tape: Cassette, folder: Path, speed: str = "1") -> Iterator[Running]:
    """Our own replay server."""
    path = folder / "x.tape"
    streamtape.save(tape, path)
    late = folder / "late.json"
    with command("replay", str(path), "--repeat", "--speed", speed, late=late) as running:
        running.late = late
        yield running


_AIMOCK = """
import { LLMock } from "@copilotkit/aimock";
const wanted = JSON.parse(process.argv[2]);
const mock = new LLMock({ port: 0, logLevel: "silent" });
mock.onMessage("hello", { content: wanted.text },
  { chunkSize: wanted.size, recordedTimings: wanted.timings });
await mock.start();
console.log(new URL(mock.url).port);
"""


@contextlib.contextmanager
def _aimock(tape: Cassette, folder: Path) -> Iterator[Running]:
    due_ms = [(at_us or 0) / 1000 for at_us, _ in tape[0].chunks][:-1]
    gaps = [after - before for before, after in pairwise(due_ms)]
    timings = {
        "ttftMs": due_ms[0], "interChunkDelaysMs": gaps, "totalDurationMs": due_ms[-1],
    }  # fmt: skip
    expected = {"text": PIECE * (len(due_ms) - 2), "size": len(PIECE), "timings": timings}
    script = HOME / "aimock.mjs"
    script.write_text(_AIMOCK)
    with served(["node", str(script), json.dumps(expected)]) as running:
        yield running


@contextlib.contextmanager
def _mitmproxy(tape: Cassette, folder: Path) -> Iterator[Running]:
    mitmdump = str(HOME / "mitmproxy" / "bin" / "mitmdump")
    flows = folder / "flows"
    quiet = ["-q", "--set", "connection_strategy=lazy", "--listen-host", "127.0.0.1"]
    config = ["--set", f"confdir={folder / 'mitmproxy'}"]
    with tape_server(tape, folder, "max") as source:
        port = free_port()
        mode = ["--mode", f"reverse:http://127.0.0.1:{source.port}", "-p", str(port)]
        with served([mitmdump, *quiet, *config, *mode, "-w", str(flows)], port):
            assert sum(1 for _ in read_all(port, 1)[0]) == len(tape[0].chunks) - 1
    port = free_port()
    mode = ["--mode", f"reverse:http://127.0.0.1:{source.port}", "-p", str(port)]
    again = ["--server-replay", str(flows), "--set", "server_replay_reuse=true"]
    with served([mitmdump, *quiet, *config, *mode, *again], port) as running:
        yield running


# Asking.


@dataclass
class _Client:
    sock: socket.socket
    sent_s: float = 0.0
    times_us: list[float] = field(default_factory=list)


def read_all(port: int, n_clients: int, *, within_s: float = 0.0) -> list[list[float]]:
    """When each client had each event, in microseconds from its request.

    The clients come evenly spread over the first `within_s` seconds. One thread reads them all,
    and does nothing else: what it costs is in every contestant's figures.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < CONNECTIONS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(CONNECTIONS, hard), hard))
    selector = selectors.DefaultSelector()
    clients: list[_Client] = []
    began, open_ = time.perf_counter(), 0
    while open_ or len(clients) < n_clients:
        wait = None
        if len(clients) < n_clients:
            wait = began + within_s * len(clients) / n_clients - time.perf_counter()
            if wait <= 0:
                clients.append(_ask(port, selector))
                open_ += 1
                continue
        for key, _ in selector.select(wait):
            open_ -= _read(key.data, selector)
    selector.close()
    return [client.times_us for client in clients]


def _ask(port: int, selector: selectors.BaseSelector) -> _Client:
    client = _Client(socket.create_connection(("127.0.0.1", port), 30))
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sock.setblocking(False)
    selector.register(client.sock, selectors.EVENT_READ, client)
    client.sent_s = time.perf_counter()
    client.sock.sendall(ASK)
    return client


def _read(client: _Client, selector: selectors.BaseSelector) -> int:
    data = client.sock.recv(1 << 16)
    at_us = (time.perf_counter() - client.sent_s) * 1e6
    client.times_us += [at_us] * data.count(b"data: {")
    if data and b"[DONE]" not in data:
        return 0
    selector.unregister(client.sock)
    client.sock.close()
    return 1


@contextlib.contextmanager
def started(start: Any, tape: Cassette) -> Iterator[Running]:
    """A contestant that serves this stream."""
    with tempfile.TemporaryDirectory() as folder, start(tape, Path(folder)) as running:
        yield running


def quantile(values: list[float], part: float) -> float:
    """The value below which this part of the values lies."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
