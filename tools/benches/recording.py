"""Recording: what it costs the program, beside vcrpy and cassetter; and what a long stream weighs.

Rows: first event while recording (48 events, 25 ms apart), added time a chunk, throughput of a
large body, and the size on disk of a 5,008-event Responses stream.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai

import streamtape
from streamtape.server.embedded import EmbeddedEndpoint
from tools.benches.contest import Row, interleaved, on_disk, recorders, row

EVENTS = 5008
BODY_MB = 500
PROMPT: Any = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        return [
            *_first_event(repeat, place), *_added(repeat, place), *_throughput(place), *_size(place)
        ]  # fmt: skip


def _first_event(repeat: int, folder: Path) -> Iterator[Row]:
    contestants = recorders()
    times: dict[str, list[float]] = {name: [] for name in ("direct", *contestants)}
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
            for name, recorder in contestants.items():
                with recorder(folder / f"first{number}"):
                    times[name].append(first_event())
    direct = statistics.median(times["direct"])
    for name, values in times.items():
        value = statistics.median(values)
        label = "first event while recording (ratio: ms later than direct)"
        yield row(label, value, "ms", name, value - direct)


def _client(library: Any, chunk: bytes, count: int) -> Any:
    class Body(library.SyncByteStream):  # type: ignore[misc]  # either library's
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(count):
                yield chunk

    def answer(request: Any) -> Any:
        return library.Response(200, stream=Body())

    return library.Client(transport=library.MockTransport(answer))


def _added(repeat: int, folder: Path) -> Iterator[Row]:
    """The time that recording adds to a chunk: the same chunks, with and without the recorder."""
    chunk = b'event: response.output_text.delta\ndata: {"delta":"x","sequence_number":1}\n\n' * 3
    for library in (httpx, httpx2):
        client = _client(library, chunk, 20_000)
        bare, recorded, worst = [], [], []
        for number in range(repeat):
            bare.append(statistics.median(_gaps(client)))
            with streamtape.use_cassette(folder / f"{library.__name__}{number}.tape"):
                gaps = _gaps(client)
            recorded.append(statistics.median(gaps))
            worst.append(statistics.quantiles(gaps, n=100)[98])
        base = statistics.median(bare)
        name = f"added time a chunk, {library.__name__} (ratio: µs a chunk without us)"
        yield row(f"{name}, median", statistics.median(recorded) - base, "µs", "streamtape", base)
        yield row(f"{name}, p99", statistics.median(worst) - base, "µs", "streamtape", base)


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


def _throughput(folder: Path) -> Iterator[Row]:
    """A large body over a real socket, bare and recorded, until the client has its last byte."""
    piece = b'data: {"type":"response.output_text.delta","delta":"some words of text"}\n\n' * 900
    count = BODY_MB * 1_000_000 // len(piece)
    with _Flood(piece, count) as url, httpx2.Client(timeout=60) as client:

        def read() -> None:
            with client.stream("GET", url) as response:
                for _ in response.iter_raw():
                    pass

        def recorded() -> None:
            with streamtape.use_cassette(folder / "large.tape", mode="all"):
                start = time.perf_counter()
                read()
                took.append(time.perf_counter() - start)

        took: list[float] = []
        bare = interleaved({"bare": read}, 2)["bare"]
        recorded()
        for peer, seconds in {"bare": bare, "streamtape": took[-1]}.items():
            name = f"{BODY_MB} MB body, while it streams (ratio: of bare throughput)"
            yield row(name, BODY_MB / seconds, "MB/s", peer, bare / seconds)


class _Flood:
    """A server process of its own that sends one piece many times."""

    def __init__(self, piece: bytes, count: int) -> None:
        self._piece, self._count = piece, count

    def __enter__(self) -> str:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._piece, self._count), daemon=True
        )
        self._process.start()
        return f"http://127.0.0.1:{mine.recv()}/"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(pipe: Any, piece: bytes, count: int) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            with connection:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d"
                connection.sendall(head % (len(piece) * count) + b"\r\nConnection: close\r\n\r\n")
                for _ in range(count):
                    connection.sendall(piece)


def _size(folder: Path) -> Iterator[Row]:
    """A 5,008-event stream, on disk."""
    with EmbeddedEndpoint(gap_us=0) as endpoint:
        client = openai.OpenAI(base_url=endpoint.url, api_key="none")
        for recorder in recorders().values():
            with recorder(folder / "long"):
                for _ in client.responses.create(
                    model=f"gpt-4.1?events={EVENTS}", input=PROMPT, stream=True
                ):
                    pass
    sizes = {name: on_disk(folder, f"long.{s}") for name, s in _SUFFIXES.items()}
    sizes["streamtape"] = (folder / "long.tape").stat().st_size
    body = len(streamtape.load(folder / "long.tape")[0].body)
    for peer, size in sizes.items():
        if size:
            name = f"{EVENTS} events on disk, {body:,} bytes of body (ratio: of vcrpy's)"
            yield row(name, size, "bytes", peer, size / sizes["vcrpy"])


_SUFFIXES = {"vcrpy": "vcr", "cassetter": "cassetter"}

if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(line)
