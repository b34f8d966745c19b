"""A child process whose clients are pointed at a server of ours, and signals for those that wait.

    with streamtape.serve("run.tape") as server:
        status = run_child(["node", "app.js"], server.child_env())

Signals go on to the child, and its exit status comes back as a shell would tell it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from streamtape.errors import UsageError

_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_SIGNALLED = 128


def run_child(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command with these variables added to ours; get its exit status, 128+N for signal N.

    UsageError where it can't be started.
    """
    if not argv:
        raise UsageError("no command to run: give one after `--`")
    try:
        process = subprocess.Popen(list(argv), env={**os.environ, **env})  # noqa: S603 - the user's own command
    except FileNotFoundError:
        raise UsageError(f"can't run {argv[0]!r}: there is no such command") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"can't run {argv[0]!r}: {error}") from error
    with process, _passing_signals_to(process):
        status = process.wait()
    return _SIGNALLED - status if status < 0 else status


@contextmanager
def until_signal() -> Iterator[Callable[[], int]]:
    """Catch SIGINT and SIGTERM inside a `with`: gives a function that waits and tells which came.

    So a signal that comes before the wait is not lost. Only in the main thread.
    """
    came = threading.Event()
    which: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        which.append(number)
        came.set()

    def wait() -> int:
        while not came.wait(3600):
            pass
        return which[0]

    with _handling({signal.SIGINT: note, signal.SIGTERM: note}):
        yield wait


@contextmanager
def _passing_signals_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    def pass_on(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    def interrupt(number: int, frame: FrameType | None) -> None:
        # A terminal sends Ctrl-C to the child itself, as it is in the same group.
        if not _terminal_signals_us():
            process.send_signal(number)

    handlers: dict[int, Any] = {
        int(getattr(signal, name)): pass_on for name in _PASSED_ON if hasattr(signal, name)
    }
    handlers[signal.SIGINT] = interrupt
    if threading.current_thread() is not threading.main_thread():
        handlers = {}  # only the main thread may have handlers
    with _handling(handlers):
        yield


def _terminal_signals_us() -> bool:
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


@contextmanager
def _handling(handlers: Mapping[int, Any]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
