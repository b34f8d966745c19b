"""Loading and replaying 5,008 events: through the OpenAI SDK and raw, beside memory and the peers.

Rows: time to the first event, the whole, and one event out of the middle of a large cassette.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import openai

import streamtape
from streamtape.mock.server import MockServer
from tools.benches.contest import Row, interleaved, recorders, row

EVENTS = 5008
PROMPT: Any = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]
MODEL = f"gpt-4.1?events={EVENTS}"


class _Memory(httpx2.SyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "long"
        with MockServer(gap_us=0) as endpoint:
            root = endpoint.base_url
            for recorder in recorders().values():
                with recorder(path):
                    _read(root)
        chunks = [chunk.data for chunk in streamtape.load(path.with_suffix(".tape"))[0].chunks]

        headers = {"content-type": "text/event-stream"}
        memory = httpx2.Client(
            transport=httpx2.MockTransport(
                lambda request: httpx2.Response(200, headers=headers, stream=_Memory(chunks))
            )
        )
        ordinary = httpx2.Client()  # made once: its TLS context alone takes tens of milliseconds

        firsts: dict[str, list[float]] = {}

        def sdk(peer: str, session: Callable[[], Any], client: httpx2.Client) -> None:
            start = time.perf_counter()
            with session():
                firsts.setdefault(peer, []).append(_read(root, client) - start)

        def raw(session: Callable[[], Any], client: httpx2.Client) -> None:
            with session():
                body = {"input": PROMPT, "model": MODEL, "stream": True}
                with client.stream("POST", f"{root}/responses", json=body) as response:
                    for _ in response.iter_raw():
                        pass

        sources: dict[str, tuple[Callable[[], Any], httpx2.Client]] = {
            "memory": (nullcontext, memory),
            **{n: (partial(r, path), ordinary) for n, r in recorders().items()},
        }
        rows = list(
            _rows(
                "through the OpenAI SDK",
                interleaved({n: partial(sdk, n, *s) for n, s in sources.items()}, repeat),
            )
        )
        first = {peer: statistics.median(values[1:]) for peer, values in firsts.items()}
        rows += _rows("to the first event of the SDK, loading included", first)
        rows += _rows(
            "through httpx2, iter_raw",
            # cassetter's responses can't be read raw: it has read them before.
            interleaved(
                {n: partial(raw, *s) for n, s in sources.items() if n != "cassetter"}, repeat
            ),
        )
        tape = path.with_suffix(".tape")
        middle = interleaved(
            {
                "load and event 4,000": lambda: streamtape.load(tape)[0].event(4000),
                "the same by iterating": lambda: next(
                    islice(streamtape.load(tape)[0].events(), 4000, None)
                ),
                "load alone": lambda: streamtape.load(tape),
            },
            repeat,
        )
        for way, seconds in middle.items():
            rows.append(row("one event of a cassette", seconds * 1e3, "ms", way, 1.0))
        return rows


def _rows(name: str, seconds: dict[str, float]) -> Iterator[Row]:
    for peer, value in seconds.items():
        label = f"{EVENTS} events {name} (ratio: of memory)"
        yield row(label, value * 1e3, "ms", peer, value / seconds["memory"])


def _read(root: str, client: Any = None) -> float:
    """Read the stream through the SDK; when the first event was there."""
    sdk = openai.OpenAI(base_url=root, api_key="none", http_client=client, max_retries=0)
    stream = iter(sdk.responses.create(model=MODEL, input=PROMPT, stream=True))
    next(stream)
    first = time.perf_counter()
    for _ in stream:
        pass
    return first


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(line)
