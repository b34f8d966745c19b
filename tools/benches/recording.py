"""Recording: what it costs the program, beside vcrpy; and what a long stream weighs.

Rows: first event while recording (48 events, 25 ms apart), added time a chunk, size on disk of a
5,008-event Responses stream, and its load and replay through the OpenAI SDK against the SDK reading
the same bytes from memory.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai

import streamtape
from streamtape.server.embedded import EmbeddedEndpoint

Row = dict[str, Any]
EVENTS = 5008
PROMPT: Any = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_first_event(repeat, Path(folder)), *_added(repeat, Path(folder)), *_long(repeat)]


def _vcr(path: Path) -> Any:
    import vcr

    return vcr.VCR(match_on=["method", "uri", "body"]).use_cassette(str(path.with_suffix(".yaml")))


def _first_event(repeat: int, folder: Path) -> Iterator[Row]:
    recorders: dict[str, Callable[[Path], Any]] = {
        "streamtape": lambda path: streamtape.use_cassette(path, mode="all"),
        "vcrpy": _vcr,
    }
    times: dict[str, list[float]] = {name: [] for name in ("direct", *recorders)}
    with EmbeddedEndpoint(gap_us=25_000) as endpoint:
        client = openai.OpenAI(base_url=endpoint.url, api_key="none")

        def first_event() -> float:
            start = time.perf_counter()
            stream = client.responses.create(model="gpt-4.1", input=PROMPT, stream=True)
            next(iter(stream))
            took = time.perf_counter() - start
            for _ in stream:
                pass
            return took * 1e3

        first_event()
        for number in range(repeat):
            times["direct"].append(first_event())
            for name, recorder in recorders.items():
                with recorder(folder / f"{name}{number}.tape"):
                    times[name].append(first_event())
    direct = statistics.median(times["direct"])
    for name, values in times.items():
        value = statistics.median(values)
        label = "first event while recording (ratio: ms later than direct)"
        yield _row(label, value, "ms", name, value - direct)


def _row(name: str, value: float, unit: str, peer: str, ratio: float) -> Row:
    return {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}


def _added(repeat: int, folder: Path) -> Iterator[Row]:
    """The time that recording adds to a chunk: the same chunks, with and without the recorder."""
    chunk = b'event: response.output_text.delta\ndata: {"delta":"x","sequence_number":1}\n\n' * 3
    count = 20_000
    for library in (httpx, httpx2):

        class Body(library.SyncByteStream):  # type: ignore[misc,name-defined]  # either library's
            def __iter__(self) -> Iterator[bytes]:
                for _ in range(count):
                    yield chunk

        def answer(request: Any, library: Any = library, body: Any = Body) -> Any:
            return library.Response(200, stream=body())

        client = library.Client(transport=library.MockTransport(answer))
        bare, recorded, worst = [], [], []
        for number in range(repeat):
            bare.append(statistics.median(_gaps(client)))
            with streamtape.use_cassette(folder / f"{library.__name__}{number}.tape", mode="all"):
                gaps = _gaps(client)
            recorded.append(statistics.median(gaps))
            worst.append(statistics.quantiles(gaps, n=100)[98])
        base = statistics.median(bare)
        name = f"added time a chunk, {library.__name__} (ratio: µs a chunk without us)"
        yield _row(f"{name}, median", statistics.median(recorded) - base, "µs", "streamtape", base)
        yield _row(f"{name}, p99", statistics.median(worst) - base, "µs", "streamtape", base)


def _gaps(client: Any) -> list[float]:
    clock = time.perf_counter_ns
    gaps = []
    with client.stream("GET", "http://upstream/") as response:
        before = clock()
        for _ in response.iter_raw():
            now = clock()
            gaps.append((now - before) / 1e3)
            before = now
    return gaps


def _long(repeat: int) -> Iterator[Row]:
    """A 5,008-event stream: its size on disk, and its way through the SDK."""
    with tempfile.TemporaryDirectory() as name, EmbeddedEndpoint(gap_us=0) as endpoint:
        folder = Path(name)
        tape, yaml = folder / "long.tape", folder / "long.yaml"
        root = endpoint.url
        model = f"gpt-4.1?events={EVENTS}"

        def read(client: Any = None) -> int:
            sdk = openai.OpenAI(base_url=root, api_key="none", http_client=client)
            stream = sdk.responses.create(model=model, input=PROMPT, stream=True)
            return sum(1 for _ in stream)

        with streamtape.use_cassette(tape):
            events = read()
        with _vcr(tape):
            read()
        body = streamtape.load(tape)[0].body
        chunks = [c.data for c in streamtape.load(tape)[0].chunks]

        class Memory(httpx2.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                yield from chunks

        def answer(request: Any) -> Any:
            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=headers, stream=Memory())

        def from_memory() -> None:
            read(httpx2.Client(transport=httpx2.MockTransport(answer)))

        def from_tape() -> None:
            with streamtape.use_cassette(tape, mode="none"):
                read()

        def from_yaml() -> None:
            with _vcr(tape):
                read()

        sizes = {"streamtape": tape.stat().st_size, "vcrpy": yaml.stat().st_size}
        for peer, size in sizes.items():
            ratio = size / sizes["vcrpy"]
            yield _row(f"{events} events on disk ({len(body):,} bytes)", size, "bytes", peer, ratio)
        ways = {"memory": from_memory, "streamtape": from_tape, "vcrpy": from_yaml}
        times = interleaved(ways, repeat)
        for peer, value in times.items():
            ratio = value / times["memory"]
            yield _row(f"{events} events through the SDK", value * 1e3, "ms", peer, ratio)


def interleaved(ways: dict[str, Callable[[], None]], repeat: int) -> dict[str, float]:
    """The median seconds of each way, run in turn so that a slow moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repeat + 1):
        for name, way in ways.items():
            gc.collect()
            start = time.perf_counter()
            way()
            if number:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(row)
