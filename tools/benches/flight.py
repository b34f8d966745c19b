"""What a FlightRecorder costs a program: a request and a chunk, beside none, and the worst of them.

    python tools/bench.py flight

A client of httpx reads streams of CHUNKS chunks from memory, without a recorder and with one that
keeps a hundredth, keeps all, has a store that takes SLOW_S for each file, or one that is full. "A
request" and "a chunk" are processor time of the program's own thread, medians; "p99" is the time on
the clock between two chunks that only the slowest hundredth exceeds, in which the recorder's thread
may have taken its turn. "Held" is the most that a recorder with a store that hangs has in memory.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from streamtape import FlightRecorder, StoreEntry, StorePath

Row = dict[str, Any]
CHUNKS = 500
ROUNDS = 40
SLOW_S = 0.2
MAX_BYTES = 4 << 20
MEMORY_ROUNDS = 200
PIECE = b'data: {"type":"response.output_text.delta","delta":"bubble"}\n\n'


class BenchStore:
    """A store that forgets what it takes, after something else happened."""

    url = "bench://store"

    def __init__(self, before: Callable[[], None]) -> None:
        self.before = before

    def stat(self, name: str) -> StoreEntry | None:
        return None

    def read(self, name: str) -> Iterator[bytes]:
        raise FileNotFoundError(name)

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        self.before()
        return ""

    def list(self, folder: str) -> Iterable[StoreEntry]:
        return []


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure all of it."""
    rounds = ROUNDS // 4 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        rows = list(_costs(Path(name), rounds, 1 if quick else min(repeat, 3)))
        rows.append(_memory())
        return rows


def _full() -> None:
    raise OSError(28, "No space left on device")


def _costs(folder: Path, rounds: int, repeat: int) -> Iterator[Row]:
    slow = StorePath(BenchStore(lambda: time.sleep(SLOW_S)), "flights")
    full = StorePath(BenchStore(_full), "flights")
    contestants: dict[str, dict[str, Any] | None] = {
        "no recorder": None,
        "sample 0.01": {"store": folder / "few", "sample": 0.01},
        "sample 1": {"store": folder / "all", "sample": 1},
        "sample 1, slow store": {"store": slow, "sample": 1, "file_bytes": 200_000},
        "sample 1, full store": {"store": full, "sample": 1, "file_bytes": 200_000},
    }
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in contestants}
    for _ in range(repeat):
        for name, options in contestants.items():
            recorder = None if options is None else FlightRecorder(keep=(), seed=1, **options)
            found[name].append(_measured(recorder, rounds))
            if recorder is not None:
                recorder.stop()
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in found.items()
    }
    for column, what in enumerate(("a request of one chunk", "a chunk", "p99 of a chunk, clock")):
        alone = medians["no recorder"][column]
        for name, values in medians.items():
            yield {
                "name": f"flight recorder, {what}",
                "peer": name,
                "value": round(values[column] * 1e6, 2),
                "unit": "us",
                "ratio": round(values[column] / alone, 2),
            }


def _measured(recorder: FlightRecorder | None, rounds: int) -> tuple[float, float, float]:
    """Processor seconds of a request, of a chunk, and the p99 of a chunk by the clock."""
    with _client(recorder, 1) as client:
        short = _thread_s(client, rounds * 5)
    gaps: list[float] = []
    with _client(recorder, CHUNKS) as client:
        long = _thread_s(client, rounds, gaps)
    gaps.sort()
    return short, (long - short) / (CHUNKS - 1), gaps[len(gaps) * 99 // 100]


def _client(recorder: FlightRecorder | None, n_chunks: int) -> httpx.Client:
    def answer(_: httpx.Request) -> httpx.Response:
        pieces = (PIECE for _ in range(n_chunks))
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=pieces)

    inner: Any = httpx.MockTransport(answer)
    return httpx.Client(transport=inner if recorder is None else recorder.transport(inner))


def _thread_s(client: httpx.Client, rounds: int, gaps: list[float] | None = None) -> float:
    """The median of the processor seconds that this thread takes for a request."""
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        with client.stream("GET", "http://provider.test/v1/responses") as response:
            before = time.perf_counter()
            for _piece in response.iter_raw():
                now = time.perf_counter()
                if gaps is not None:
                    gaps.append(now - before)
                before = now
        times.append(time.thread_time() - start)
    return statistics.median(times)


def _memory() -> Row:
    """The most that a recorder holds whose store never answers."""
    go_on = threading.Event()
    store = StorePath(BenchStore(lambda: bool(go_on.wait()) or None), "flights")  # type: ignore[arg-type]  # its value is nobody's
    recorder = FlightRecorder(store, sample=1, max_bytes=MAX_BYTES, file_bytes=1)
    most = 0
    with _client(recorder, CHUNKS) as client:
        for _ in range(MEMORY_ROUNDS):
            client.get("http://provider.test/v1/responses")
            most = max(most, recorder._journal.buffered_bytes)
    sent = MEMORY_ROUNDS * CHUNKS * len(PIECE)
    recorder.stop(0.01)
    go_on.set()
    return {
        "name": f"flight recorder, held of {sent / 1e6:.0f} MB, a store that hangs",
        "peer": "streamtape",
        "value": round(most / MAX_BYTES, 3),
        "unit": "of max_bytes",
        "ratio": round(most / MAX_BYTES, 3),
        "goal": "<= 1",
    }


if __name__ == "__main__":
    for row in run(1, quick="--quick" in sys.argv):
        print(row)
