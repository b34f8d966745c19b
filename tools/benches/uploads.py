"""The memory that long uploads take: two bodies at once, beyond a short request, in every mode.

Each row is a process of its own, and the system says what it took at most (the resident set, as
wait4 gives it), up to the end, when the cassette is written. The same run with one short request is
what the program itself takes. `streamtape record` and `streamtape replay` are used by clients of
another process; in process, two threads send through `use_cassette`.

    python tools/bench.py uploads
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

Row = dict[str, Any]
N_MB = 300
N_CLIENTS = 2
LIMIT_MB = 64
SEED = 20261127


def _block() -> bytes:
    """A MiB that does not compress and holds no text, the same in every run."""
    import random

    return bytes(0x80 | byte for byte in random.Random(SEED).randbytes(1 << 20))


BLOCK = _block()
TEXT = BLOCK.hex().encode()[: 1 << 20]
FORM = b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'


def form(n_mb: int) -> Iterator[bytes]:
    """A multipart form with one long file."""
    yield FORM
    for _ in range(n_mb):
        yield BLOCK
    yield b"\r\n--b0undary--\r\n"


def document(n_mb: int) -> Iterator[bytes]:
    """A JSON document with one long text."""
    yield b'{"stream":true,"file":"'
    for _ in range(n_mb):
        yield TEXT
    yield b'"}'


def compressed(n_mb: int) -> Iterator[bytes]:
    """The same document, compressed."""
    encoder = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in document(n_mb):
        yield encoder.compress(piece)
    yield encoder.flush()


def urlencoded(n_mb: int) -> Iterator[bytes]:
    """A form of the other kind."""
    yield b"name=long&file="
    for _ in range(n_mb):
        yield TEXT


@dataclass(frozen=True)
class Body:
    """A kind of body: what makes it, and its headers."""

    name: str
    pieces: Callable[[int], Iterator[bytes]]
    headers: dict[str, str]


FORM_BODY = Body("a form", form, {"content-type": "multipart/form-data; boundary=b0undary"})
BODIES = (
    FORM_BODY,
    Body("JSON", document, {"content-type": "application/json"}),
    Body(
        "JSON in gzip", compressed, {"content-type": "application/json", "content-encoding": "gzip"}
    ),
    Body("urlencoded", urlencoded, {"content-type": "application/x-www-form-urlencoded"}),
)


class Upstream(BaseHTTPRequestHandler):
    """Reads an upload and says how long it was, or gives as many MiB as a path names."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        n_bytes = 0
        if "content-length" in self.headers:
            n_bytes = left = int(self.headers["content-length"])
            while left:
                left -= len(self.rfile.read(min(left, 1 << 16)))
        else:
            while size := int(self.rfile.readline(), 16):
                n_bytes += len(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
        self._answer([b"%d" % n_bytes])

    def do_GET(self) -> None:
        self._answer([BLOCK] * int(self.path[1:]))

    def _answer(self, blocks: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("content-length", str(sum(map(len, blocks))))
        self.end_headers()
        for block in blocks:
            self.wfile.write(block)

    def log_message(self, *args: object) -> None:
        pass


def upload(url: str, body: Body, n_mb: int) -> None:
    """Send a body of unknown length."""
    answer = httpx.post(
        f"{url}/{body.name.replace(' ', '-')}",
        content=body.pieces(n_mb),
        headers=body.headers,
        timeout=600,
    )
    answer.raise_for_status()


def upload_by_requests(url: str, body: Body, n_mb: int) -> None:
    """The same by requests, and so by urllib3 and http.client."""
    import requests

    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(url, data=body.pieces(n_mb), headers=body.headers, timeout=600)
    answer.raise_for_status()


def upload_by_aiohttp(url: str, body: Body, n_mb: int) -> None:
    """The same by aiohttp."""
    import aiohttp

    async def pieces() -> AsyncIterator[bytes]:
        for piece in body.pieces(n_mb):
            yield piece

    async def send() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=pieces(), headers=body.headers) as answer,
        ):
            answer.raise_for_status()

    asyncio.run(send())


UPLOADS: dict[str, Callable[[str, Body, int], None]] = {
    "httpx": upload, "requests": upload_by_requests, "aiohttp": upload_by_aiohttp,
}  # fmt: skip


def download(url: str, n_mb: int) -> None:
    """Read a long answer."""
    with httpx.stream("GET", f"{url}/{n_mb}", timeout=600) as response:
        assert sum(map(len, response.iter_raw())) == n_mb * len(BLOCK)


