"""A part of every run that fails the last test of a file where its tests left something behind.

What is left makes other tests pass or fail, by the order in which they run. Environment variables,
registered stores and dialects, open sessions, `sys.path`, handlers of signals and the like are
compared at the ends of each file; `tests/conftest.py` sees to it.

Garbage is collected there, too: what a test did not close (a socket, a client, a coroutine that was
never awaited) is reported when it is collected, by chance amid a test of another file otherwise.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from streamtape.transport import patch
from tests.registries import registered

_SIGNALS = [
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGALRM", "SIGCHLD")
    if (number := getattr(signal, name, None)) is not None  # Windows has few of them
]


def state() -> dict[str, Any]:
    """What is the same before the tests of a file and after them, by what it is."""
    environment = dict(os.environ)
    environment.pop("PYTEST_CURRENT_TEST", None)
    return {
        "environment variables": environment,
        "current folder": os.getcwd(),  # noqa: PTH109 - as it is, no path
        "sys.path": list(sys.path),
        "sys.argv": list(sys.argv),
        "exception hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook),
        "signal handlers": {number.name: signal.getsignal(number) for number in _SIGNALS},
        "handlers of the root logger": list(logging.root.handlers),
        "level of the root logger": logging.root.level,
        "default timeout of sockets": socket.getdefaulttimeout(),
        "open sessions": list(patch._installation._sessions),
        "who holds the patches": patch._installation._holders,
        **registered(),
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """A line for each thing that is another one than before."""
    for name, was in before.items():
        if after[name] != was:
            parts = (_without(was, after[name]), _without(after[name], was))
            yield f"{name}: {parts[0]!r} before, {parts[1]!r} after"


def _without(one: Any, other: Any) -> Any:
    """The entries of a table or a list that another one has not."""
    if isinstance(one, dict):
        return {key: value for key, value in one.items() if (key, value) not in other.items()}
    if isinstance(one, list):
        return [value for value in one if value not in other]
    return one


def complaints_of_garbage() -> list[str]:
    """Collect garbage, and return what could not be raised meanwhile.

    What is alive then is left out of later searches, which would look through the corpus and the
    libraries of all files before.
    """
    found: list[str] = []

    def note(failed: sys.UnraisableHookArgs) -> None:
        raised = traceback.format_exception(failed.exc_type, failed.exc_value, failed.exc_traceback)
        found.append(f"{failed.object!r}: {''.join(raised)}")

    hook, sys.unraisablehook = sys.unraisablehook, note
    try:
        gc.collect()
    finally:
        sys.unraisablehook = hook
    gc.freeze()
    return found


class LeftoverCheck:
    """Fails the last test of a file where something was left behind."""

    def __init__(self) -> None:
        self._path: object = None
        self._before: dict[str, Any] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        """Remember how everything is before the first test of a file."""
        if item.path != self._path:
            self._path, self._before = item.path, state()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Compare after the last one, when its fixtures are gone, also those of the file."""
        result = yield
        if nextitem is None or nextitem.path != item.path:
            self._path = None
            if found := [*changes(self._before, state()), *complaints_of_garbage()]:
                pytest.fail(
                    f"tests of {item.path.name} leave behind:\n" + "\n".join(found), pytrace=False
                )
        return result
