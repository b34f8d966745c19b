"""What players wait on: the protocol. The clocks themselves stand where time may be read.

Times are integer microseconds. A `Clock` is passed in wherever one waits, so that tests run on one
that moves by hand.
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
