"""How true a replay keeps time: in process (sync, asyncio, trio) and over HTTP, beside the peers.

The distance is between the time at which a client has a chunk, counted from the sending of its
request, and the recorded time. Drift is the median of the last quarter less that of the first.

    python tools/bench.py pace
    python -m tools.benches.pace [SECONDS]         60: the drift over a minute
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anyio
import httpx2

import streamtape
from tools.benches.serving import REQUEST, contestants, quantile, read_all, started, stream

Row = dict[str, Any]
URL = "https://api.openai.com/v1/chat/completions"
# Gaps of a real stream: most are short, some long; they do not fall on whole milliseconds.
GAPS_US = (19_317, 24_871, 41_503, 8_229, 33_767, 61_111, 12_953)
SECONDS = 6.0
MOST_REPEATS = 2
# Of ours, on an idle machine.
GOALS = {"distance p50": "< 0.5", "distance p99": "< 3"}


def run(repeat: int, seconds: float = SECONDS, *, quick: bool = False) -> list[Row]:
    """Measure each way, for so many seconds, twice where `repeat` allows."""
    seconds = min(seconds, 2.0) if quick else seconds
    repeat = min(repeat, MOST_REPEATS)
    due_us = due(seconds)
    tape = stream(due_us)
    rows: list[Row] = []
    for name, read in WAYS.items():
        read(streamtape.ReplayTransport(stream(due_us[:3]), speed=1.0))  # imports, caches
        times = [read(streamtape.ReplayTransport(tape, speed=1.0)) for _ in range(repeat)]
        # The last chunk, [DONE], comes with the one before it.
        rows += figures(f"in process, {name}", "streamtape", [t[:-1] for t in times], due_us)
    for name, start in contestants().items():
        with started(start, tape) as server:
            read_all(server.port, 1)
            times = [read_all(server.port, 1)[0] for _ in range(repeat)]
        rows += figures("over HTTP", name, times, due_us)
    return rows


def due(seconds: float) -> list[int]:
    """When the chunks of a stream of so many seconds come."""
    found, at_us = [], 5_000
    while at_us < seconds * 1e6:
        found.append(at_us)
        at_us += GAPS_US[len(found) % len(GAPS_US)]
    return found


def figures(way: str, peer: str, streams: list[list[float]], due_us: list[int]) -> Iterator[Row]:
    """The rows of one way."""
    assert all(len(times) == len(due_us) for times in streams), "chunks are missing"
    late = [[(t - d) / 1000 for t, d in zip(s, due_us, strict=True)] for s in streams]
    quarter = len(due_us) // 4
    first = [ms for one in late for ms in one[:quarter]]
    last = [ms for one in late for ms in one[-quarter:]]
    distance = [abs(ms) for one in late for ms in one]
    for what, value in (
        ("distance p50", quantile(distance, 0.5)),
        ("distance p99", quantile(distance, 0.99)),
        ("earliest", min(map(min, late))),
        (f"drift over {due_us[-1] / 1e6:.0f} s", quantile(last, 0.5) - quantile(first, 0.5)),
    ):
        name = f"{way}: {what}"
        found = {"name": name, "value": round(value, 3), "unit": "ms", "peer": peer, "ratio": None}
        goal = GOALS.get(what) if peer == "streamtape" else None
        yield {**found, "goal": goal} if goal else found


class Noting:
    """A transport that notes when it was asked: recorded times, too, count from there."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.started_s = 0.0

    def handle_request(self, request: Any) -> Any:
        self.started_s = time.perf_counter()
        return self._inner.handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        self.started_s = time.perf_counter()
        return await self._inner.handle_async_request(request)

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()


def read_sync(replay: Any) -> list[float]:
    """When each chunk came, in microseconds from the request."""
    times: list[float] = []
    transport: Any = Noting(replay)
    client = httpx2.Client(transport=transport, timeout=None)
    with client.stream("POST", URL, json=REQUEST) as response:
        for _ in response.iter_raw():
            times.append((time.perf_counter() - transport.started_s) * 1e6)
    client.close()
    return times


async def read_async(replay: Any) -> list[float]:
    """The same with an async client."""
    times: list[float] = []
    transport: Any = Noting(replay)
    client = httpx2.AsyncClient(transport=transport, timeout=None)
    async with client.stream("POST", URL, json=REQUEST) as response:
        async for _ in response.aiter_raw():
            times.append((time.perf_counter() - transport.started_s) * 1e6)
    await client.aclose()
    return times


def read_under(backend: str, replay: Any) -> list[float]:
    """The same under one event loop."""
    return anyio.run(read_async, replay, backend=backend)


WAYS: dict[str, Callable[[Any], list[float]]] = {
    "sync": read_sync,
    "asyncio": partial(read_under, "asyncio"),
    "trio": partial(read_under, "trio"),
}


if __name__ == "__main__":
    for found in run(1, float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(json.dumps(found))
