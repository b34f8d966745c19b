"""Many recordings on a Dask cluster: `check` with one worker and two, beside a pool of processes.

    python tools/bench.py cluster
    STREAMTAPE_BENCH_RECORDINGS=100000 python tools/bench.py cluster

The recordings are those of the public corpus (or streams written here), again and again under
other names, each with a time of its own; without the variable they are few. Scheduler and workers
run before the clock starts. "Memory" is the most that the process held that folds the results, of
five times as many short recordings, for a tenth of them and for all. At the end a worker is killed
while `export` runs, and the files are compared byte by byte with those of one process.
"""

from __future__ import annotations

import filecmp
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamtape.tape.model import Cassette
from streamtape.tape.store import save
from tests.streams import Writer
from tools.benches import folders

Row = dict[str, Any]
START_US = 1_767_225_600_000_000
MINUTE_US = 60_000_000
_MEASURED = (
    "import resource, sys; from streamtape.cli import main\n"
    "try: main()\n"
    "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure all of it."""
    few = 200 if quick else 2000
    n = int(os.environ.get("STREAMTAPE_BENCH_RECORDINGS") or few)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tapes = _recordings(folder, n)
        rows = list(_speeds(tapes, n, 1 if quick else min(repeat, 3)))
        rows += _memory(folder, n * 5)
        rows.append(_killed(folder, tapes, n))
        return rows


def _recordings(folder: Path, n: int) -> Path:
    """A folder with so many recordings, a thousand a folder."""
    found = folders._recorded(folder) if folders.CORPUS.is_file() else folders.written()
    streams = list(found)
    tapes = folder / "tapes"
    for number in range(n):
        one = replace(streams[number % len(streams)], started_at_us=START_US + number * MINUTE_US)
        path = tapes / f"{number // 1000:04}" / f"{number:06}.tape"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(Cassette((one,)), path)
    return tapes


@contextmanager
def _cluster(n_workers: int) -> Iterator[Any]:
    """A scheduler with so many worker processes."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as cluster:
        yield cluster


def _speeds(tapes: Path, n: int, repeat: int) -> Iterator[Row]:
    times: dict[str, list[float]] = {"1 worker": [], "2 workers": [], "2 processes": []}
    for _ in range(repeat):
        for name, n_workers in (("1 worker", 1), ("2 workers", 2)):
            with _cluster(n_workers) as cluster:
                address = cluster.scheduler_address
                _check(tapes / "0000", "--cluster", address)  # imports, and what is compiled once
                times[name].append(_check(tapes, "--cluster", address))
        times["2 processes"].append(_check(tapes, "--jobs", "2"))
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, seconds in medians.items():
        yield {
            "name": f"check, {n:,} recordings",
            "peer": name,
            "value": round(seconds, 2),
            "unit": "s",
            "ratio": round(medians["1 worker"] / seconds, 2),
        }
    gain = medians["1 worker"] / medians["2 workers"]
    slower = medians["2 workers"] / medians["2 processes"]
    for name, ratio, goal in (
        ("2 workers to 1: times as fast", gain, "ratio >= 1.7"),
        ("2 workers to 2 processes: time", slower, "ratio <= 1.1"),
    ):
        yield {
            "name": f"check, {n:,} recordings, {name}",
            "peer": "streamtape",
            "value": round(ratio, 3),
            "unit": "times",
            "ratio": round(ratio, 3),
            "goal": goal,
        }


def _check(tapes: Path, *args: str) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "streamtape", "check", str(tapes), *args]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr[-500:]
    return time.perf_counter() - start


def _memory(folder: Path, n: int) -> Iterator[Row]:
    """The most memory of the process that folds, for a tenth of the recordings and for all."""
    tapes = folder / "short"
    for number in range(n):
        words = ("double ", "bubble ", f"bath {number}")
        one = replace(
            Writer(number + 1).message(*words).end().interaction(), started_at_us=START_US
        )
        path = tapes / f"{number * 10 // n}" / f"{number:06}.tape"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(Cassette((one,)), path)
    with _cluster(2) as cluster:
        for command in (["check"], ["export", "-o", "{out}"]):
            sizes = []
            for number, what in enumerate((tapes / "0", tapes)):
                out = str(folder / f"out-{command[0]}{number}")
                words_ = [word.format(out=out) for word in command]
                args = [*words_, str(what), "--cluster", cluster.scheduler_address]
                run_ = [sys.executable, "-c", _MEASURED, *args]
                done = subprocess.run(run_, capture_output=True, text=True, check=False)
                sizes.append(int(done.stderr.split()[-1]) / 1024)
            yield {
                "name": f"{command[0]}, memory, {n // 10:,} to {n:,} short recordings: "
                f"{sizes[0]:.0f} → {sizes[1]:.0f} MB",
                "peer": "streamtape",
                "value": round(sizes[1] / sizes[0], 3),
                "unit": "times",
                "ratio": round(sizes[1] / sizes[0], 3),
                "goal": "ratio <= 1.15",
            }


def _killed(folder: Path, tapes: Path, n: int) -> Row:
    """Whether an export is the same, byte for byte, after a worker was killed half way."""
    alone, shared = folder / "alone", folder / "shared"
    command = [sys.executable, "-m", "streamtape", "export", str(tapes), "-o"]
    start = time.perf_counter()
    subprocess.run([*command, str(alone)], capture_output=True, check=True)
    half_s = (time.perf_counter() - start) / 2
    with _cluster(2) as cluster:
        worker = next(iter(cluster.workers.values()))
        killer = threading.Timer(half_s, os.kill, (worker.process.pid, signal.SIGKILL))
        killer.start()
        args = [*command, str(shared), "--cluster", cluster.scheduler_address]
        subprocess.run(args, capture_output=True, check=True)
        killer.join()
    names = [p.relative_to(alone).as_posix() for p in sorted(alone.rglob("*")) if p.is_file()]
    _, other, errors = filecmp.cmpfiles(alone, shared, names, shallow=False)
    same = not other and not errors and len(names) > 1
    return {
        "name": f"export, {n:,} recordings, a worker killed after {half_s:.0f} s: other files",
        "peer": "streamtape",
        "value": len(other) + len(errors),
        "unit": "files",
        "ratio": 1.0,
        "goal": "<= 0",
        "met": same,
    }


if __name__ == "__main__":
    for row in run(1, quick="--quick" in sys.argv):
        print(json.dumps(row))
