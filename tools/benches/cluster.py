"""Many recordings on a Dask cluster: `check` with one worker and two, beside a pool of processes.

    python tools/bench.py cluster                          # 2,000 recordings
    python tools/bench.py cluster --recordings 20000       # six minutes of two cores, medians of 3
    python tools/bench.py cluster --recordings 100000      # ten; 430 MB in the temporary folder

The recordings are those of `tools/benches/made_recordings.py`. Scheduler and workers run before the
clock starts. "Overhead" is the processor time of the client and the scheduler, as a share of the
workers': what keeps two workers on two cores from being twice as fast. "Memory" is the most that a
process held after a part of the recordings, and after all. That of a worker depends on the largest
recordings and the kinds of events, so workers have read each stream of the corpus before. "Growth"
is the exponent of processor time by the number of recordings. At the end a worker is killed half
way, and what `check` says and what `export` writes are compared byte by byte with those of one
process.
"""

from __future__ import annotations

import filecmp
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from streamtape.cluster.dask_cluster import SETTINGS
from tools.benches.made_recordings import A_FOLDER, make

Row = dict[str, Any]
USUAL, MANY = 2_000, 50_000  # many are measured once
N_STREAMS = 1_612  # in the corpus, which has the largest one somewhere
PARTS = 10
_MEASURED = (
    "import resource, sys; from streamtape.cli import main\n"
    "try: main()\n"
    "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


class Ran(NamedTuple):
    """A command that ran: how long, how much processor time, and how much memory at most."""

    seconds: float
    client_cpu_s: float
    scheduler_cpu_s: float
    workers_cpu_s: float
    client_mb: float
    workers_mb: float
    stdout: bytes

    @property
    def cpu_s(self) -> float:
        """The processor time of all of them."""
        return self.client_cpu_s + self.scheduler_cpu_s + self.workers_cpu_s

    @property
    def overhead(self) -> float:
        """The client's and the scheduler's share of the workers' time."""
        return (self.client_cpu_s + self.scheduler_cpu_s) / self.workers_cpu_s


class Sets(NamedTuple):
    """The recordings of a run: all of them, fewer, and some to begin with."""

    tapes: Path
    n: int
    few: Path
    n_few: int
    base: Path
    every: Path  # each stream of the corpus once

    @property
    def parts(self) -> list[str]:
        """Up to PARTS folders of all, a thousand recordings each."""
        return [str(part) for part in sorted(self.tapes.iterdir())[:PARTS]]


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure all of it."""
    n = int(os.environ.get("STREAMTAPE_BENCH_RECORDINGS") or (400 if quick else USUAL))
    n_few = min(max(n // 100, 1_000), n // 2)
    with tempfile.TemporaryDirectory(prefix="streamtape-bench-") as name:
        folder = Path(name)
        tapes, few, base = (
            make(folder / name, n_) for name, n_ in (("tapes", n), ("few", n_few), ("base", 20))
        )
        every = make(folder / "every", N_STREAMS // (16 if quick else 1), any_size=True)
        sets = Sets(tapes, n, few, n_few, base, every)
        rows = list(_Speeds(sets, 1 if quick or n >= MANY else min(repeat, 3)).rows())
        rows += _export_memory(sets, folder)
        rows += _killed(sets, folder)
        return rows


class _Cluster:
    """A scheduler in this process with so many workers, each a process."""

    def __init__(self, cluster: Any) -> None:
        self.address: str = cluster.scheduler_address
        self._cluster = cluster

    def pids(self) -> list[int]:
        """The processes of the workers."""
        return [worker.process.pid for worker in self._cluster.workers.values()]

    def run(self, *args: str) -> Ran:
        """Run a command with this cluster."""
        return _ran([*args, "--cluster", self.address], self.pids())


@contextmanager
def _cluster(n_workers: int, warm_up: Path) -> Iterator[_Cluster]:
    """A cluster that has done something already: imports, and what is compiled once."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
    ):
        started = _Cluster(cluster)
        started.run("check", str(warm_up))
        yield started


