"""What a FlightRecorder does at SIGTERM, before whoever had the signal gets it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class SigtermHandler:
    """Stands in front of the handler that was there, and can be seen through.

    `ending(ends, may_wait)` is called at the signal: whether it ends the process, and whether
    nobody minds a wait. Attributes are those of the handler before: libraries find a server by
    the handler that it set (sse-starlette looks at `signal.getsignal(SIGTERM).__self__`).
    """

    def __init__(self, ending: Callable[[bool, bool], None]) -> None:
        self._ending = ending
        self._before: Any = None

    def install(self) -> bool:
        """Take the signal, in the main thread, unless one of the same kind has it; whether it did.

        Where a handler came after one, the next in front of that is a new one: a server puts
        back the one before it when it ends.
        """
        if not _is_main_thread():
            return False
        found = signal.getsignal(signal.SIGTERM)
        if isinstance(found, SigtermHandler) and found._ending == self._ending:
            return False
        self._before = signal.signal(signal.SIGTERM, self)
        return True

    def remove(self) -> None:
        """Give the signal back; where another handler came after, that one stays."""
        if _is_main_thread() and self._is_installed():
            before = self._before
            signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)

    def _is_installed(self) -> bool:
        found: object = signal.getsignal(signal.SIGTERM)
        return found is self

    def __call__(self, number: int, frame: FrameType | None) -> None:
        before = self._before
        ends = not callable(before) and before != signal.SIG_IGN
        self._ending(ends, ends or not _runs_a_loop())
        if callable(before):
            before(number, frame)
        elif ends:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def __getattr__(self, name: str) -> Any:
        before = self.__dict__.get("_before")
        if callable(before):
            return getattr(before, name)
        raise AttributeError(name)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _runs_a_loop() -> bool:
    """Whether an event loop runs in this thread, which nobody may hold up."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
