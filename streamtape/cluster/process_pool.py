"""Processes of this machine as an executor; they are spawned afresh on every system."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from streamtape.cluster.executor import Pending, WorkerLostError


class ProcessPool:
    """So many processes; `prepare` is run in each before its first batch."""

    def __init__(self, n_workers: int, prepare: Callable[[], None] | None = None) -> None:
        self.n_workers = n_workers
        self._prepare = prepare
        self._pool = self._new()

    def submit(self, work: Callable[[Any], Any], batch: Any) -> Pending:
        try:
            return _Result(self._pool.submit(work, batch))
        except BrokenProcessPool:
            return _Lost()

    def restart(self) -> None:
        self.stop()
        self._pool = self._new()

    def stop(self) -> None:
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()

    def close(self) -> None:
        self._pool.shutdown()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.n_workers, get_context("spawn"), _quiet_worker, (self._prepare,)
        )


class _Result:
    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def result(self) -> Any:
        try:
            return self._future.result()
        except BrokenProcessPool:
            raise WorkerLostError from None


class _Lost:
    """The result of a batch that came when the pool was broken already."""

    def result(self) -> Any:
        raise WorkerLostError


def _quiet_worker(prepare: Callable[[], None] | None) -> None:
    """Leave Ctrl-C to the process that people see, and end with it."""
    if prepare is not None:
        prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, signal.SIG_DFL)