def at_once(use: Callable[[], object], n_clients: int) -> None:
    """Do it in so many threads."""
    failures: list[BaseException] = []

    def one() -> None:
        try:
            use()
        except BaseException as error:  # noqa: BLE001 - raised below
            failures.append(error)

    clients = [threading.Thread(target=one) for _ in range(n_clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if failures:
        raise failures[0]


class Bench:
    """One upstream and one folder, in which programs run."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.folder = folder
        self.upstream = upstream

    def peak_mb(self, command: list[str], use: Callable[[str], object]) -> float:
        """What `streamtape` took at most, in MB, while it served on a port."""
        args = [sys.executable, "-m", "streamtape", *command, "--port", "0"]
        env = {**os.environ, "NO_COLOR": "1"}
        server = subprocess.Popen(args, stderr=subprocess.PIPE, text=True, env=env)
        assert server.stderr is not None
        line = next(line for line in server.stderr if "http://127.0.0.1:" in line)
        url = line[line.index("http://") :].split()[0].rstrip("/").removesuffix("/v1")
        threading.Thread(target=server.stderr.read, daemon=True).start()
        try:
            use(url)
        finally:
            server.send_signal(signal.SIGINT)
            peak = _waited(server)
        return peak

    def record(self, tape: str, mode: str, use: Callable[[str], object]) -> float:
        """The peak of the recording proxy."""
        options = ["-o", str(self.folder / tape), "--upstream", self.upstream, "--mode", mode]
        return self.peak_mb(["record", *options], use)

    def in_process(
        self, tape: str, mode: str, body: Body, n_mb: int, n_clients: int, *, library: str
    ) -> float:
        """The peak of a program that sends under `use_cassette`."""
        source = f"""
            import sys
            sys.path.insert(0, {str(Path(__file__).parents[2])!r})
            import streamtape
            from tools.benches.uploads import BODIES, UPLOADS, at_once
            body = next(body for body in BODIES if body.name == {body.name!r})
            with streamtape.use_cassette({str(self.folder / tape)!r}, mode={mode!r}):
                at_once(lambda: UPLOADS[{library!r}]({self.upstream!r}, body, {n_mb}), {n_clients})
        """
        return _waited(subprocess.Popen([sys.executable, "-c", textwrap.dedent(source)]))


def _waited(process: subprocess.Popen[Any]) -> float:
    """Wait for its end; what it took at most, in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"it ended with {process.returncode}"
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """The rows of this section."""
    n_mb = 30 if quick else N_MB
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows: list[Row] = []

    def row(what: str, peak: float, own: float) -> None:
        rows.append({
            "name": f"{what}, beyond a short one",
            "value": peak - own,
            "unit": "MB",
            "goal": f"<= {LIMIT_MB}",
        })  # fmt: skip
        print(json.dumps(rows[-1]), file=sys.stderr)

    try:
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(Path(name), f"http://127.0.0.1:{server.server_port}")
            _proxy(bench, n_mb, row)
            _served(bench, n_mb, row)
            _in_process(bench, n_mb, row)
    finally:
        server.shutdown()
        server.server_close()
    return rows


def _proxy(bench: Bench, n_mb: int, row: Callable[[str, float, float], None]) -> None:
    """The recording proxy, in every mode: what it records, and what it plays."""

    def two(body: Body) -> Callable[[str], object]:
        return lambda url: at_once(lambda: upload(url, body, n_mb), N_CLIENTS)

    own = bench.record("short.tape", "all", lambda url: upload(url, FORM_BODY, 0))
    answers = bench.record(
        "answers.tape", "all", lambda url: at_once(lambda: download(url, n_mb), N_CLIENTS)
    )
    row(f"{N_CLIENTS} answers of {n_mb} MB, proxy, mode all", answers, own)
    for body in BODIES:
        tape = f"{body.name.replace(' ', '-')}.tape"
        what = f"{N_CLIENTS} uploads of {n_mb} MB at once ({body.name}), proxy, mode"
        row(f"{what} all", bench.record(tape, "all", two(body)), own)
        row(f"{what} none", bench.record(tape, "none", two(body)), own)
        grown = bench.record("other.tape", "once", lambda url: download(url, 1))
        grown = bench.record("other.tape", "new_episodes", two(body))
        row(f"{what} new_episodes", grown, own)
        (bench.folder / "other.tape").unlink()


def _served(bench: Bench, n_mb: int, row: Callable[[str, float, float], None]) -> None:
    """`streamtape replay`, of what the proxy recorded."""
    command = ["replay", str(bench.folder / "short.tape")]
    own = bench.peak_mb(command, lambda url: upload(url, FORM_BODY, 0))
    for body in BODIES:
        tape = bench.folder / f"{body.name.replace(' ', '-')}.tape"

        def use(url: str, body: Body = body) -> None:
            at_once(lambda: upload(url, body, n_mb), N_CLIENTS)

        peak = bench.peak_mb(["replay", str(tape)], use)
        row(f"{N_CLIENTS} uploads of {n_mb} MB at once ({body.name}), replay server", peak, own)


def _in_process(bench: Bench, n_mb: int, row: Callable[[str, float, float], None]) -> None:
    """Clients of this process, which send what an iterator makes."""
    for library in UPLOADS:
        own = bench.in_process(f"own-{library}.tape", "all", FORM_BODY, 0, 1, library=library)
        for body in BODIES:
            for mode in ("all", "none", "new_episodes"):
                tape = f"in-{library}-{body.name}.tape"
                peak = bench.in_process(tape, mode, body, n_mb, N_CLIENTS, library=library)
                what = f"{N_CLIENTS} uploads of {n_mb} MB at once ({body.name})"
                row(f"{what}, {library}, mode {mode}", peak, own)


if __name__ == "__main__":
    run(1, quick="--quick" in sys.argv)
