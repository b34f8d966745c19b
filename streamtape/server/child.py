"""Child processes whose clients are pointed at our server, and the handling of signals.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from streamtape.errors import UsageError

_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_SIGNALLED = 128


def run_child(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command with these variables added to ours; get its exit status, 128+N for signal N.

    UsageError where it can't be started.
    """
    if not argv:
        raise UsageError("no command to run: give one after `--`")
    with _passing_signals() as signals:  # also those that come while it is started
        try:
            process = subprocess.Popen(list(argv), env={**os.environ, **env})  # noqa: S603 - the user's own command
        except FileNotFoundError:
            raise UsageError(f"can't run {argv[0]!r}: command not found") from None
        except (OSError, ValueError) as error:
            raise UsageError(f"can't run {argv[0]!r}: {error}") from error
        with process:
            signals.pass_to(process)
            status = process.wait()
    return _SIGNALLED - status if status < 0 else status


class CaughtSignals:
    """The signals that came while they were caught; `first` is the number of the first, or None."""

    def __init__(self) -> None:
        self.first: int | None = None
        self._came = threading.Event()

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: only take note of it."""
        self.first = self.first or number
        self._came.set()

    def wait(self) -> int:
        """Wait for the first one, unless it has come already; get its number."""
        while self.first is None:
            self._came.wait(3600)
        return self.first


@contextmanager
def until_signal() -> Iterator[CaughtSignals]:
    """Catch SIGINT, SIGTERM and SIGHUP inside a `with`, which they do not interrupt.

    So what is written inside is written whole. A SIGHUP that is ignored (nohup) stays ignored. In a
    thread other than the main one, nothing is caught.
    """
    signals = CaughtSignals()
    with _handling(dict.fromkeys(ending_signals(), signals.note)):
        yield signals


def ending_signals() -> tuple[int, ...]:
    """The signals that end a program in an ordinary way: Ctrl-C, `kill`, a closed terminal."""
    found = [int(getattr(signal, name)) for name in _ENDING if hasattr(signal, name)]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN:
        found.remove(int(hangup))
    return tuple(found)


class _PassedSignals:
    """Passes signals to a process; those that come before it is there are kept for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def pass_to(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on what came, and what comes from now on."""
        self._process = process
        for number in self._early:
            process.send_signal(number)

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._process is None:
            self._early.append(number)
        else:
            self._process.send_signal(number)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle Ctrl-C: a terminal sends it to the child itself, as it is in the same group."""
        if not _terminal_signals_us():
            self.pass_on(number, frame)


@contextmanager
def _passing_signals() -> Iterator[_PassedSignals]:
    signals = _PassedSignals()
    handlers: dict[int, Any] = {
        int(getattr(signal, name)): signals.pass_on for name in _PASSED_ON if hasattr(signal, name)
    }
    handlers[signal.SIGINT] = signals.interrupt
    with _handling(handlers):
        yield signals


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
    if threading.current_thread() is not threading.main_thread():
        handlers = {}  # only the main thread may have handlers
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
