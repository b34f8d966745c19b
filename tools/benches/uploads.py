"""The memory of the recording proxy: two long bodies at once, up and down, beyond a short request.

`streamtape record --upstream ... --port ...` is a process of its own, and the system says what it
took at most (the resident set, as wait4 gives it), up to the end, when the cassette is written.
The same run with one short request is what the program itself takes. Each upload is a multipart
form with a file that does not compress and holds no text, each answer is as long.

    python tools/bench.py uploads
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

Row = dict[str, Any]
N_MB = 300
N_CLIENTS = 2
LIMIT_MB = 64
BLOCK = bytes(0x80 | byte for byte in os.urandom(1 << 20))
FORM = b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
HEADERS = {"content-type": "multipart/form-data; boundary=b0undary"}


class Upstream(BaseHTTPRequestHandler):
    """Reads an upload and says how long it was, or gives as many MiB as a path names."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        left = size = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 16)))
        self._answer([b"%d" % size])

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


def form(n_mb: int) -> Iterator[bytes]:
    """A multipart form with one long file."""
    yield FORM
    for _ in range(n_mb):
        yield BLOCK
    yield b"\r\n--b0undary--\r\n"


def upload(url: str, n_mb: int) -> None:
    """Send a form, its length said before."""
    length = {"content-length": str(sum(map(len, form(0))) + n_mb * len(BLOCK))}
    httpx.post(url, content=form(n_mb), headers=HEADERS | length, timeout=600).raise_for_status()


def download(url: str, n_mb: int) -> None:
    """Read a long answer."""
    with httpx.stream("GET", f"{url}/{n_mb}", timeout=600) as response:
        assert sum(map(len, response.iter_raw())) == n_mb * len(BLOCK)


def peak_mb(folder: Path, use: Callable[[str], object], n_clients: int) -> float:
    """What the proxy took at most, in MB, while so many clients used it at once, and after."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    target = f"http://127.0.0.1:{server.server_port}"
    options = ["-o", str(folder / "x.tape"), "--upstream", target, "--port", "0"]
    proxy = subprocess.Popen(
        [sys.executable, "-m", "streamtape", "record", *options],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert proxy.stderr is not None
    line = next(line for line in proxy.stderr if "http://127.0.0.1:" in line)
    url = line[line.index("http://") :].split()[0].rstrip("/").removesuffix("/v1")
    threading.Thread(target=proxy.stderr.read, daemon=True).start()
    clients = [threading.Thread(target=use, args=(url,)) for _ in range(n_clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    proxy.send_signal(signal.SIGINT)
    _, _, usage = os.wait4(proxy.pid, 0)
    proxy.returncode = 0
    server.shutdown()
    server.server_close()
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """The rows of this section."""
    n_mb = 30 if quick else N_MB
    uses: dict[str, Callable[[str], object]] = {
        "uploads": lambda url: upload(url, n_mb),
        "answers": lambda url: download(url, n_mb),
    }
    bare = [_peak(lambda url: upload(url, 0), 1) for _ in range(repeat)]
    own = statistics.median(bare)
    rows: list[Row] = [{"name": "the recording proxy, a short request", "value": own, "unit": "MB"}]
    for what, use in uses.items():
        peak = statistics.median(_peak(use, N_CLIENTS) for _ in range(min(repeat, 3)))
        rows.append({
            "name": f"{N_CLIENTS} {what} of {n_mb} MB at once, beyond that",
            "value": peak - own,
            "unit": "MB",
            "goal": f"<= {LIMIT_MB}",
        })  # fmt: skip
    return rows


def _peak(use: Callable[[str], object], n_clients: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return peak_mb(Path(folder), use, n_clients)


if __name__ == "__main__":
    for row in run(1, quick="--quick" in sys.argv):
        print(row)
