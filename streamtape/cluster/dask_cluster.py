"""A Dask cluster as an executor: one that runs somewhere, or so many processes of this machine.

Workers read recordings themselves; only names go to them, and results come back. The scheduler is
Dask's, and it does a batch again whose worker died.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from multiprocessing import resource_tracker
from typing import Any

from streamtape.cluster.executor import Pending
from streamtape.errors import UsageError, WorkerError
from streamtape.extras import DISTRIBUTION, install_command

CONNECT_S = 10.0
# Dask's own settings are for clusters that people watch, on networks that lose connections. What
# its processes note of themselves (calls, ticks, load) takes a scheduler and its nannies 4 % of a
# core, a worker 1.5 % and, for an hour, hundreds of megabytes. A result that was at a worker that
# died is waited for as long as a connection may take. A worker that is not back 15 s after it died
# would be given up, and with the last one, the work would wait for ever.
SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.log-length": 60,
    "distributed.comm.timeouts.connect": "3s",
    "distributed.deploy.lost-worker-timeout": "1h",
    "distributed.scheduler.no-workers-timeout": "5 minutes",
}
_CLOSE_S = 10.0
_LOCAL = "local:"


class DaskCluster:
    """The workers behind an address: `tcp://HOST:PORT` of a scheduler, or `local:N` processes.

    UsageError for any other address, or without the extra `cluster`; WorkerError where the
    scheduler can't be reached, has no workers, or these run something else than this process does.
    """

    def __init__(self, address: str) -> None:
        n_local = local_workers(address)
        try:
            import distributed
        except ImportError:
            raise UsageError(
                f"--cluster needs distributed; to install it: {install_command(extra='cluster')}"
            ) from None
        self._address = address
        self._folder: str | None = None
        self._settings = ExitStack()
        self._cluster: Any = None
        self._client: Any = None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # errors that matter are raised
        try:
            with _in_plain_words(address):
                if n_local is not None:
                    address = self._start(n_local)
                self._client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
            self._check_workers()
        except BaseException:
            self.close()
            raise

    @property
    def n_workers(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return max(sum(threads.values()), 1)

    def submit(self, work: Callable[[Any], Any], batch: Any) -> Pending:
        with _in_plain_words(self._address):
            return _Result(self._client.submit(work, batch, pure=False), self._address)

    def restart(self) -> None:
        """Nothing to do: the scheduler takes care of workers that died."""

    def stop(self) -> None:
        with contextlib.suppress(Exception):
            futures = list(self._client.futures)
            if futures:
                self._client._send_to_scheduler(
                    {"op": "client-releases-keys", "keys": futures, "client": self._client.id}
                )
        self.close()

    def close(self) -> None:
        for opened in (self._client, self._cluster):
            if opened is not None:
                with contextlib.suppress(Exception):
                    opened.close(timeout=_CLOSE_S)
        self._settings.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, n_workers: int) -> str:
        import dask
        import distributed

        self._folder = tempfile.mkdtemp(prefix="streamtape-dask-")
        # The scheduler is in this process, and looks at them for as long as it runs.
        settings = {**SETTINGS, "temporary-directory": self._folder}
        self._settings.enter_context(dask.config.set(settings))
        with _interrupts_deferred():
            self._cluster = distributed.LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                local_directory=self._folder,
            )
        address: str = self._cluster.scheduler_address
        return address

    def _check_workers(self) -> None:
        """WorkerError unless all workers run this streamtape, Python and distributed."""
        if not self._client.nthreads():
            raise WorkerError(f"{self._address} has no workers; start some: dask worker ADDRESS")
        for name, ours in (
            (DISTRIBUTION, version(DISTRIBUTION)),
            ("distributed", version("distributed")),
        ):
            found = self._client.run(version, name, on_error="return")
            for worker, theirs in found.items():
                if isinstance(theirs, ImportError):  # PackageNotFoundError is one
                    raise WorkerError(
                        f"the worker {worker} has no {name}; install {name}=={ours} there"
                    )
                if theirs != ours:
                    raise WorkerError(
                        f"the worker {worker} has {name} {theirs}, this process has {ours}: "
                        "install the same version on both sides"
                    )
        ours = ".".join(platform.python_version_tuple()[:2])
        for worker, full in self._client.run(platform.python_version).items():
            if full.rpartition(".")[0] != ours:
                raise WorkerError(
                    f"the worker {worker} has Python {full}, this process has {ours}: use the same "
                    "version on both sides"
                )


def local_workers(address: str) -> int | None:
    """The number of processes in `local:N`; None for the address of a scheduler.

    UsageError for anything else.
    """
    if address.startswith(_LOCAL):
        number = address.removeprefix(_LOCAL)
        if number.isascii() and number.isdigit() and int(number) > 0:
            return int(number)
    elif address.partition("://")[0] in ("tcp", "tls", "ucx", "ws", "wss") and "://" in address:
        return None
    raise UsageError(
        f"--cluster must be tcp://HOST:PORT of a Dask scheduler, or local:N, got {address!r}"
    )


class _Result:
    def __init__(self, future: Any, address: str) -> None:
        self._future = future
        self._address = address

    def result(self) -> Any:
        try:
            with _in_plain_words(self._address):
                return self._future.result()
        finally:
            self._future.release()


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block, and never reach what is started in it.

    Processes and threads inherit the mask: the workers leave Ctrl-C to the process that people see.
    """
    mask = getattr(signal, "pthread_sigmask", None)  # not on Windows
    if mask is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # which unblocks the signal where it is started
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    before = mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
    if came:
        raise KeyboardInterrupt


@contextmanager
def _in_plain_words(address: str) -> Iterator[None]:
    """Turn what Dask raises when it fails itself into WorkerError; what the work raises stays."""
    try:
        yield
    except Exception as error:
        message = _message(error, address)
        if message is None:
            raise
        raise WorkerError(message) from error


def _message(error: Exception, address: str) -> str | None:
    from asyncio import CancelledError, TimeoutError
    from concurrent.futures import CancelledError as FutureCancelledError

    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return (
            f"the scheduler at {address} gave up: several workers died with the same recordings, "
            "perhaps out of memory; give the workers more memory, or use --jobs 1"
        )
    if type(error).__name__ == "NoWorkerError":  # older releases of Dask have none
        return f"{address} has no workers any more; start some: dask worker ADDRESS"
    if isinstance(error, ModuleNotFoundError):
        return f"a worker of {address} can't import what it needs: {error}"
    if isinstance(error, CommClosedError | CancelledError | FutureCancelledError):
        return f"the connection to the scheduler at {address} was lost"
    if isinstance(error, TimeoutError) or (
        isinstance(error, OSError) and "trying to connect" in str(error)
    ):
        return f"can't reach a Dask scheduler at {address}: {error}"
    return None
