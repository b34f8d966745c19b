"""The clocks that transports read and wait on: the machine's, and one that a test moves.

Times are integer microseconds. On a VirtualClock a ten-minute stream takes milliseconds: it jumps
over every wait, or moves by hand. Under asyncio it takes the event loop's time along, so that
`asyncio.timeout` and `asyncio.sleep` expire on it too.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from streamtape.errors import ClockError, UsageError
from streamtape.playback.clock import Clock


class SystemClock:
    """The machine's own clock."""

    def now_us(self) -> int:
        """Monotonic time in microseconds; only differences mean something."""
        return time.perf_counter_ns() // 1000

    def wait_until(self, deadline_us: int) -> None:
        """Sleep until the deadline; a deadline that has passed costs nothing."""
        left_us = deadline_us - self.now_us()
        if left_us > 0:
            time.sleep(left_us / 1e6)

    async def wait_until_async(self, deadline_us: int) -> None:
        """Sleep in the event loop until the deadline, so that cancelling works.

        Event loops wait for whole milliseconds, rounded up, which would make every chunk late by
        half of one. So the last part of a millisecond is spent going round the loop.
        """
        left_us = deadline_us - self.now_us()
        if left_us > 0:
            import anyio.lowlevel

            await anyio.sleep(left_us // 1000 / 1000)
            while self.now_us() < deadline_us:
                await anyio.lowlevel.checkpoint()


class VirtualClock:
    """A clock that starts at 0 and moves only on request: by `advance`, or by waiting (`auto`).

    A manual clock wakes waiting callers when another task or thread has moved it far enough;
    ClockError if nobody does within `patience_s` seconds of real time.
    """

    def __init__(self, *, auto: bool = True, patience_s: float = 5.0) -> None:
        self.auto = auto
        self._patience_s = patience_s
        self._now_us = 0
        self._moved = threading.Condition()
        self._loops: dict[Any, Callable[[], float]] = {}
        self._pauses = 0
        self._paused_s = self._lost_s = 0.0
        self._waiting: dict[object, int] = {}

    def now_us(self) -> int:
        """The time that it shows."""
        return self._now_us

    @property
    def now_s(self) -> float:
        """The time that it shows, in seconds."""
        return self._now_us / 1e6

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        if seconds < 0:
            raise UsageError(f"advance({seconds!r}): a clock does not go back")
        self._move_to(self._now_us + round(seconds * 1e6))

    def _move_to(self, at_us: int) -> None:
        with self._moved:
            self._now_us = max(self._now_us, at_us)
            self._moved.notify_all()
        for loop in list(self._loops):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_nothing)

    def wait_until(self, deadline_us: int) -> None:
        """Jump to the deadline, or wait until somebody has moved the clock there."""
        if self.auto:
            self._move_to(deadline_us)
            return
        with self._moved:
            if not self._moved.wait_for(lambda: self._now_us >= deadline_us, self._patience_s):
                raise self._stalled(deadline_us)

    async def wait_until_async(self, deadline_us: int) -> None:
        """Wait under asyncio or trio; other tasks run before the clock jumps."""
        import anyio

        loop = _asyncio_loop()
        if loop is not None:
            self._take_along(loop)
        give_up = time.monotonic() + self._patience_s
        me = object()
        self._waiting[me] = deadline_us
        try:
            while self._now_us < deadline_us:
                await anyio.sleep(0 if self.auto else 0.0005)
                if self.auto:
                    self._jump(loop)
                elif time.monotonic() > give_up:
                    raise self._stalled(deadline_us)
        finally:
            del self._waiting[me]

    def _jump(self, loop: Any) -> None:
        """Move on to the next thing that is due, if nothing can be done before."""
        others = len(self._waiting) - 1  # each of them is in the loop's queue
        if loop is not None and len(getattr(loop, "_ready", ())) > others:
            return
        first_us = min(self._waiting.values())
        self._move_to(min(first_us, self._next_timer_us(loop, first_us)))

    def _take_along(self, loop: Any) -> None:
        """Have an event loop's time move with this clock; a loop that can't is left alone."""
        if loop in self._loops:
            return
        real, ahead_us, lost_s = loop.time, self._now_us, self._lost_s
        try:
            loop.time = lambda: real() - (self._lost_s - lost_s) + (self._now_us - ahead_us) / 1e6
        except AttributeError:  # uvloop's time can't be set
            return
        self._loops[loop] = real

    def pause(self, loop: Any) -> None:
        """Begin something that takes real time and is to take none by an event loop's timers."""
        self._take_along(loop)
        if not self._pauses:
            self._paused_s = time.monotonic()
        self._pauses += 1

    def resume(self, loop: Any) -> None:
        """End it: the loop's time goes back to where it was, and its timers wait as long again."""
        self._pauses -= 1
        if not self._pauses:
            self._lost_s += time.monotonic() - self._paused_s

    def _next_timer_us(self, loop: Any, deadline_us: int) -> int:
        """When the first timer of an event loop is due, by this clock."""
        whens = [t.when() for t in getattr(loop, "_scheduled", ()) if not t.cancelled()]
        if not whens or loop not in self._loops:
            return deadline_us
        left_us = round((min(whens) - loop.time()) * 1e6)
        return self._now_us + max(1, int(left_us) + 1)

    def close(self) -> None:
        """Give event loops their own time back."""
        for loop in self._loops:
            del loop.time
        self._loops.clear()

    def _stalled(self, deadline_us: int) -> ClockError:
        return ClockError(
            f"the clock is at {self.now_s:g} s, the next chunk is due at "
            f"{deadline_us / 1e6:g} s, and nobody moved it for {self._patience_s:g} s: call "
            "tape.clock.advance(seconds) from another task or thread, or use clock='auto'"
        )


def _asyncio_loop() -> Any:
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.get_running_loop() if asyncio else None
    except RuntimeError:
        return None


def _nothing() -> None:
    """Wake an event loop, so that it looks at its timers."""


def clock_of(clock: str | Clock) -> Clock:
    """The clock that an option names."""
    if not isinstance(clock, str):
        return clock
    return SystemClock() if clock == "system" else VirtualClock(auto=clock == "auto")


def wall_us() -> int:
    """The wall clock: Unix time in microseconds."""
    return time.time_ns() // 1000
