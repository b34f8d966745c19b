"""Where recordings lie: 300 small ones in a folder, a tar, memory:// and S3 (moto's server).

Each row lists and loads all of them in one process; the ratio is to the folder. S3 is read first
with an empty cache and then with a full one. moto is a server written in Python on this machine:
its times say how many requests there are, not how fast a cloud is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import streamtape
from streamtape.cli.parallel import MAX_BATCH
from streamtape.stores.ahead import fetch_ahead
from streamtape.stores.locations import location_of
from streamtape.stores.packing import packer, put_shards
from streamtape.stores.recordings import named_recordings, recordings
from streamtape.tape.model import Cassette
from streamtape.tape.store import save
from tests.stores.servers import s3_server
from tests.streams import Writer
from tools import environments

Row = dict[str, Any]
N_TAPES = 300
MAX_REPEAT = 3


def run(repeat: int) -> list[Row]:
    """Measure all of it; nothing where what plays S3 is not installed."""
    repeat = min(repeat, MAX_REPEAT)
    for name in ("moto", "s3fs"):
        if find_spec(name) is None:
            environments.leave_out(name, "it is not installed, so stores are not measured")
            return []
    with tempfile.TemporaryDirectory() as name, s3_server() as url:
        base = Path(name)
        os.environ |= {
            "STREAMTAPE_CACHE": str(base / "cache"),
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        return list(_rows(base, repeat))


def _rows(base: Path, repeat: int) -> Iterator[Row]:
    _write(base / "tapes")
    places = _everywhere(base)

    def empty() -> None:
        shutil.rmtree(base / "cache", ignore_errors=True)

    folder = _best(partial(_read, places["folder"]), repeat)
    empty()
    ahead = _best(partial(_read_ahead, places["s3"]), 1)
    yield _row("S3, empty cache, 16 at once", ahead, folder)
    for peer, where, before in (
        ("folder", "folder", None),
        ("tar", "tar", None),
        ("memory://", "memory", None),
        ("S3, empty cache", "s3", empty),
        ("S3, full cache", "s3", None),
        ("a tar in S3, empty cache", "s3 tar", empty),
        ("a tar in S3, full cache", "s3 tar", None),
    ):
        rounds = 1 if before is not None else repeat
        if before is not None:
            before()
        seconds = folder if peer == "folder" else _best(partial(_read, places[where]), rounds)
        yield _row(peer, seconds, folder)
    yield from _packing(base)


def _row(peer: str, seconds: float, folder: float) -> Row:
    name = f"{N_TAPES:,} small recordings, listed and loaded"
    return {"name": name, "value": seconds, "unit": "s", "peer": peer, "ratio": seconds / folder}


def _packing(base: Path) -> Iterator[Row]:
    start = time.perf_counter()
    command = [sys.executable, "-m", "streamtape", "pack", str(base / "tapes"), "-o"]
    subprocess.run([*command, str(base / "packed.tar")], check=True, capture_output=True)
    ours = time.perf_counter() - start
    start = time.perf_counter()
    subprocess.run(["tar", "-cf", str(base / "tar.tar"), "-C", str(base), "tapes"], check=True)
    theirs = time.perf_counter() - start
    for peer, seconds in (("tar -cf", theirs), ("streamtape pack", ours)):
        yield {
            "name": f"{N_TAPES:,} small recordings, packed by a process",
            "value": seconds,
            "unit": "s",
            "peer": peer,
            "ratio": seconds / theirs,
        }


def _write(folder: Path) -> None:
    folder.mkdir()
    for number in range(N_TAPES):
        stream = Writer(number + 1).message(*("double bubble bath " * 20).split()).end()
        save(Cassette((stream.interaction(),)), folder / f"{number:04d}.tape")


def _everywhere(base: Path) -> dict[str, str]:
    """The same recordings in each of the places."""
    import s3fs

    s3fs.S3FileSystem().mkdir("bench")
    with packer(base / "x.tar", None) as making:
        for name, place in named_recordings(base / "tapes"):
            making.add(name, place)
        put_shards(making.close(), base / "x.tar", one=True)
    for url in ("memory://bench", "s3://bench/tapes"):
        for name, place in named_recordings(base / "tapes"):
            assert isinstance(place, Path)
            location_of(f"{url}/{name}").put([place.read_bytes()], replaces=None)  # type: ignore[union-attr]  # a StorePath
    # Beside its own name a tar is taken for a folder; it is put there as what it is.
    at = location_of("s3://bench/tars/x.tar").store.tar  # type: ignore[union-attr]  # a TarStore
    at.put([(base / "x.tar").read_bytes()], replaces=None)
    return {
        "folder": str(base / "tapes"),
        "tar": str(base / "x.tar"),
        "memory": "memory://bench",
        "s3": "s3://bench/tapes",
        "s3 tar": "s3://bench/tars/x.tar",
    }


def _read(where: str) -> None:
    assert sum(len(streamtape.load(place)) for place in recordings(where)) == N_TAPES


def _read_ahead(where: str) -> None:
    """As workers do it: in batches, each of which is fetched at once."""
    places = iter(list(recordings(where)))
    while batch := list(islice(places, MAX_BATCH)):
        fetch_ahead(batch)
        assert all(len(streamtape.load(place)) for place in batch)


def _best(work: Callable[[], None], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
