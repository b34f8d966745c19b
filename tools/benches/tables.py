"""Recordings as tables: export, SQL, and how both grow.

    python tools/bench.py tables

The recordings are the public corpus as cassettes, where STREAMTAPE_SHARED (or ../shared) has it,
and otherwise as many streams written here. Rates are of the files; the ratio is the rate of the
bodies in them, uncompressed. Export runs in one process, by the time of its processor, so other
work on the machine counts little. The table of a million events is made of one batch, added again
and again, since only reading it is measured. Memory is the most that a command has at once, in one
process; its ratio is that to what a tenth of the recordings take.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from streamtape.tabular.reading import Extract, extract
from streamtape.tabular.schema import TABLES
from streamtape.tabular.sql import batches, opened
from streamtape.tabular.store.export import Export
from streamtape.tabular.store.exported import datasets
from streamtape.tape.model import Cassette
from streamtape.tape.store import load, save
from tools.benches import folders, growth

Row = dict[str, Any]
ALL = tuple(TABLES)
N_EVENTS = 1_000_000
EVENTS_A_RECORDING = 500
SMALL_BYTES = 4096
_MEASURED = """
import resource, subprocess, sys
quiet = subprocess.DEVNULL
status = subprocess.run(sys.argv[1:], stdout=quiet, stderr=quiet).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
QUERIES = {
    "count by type": "SELECT type, count(*) FROM events GROUP BY 1",
    "p99 of gaps by recording": (
        "SELECT recording, quantile_cont(gap_us, 0.99) FROM events GROUP BY 1 ORDER BY 2 DESC"
    ),
    "one recording of all": "SELECT * FROM events WHERE recording = 'r00007.tape'",
    "a field of the payload": "SELECT count(*) FROM events WHERE payload->>'type' LIKE '%delta'",
}


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = list(_export_rows(folder, quick=quick))
        rows += _sql_rows(folder, 1 if quick else min(repeat, 3))
        rows += _growth_rows(folder, quick=quick)
        rows += _memory_rows(folder, quick=quick)
        return rows


def _export_rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """How many megabytes a second one core reads and writes."""
    tapes = folder / "tapes"
    recorded = folders._recorded(folder) if folders.CORPUS.is_file() else folders.written()
    folders._saved(recorded, tapes)
    paths = sorted(tapes.glob("*.tape"))[:: 10 if quick else 1]
    tape_mb = sum(path.stat().st_size for path in paths) / 1e6
    stream_mb = sum(one.chunks.n_bytes for path in paths for one in load(path)) / 1e6
    extract(paths[:50], tables=ALL)  # what is read and compiled once
    for tables, what in ((ALL, "all tables"), (("events",), "events"), (("chunks",), "chunks")):
        seconds = _spent(partial(_exported, folder, paths, tables))
        yield {
            "name": f"export {what}, {len(paths):,} recordings, a core",
            "peer": "streamtape",
            "value": round(tape_mb / seconds, 2),
            "unit": "MB of tapes/s",
            "ratio": round(stream_mb / seconds, 2),
            "goal": ">= 20" if tables == ALL else "",
        }
    for n_events in (500, 5000):
        one = growth.stream(n_events)
        path = folder / f"long{n_events}.tape"
        save(Cassette((one,)), path)
        copies = [path] * (20 if quick else 100)
        seconds = _spent(partial(_exported, folder, copies, ALL))
        yield {
            "name": f"export all tables, streams of {n_events:,} events, a core",
            "peer": "streamtape",
            "value": round(len(copies) * path.stat().st_size / 1e6 / seconds, 2),
            "unit": "MB of tapes/s",
            "ratio": round(len(copies) * one.chunks.n_bytes / 1e6 / seconds, 2),
        }


