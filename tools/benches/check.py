"""Checks: what holding a long stream against every rule costs, beside reading its events alone.

Rows: `check`, `stats` and `moderate` on a Responses stream of 5,008 events (the ratio is to reading
the events), each with the file loaded before; and the time a stream of usual length takes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

import streamtape
from streamtape.mock.server import MockServer
from streamtape.tape.model import Interaction

Row = dict[str, Any]
LONG, USUAL = 5008, 48
PROMPT = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    return [*_of(LONG, repeat), *_of(USUAL, repeat)]


def _of(events: int, repeat: int) -> Iterator[Row]:
    stream = _recorded(events)
    ways: dict[str, Callable[[], object]] = {
        "reading the events": lambda: list(stream.events()),
        "check": lambda: streamtape.check(stream),
        "stats": lambda: streamtape.stats(stream),
        "moderate (every sentence)": lambda: streamtape.moderate(
            stream, lambda text: "never" in text, every=("sentence",)
        ),
    }
    times = {name: _median(way, repeat) for name, way in ways.items()}
    base = times["reading the events"]
    for name, seconds in times.items():
        yield {
            "name": f"{name}, {events} events",
            "value": seconds * 1e3,
            "unit": "ms",
            "peer": "streamtape",
            "ratio": seconds / base,
        }


def _recorded(events: int) -> Interaction:
    with tempfile.TemporaryDirectory() as folder, MockServer(gap_us=0) as endpoint:
        path = Path(folder) / "stream.tape"
        body = {"model": f"gpt-4.1?events={events}", "input": PROMPT, "stream": True}
        with streamtape.use_cassette(path):
            httpx.post(f"{endpoint.base_url}/responses", json=body, timeout=60)
        one = streamtape.load(path)[0]
        list(one.chunks)  # fetched while the file is there
        return one


def _median(way: Callable[[], object], repeat: int) -> float:
    times = []
    for number in range(repeat + 1):
        start = time.perf_counter()
        way()
        if number:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(row)
