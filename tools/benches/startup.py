"""Start-up: whole processes, and how late the first replayed chunk is in a fresh one.

The pytest plugin's own is in `pytest_cost`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamtape
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from tools import environments

Row = dict[str, Any]
COMMANDS = {
    "python, nothing": ["-c", "pass"],
    "import streamtape": ["-c", "import streamtape"],
    "import httpx": ["-c", "import httpx"],
    "import vcr": ["-c", "import vcr"],
    "streamtape --help": ["-m", "streamtape", "--help"],
}

GOALS = {"import streamtape": "ratio <= 40", "streamtape --help": "<= 120"}
FIRST_CHUNK = """
import sys, time, httpx, streamtape
with httpx.Client() as client, streamtape.use_cassette(sys.argv[1], mode="none", speed=1.0):
    start = time.perf_counter()
    with client.stream("POST", "http://127.0.0.1/v1/responses", json={}) as response:
        next(response.iter_raw())
    print((time.perf_counter() - start) * 1e3 - 20)
"""


def first_chunk_late_ms(repeat: int) -> float:
    """How long after its time the first replayed chunk comes in a fresh process."""
    request = Request("POST", "http://127.0.0.1/v1/responses", (), b"{}")
    head = Head(200, ((b"content-type", b"text/event-stream"),))
    chunks = Chunks.of(Chunk(20_000 + n * 1_000, b"data: {}\n\n") for n in range(8))
    kept = Cassette((Interaction(request, head, chunks, Ending("complete", 30_000)),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.tape")
        streamtape.save(kept, path)
        command = [sys.executable, "-c", FIRST_CHUNK, str(path)]
        return statistics.median(float(subprocess.check_output(command)) for _ in range(repeat))


def run(repeat: int) -> list[Row]:
    """Measure every command in turn; the ratio is milliseconds over the interpreter alone."""
    commands = dict(COMMANDS)
    if find_spec("vcr") is None:
        environments.leave_out("vcrpy", "it is not installed")
        del commands["import vcr"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(max(repeat, 5) * 2):
        for name, arguments in commands.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
            times[name].append((time.perf_counter() - start) * 1e3)
    medians = {name: statistics.median(values) for name, values in times.items()}
    bare = medians["python, nothing"]
    late_ms = first_chunk_late_ms(max(repeat, 5))
    first = {"name": "the first replayed chunk of a process, late", "peer": None, "unit": "ms"}
    return [
        {**first, "value": late_ms, "goal": "<= 5"},
        *(
        {"name": "whole process (ratio: ms over the interpreter)", "peer": name, "value": value,
         "unit": "ms", "ratio": value - bare, **({"goal": GOALS[name]} if name in GOALS else {})}
        for name, value in medians.items()
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    for row in run(5):
        print(row)
