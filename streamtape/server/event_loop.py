"""An event loop in a thread of its own, with a clock that is right to a tenth of a millisecond.

asyncio rounds every wait up to a whole millisecond, because epoll counts in those. A replay at the
recorded pace would be half a millisecond late at every chunk. The selector here waits with select()
on epoll's own descriptor, which counts in microseconds, and asks epoll only what is ready.
"""

from __future__ import annotations

import asyncio
import select
import selectors
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from streamtape.errors import ServerError

_SELECT_MAX_FD = 1024
_JUST_NOW_S = 0.002
_END_S = 30.0

if sys.platform == "linux":

    class _Selector(selectors.EpollSelector):
        """Epoll, with a timeout in microseconds; `woke_at` is when it last woke."""

        woke_at = 0.0

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            fd = self.fileno()
            if timeout != 0 and fd < _SELECT_MAX_FD:
                select.select([fd], [], [], timeout)
                self.woke_at, timeout = time.monotonic(), 0
            return super().select(timeout)

else:
    _Selector = selectors.DefaultSelector


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that knows when it woke."""

    def __init__(self) -> None:
        self.waiting = _Selector()
        super().__init__(self.waiting)


def new_loop() -> asyncio.AbstractEventLoop:
    """A new event loop whose timers are right to some tens of microseconds."""
    return _Loop()


def readable_at() -> float:
    """The running loop's time at which what it handles now became readable.

    That is when it woke, if it did just now: what it has done since took time, too.
    """
    loop = asyncio.get_running_loop()
    now = loop.time()
    woke_at = getattr(getattr(loop, "waiting", None), "woke_at", now)
    return float(woke_at) if now - woke_at < _JUST_NOW_S else now


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do what must not be left half done; whoever cancels it meanwhile is heard afterwards."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


class LoopThread:
    """Runs one coroutine function in a thread with a loop of its own, until it is stopped.

    `main` gets a function to call once it is ready, and an event that is set when it should end.
    """

    def __init__(
        self,
        main: Callable[[Callable[[], None], asyncio.Event], Awaitable[None]],
        *,
        name: str = "streamtape-server",
    ) -> None:
        self._main = main
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; return when `main` is ready, or raise what stopped it."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        """Have the loop call a function soon; nothing happens once the loop has ended."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function, *args)

    def stop(self) -> None:
        """Tell `main` to end, and wait for it; may be called twice."""
        if self._stop is not None and self._thread.is_alive():
            self.call(self._stop.set)
        if self._thread.ident is not None:
            self._thread.join(_END_S)
            if self._thread.is_alive():
                raise ServerError(
                    "the thread of the server did not end in time; it is left running"
                )

    def _run(self) -> None:
        loop = self._loop = new_loop()
        asyncio.set_event_loop(loop)
        self._stop = asyncio.Event()
        try:
            loop.run_until_complete(self._main(self._ready.set, self._stop))
        except BaseException as error:  # noqa: BLE001 - start() raises it where it can be seen
            self._failure = error
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            asyncio.set_event_loop(None)
            loop.close()
            self._ready.set()