def _exported(folder: Path, paths: list[Path], tables: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as out, Export(Path(out) / "out", tables) as to:
        for at in range(0, len(paths), 16):
            to.add(extract(paths[at : at + 16], tables=tables))


def _spent(job: Callable[[], object]) -> float:
    """The processor's seconds that a job takes."""
    start = time.process_time()
    job()
    return time.process_time() - start


def _sql_rows(folder: Path, repeat: int) -> Iterator[Row]:
    """Queries over a million exported events, as whole seconds of waiting."""
    made = _million(folder)
    with opened(datasets([str(made)]), spill_folder=str(folder / "spill")) as connection:
        for what, query in QUERIES.items():
            times = []
            for _ in range(repeat + 1):
                start = time.perf_counter()
                n_rows = sum(batch.num_rows for batch in batches(connection, query))
                times.append(time.perf_counter() - start)
            assert n_rows
            yield {
                "name": f"SQL over {N_EVENTS:,} events: {what}",
                "peer": "streamtape",
                "value": round(statistics.median(times[1:]), 3),
                "unit": "s",
                "ratio": 1.0,
                "goal": "<= 1",
            }


def _million(folder: Path) -> Path:
    """An export with a million events, of as many recordings as they need."""
    import pyarrow as pa

    path = folder / "one.tape"
    save(Cassette((growth.stream(EVENTS_A_RECORDING),)), path)
    found = extract([path], tables=("events",))
    batch = found.batches["events"]
    (one,) = found.files
    n_rows, n_bytes = one.sizes["events"]
    with Export(folder / "million", ("events",)) as export:
        for number in range(-(-N_EVENTS // n_rows)):
            names = pa.array([f"r{number:05}.tape"] * n_rows)
            rows = batch.set_column(0, batch.schema.field(0), names)
            export.add(Extract({"events": rows}, (one,)))
    assert n_bytes
    return folder / "million"


def _growth_rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """The exponents of time by recordings, and by events of one recording."""
    tapes = sorted((folder / "tapes").glob("*.tape"))
    steps = (10, 100) if quick else (16, 160, 1600)
    yield _exponent(
        "export, by recordings",
        steps,
        lambda n: _exported(folder, (tapes * (n // len(tapes) + 1))[:n], ALL),
        [_mb(tapes[:n]) for n in steps],
    )
    paths = {}
    for n in (500, 5000, 50_000)[: 2 if quick else 3]:
        paths[n] = folder / f"events{n}.tape"
        save(Cassette((growth.stream(n),)), paths[n])
    yield _exponent(
        "export, by events of a recording",
        tuple(paths),
        lambda n: _exported(folder, [paths[n]], ALL),
        [float(n) for n in paths],
    )


def _memory_rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """The most memory that commands over a folder have, by the number of recordings."""
    whole = sorted((folder / "tapes").glob("*.tape"))
    tapes = [path for path in whole if path.stat().st_size < SMALL_BYTES][:200]
    steps = (50, 500) if quick else (400, 4000)
    for n in steps:
        for side in ("a", "b"):
            (folder / f"{side}{n}").mkdir()
            for number in range(n):
                shifted = number + (side == "b" and number % 3 == 0)
                place = folder / f"{side}{n}" / f"r{number:05}.tape"
                place.hardlink_to(tapes[shifted % len(tapes)])
    for command in ("check --json", "scan --json", "stats", "stats --json", "diff", "diff --json"):
        few, many = (_peak_mb(command, folder, n) for n in steps)
        yield {
            "name": f"memory of {command}, {steps[1]:,} small recordings",
            "peer": "streamtape",
            "value": round(many, 1),
            "unit": "MB",
            "ratio": round(many / few, 3),
            "goal": "ratio <= 1.1",
        }


def _peak_mb(command: str, folder: Path, n: int) -> float:
    name, *options = command.split()
    sides = [str(folder / f"a{n}"), *([str(folder / f"b{n}")] if name == "diff" else [])]
    argv = [sys.executable, "-m", "streamtape", name, *sides, *options, "--jobs", "1"]
    # By a small process: what a child has at least is what the one had that it came from.
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *argv], capture_output=True, text=True, check=True
    )
    status, peak_kb = map(int, done.stdout.split())
    if status not in {0, 1}:
        raise RuntimeError(f"streamtape {command} ended with {status}")
    return peak_kb / 1024


def _mb(paths: list[Path]) -> float:
    return sum(one.chunks.n_bytes for path in paths for one in load(path)) / 1e6


def _exponent(
    what: str, steps: tuple[int, ...], job: Callable[[int], None], work: list[float]
) -> Row:
    job(steps[0])
    seconds = [_spent(partial(job, n)) for n in steps]
    exponent = math.log(seconds[-1] / seconds[0]) / math.log(work[-1] / work[0])
    expected = " → ".join(f"{one:.3g}" for one in seconds)
    return {
        "name": f"{what}, {steps[0]:,} to {steps[-1]:,}: {expected} s",
        "peer": "streamtape",
        "value": round(exponent, 3),
        "unit": "exponent",
        "ratio": 1.0,
        "goal": "<= 1.05",
    }


if __name__ == "__main__":
    for line in run(1, quick="--quick" in sys.argv):
        print(line)
