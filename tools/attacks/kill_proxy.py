"""End the recording proxy at random moments, and count what is lost: nothing may be.

A server streams over loopback without end. `streamtape record --upstream` records it for several
clients at once (curl, curl with HTTP/1.0, httpx, Node's fetch), each of which keeps what it
receives. At a random moment the proxy gets a signal; then each recorded stream must begin with all
that its client has. Before that, some rounds record megabytes, so that the cassette takes long to
write. After SIGKILL the journal is recovered.

    python tools/attacks/kill_proxy.py --rounds 40
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import streamtape

sys.path.insert(0, str(Path(__file__).parents[2]))

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


def _curl(*options: str) -> Callable[[str, Path], subprocess.Popen[bytes]]:
    return lambda url, path: _started("curl", "-sN", *options, "-o", str(path), url)


def _started(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


CLIENTS: dict[str, Callable[[str, Path], subprocess.Popen[bytes] | _Httpx]] = {
    "httpx": _Httpx,
    "curl": _curl(),
    "curl, HTTP/1.0": _curl("--http1.0"),
    "node": lambda url, path: _started("node", "-e", _NODE, url, str(path)),
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
    kinds = [kind for kind in CLIENTS if shutil.which(kind.partition(",")[0]) or kind == "httpx"]
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
        bodies = _bodies(folder / "x.tape", killed=name == "SIGKILL")
        lost = [n for n, data in seen.items() if not bodies.get(n, b"").startswith(data)]
        counts = Counter({"bytes seen": sum(map(len, seen.values()))})
        return counts, [f"{name}, {kinds[n]}" for n in lost]


def _bodies(path: Path, *, killed: bool) -> dict[int, bytes]:
    if killed and not path.exists():
        with contextlib.suppress(streamtape.CassetteNotFoundError):
            recover(path)
    if not path.exists():
        return {}
    streams = [i for i in streamtape.load(path) if "/megabytes/" not in i.request.url]
    return {int(one.request.url.rpartition("/")[2]): one.body for one in streams}


def run(rounds: int, seed: int) -> Counter[str]:
    """Do so many rounds; the counts of all of them."""
    with endless_server() as port:
        return count_rounds(_round, port, rounds, seed)


if __name__ == "__main__":
    sys.exit(main(__doc__, run, rounds=40))
