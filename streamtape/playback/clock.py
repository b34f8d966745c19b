"""The protocol of the clocks that players wait on; `transport.clocks` has the clocks.

Times are integer microseconds. A `Clock` is passed to whatever waits, so that tests can use one
that they move.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """Reads the time and waits for it."""

    def now_us(self) -> int:
        """Monotonic time in microseconds; only differences mean something."""

    def wait_until(self, deadline_us: int) -> None:
        """Wait, blocking, until `now_us` has reached the deadline."""

    async def wait_until_async(self, deadline_us: int) -> None:
        """Wait, under asyncio or trio, until `now_us` has reached the deadline."""
