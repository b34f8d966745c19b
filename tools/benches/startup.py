"""Start-up: whole processes, and the import alone. The pytest plugin's is in `pytest_cost`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

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
    return [
        {"name": "whole process (ratio: ms over the interpreter)", "peer": name, "value": value,
         "unit": "ms", "ratio": value - bare, **({"goal": GOALS[name]} if name in GOALS else {})}
        for name, value in medians.items()
    ]  # fmt: skip


if __name__ == "__main__":
    for row in run(5):
        print(row)