def _ran(args: Sequence[str], workers: Sequence[int] = ()) -> Ran:
    import resource  # not on Windows

    import psutil  # comes with distributed

    processes = [psutil.Process(pid) for pid in workers]
    before_s = sum(map(_cpu_s, processes))
    ours_s = time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-c", _MEASURED, *args]
    done = subprocess.run(command, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    assert done.returncode in (0, 1), done.stderr[-500:]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client_s = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    return Ran(
        seconds,
        client_s,
        time.process_time() - ours_s,
        sum(map(_cpu_s, processes)) - before_s,
        int(done.stderr.split()[-1]) / 1024,
        max((_most_mb(pid) for pid in workers), default=0.0),
        done.stdout,
    )


def _cpu_s(process: Any) -> float:
    import psutil

    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # a worker that was killed
        return 0.0
    return float(times.user + times.system)


def _most_mb(pid: int) -> float:
    """The most memory that a process ever held; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1024


class _Speeds:
    """`check` of all recordings by each contestant, in turn, and of fewer by two workers."""

    def __init__(self, sets: Sets, repeat: int) -> None:
        self._sets = sets
        self._name = f"check, {sets.n:,} recordings"
        found: dict[str, list[Ran]] = {"1 worker": [], "2 workers": [], "2 processes": []}
        everything = str(sets.tapes)
        for _ in range(repeat):
            with _cluster(1, sets.base) as cluster:
                cluster.run("check", str(sets.every))
                found["1 worker"].append(cluster.run("check", everything))
            with _cluster(2, sets.base) as cluster:
                cluster.run("check", str(sets.every))
                self._base, self._few = (
                    _middle([cluster.run("check", str(few)) for _ in range(3)])
                    for few in (sets.base, sets.few)
                )
                found["2 workers"].append(cluster.run("check", everything))
            found["2 processes"].append(_ran(["check", everything, "--jobs", "2"]))
        text = {ran.stdout for ran_ in found.values() for ran in ran_}
        assert len(text) == 1, "the contestants do not say the same"
        self._found = found

    def rows(self) -> Iterator[Row]:
        """How fast, how much of the time is overhead, and how time and memory grow."""
        seconds = {
            name: statistics.median(ran.seconds for ran in found)
            for name, found in self._found.items()
        }
        for peer, median in seconds.items():
            yield _row(self._name, median, "s", peer=peer, ratio=seconds["1 worker"] / median)
        gain = seconds["1 worker"] / seconds["2 workers"]
        slower = seconds["2 workers"] / seconds["2 processes"]
        overhead = statistics.median(ran.overhead for ran in self._found["2 workers"])
        for name, ratio, unit, goal in (
            ("2 workers to 1: times as fast", gain, "times", ">= 1.7"),
            ("2 workers to 2 processes: time", slower, "times", "<= 1.1"),
            ("overhead of client and scheduler", overhead, "share", "<= 0.18"),
        ):
            yield _row(f"{self._name}, {name}", ratio, unit, goal=goal)
        yield from self._growth()

    def _growth(self) -> Iterator[Row]:
        few, all_ = self._few, _middle(self._found["2 workers"])
        steps = f"{self._sets.n_few:,} to {self._sets.n:,} recordings"
        for who, before, after in (
            ("client", few.client_mb, all_.client_mb),
            ("workers", few.workers_mb, all_.workers_mb),
        ):
            yield _memory_row(f"check, memory of the {who}, {steps}", before, after)
        work = (all_.cpu_s - self._base.cpu_s) / (few.cpu_s - self._base.cpu_s)
        exponent = math.log(work) / math.log(self._sets.n / self._sets.n_few)
        name = f"check, growth of processor time, {steps}"
        yield _row(name, exponent, "exponent", goal="<= 1.05")


def _middle(found: Sequence[Ran]) -> Ran:
    """The run of middling processor time."""
    return sorted(found, key=lambda ran: ran.cpu_s)[len(found) // 2]


def _memory_row(name: str, before_mb: float, after_mb: float) -> Row:
    ratio = after_mb / before_mb if before_mb else 1.0
    name = f"{name}: {before_mb:.0f} → {after_mb:.0f} MB"
    return _row(name, ratio, "times", goal="<= 1.15")


def _row(
    name: str, value: float, unit: str, *, peer: str = "streamtape", ratio: float | None = None,
    goal: str = "",
) -> Row:  # fmt: skip
    row = {"name": name, "peer": peer, "value": round(value, 3), "unit": unit}
    row["ratio"] = round(value if ratio is None else ratio, 3)
    return {**row, "goal": goal} if goal else row


def _export_memory(sets: Sets, folder: Path) -> Iterator[Row]:
    """The client's memory while it writes tables, of one folder and of several."""
    few, some = sets.parts[:1], sets.parts
    if len(some) == 1:  # there is one: half of its recordings, as files
        some = [str(path) for path in sorted(Path(few[0]).iterdir())]
        few = some[: len(some) // 2]
    with _cluster(2, sets.base) as cluster:
        before, after = (
            cluster.run("export", *what, "-o", str(folder / f"memory{len(what)}"))
            for what in (few, some)
        )
    name = f"export, memory of the client, {len(few)} to {len(some)} folders or files"
    yield _memory_row(name, before.client_mb, after.client_mb)


def _killed(sets: Sets, folder: Path) -> Iterator[Row]:
    """Whether `check` and `export` give the same, byte for byte, after a worker was killed."""
    part = sets.parts[0]
    n = min(sets.n, A_FOLDER)
    for command in ("check", "export"):
        alone, shared = folder / f"{command}-alone", folder / f"{command}-shared"
        single = _ran(_writing(command, part, alone, "--jobs", "1"))
        with _cluster(2, sets.base) as cluster:
            for name, what in (("warm", str(sets.base)), ("undisturbed", part)):
                undisturbed = cluster.run(*_writing(command, what, folder / f"{command}-{name}"))
            # Of a worker's share, one half: what the client does, or imports, is no part of it.
            with _killing(cluster.pids()[0], undisturbed.workers_cpu_s / 2 / 2) as killed:
                ran = cluster.run(*_writing(command, part, shared))
        differences = int(ran.stdout != single.stdout) if command == "check" else 0
        if command == "export":
            names = [p.relative_to(alone).as_posix() for p in alone.rglob("*") if p.is_file()]
            _, other, errors = filecmp.cmpfiles(alone, shared, names, shallow=False)
            differences = len(other) + len(errors) + (len(names) < 2)
        row = _row(
            f"{command}, {n:,} recordings, a worker killed half way: differences",
            differences, "files", goal="<= 0",
        )  # fmt: skip
        yield {**row, "met": not differences and bool(killed)}


def _writing(command: str, part: str, out: Path, *args: str) -> list[str]:
    return [command, part, *args] if command == "check" else [command, part, "-o", str(out), *args]


@contextmanager
def _killing(pid: int, after_cpu_s: float) -> Iterator[list[float]]:
    """Kill a process once it has worked so long; gives when, as soon as that is done."""
    import psutil

    process = psutil.Process(pid)
    start_s = _cpu_s(process)
    killed: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            worked_s = _cpu_s(process) - start_s
            if worked_s >= after_cpu_s:
                process.send_signal(signal.SIGKILL)
                killed.append(worked_s)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield killed
    finally:
        over.set()
        watcher.join()


if __name__ == "__main__":
    for row in run(1, quick="--quick" in sys.argv):
        print(json.dumps(row))
