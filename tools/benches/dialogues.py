"""What the servers add to a WebSocket: the time of a message there and back.

An echo in this process is asked directly, through a recording proxy, and from the replay server,
both in processes of their own.

    python tools/bench.py dialogues
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websockets.sync.client
import websockets.sync.server
from websockets.sync.server import ServerConnection

from tools.benches.serving import command, quantile

Row = dict[str, Any]
N_MESSAGES = 2000
WARM_UP = 200
MESSAGE = json.dumps({"type": "response.output_text.delta", "delta": "x" * 200})


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """The median and the 99th percentile of each way; the best of the repeats."""
    n_messages = N_MESSAGES // (4 if quick else 1)
    found: dict[str, list[list[float]]] = {"direct": [], "recording proxy": [], "replay server": []}
    for _ in range(min(repeat, 2)):
        with tempfile.TemporaryDirectory() as folder, echoing() as port:
            path = str(Path(folder) / "run.tape")
            found["direct"].append(round_trips(port, n_messages))
            upstream = f"http://127.0.0.1:{port}"
            with command("record", "-o", path, "--upstream", upstream) as proxy:
                found["recording proxy"].append(round_trips(proxy.port, n_messages))
            with command("replay", path) as server:
                found["replay server"].append(round_trips(server.port, n_messages))
    rows: list[Row] = []
    for way, runs in found.items():
        best = min(runs, key=statistics.median)
        for name, value in (("p50", quantile(best, 0.5)), ("p99", quantile(best, 0.99))):
            rows.append({
                "name": f"WebSocket message there and back, {way}, {name}",
                "value": round(value, 3), "unit": "ms", "peer": "streamtape", "ratio": None,
            })  # fmt: skip
    return rows


@contextmanager
def echoing() -> Iterator[int]:
    """The port of a server that says again what it hears."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with websockets.sync.server.serve(echo, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


def round_trips(port: int, n_messages: int) -> list[float]:
    """The milliseconds of each message but the first ones."""
    took = []
    with websockets.sync.client.connect(f"ws://127.0.0.1:{port}") as client:
        for _ in range(n_messages + WARM_UP):
            began = time.perf_counter()
            client.send(MESSAGE)
            client.recv()
            took.append((time.perf_counter() - began) * 1000)
    return took[WARM_UP:]
