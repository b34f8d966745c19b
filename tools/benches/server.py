"""How true the replay server keeps time, to one client and to many; what the proxy adds.

Lateness is the time at which a client has a chunk, counted from the sending of its request, less
the recorded time. Servers run in processes of their own, whose CPU time is measured, too.

    python tools/benches/server.py
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamtape
from streamtape.server.loop import new_loop
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

PATH = "/v1/responses"
ASK = b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\n\r\n"
Row = dict[str, Any]


def cassette(n_chunks: int, gap_us: int) -> Cassette:
    """A stream of so many chunks, so far apart, each of 300 bytes."""
    data = b"event: response.output_text.delta\ndata: " + b"x" * 258 + b"\n\n"
    chunks = Chunks.of(Chunk(gap_us * (n + 1), data) for n in range(n_chunks))
    head = Head(200, ((b"Content-Type", b"text/event-stream"),), gap_us)
    request = Request("GET", f"http://localhost{PATH}")
    return Cassette((Interaction(request, head, chunks, Ending("complete", chunks[-1].at_us)),))


class Client(asyncio.Protocol):
    """Asks once, and notes when each HTTP chunk is there."""

    def __init__(self, due_us: list[int], ended: asyncio.Future[list[float]]) -> None:
        self._due = due_us
        self._ended = ended
        self._late: list[float] = []
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sent = time.perf_counter()
        transport.write(ASK)

    def data_received(self, data: bytes) -> None:
        took_us = (time.perf_counter() - self._sent) * 1e6
        for _ in range(data.count(b"event: ")):
            self._late.append(took_us - self._due[len(self._late)])
        if data.endswith(b"0\r\n\r\n"):
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_result(self._late)


async def lateness(url: str, n_clients: int, due_us: list[int]) -> list[float]:
    """How late each chunk was, of all clients, in microseconds."""
    loop = asyncio.get_running_loop()
    address = urlsplit(url)
    futures: list[asyncio.Future[list[float]]] = []
    for n in range(n_clients):
        ended = loop.create_future()
        await loop.create_connection(
            partial(Client, due_us, ended), address.hostname or "", address.port or 0
        )
        futures.append(ended)
        if n % 10 == 9:
            await asyncio.sleep(0.02)  # clients come in a second, not in the same millisecond
    return [late for found in await asyncio.gather(*futures) for late in found]


@contextlib.contextmanager
def served(*command: str) -> Iterator[tuple[str, list[float]]]:
    """A server in a process of its own: its URL, and where its CPU seconds will be."""
    cpu: list[float] = []
    process = subprocess.Popen(
        [sys.executable, __file__, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.stdout.readline().strip(), cpu
    finally:
        process.stdin.close()
        cpu.append(float(process.stdout.readline() or "nan"))
        process.wait(10)


def stand(server: streamtape.ReplayServer | streamtape.RecordingProxy) -> None:
    """Run until the standard input ends, then tell the CPU seconds that it took."""
    with server:
        before = resource.getrusage(resource.RUSAGE_SELF)
        print(server.url, flush=True)
        sys.stdin.read()
        after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(spent, flush=True)


def quantile(values: list[float], part: float) -> float:
    """The value below which this part of the values lies."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def measure(n_clients: int, n_chunks: int, gap_us: int) -> list[Row]:
    """Rows for so many clients at once."""
    tape = cassette(n_chunks, gap_us)
    due = [at_us or 0 for at_us, _ in tape[0].chunks]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.tape"
        streamtape.save(tape, path)
        with (
            served("--serve", str(path)) as (url, cpu),
            asyncio.Runner(loop_factory=new_loop) as runner,
        ):
            began = time.perf_counter()
            late = runner.run(lateness(url, n_clients, due))
            took = time.perf_counter() - began
    assert len(late) == n_clients * n_chunks, f"{len(late)} chunks came"
    assert min(late) > -100, f"a chunk came {-min(late):.0f} µs early"
    who = f"{n_clients} client{'s' if n_clients > 1 else ''}"
    quarter = len(late) // 4
    drift = quantile(late[-quarter:], 0.5) - quantile(late[:quarter], 0.5)
    rows = [
        ("lateness p50", quantile(late, 0.5) / 1000, "ms"),
        ("lateness p99", quantile(late, 0.99) / 1000, "ms"),
        ("server CPU", cpu[0] / took * 100, "% of a core"),
    ]
    if n_clients == 1:
        rows.append(("drift from the first quarter to the last", drift / 1000, "ms"))
    return [row(f"replay over HTTP, {who}: {name}", value, unit) for name, value, unit in rows]


def row(name: str, value: float, unit: str) -> Row:
    """A figure without a peer."""
    return {"name": name, "value": round(value, 3), "unit": unit, "peer": None, "ratio": None}


def measure_proxy(n_chunks: int, gap_us: int) -> list[Row]:
    """What a recording proxy adds to the way of a chunk."""
    tape = cassette(n_chunks, gap_us)
    due = [at_us or 0 for at_us, _ in tape[0].chunks]
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=new_loop) as runner:
        path, copy = Path(folder) / "x.tape", Path(folder) / "copy.tape"
        streamtape.save(tape, path)
        with (
            served("--serve", str(path)) as (upstream, _),
            served("--proxy", str(copy), upstream) as (proxy, _),
        ):
            runs = [
                [runner.run(lateness(url, 1, due)) for url in (upstream, proxy)] for _ in range(3)
            ]
        assert [len(i.chunks) for i in streamtape.load(copy)] == [n_chunks] * 3
    # The first round warms both up.
    first = statistics.median(proxied[0] - direct[0] for direct, proxied in runs[1:]) / 1000
    pairs = [zip(*run, strict=True) for run in runs[1:]]
    added = statistics.median(late - on_time for run in pairs for on_time, late in run) / 1000
    return [
        row("recording proxy: first event later by", first, "ms"),
        row("recording proxy: added time a chunk, p50", added, "ms"),
    ]


def run(repeat: int) -> list[Row]:
    """Every row; `repeat` makes the streams longer."""
    return [
        *measure(1, 40 * repeat, 25_000),
        *measure(100, 25 * repeat, 40_000),
        *measure(500, 25 * repeat, 40_000),
        *measure_proxy(20 * repeat, 25_000),
    ]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve", path]:
            stand(streamtape.serve(path, speed=1.0, repeat=True))
        case ["--proxy", path, upstream]:
            stand(streamtape.RecordingProxy(path, upstream=upstream))
        case [*given]:
            print(json.dumps(run(int(given[0]) if given else 3), indent=1))
