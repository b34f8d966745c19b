"""Recording: what it costs the program, beside vcrpy, cassetter and mitmproxy.

Rows: first event while recording (48 events, 25 ms apart); added time a chunk, of each library,
sync and async; added time an event until the client has all, beside the peers; throughput of a
large body, flooded and over a line of 1 Gbit/s, and what a journal costs that only writes; the size
on disk of a 5,008-event Responses stream. vcrpy and cassetter hold a body in memory and write YAML
of it: of 500 MB that would take minutes, so they are not asked to.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai

import streamtape
from streamtape.mock.server import MockServer
from tools.benches.contest import Row, interleaved, on_disk, recorders, row
from tools.benches.serving import HOME, free_port, mitmproxy_version, served

EVENTS = 5008
BODY_MB = 500
LINE_MB = 125  # a second, of 1 Gbit/s
PROMPT: Any = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        return [
            *_first_event(repeat, place),
            *_added(repeat, place),
            *_beside(repeat, place),
            *_throughput(place),
            *_size(place),
        ]


def _first_event(repeat: int, folder: Path) -> Iterator[Row]:
    contestants = recorders()
    times: dict[str, list[float]] = {name: [] for name in ("direct", *contestants)}
    with MockServer(gap_us=25_000) as endpoint:
        client = openai.OpenAI(base_url=endpoint.base_url, api_key="none")

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


def _response(library: Any, chunk: bytes, count: int) -> Any:
    class Body(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]  # either library's
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(count):
                yield chunk

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(count):
                yield chunk

    return library.Response(200, stream=Body())


def _added(repeat: int, folder: Path) -> Iterator[Row]:
    """The time that recording adds to a chunk: the same chunks, with and without the recorder."""
    chunk = b'event: response.output_text.delta\ndata: {"delta":"x","sequence_number":1}\n\n' * 3
    for library in (httpx, httpx2):
        transport = library.MockTransport(lambda _, used=library: _response(used, chunk, 20_000))
        ways: dict[str, Callable[[], list[float]]] = {
            "sync": partial(_gaps, library.Client(transport=transport)),
            "async": partial(_async_gaps, library, transport),
        }
        for way, gaps_of in ways.items():
            bare, recorded, worst = [], [], []
            for number in range(repeat):
                bare.append(statistics.median(gaps_of()))
                with streamtape.use_cassette(folder / f"{library.__name__}{way}{number}.tape"):
                    gaps = gaps_of()
                recorded.append(statistics.median(gaps))
                worst.append(statistics.quantiles(gaps, n=100)[98])
            base = statistics.median(bare)
            name = f"added time a chunk, {library.__name__}, {way} (ratio: µs without us)"
            for label, times, goal in (("median", recorded, 20), ("p99", worst, 100)):
                value = statistics.median(times) - base
                yield {
                    **row(f"{name}, {label}", value, "µs", "streamtape", base),
                    "goal": f"<= {goal}",
                }


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


def _async_gaps(library: Any, transport: Any) -> list[float]:
    async def read() -> list[float]:
        clock = time.perf_counter_ns
        gaps = []
        async with (
            library.AsyncClient(transport=transport) as client,
            client.stream("GET", "http://upstream/") as response,
        ):
            before = clock()
            async for _ in response.aiter_raw():
                now = clock()
                gaps.append((now - before) / 1e3)
                before = now
        return gaps

    return asyncio.run(read())


def _beside(repeat: int, folder: Path) -> Iterator[Row]:
    """What each recorder adds to a long stream, sent at once: while it is read, and in all."""
    with (
        MockServer(gap_us=0) as endpoint,
        httpx2.Client(timeout=60) as client,
        ExitStack() as on,
    ):
        body = {"input": PROMPT, "model": f"gpt-4.1?events={EVENTS}", "stream": True}
        count = iter(range(10**6))
        read_s: dict[str, list[float]] = {}

        def read(peer: str, url: str, recorder: Callable[[Path], Any] = nullcontext) -> None:
            with recorder(folder / f"beside{next(count)}"):
                start = time.perf_counter()
                with client.stream("POST", f"{url}/responses", json=body) as response:
                    assert sum(map(len, response.iter_bytes())) > EVENTS * 100
                read_s.setdefault(peer, []).append(time.perf_counter() - start)

        ways: dict[str, Callable[[], Any]] = {"bare": partial(read, "bare", endpoint.base_url)}
        for name, recorder in recorders().items():
            ways[name] = partial(read, name, endpoint.base_url, recorder)
        if mitmproxy_version():
            proxied = on.enter_context(_mitmproxy(endpoint.base_url, folder))
            name = f"mitmproxy {mitmproxy_version()}"
            ways[name] = partial(read, name, proxied)
        whole = interleaved(ways, repeat)
        reading = {name: statistics.median(times[1:]) for name, times in read_s.items()}
        for label, taken in (("while it is read", reading), ("to the file's end", whole)):
            for name, seconds in taken.items():
                added = (seconds - taken["bare"]) / EVENTS * 1e6
                found = f"added time an event, {EVENTS} at once, {label} (ratio: µs in all)"
                yield row(found, added, "µs", name, seconds / EVENTS * 1e6)


@contextmanager
def _mitmproxy(url: str, folder: Path) -> Iterator[str]:
    """A recording mitmproxy before a server, passing on what comes as it comes."""
    port, (root, _, path) = free_port(), url.partition("/v1")
    command = [str(HOME / "mitmproxy" / "bin" / "mitmdump"), "-q", "--listen-host", "127.0.0.1"]
    command += ["--mode", f"reverse:{root}", "-p", str(port), "-w", str(folder / "flows")]
    command += ["--set", f"confdir={folder / 'mitmproxy'}", "--set", "stream_large_bodies=1"]
    with served(command, port):
        yield f"http://127.0.0.1:{port}/v1{path}"


def _throughput(folder: Path) -> Iterator[Row]:
    """A large body over a real socket, bare and recorded, until the client has its last byte."""
    piece = b'data: {"type":"response.output_text.delta","delta":"some words of text"}\n\n' * 900
    for line, body_mb, rate in (
        ("as fast as it goes", BODY_MB, 0),
        ("over 1 Gbit/s", 2 * LINE_MB, LINE_MB),
    ):
        name = f"{body_mb} MB body {line}, while it streams (ratio: of bare throughput)"
        count = body_mb * 1_000_000 // len(piece)
        with _Flood(piece, count, rate) as url, httpx2.Client(timeout=60) as client:
            taken: dict[str, list[float]] = {"bare": [], "bare, and os.write": [], "streamtape": []}
            for number in range(3):
                taken["bare"].append(_read(client, url))
                with (folder / "written").open("wb", buffering=0) as file:
                    written = _read(client, url, partial(os.write, file.fileno()))
                taken["bare, and os.write"].append(written)
                with streamtape.use_cassette(folder / f"large{rate}-{number}.tape"):
                    taken["streamtape"].append(_read(client, url))
        bare = statistics.median(taken["bare"])
        for peer, times in taken.items():
            seconds = statistics.median(times)
            goal = {"goal": "ratio >= 0.9"} if peer == "streamtape" else {}
            yield {**row(name, body_mb / seconds, "MB/s", peer, bare / seconds), **goal}


def _read(client: Any, url: str, take: Callable[[bytes], object] = len) -> float:
    start = time.perf_counter()
    with client.stream("GET", url) as response:
        for data in response.iter_raw():
            take(data)
    return time.perf_counter() - start


class _Flood:
    """A server process of its own that sends one piece many times, at `rate` MB/s if not 0."""

    def __init__(self, piece: bytes, count: int, rate: int = 0) -> None:
        self._piece, self._count, self._rate = piece, count, rate

    def __enter__(self) -> str:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._piece, self._count, self._rate), daemon=True
        )
        self._process.start()
        return f"http://127.0.0.1:{mine.recv()}/"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(pipe: Any, piece: bytes, count: int, rate: int) -> None:
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
                start = time.perf_counter()
                for number in range(count):
                    connection.sendall(piece)
                    if rate:
                        due = start + (number + 1) * len(piece) / (rate * 1e6)
                        time.sleep(max(0.0, due - time.perf_counter()))


def _size(folder: Path) -> Iterator[Row]:
    """A 5,008-event stream, on disk."""
    with MockServer(gap_us=0) as endpoint:
        client = openai.OpenAI(base_url=endpoint.base_url, api_key="none")
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
