"""What a recording costs: bytes as a tape, in a tar and as tables, and processor time.

    python tools/bench.py costs --json > figures.json
    python tools/docs/costs.py figures.json            # the same for a billion

Means over recordings as the public corpus has them (`made_recordings`, any size). Processor time is
that of one process, less that of the same command with a single recording.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamtape
from tools.benches.made_recordings import make

Row = dict[str, Any]
N_RECORDINGS = 1_612  # each stream of the corpus once


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure all of it."""
    del repeat  # processor time of so many recordings varies little
    n = 100 if quick else N_RECORDINGS
    with tempfile.TemporaryDirectory(prefix="streamtape-bench-") as name:
        return list(_rows(Path(name), n))


def _rows(folder: Path, n: int) -> Iterator[Row]:
    tapes = make(folder / "tapes", n, any_size=True)
    one = make(folder / "one", 1)
    files = sorted(tapes.rglob("*.tape"))
    stream = sum(len(one.body) for path in files for one in streamtape.load(path))
    yield _row("stream_bytes", "bytes of stream", stream / n, "B")
    yield _row("tape_bytes", "as a tape", _size(tapes) / n, "B")
    _cpu_s("pack", str(tapes), "-o", str(folder / "all.tar"))
    yield _row("tar_bytes", "in a tar", _size(folder / "all.tar") / n, "B")
    for command in ("check", "scan", "export"):
        out = ["-o", str(folder / "tables")] if command == "export" else []
        base = ["-o", str(folder / "base")] if command == "export" else []
        spent = _cpu_s(command, str(tapes), "--jobs", "1", *out)
        start = _cpu_s(command, str(one), "--jobs", "1", *base)
        yield _row(f"{command}_ms", f"{command}, of a core", (spent - start) * 1000 / n, "ms")
    yield _row("table_bytes", "as tables", _size(folder / "tables") / n, "B")


def _row(cost: str, what: str, value: float, unit: str) -> Row:
    name = f"a recording, {what}"
    return {"name": name, "cost": cost, "value": round(value, 3), "unit": unit, "ratio": None}


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
    return sum(file.stat().st_size for file in files)


def _cpu_s(*args: str) -> float:
    before = os.times()
    command = [sys.executable, "-m", "streamtape", *args]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr[-500:]
    after = os.times()
    spent = after.children_user - before.children_user
    return spent + after.children_system - before.children_system


if __name__ == "__main__":
    for row in run(1, quick="--quick" in sys.argv):
        print(row)
