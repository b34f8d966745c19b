"""How fast SSE is parsed, beside other parsers: by size of chunk and of event, and its growth.

Every parser reads the same bytes and looks at each event's type and data. Each hands out type, data
and id as text; streamtape also a block's retry and comments. In Node, too, bytes come in and are
decoded chunk by chunk. Repeats are interleaved, so that a slow phase of the machine meets all
parsers. Values are medians; `ratio` is how many times as long the peer takes as streamtape does,
the median over the rounds. Growth is of CPU time.

    python tools/bench.py parser
"""

from __future__ import annotations

import codecs
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import streamtape
from tools import environments
from tools.benches.eventsource_parser import VERSION, Node

Row = dict[str, Any]
Chunks = list[bytes]
Reader = Callable[[Chunks], int]
OURS = "streamtape"
IN_NODE = "eventsource-parser (Node)"
LIMIT = "limit: bytes.split"
N_EVENTS = 20_000
DELTA = (
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
    '"sequence_number":%d,"item_id":"msg_68a1b2c3d4e5f60718293a4b5c6d7e8f","output_index":0,'
    '"content_index":0,"delta":" token%d","logprobs":[]}\n\n'
)


def ours(chunks: Chunks) -> int:
    """Read with streamtape.SSEParser."""
    feed, n = streamtape.SSEParser().feed, 0
    for chunk in chunks:
        for frame in feed(chunk):
            if frame.event and frame.data:
                n += 1
    return n


def limit_split(chunks: Chunks) -> int:
    """Only cut each chunk at its blank lines, as bytes, and look at each block twice."""
    n = 0
    for chunk in chunks:
        for block in chunk.split(b"\n\n"):
            if block and block is not None:
                n += 1
    return n


def httpx_sse() -> Reader:
    """Read with httpx-sse's decoders."""
    from httpx_sse._decoders import (
        SSEDecoder,
        SSELineDecoder,
    )

    def read(chunks: Chunks) -> int:
        text, lines, decoder, n = utf8(), SSELineDecoder(), SSEDecoder(), 0
        for chunk in chunks:
            for line in lines.decode(text(chunk)):
                event = decoder.decode(line)
                if event is not None and event.event and event.data:
                    n += 1
        return n

    return read


def httpx2_sse() -> Reader:
    """Read with httpx2's decoder."""
    from httpx2._sse import _SSEParser

    def read(chunks: Chunks) -> int:
        text, decoder, n = utf8(), _SSEParser(), 0
        for chunk in chunks:
            for event in decoder.decode(text(chunk)):
                if event.event and event.data:
                    n += 1
        return n

    return read


def sseclient_py() -> Reader:
    """Read with sseclient-py."""
    from sseclient import SSEClient

    def read(chunks: Chunks) -> int:
        n = 0
        for event in SSEClient(iter(chunks)).events():
            if event.event and event.data:
                n += 1
        return n

    return read


def launchdarkly() -> Reader:
    """Read with launchdarkly-eventsource's reader."""
    from ld_eventsource.reader import (  # type: ignore[import-not-found]  # the bench's own
        _BufferedLineReader,
        _SSEReader,
    )

    def read(chunks: Chunks) -> int:
        n = 0
        for event in _SSEReader(_BufferedLineReader.lines_from(chunks)).events_and_comments():
            if event.event and event.data:
                n += 1
        return n

    return read


PEERS: dict[str, Callable[[], Reader]] = {
    "httpx-sse": httpx_sse,
    "httpx2": httpx2_sse,
    "sseclient-py": sseclient_py,
    "launchdarkly-eventsource": launchdarkly,
}


