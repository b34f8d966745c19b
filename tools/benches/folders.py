"""Many recordings: `streamtape check`, `stats` and `scan` over a folder, as whole processes.

The folder is the public corpus as cassettes, where STREAMTAPE_SHARED (or ../shared) has it, and
otherwise as many streams written here. Rows: one process, and one a core (the ratio is to one).
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import zstandard

from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store import save
from tests.corpus import streams
from tests.streams import Writer

Row = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("STREAMTAPE_SHARED") or ROOT.parent / "shared")
CORPUS = SHARED / "corpus" / "public.tar.zst"
N_WRITTEN = 1600
MAX_REPEAT = 1  # a run takes ten seconds and more


def run(repeat: int) -> list[Row]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tapes"
        count = _saved(_recorded(Path(name)) if CORPUS.is_file() else written(), folder)
        return list(_rows(folder, count, min(repeat, MAX_REPEAT)))


def _rows(folder: Path, count: int, repeat: int) -> Iterator[Row]:
    what = f"{count:,} {'streams of the corpus' if CORPUS.is_file() else 'written streams'}"
    for command in ("check", "stats", "scan"):
        alone = _median([command, "--jobs", "1", str(folder)], repeat)
        shared = _median([command, str(folder)], repeat)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        for peer, seconds in (("one process", alone), (f"{cores} cores", shared)):
            yield {
                "name": f"{command}, {what}",
                "value": seconds,
                "unit": "s",
                "peer": peer,
                "ratio": seconds / alone,
            }


def _median(args: list[str], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        command = [sys.executable, "-m", "streamtape", *args]
        done = subprocess.run(command, capture_output=True, check=False)
        times.append(time.perf_counter() - start)
        assert done.returncode in (0, 1), done.stderr[-500:]
    return statistics.median(times)


def _recorded(folder: Path) -> Iterator[Interaction]:
    data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(CORPUS.read_bytes())).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        packed.extractall(folder / "bodies", filter="data")
    (root,) = (folder / "bodies").iterdir()
    return (one.interaction for one in streams(root))


def written() -> Iterator[Interaction]:
    for number in range(N_WRITTEN):
        yield Writer(number + 1).message(*("double bubble bath " * 20).split()).end().interaction()


def _saved(interactions: Iterable[Interaction], folder: Path) -> int:
    folder.mkdir()
    count = 0
    for count, one in enumerate(interactions, 1):
        save(Cassette((one,)), folder / f"{count}.tape")
    return count


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        print(row)
