"""The contestants that record in process, and the fair way to time them: in turn."""

from __future__ import annotations

import gc
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamtape

Row = dict[str, Any]
Recorder = Callable[[Path], Any]


def row(name: str, value: float, unit: str, peer: str, ratio: float) -> Row:
    """One line of the table."""
    return {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}


def _streamtape(path: Path) -> Any:
    return streamtape.use_cassette(path.with_suffix(".tape"))


def _vcrpy(path: Path) -> Any:
    import vcr

    matching = ["method", "uri", "body"]
    return vcr.VCR(match_on=matching).use_cassette(str(path.with_suffix(".vcr.yaml")))


def _cassetter(path: Path) -> Any:
    import cassetter

    return cassetter.use_cassette(path.with_suffix(".cassetter.yaml"))


def recorders() -> dict[str, Recorder]:
    """Those that are installed here: each makes a context manager for a path."""
    known: dict[str, tuple[str, Recorder]] = {
        "streamtape": ("streamtape", _streamtape),
        "vcrpy": ("vcr", _vcrpy),
        "cassetter": ("cassetter", _cassetter),
    }
    return {
        name: recorder
        for name, (module, recorder) in known.items()
        if importlib.util.find_spec(module) is not None
    }


def on_disk(folder: Path, name: str) -> int:
    """The size of what a recorder wrote for a path `name`, whatever its suffix."""
    return max((p.stat().st_size for p in folder.glob(f"{name}.*")), default=0)


def interleaved(ways: dict[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """The median seconds of each way, run in turn so that a slow moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repeat + 1):
        for name, way in ways.items():
            gc.collect()
            start = time.perf_counter()
            way()
            if number:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}
