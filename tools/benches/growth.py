"""How the time of everything grows with the work: at once, ten times and a hundred times as much.

The work is a Responses stream of 200 events (the text script of the embedded endpoint), an event a
chunk; for what looks at requests, a cassette of 5 interactions; and what `growth_in_use` has. The
exponent is the slope of log CPU time by log work, of medians, from 1x to 100x; `ratio` is the same
from 10x to 100x, where constants hide less. 1 is linear; above 1.05 something is done again and
again (above 1.2 in the last step, in which the work outgrows the processor's caches). CPU time is
of all threads of this process: what a client in it takes is part of a row.

    python tools/bench.py growth
"""

from __future__ import annotations

import gc
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

import streamtape
from streamtape.mock.answers import Usual, answer_to
from streamtape.mock.options import Options
from streamtape.mock.request import MockRequest
from streamtape.mock.spaces import Space
from streamtape.playback.pace import Pace
from streamtape.secrets.scanner import default_search
from streamtape.secrets.streaming import BodyRedactor
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

Row = dict[str, Any]
Job = Callable[[], object]
N_EVENTS = 200
N_INTERACTIONS = 5
STEPS = (1, 10, 100)
LIMIT = 1.05
LAST_LIMIT = 1.2
URL = "https://api.openai.com/v1/responses"
HEADERS = {"content-type": "text/event-stream"}
GAP_US = 20_000


def stream(n_events: int, *, word: str = "bubble", seed: int = 1) -> Interaction:
    """One recorded stream of so many events; another seed is another run of the same."""
    first = MockRequest("openai-responses", {"model": "gpt-4.1"}, "gpt-4.1", stream=True)
    options, usual = Options(events=n_events, word=word, seed=seed), Usual(Pace(speed=None))
    made = answer_to(first, options, [], Space(""), usual).interaction(URL)
    chunks = Chunks.of(
        Chunk(n * GAP_US + n * n % 7919, chunk.data) for n, chunk in enumerate(made.chunks)
    )
    head = Head(200, ((b"content-type", b"text/event-stream"),), 400_000)
    request = Request("POST", URL, ((b"content-type", b"application/json"),), b'{"stream":true}')
    return Interaction(request, head, chunks, Ending("complete", (chunks[-1].at_us or 0) + 1), 1)


def dialogue(n_interactions: int, *, word: str = "bubble") -> Cassette:
    """So many short streams, each the answer to a request of its own."""
    short = stream(20, word=word)
    return Cassette(tuple(
        replace(short, request=replace(short.request, body=b'{"input":"%d"}' % n))
        for n in range(n_interactions)
    ))  # fmt: skip


class Body(httpx.SyncByteStream):
    """An upstream in memory: chunks as they are."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def upstream(chunks: list[bytes], headers: dict[str, str] = HEADERS) -> httpx.MockTransport:
    """Answer every request with these chunks."""
    return httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, stream=Body(chunks))
    )


def ask_all(transport: Any, cassette: Cassette) -> None:
    """Send every request of a cassette, in its order, and read what comes."""
    with httpx.Client(transport=transport) as client:
        for interaction in cassette:
            request = interaction.request
            with client.stream(request.method, request.url, content=request.body) as response:
                for _ in response.iter_raw():
                    pass


def of_events(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over one stream of n events."""
    one, other = stream(n), stream(n, word="rubber", seed=2)
    chunks = [chunk.data for chunk in one.chunks]
    cassette = Cassette((one,))
    tape, copy = folder / f"{n}.tape", folder / f"copy{n}.tape"
    streamtape.save(cassette, tape)

    def parse() -> None:
        feed = streamtape.SSEParser().feed
        for chunk in chunks:
            feed(chunk)

    def redact() -> None:
        redactor = BodyRedactor(default_search())
        for chunk in chunks:
            redactor.feed(chunk)
        redactor.close()

    def serve() -> None:
        with streamtape.serve(tape, speed=None) as server:
            path = URL.removeprefix("https://api.openai.com")
            with httpx.stream("POST", f"{server.url}{path}", content=one.request.body) as response:
                for _ in response.iter_raw():
                    pass

    return {
        "parse": parse,
        "record": lambda: ask_all(
            streamtape.RecordingTransport(copy, upstream(chunks), mode="all"), cassette
        ),
        "save": lambda: streamtape.save(cassette, copy),
        "load": lambda: sum(len(chunk.data) for chunk in streamtape.load(tape)[0].chunks),
        "replay": lambda: ask_all(streamtape.ReplayTransport(tape), cassette),
        "serve": serve,
        "redact": redact,
        "events": lambda: sum(1 for _ in one.events()),
        "transcript": one.transcript,
        "diff": lambda: streamtape.diff(one, other),
        "diff, nothing alike": lambda: streamtape.diff(one, reversed_of(one)),
        "check": lambda: streamtape.check(one),
        "stats": lambda: streamtape.stats(one),
        "snapshot": lambda: streamtape.snapshot(cassette),
    }


