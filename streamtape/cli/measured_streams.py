"""The measures of very many streams, added up as they arrive: none is kept in memory.

Percentiles are exact, up to 285 years: all values of a measure are kept, as floating-point numbers
of eight bytes, which hold whole numbers up to 2**53 µs as they are. Sorted runs of them are in a
file, and are merged in the end. What a hostile file calls a time may take more bits than an integer
of eight bytes has: it is rounded to 53 of them.
"""

from __future__ import annotations

import weakref
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from heapq import merge
from tempfile import TemporaryFile
from typing import IO, Any

from streamtape.analysis.stats import Refused
from streamtape.metrics.measures import DEFINITIONS, MEASURES, StreamMetrics
from streamtape.metrics.statistics import Summary
from streamtape.report.measures import Overview, failed_statuses

RUN_VALUES = 1 << 16
_BLOCK_VALUES = 1 << 10
_FLOATS = frozenset({"tpot"})  # all others are whole microseconds


class Values:
    """The values of one measure, in no order; `whole` ones are given as integers."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._run = array("d")
        self._runs: list[tuple[int, int]] = []  # each in the file: where, and how many
        self._file: IO[bytes] | None = None
        self.n = 0

    def add(self, values: Iterable[float]) -> None:
        """Take some values."""
        before = len(self._run)
        self._run.extend(values)
        self.n += len(self._run) - before
        if len(self._run) >= RUN_VALUES:
            self._write_run()

    def _write_run(self) -> None:
        if self._file is None:
            self._file = TemporaryFile(prefix="streamtape-")  # noqa: SIM115 - lives on
            weakref.finalize(self, self._file.close)
        at = self._file.seek(0, 2)
        array("d", sorted(self._run)).tofile(self._file)
        self._runs.append((at, len(self._run)))
        self._run = array("d")

    def ranked(self) -> Iterator[float]:
        """All values in ascending order."""
        ranked = merge(sorted(self._run), *(self._read_run(*run) for run in self._runs))
        return map(int, ranked) if self._whole else ranked

    def _read_run(self, at: int, n: int) -> Iterator[float]:
        assert self._file is not None
        size = self._run.itemsize
        while n:
            self._file.seek(at)
            block = array("d")
            block.fromfile(self._file, min(n, _BLOCK_VALUES))
            at, n = at + len(block) * size, n - len(block)
            yield from block


class Fold:
    """Streams and refused requests, of which only figures are kept."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self._n_streams = self._n_files = self._n_events = self._n_bytes = 0
        self._failed: Counter[int] = Counter()
        self._values = {name: Values(whole=name not in _FLOATS) for name in MEASURES}

    def add(self, streams: Iterable[StreamMetrics], refused: Iterable[Refused]) -> None:
        """Take those of one file."""
        streams = list(streams)
        self.statuses.update(one.status for one in refused)
        self._n_files += bool(streams)
        self._n_streams += len(streams)
        self._failed += failed_statuses(streams)
        for one in streams:
            self._n_events += one.n_events
            self._n_bytes += one.n_bytes
            for name, values in self._values.items():
                values.add(one.values_us(name))

    def overview(self) -> Overview:
        """The figures."""
        return Overview(
            self._n_streams,
            self._n_files,
            self._n_events,
            self._n_bytes,
            self._failed,
            {name: Summary.of_ranked(one.ranked(), one.n) for name, one in self._values.items()},
        )

    def to_dict(self, streams: object, refused: object) -> dict[str, Any]:
        """The fields of `Stats.to_dict`, with what replaces the lists."""
        summaries = self.overview().summaries
        summary_us = {name: found and asdict(found) for name, found in summaries.items()}
        facts = {"definitions": DEFINITIONS, "summary_us": summary_us}
        return {**facts, "streams": streams, "refused": refused}
