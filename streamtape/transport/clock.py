"""The clock that transports read and wait on.

Times are integer microseconds. A `Clock` is passed in wherever one waits, so that tests run on one
that moves by hand.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Reads the time and waits for it."""

    def now_us(self) -> int:
        """Monotonic time in microseconds; only differences mean something."""

    def wait_until(self, deadline_us: int) -> None:
        """Wait, blocking, until `now_us` has reached the deadline."""

    async def wait_until_async(self, deadline_us: int) -> None:
        """Wait, under asyncio or trio, until `now_us` has reached the deadline."""


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
        """Sleep in the event loop until the deadline, so that cancelling works."""
        left_us = deadline_us - self.now_us()
        if left_us > 0:
            import anyio

            await anyio.sleep(left_us / 1e6)


def wall_us() -> int:
    """The wall clock: Unix time in microseconds."""
    return time.time_ns() // 1000