def utf8() -> Callable[[bytes], str]:
    """What those parsers that take text need before them."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode


def readers() -> dict[str, Reader]:
    """Every parser that is installed; those that are not are named with the reason."""
    found: dict[str, Reader] = {OURS: ours}
    for name, load in PEERS.items():
        try:
            found[name] = load()
        except ImportError as error:
            environments.leave_out(name, str(error))
    return found


def seconds(
    reader: Reader,
    chunks: Chunks,
    n_events: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """How long a reader takes; it must find every event."""
    began = clock()
    found = reader(chunks)
    took = clock() - began
    assert found == n_events or reader is limit_split, f"{found} events of {n_events}"
    return took


def compared(
    name: str,
    chunks: Chunks,
    units: tuple[int, float, str],
    *,
    repeat: int,
    some: dict[str, Reader],
    goal: float | None = None,
    node: Callable[[], float] | None = None,
    node_goal: float | None = None,
) -> Iterator[Row]:
    """Rows of all readers over the same chunks.

    `units` is how many events there are, how many units the time is divided by, and their name:
    time a unit, or units a second where it ends in /s. `goal` is the least ratio to each peer in
    Python. `node` measures a time a unit by itself.
    """
    n_events, n_units, unit = units
    took: dict[str, list[float]] = {}
    for read in some.values():
        seconds(read, chunks, n_events)  # warms up
    for _ in range(repeat):
        for reader, read in some.items():
            took.setdefault(reader, []).append(seconds(read, chunks, n_events) / n_units)
        if node:
            took.setdefault(IN_NODE, []).append(node() / 1e9)
    goals = {IN_NODE: node_goal, LIMIT: 0.5 if node_goal else None, OURS: None}
    for reader, values in took.items():
        median = statistics.median(values)
        value = 1 / median if unit.endswith("/s") else median * 1e9
        ratios = [one / base for one, base in zip(values, took[OURS], strict=True)]
        least = goals.get(reader, goal)
        found = row(f"{name} (ratio: times ours)", value, unit, reader, statistics.median(ratios))
        yield {**found, "goal": f"ratio >= {least:g}"} if least else found


def row(name: str, value: float, unit: str, peer: str, ratio: float | None = None) -> Row:
    """One line of the table; ours has no ratio."""
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "peer": None if peer == OURS else peer,
        "ratio": None if peer == OURS or ratio is None else round(ratio, 2),
    }


def cut(body: bytes, size: int) -> Chunks:
    """Cut a body into chunks of one size."""
    return [body[at : at + size] for at in range(0, len(body), size)]


def growth(repeat: int) -> Iterator[Row]:
    """How the time grows with the work: the exponent between a tenth and the whole; 1 is linear."""
    line = b"data: " + b"x" * 40_000_000 + b"\n\n"
    few = b"".join((DELTA % (n, n)).encode() for n in range(45_000))
    events = [(DELTA % (n, n)).encode() for n in range(N_EVENTS)]
    small = b"".join(events)
    works = {
        "a 40 MB line in 1 KiB chunks": (cut(line[:4_000_000] + b"\n\n", 1024), cut(line, 1024), 1),
        "a 100 MB body fed whole": ([few], [few * 10], 450_000),
        "a 40 MB body in 1 KiB chunks": (cut(small, 1024), cut(small * 10, 1024), 200_000),
        "200,000 events, one a chunk": (events, events * 10, 200_000),
    }
    for name, (tenth, whole, n) in works.items():
        short: list[float] = []
        long: list[float] = []
        for _ in range(repeat):
            short.append(seconds(ours, tenth, max(n // 10, 1), time.process_time))
            long.append(seconds(ours, whole, n, time.process_time))
        exponent = math.log10(min(long) / min(short))
        rate = sum(map(len, whole)) / statistics.median(long) / 1e6
        yield row(name, rate, "MB/s", OURS)
        exponents = row(f"{name}: growth from a tenth", exponent, "exponent", OURS)
        yield {**exponents, "goal": "<= 1.05"}


def versions() -> dict[str, str]:
    """What else is measured here, and which version of it."""
    return {"eventsource-parser": VERSION} if shutil.which("npm") else {}


def run(repeat: int) -> list[Row]:
    """Every row."""
    events = [(DELTA % (n, n)).encode() for n in range(N_EVENTS)]
    body = b"".join(events)
    large = [b"event: image\ndata: " + b"x" * 1_000_000 + b"\n\n"] * 10
    large_mb = sum(map(len, large)) / 1e6
    few = events[: N_EVENTS // 20]
    single = cut(b"".join(few), 1)
    some = readers()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        node = Node(Path(folder), body)
        if node.why_not:
            environments.leave_out("eventsource-parser", node.why_not)
        units: tuple[int, float, str] = (N_EVENTS, N_EVENTS, "ns/event")
        limited = {**some, LIMIT: limit_split}
        for name, chunks, size, goal, node_goal in (
            ("64 KiB chunks", cut(body, 65_536), "65536", 3, 1),
            ("1 KiB chunks", cut(body, 1024), "1024", 1, 1),
            ("one event a chunk", events, "event", 1.5, 1),
        ):
            rows += compared(
                name,
                chunks,
                units,
                repeat=repeat,
                some=limited,
                goal=goal,
                node=None if node.why_not else partial(node.ns_an_event, size),
                node_goal=node_goal,
            )
    of_bytes = (len(few), len(single), "ns/byte")
    rows += compared("one-byte chunks", single, of_bytes, repeat=repeat, some=some, goal=1)
    # sseclient-py joins a line by += and takes minutes over these.
    swift = {name: read for name, read in some.items() if name != "sseclient-py"}
    of_mb = (len(large), large_mb, "MB/s")
    for name, chunks in (
        ("1 MB events, one a chunk", large),
        ("1 MB events in 64 KiB chunks", cut(b"".join(large), 65_536)),
    ):
        rows += compared(name, chunks, of_mb, repeat=repeat, some=swift, goal=1)
    rows += growth(repeat)
    return rows
