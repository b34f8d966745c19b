"""The replay server beside its peers, for 1 to 1,000 clients at once; and what the proxy adds.

Every client asks for the same stream, 25 chunks a second. The distance is between the time at which
a client has a chunk, counted from the sending of its request, and the recorded time. Servers run in
processes of their own, whose CPU time is measured, too.

    python tools/bench.py server
    python -m tools.benches.server [SECONDS [CLIENTS...]]
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamtape
from streamtape.tape.model import Cassette
from tools.benches.lateness import timer_alone
from tools.benches.serving import (
    Running,
    command,
    contestants,
    quantile,
    read_all,
    started,
    stream,
    tape_server,
)

Row = dict[str, Any]
SECONDS = 4.0
CLIENTS = (1, 100, 500, 1000)
PER_S = 25


def run(
    repeat: int,
    seconds: float = SECONDS,
    clients: tuple[int, ...] = CLIENTS,
    *,
    quick: bool = False,
) -> list[Row]:
    """Every row; a run is thousands of chunks, so only the proxy's part is repeated."""
    if quick:
        seconds, clients = min(seconds, 2.0), clients[:2]
    due_us = [round(1e6 / PER_S) * (n + 1) for n in range(round(seconds * PER_S))]
    tape = stream(due_us)
    rows: list[Row] = []
    for n_clients in clients:
        found = {
            name: measure(start, tape, due_us, n_clients) for name, start in contestants().items()
        }
        first = next(iter(found.values()))
        rows += [
            row(f"{n_clients} client{'s' * (n_clients > 1)}, {PER_S} chunks a second each: {what}",
                value, unit, name, value / first[what][0] if first[what][0] else None)
            for what in first
            for name, (value, unit) in ((n, f[what]) for n, f in found.items() if what in f)
        ]  # fmt: skip
    return rows + measure_proxy(10 * repeat, 25_000)


def measure(
    start: Any, tape: Cassette, due_us: list[int], n_clients: int
) -> dict[str, tuple[float, str]]:
    """One contestant's figures for so many clients, who come within two seconds."""
    with tempfile.TemporaryDirectory() as folder, timer_alone() as alone_ms:
        with start(tape, Path(folder)) as server:
            read_all(server.port, 1)
            before, began = server.cpu_s(), time.perf_counter()
            times = read_all(server.port, n_clients, within_s=min(2.0, n_clients / 100))
            took, cpu = time.perf_counter() - began, max(server.cpu_s() - before, 0.01)
        within_ms = json.loads(server.late.read_text()) if server.late else []
    assert all(len(one) == len(due_us) for one in times), "chunks are missing"
    distance = [abs(a - d) / 1000 for one in times for a, d in zip(one, due_us, strict=True)]
    return {
        "distance p50": (quantile(distance, 0.5), "ms"),
        "distance p99": (quantile(distance, 0.99), "ms"),
        **(
            {"timers in the server late, p99": (quantile(within_ms, 0.99), "ms")}
            if within_ms
            else {}
        ),
        "a timer alone beside it late, p99": (quantile(alone_ms, 0.99), "ms"),
        "server CPU": (cpu / took * 100, "% of a core"),
        "chunks a second per core": (len(distance) / cpu, "1/s"),
    }


def row(name: str, value: float, unit: str, peer: str = "streamtape", ratio: Any = None) -> Row:
    """One line of the table."""
    return {"name": name, "value": round(value, 3), "unit": unit, "peer": peer, "ratio": ratio}


def measure_proxy(n_chunks: int, gap_us: int) -> list[Row]:
    """What a recording proxy adds: how much later a stream comes, and each chunk of it then."""
    due_us = [gap_us * (n + 1) for n in range(n_chunks)]
    with tempfile.TemporaryDirectory() as folder, started(tape_server, stream(due_us)) as upstream:
        copy = Path(folder) / "copy.tape"
        with proxied(upstream, copy) as proxy:
            runs = [[read_all(port, 1)[0] for port in (upstream.port, proxy)] for _ in range(3)]
        assert [len(i.chunks) for i in streamtape.load(copy)] == [n_chunks + 1] * 3
    # The first round warms both up. The upstream's clock starts when the request has come through.
    later: list[float] = []
    spread: list[float] = []
    for direct, through in runs[1:]:
        added = [(late - on_time) / 1000 for on_time, late in zip(direct, through, strict=True)]
        later.append(min(added))
        spread += [each - later[-1] for each in added]
    return [
        row("recording proxy: the stream later by", statistics.median(later), "ms"),
        row("recording proxy: and then each chunk by, p50", quantile(spread, 0.5), "ms"),
        row("recording proxy: and then each chunk by, p99", quantile(spread, 0.99), "ms"),
    ]


@contextlib.contextmanager
def proxied(upstream: Running, path: Path) -> Iterator[int]:
    """The port of a recording proxy before a server, in a process of its own."""
    url = f"http://127.0.0.1:{upstream.port}"
    with command("record", "-o", str(path), "--upstream", url) as running:
        yield running.port


if __name__ == "__main__":
    given = [float(text) for text in sys.argv[1:]]
    chosen = tuple(map(int, given[1:])) or CLIENTS
    for found in run(3, given[0] if given else SECONDS, chosen):
        print(json.dumps(found))
