"""End real recordings at random moments, and count what is lost: nothing may be.

A server streams over loopback without end. A child records it (one stream, several threads, or
several asyncio tasks), and notes every chunk that its client has received. At a random moment it is
killed with SIGKILL, and its journal recovered; or (kind `exit`) its main thread comes to an end
while daemon threads stream. Each recorded stream must begin with all that its client had.

    python tools/attacks/kill.py --rounds 300

`tools/attacks/kill_proxy.py` does the same to the recording proxy, with every signal that ends it.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

import streamtape

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamtape.errors import CassetteNotFoundError
from streamtape.tape.store import recover
from tools.attacks.endless import count_rounds, endless_server, main

STREAMS = 6
KINDS = ("sync", "threads", "tasks", "exit")


def _note(folder: Path, n: int) -> int:
    return os.open(folder / f"seen.{n}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _read(folder: Path, url: str, n: int) -> None:
    seen = _note(folder, n)
    with (
        httpx.Client(verify=False) as client,
        client.stream("GET", f"{url}/{n}", timeout=20) as response,
    ):
        for data in response.iter_raw():
            os.write(seen, data)


async def _read_all(folder: Path, url: str) -> None:
    async with httpx.AsyncClient(verify=False) as client:

        async def one(n: int) -> None:
            seen = _note(folder, n)
            async with client.stream("GET", f"{url}/{n}", timeout=20) as response:
                async for data in response.aiter_raw():
                    os.write(seen, data)

        await asyncio.gather(*map(one, range(STREAMS)))


def _record(kind: str, folder: Path, url: str) -> None:
    if kind == "exit":
        _record_to_the_end(folder, url)
    with streamtape.use_cassette(folder / "x.tape"):
        if kind == "sync":
            _read(folder, url, 0)
        elif kind == "threads":
            threads = [
                threading.Thread(target=_read, args=(folder, url, n)) for n in range(STREAMS)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            asyncio.run(_read_all(folder, url))


def _record_to_the_end(folder: Path, url: str) -> None:
    """Come to the end of the program while daemon threads stream, with much still to be written."""
    code = f"""
import threading, time, random, sys, httpx, streamtape
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tools.attacks.kill import STREAMS, _read
session = streamtape.use_cassette({str(folder / "x.tape")!r}).__enter__()
httpx.get("{url}/megabytes/{random.choice((0, 0, 10))}", timeout=60)
for n in range(STREAMS):
    threading.Thread(target=_read, args=(Path({str(folder)!r}), {url!r}, n), daemon=True).start()
time.sleep({random.uniform(0.05, 0.4)})
"""
    os.execv(sys.executable, [sys.executable, "-c", code])


def _warm_up(url: str) -> None:
    """Import what a recording imports, once, before forking."""
    with (
        tempfile.TemporaryDirectory() as name,
        streamtape.use_cassette(Path(name) / "x.tape"),
        httpx.Client(verify=False) as client,
        client.stream("GET", f"{url}/0") as response,
    ):
        next(response.iter_raw())


def _wait(folder: Path, rng: random.Random) -> None:
    """Wait for a moment: one in five anywhere from the start, the others once chunks have come."""
    if rng.random() < 0.2:
        time.sleep(rng.uniform(0, 0.1))
        return
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not any(p.stat().st_size for p in folder.glob("seen.*")):
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.08))


def _round(number: int, port: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """One recording, killed; gives bytes seen and recovered, and the streams that lost some."""
    kind = KINDS[number % len(KINDS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pid = os.fork()
        if not pid:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            _record(kind, folder, f"http://127.0.0.1:{port}")
            os._exit(0)
        if kind != "exit":
            _wait(folder, rng)
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        seen = {int(p.suffix[1:]): p.read_bytes() for p in folder.glob("seen.*")}
        bodies: dict[int, bytes] = {}
        try:
            if kind != "exit":
                found = recover(folder / "x.tape")
                assert found.damage is None, found.damage
            for one in streamtape.load(folder / "x.tape"):
                if "/megabytes/" not in one.request.url:
                    assert one.ending.kind == "unfinished"
                    bodies[int(one.request.url.rpartition("/")[2])] = one.body
        except CassetteNotFoundError:
            pass  # killed before it had a journal
        lost = [n for n, data in seen.items() if not bodies.get(n, b"").startswith(data)]
        sizes = {"bytes seen": seen, "bytes recovered": bodies}
        counts = Counter({name: sum(map(len, found.values())) for name, found in sizes.items()})
        return counts, [f"{kind}, stream {n}" for n in lost]


def run(rounds: int, seed: int) -> Counter[str]:
    """Do so many rounds; the counts of all of them."""
    with endless_server() as port:
        _warm_up(f"http://127.0.0.1:{port}")
        return count_rounds(_round, port, rounds, seed)


if __name__ == "__main__":
    sys.exit(main(__doc__, run, rounds=300))
