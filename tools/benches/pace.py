"""How true a replay in process keeps time: sync, under asyncio and under trio.

The distance is between the time at which a client has a chunk, counted from the sending of its
request, and the recorded time. Drift is the median of the last quarter less that of the first.

    python tools/benches/pace.py [SECONDS]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx2

import streamtape
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

Row = dict[str, Any]
URL = "http://localhost/v1/responses"
CHUNK = b"event: response.output_text.delta\ndata: " + b"x" * 258 + b"\n\n"
# Gaps of a real stream: most are short, some long; they do not fall on whole milliseconds.
GAPS_US = (19_317, 24_871, 41_503, 8_229, 33_767, 61_111, 12_953)
SECONDS = 6.0


def run(repeat: int, seconds: float = SECONDS) -> list[Row]:
    """Measure each of the three ways `repeat` times, for so many seconds."""
    tape = cassette(seconds)
    due_us = [at_us or 0 for at_us, _ in tape[0].chunks]
    rows: list[Row] = []
    for name, read in WAYS.items():
        streams = []
        for _ in range(repeat):
            times_us = read(streamtape.ReplayTransport(tape, speed=1.0))
            assert len(times_us) == len(due_us), f"{len(times_us)} chunks came"
            pairs = zip(times_us, due_us, strict=True)
            streams.append([(at - due) / 1000 for at, due in pairs])
        late = [ms for stream in streams for ms in stream]
        quarter = len(due_us) // 4
        first = [ms for stream in streams for ms in stream[:quarter]]
        last = [ms for stream in streams for ms in stream[-quarter:]]
        drift = quantile(last, 0.5) - quantile(first, 0.5)
        distance = [abs(ms) for ms in late]
        for what, value in (
            ("distance p50", quantile(distance, 0.5)),
            ("distance p99", quantile(distance, 0.99)),
            ("earliest", min(late)),
            (f"drift over {seconds:g} s", drift),
        ):
            rows.append(row(f"replay in process, {name}: {what}", value))
    return rows


def cassette(seconds: float) -> Cassette:
    """A stream of so many seconds."""
    chunks, at_us = [], 5_000
    while at_us < seconds * 1e6:
        chunks.append(Chunk(at_us, CHUNK))
        at_us += GAPS_US[len(chunks) % len(GAPS_US)]
    head = Head(200, ((b"content-type", b"text/event-stream"),), 5_000)
    request = Request("GET", URL)
    return Cassette((Interaction(request, head, Chunks.of(chunks), Ending("complete", at_us)),))


class Noting:
    """A transport that notes when it was asked: recorded times, too, count from there."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.asked = 0.0

    def handle_request(self, request: Any) -> Any:
        self.asked = time.perf_counter()
        return self._inner.handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        self.asked = time.perf_counter()
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
    with client.stream("GET", URL) as response:
        for _ in response.iter_raw():
            times.append((time.perf_counter() - transport.asked) * 1e6)
    client.close()
    return times


async def read_async(replay: Any) -> list[float]:
    """The same with an async client."""
    times: list[float] = []
    transport: Any = Noting(replay)
    client = httpx2.AsyncClient(transport=transport, timeout=None)
    async with client.stream("GET", URL) as response:
        async for _ in response.aiter_raw():
            times.append((time.perf_counter() - transport.asked) * 1e6)
    await client.aclose()
    return times


def under(backend: str) -> Callable[[Any], list[float]]:
    """A reader under one event loop."""
    return lambda transport: anyio.run(read_async, transport, backend=backend)


WAYS: dict[str, Callable[[Any], list[float]]] = {
    "sync": read_sync,
    "asyncio": under("asyncio"),
    "trio": under("trio"),
}


def quantile(values: list[float], part: float) -> float:
    """The value below which this part of the values lies."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def row(name: str, value: float) -> Row:
    """A figure without a peer."""
    return {"name": name, "value": round(value, 3), "unit": "ms", "peer": None, "ratio": None}


if __name__ == "__main__":
    for found in run(1, float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(json.dumps(found))
