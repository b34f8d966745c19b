"""One function over many files: on all cores where that helps, with a bar for people who wait.

`each(work, files)` gives the results in the order of the files. It begins in this process, so that
a few small files cost no more than a loop; once it has seen that much is left, it hands the rest
to processes. These are spawned afresh on every system, so `work` and what it takes and gives must
pickle: a function of a module, or a `functools.partial` of one. What `work` raises is raised here,
at its place; a command that goes on after a bad file catches it inside of `work`. A process that is
killed from outside ends it all with a WorkerError, as its results are lost.

The bar is on stderr, only where that is a terminal, only after a moment, and is gone at the end.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click

from streamtape.errors import WorkerError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from rich.progress import Progress, TaskID

T = TypeVar("T")
R = TypeVar("R")

LOOK_S = 0.3  # how long this process works alone before it looks at what is left
WORTH_S = 1.0  # how much work must be left for processes to be worth their start
BAR_AFTER_S = 0.4
MAX_BATCH = 16

with_jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes for many files (default: one a core, where it helps).",
)


def each(
    work: Callable[[T], R], items: Sequence[T], *, doing: str = "reading", jobs: int | None = None
) -> Iterator[R]:
    """The results of `work` over the items, in their order.

    `jobs` is how many processes may share them: one a core by default, 1 for this one alone.
    """
    n_jobs = min(jobs or _cores(), max(len(items), 1))
    with _Bar(doing, len(items)) as bar:
        start = time.monotonic()
        done = 0
        for item in items:
            spent_s = time.monotonic() - start
            left_s = spent_s / max(done, 1) * (len(items) - done)
            if done and n_jobs > 1 and spent_s >= LOOK_S and left_s >= WORTH_S:
                break
            yield work(item)
            done += 1
            bar.moved(done)
        for result in _shared(work, items[done:], n_jobs):
            yield result
            done += 1
            bar.moved(done)


def _shared(work: Callable[[T], R], items: Sequence[T], n_jobs: int) -> Iterator[R]:
    """The results of processes that take the items in batches; a few batches wait, no more."""
    if not items:
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    size = min(MAX_BATCH, max(1, len(items) // (n_jobs * 8)))
    batches = iter([items[at : at + size] for at in range(0, len(items), size)])
    pool = ProcessPoolExecutor(n_jobs, get_context("spawn"), _quiet_worker)
    waiting: deque[Future[list[R]]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(_batch, work, batch))
            if len(waiting) > n_jobs * 3:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool:
        _stop(pool)
        raise WorkerError(
            "a process that shared the work was killed from outside, for want of memory perhaps; "
            "--jobs 1 does all of it in one process"
        ) from None
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown()


def _batch(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [work(item) for item in items]


def _stop(pool: ProcessPoolExecutor) -> None:
    """Leave at once: what is running in our processes is not waited for."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _quiet_worker() -> None:
    """Leave Ctrl-C to the process that people see, and end with it."""
    from streamtape.cli.errors import tidy_process

    tidy_process()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, signal.SIG_DFL)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Bar:
    """A progress bar that shows itself when there is something to wait for."""

    def __init__(self, doing: str, total: int) -> None:
        self._doing = doing
        self._total = total
        self._shown: tuple[Progress, TaskID] | None = None
        self._start = time.monotonic()
        self._is_shown = total > 1 and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def moved(self, done: int) -> None:
        """Show that so many are done, once it has taken a moment."""
        if not self._is_shown:
            return
        if self._shown is None:
            if time.monotonic() - self._start < BAR_AFTER_S:
                return
            self._shown = self._opened()
        progress, task = self._shown
        progress.update(task, completed=done)

    def _opened(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining()
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._stack.enter_context(progress)
        return progress, progress.add_task(self._doing, total=self._total)
