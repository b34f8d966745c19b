"""Calls at their times for one event loop, however many: those due together share one timer.

A timer of asyncio's own is an object that Python code compares and the loop runs by itself; for a
thousand clients that costs more than their chunks. Here calls wait in a heap of tuples, and the
loop has a timer for the earliest alone. Under load it fires at most every quarter of a
millisecond: what came due meanwhile is called in one turn, between two looks at the sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count

_TURN_S = 0.00025
_ATTRIBUTE = "_streamtape_schedule"
# When to call what; the number keeps the order of calls at the same time.
Call = tuple[float, int, Callable[[], None]]


class Schedule:
    """The calls that wait for their time in one event loop; `Schedule.of` gets the loop's own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_at = loop.call_at
        self._time = loop.time
        self._calls: list[Call] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._turn_at = 0.0  # when the latest turn began
        self._in_turn = False

    @staticmethod
    def of(loop: asyncio.AbstractEventLoop) -> Schedule:
        """Get the schedule of a loop, which all who play in it share."""
        found: Schedule | None = getattr(loop, _ATTRIBUTE, None)
        if found is None:
            found = Schedule(loop)
            setattr(loop, _ATTRIBUTE, found)  # it lives as long as the loop
        return found

    def call_at(self, when: float, function: Callable[[], None]) -> Call:
        """Have a function called at this time of the loop's clock. It must not raise."""
        call = (when, next(self._numbers), function)
        heappush(self._calls, call)
        if not self._in_turn and (self._timer is None or when < self._timer_at):
            self._set_timer()
        return call

    def cancel(self, call: Call) -> None:
        """Forget a call; one that was made already is no matter."""
        if call in self._calls:
            self._calls.remove(call)
            heapify(self._calls)

    @property
    def waiting(self) -> tuple[Call, ...]:
        """The calls that were not made yet, the earliest first."""
        return tuple(sorted(self._calls, key=lambda call: call[:2]))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = max(self._calls[0][0], self._turn_at + _TURN_S)
        self._timer = self._call_at(self._timer_at, self._turn)

    def _turn(self) -> None:
        """Make the calls that are due now, and wait for the next."""
        calls, now = self._calls, self._time()
        self._turn_at, self._timer, self._in_turn = now, None, True
        try:
            while calls and calls[0][0] <= now:
                heappop(calls)[2]()
        finally:
            self._in_turn = False
            if calls:
                self._set_timer()
