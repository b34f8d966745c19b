"""One function over many files: on all cores where that helps, with a bar for people who wait.

`each(work, files)` gives the results in the order of the files. It begins in this process, so that
a few small files cost no more than a loop; once it has seen that much is left, it hands the rest
to processes. With --cluster, all of it goes to the workers of a Dask cluster, in the same way. So
`work` and what it takes and gives must pickle: a function of a module, or a `functools.partial` of
one. What `work` raises is raised here, at its place; a command that goes on after a bad file
catches it inside of `work`. What a process had that was killed from outside is done again.

Items are iterated over twice where their number is not known: for the bar, and for the work.

The bar is on stderr, only where that is a terminal, only after a moment, and is gone at the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click

from streamtape.cli.list_progress import SHOWN_AFTER_S, is_watched, no_other_line
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from streamtape.cluster.executor import Executor

T = TypeVar("T")
R = TypeVar("R")

LOOK_S = 0.3  # how long this process works alone before it starts others
WORTH_S = 1.0  # how much work must be left to make starting processes worth it
# A batch costs the client and a scheduler about 10 ms, a recording about 1 ms of a worker.
MAX_BATCH = 512
MAX_BATCH_BYTES = 1 << 20  # of recordings on disk in a batch

with_jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes (default: one per core where it helps).",
)

with_cluster = click.option(
    "--cluster",
    metavar="tcp://HOST:PORT|local:N",
    help="Run on the workers of a Dask cluster (tcp://HOST:PORT or local:N).",
)


def each(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    doing: str = "reading",
    jobs: int | None = None,
    cluster: str | None = None,
) -> Iterator[R]:
    """The results of `work` over the items, in their order.

    `jobs` is how many processes may share them: one a core by default, 1 for this one alone;
    `cluster` is the address of a Dask cluster that does it all (see `streamtape.cluster`).
    """
    for results in in_batches(
        partial(_each_of, work), items, doing=doing, jobs=jobs, cluster=cluster
    ):
        yield from results


def in_batches(
    work: Callable[[Sequence[T]], R],
    items: Iterable[T],
    *,
    doing: str = "reading",
    jobs: int | None = None,
    cluster: str | None = None,
) -> Iterator[R]:
    """The results of `work` over batches of the items, in their order; see `each`.

    How many items are in a batch is not the same in every run.
    """
    if cluster is not None and jobs is not None:
        raise UsageError("choose --jobs or --cluster")
    total = len(items) if isinstance(items, Sized) else sum(1 for _ in items)
    left = iter(items)
    with _Bar(doing, total) as bar:
        if cluster is not None:
            yield from _on_cluster(work, left, cluster, bar)
            return
        n_jobs = min(jobs or _cores(), max(total, 1))
        start = time.monotonic()
        for done, item in enumerate(left, 1):
            yield work([item])
            bar.advance(1)
            spent_s = time.monotonic() - start
            left_s = spent_s / done * (total - done)
            if n_jobs > 1 and spent_s >= LOOK_S and left_s >= WORTH_S:
                yield from _in_processes(work, left, n_jobs, bar)


def _in_processes(
    work: Callable[[Sequence[T]], R], items: Iterator[T], n_jobs: int, bar: _Bar
) -> Iterator[R]:
    """What is left, shared by processes of this machine."""
    from streamtape.cli.errors import tidy_process
    from streamtape.cluster.process_pool import ProcessPool

    pool = ProcessPool(n_jobs, tidy_process)
    yield from _shared(pool, work, items, bar, "--jobs 1 does all of it in one process")


def _on_cluster(
    work: Callable[[Sequence[T]], R], items: Iterator[T], address: str, bar: _Bar
) -> Iterator[R]:
    """All of it, done by the workers of a Dask cluster."""
    from streamtape.cluster.dask_cluster import DaskCluster

    yield from _shared(DaskCluster(address), work, items, bar, "give the workers more memory")


def _shared(
    executor: Executor,
    work: Callable[[Sequence[T]], R],
    items: Iterator[T],
    bar: _Bar,
    way_out: str,
) -> Iterator[R]:
    from streamtape.cluster.executor import Sizes, batched, in_order

    sizes = Sizes(bar.n_left, executor.n_workers, MAX_BATCH)
    batches = batched(items, sizes, max_bytes=MAX_BATCH_BYTES, n_bytes=_n_bytes)
    results = in_order(executor, partial(_counting, work), batches, way_out=way_out)
    with closing(results):  # type: ignore[type-var]  # a generator, whose end stops the workers
        for n_items, result in results:
            yield result
            bar.advance(n_items)


def _n_bytes(item: object) -> int:
    """How long the recordings of an item are; 0 for those of unknown size."""
    total = 0
    for one in item if isinstance(item, tuple) else (item,):
        if isinstance(one, Path):
            with suppress(OSError):  # opening it will report the error
                total += one.stat().st_size
        elif listed := getattr(one, "listed", None):
            total += listed.n_bytes or 0
    return total


def _counting(work: Callable[[Sequence[T]], R], batch: Sequence[T]) -> tuple[int, R]:
    if any(map(_is_in_store, batch)):
        from streamtape.stores.ahead import fetch_ahead

        fetch_ahead(batch)
    return len(batch), work(batch)


def _is_in_store(item: object) -> bool:
    inside = item if isinstance(item, tuple) else (item,)
    return any(hasattr(one, "store") for one in inside)


def _each_of(work: Callable[[T], R], batch: Sequence[T]) -> list[R]:
    return [work(item) for item in batch]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Bar:
    """A progress bar that shows itself when there is something to wait for."""

    def __init__(self, doing: str, total: int) -> None:
        self._doing = doing
        self._total = total
        self._done = 0
        self._shown: tuple[Progress, TaskID] | None = None
        self._start = time.monotonic()
        self._is_shown = total > 1 and is_watched()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def n_left(self) -> int:
        """How many items are not done yet."""
        return self._total - self._done

    def advance(self, n_items: int) -> None:
        """Count items as done, and show it once all has taken a moment."""
        self._done += n_items
        if not self._is_shown:
            return
        if self._shown is None:
            if time.monotonic() - self._start < SHOWN_AFTER_S:
                return
            self._shown = self._opened()
        progress, task = self._shown
        progress.update(task, completed=self._done)

    def _opened(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining()
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._stack.enter_context(no_other_line())
        self._stack.enter_context(progress)
        return progress, progress.add_task(self._doing, total=self._total)