def reversed_of(one: Interaction) -> Interaction:
    """The same chunks in the opposite order."""
    data = [chunk.data for chunk in one.chunks][::-1]
    chunks = Chunks.of(Chunk(n * GAP_US, piece) for n, piece in enumerate(data))
    return replace(one, chunks=chunks)


def of_interactions(n: int, folder: Path) -> dict[str, Job]:
    """Jobs over a cassette of n interactions."""
    cassette, other = dialogue(n), dialogue(n, word="rubber")
    tape, copy = folder / f"many{n}.tape", folder / f"many-copy{n}.tape"
    streamtape.save(cassette, tape)
    chunks = [chunk.data for chunk in cassette[0].chunks]
    back = Cassette(tuple(cassette)[::-1])
    return {
        "record": lambda: ask_all(
            streamtape.RecordingTransport(copy, upstream(chunks), mode="all"), cassette
        ),
        "load": lambda: streamtape.load(tape),
        "replay": lambda: ask_all(streamtape.ReplayTransport(tape), cassette),
        "replay backwards": lambda: ask_all(streamtape.ReplayTransport(tape), back),
        "diff": lambda: streamtape.diff(cassette, other),
        "check": lambda: streamtape.check(cassette),
        "stats": lambda: streamtape.stats(cassette),
    }


def times(make: Callable[[int, Path], dict[str, Job]], base: int, repeat: int) -> dict[str, Any]:
    """The median CPU seconds of every job at each step; small work is repeated more often."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            for name, job in make(base * step, Path(folder)).items():
                warm_up = step == STEPS[0]
                took = []
                for _ in range(repeat * (1 if step == STEPS[-1] else 3) + warm_up):
                    gc.collect()
                    began = time.process_time()
                    job()
                    took.append(time.process_time() - began)
                found.setdefault(name, []).append(statistics.median(took[warm_up:]))
    return found


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Every exponent."""
    from tools.benches import growth_in_use  # it imports what is here

    repeat = 1 if quick else min(repeat, 3)
    rows = []
    for unit, make, base in (
        ("events", of_events, N_EVENTS),
        ("interactions", of_interactions, N_INTERACTIONS),
        *growth_in_use.JOBS,
    ):
        for name, seconds in times(make, base, repeat).items():
            rows.append(row(name, [one * 1e3 for one in seconds], base, unit, "ms"))
    rows.append(row("bytes on disk", sizes(), N_EVENTS, "events", "bytes"))
    return rows


def sizes() -> list[float]:
    """The size of a cassette at each step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.tape"
        found = []
        for step in STEPS:
            streamtape.save(Cassette((stream(N_EVENTS * step),)), path)
            found.append(float(path.stat().st_size))
    return found


def row(name: str, found: list[float], base: int, unit: str, of: str) -> Row:
    """The exponents of what was found at each step."""
    overall = math.log10(found[-1] / found[0]) / 2
    last = math.log10(found[-1] / found[-2])
    listed = " → ".join(f"{one:,.3g}" if of == "ms" else f"{one:,.0f}" for one in found)
    return {
        "name": f"{name}, {base:,} to {base * STEPS[-1]:,} {unit}: {listed} {of}",
        "peer": "streamtape",
        "value": round(overall, 3),
        "unit": "exponent",
        "ratio": round(last, 3),
        "goal": f"<= {LIMIT}",
        "met": overall <= LIMIT and last <= LAST_LIMIT,
    }


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        print(
            f"{line['value']:6.3f} {line['ratio']:6.3f} {'' if line['met'] else '!'} {line['name']}"
        )
