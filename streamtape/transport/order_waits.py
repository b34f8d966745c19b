"""Waiting, in an event loop, until another request is made.

Whoever makes it wakes us, from whichever thread; whether anybody is left who could make it is
looked at now and then, since threads end without telling. A virtual clock goes on meanwhile, so
that the timers of the task that is to make the request fire.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from streamtape.playback.clock import Clock
from streamtape.playback.steps import Await
from streamtape.session.order import LOOK_S, Order
from streamtape.transport.clocks import VirtualClock
from streamtape.transport.other_callers import OtherCallers, current_task

_STEP_US = 1_000_000
_MOST_US = 600_000_000  # virtual time


async def wait_async(
    order: Order, step: Await, clock: Clock | None = None, others: OtherCallers | None = None
) -> None:
    """Wait until the request is made, or until patience ends.

    With `others`, who are all that can make it, until none of them is left.
    """
    if order.has_arrived(step.number):
        return
    here = current_task()
    order.begin_waiting(here, step.number)

    def is_alone() -> bool:
        return others is not None and order.stop_waiting_alone(here, others.nobody_left)

    try:
        if isinstance(clock, VirtualClock) and clock.auto:
            came = await _on_a_virtual_clock(order, step.number, clock, is_alone)
        else:
            came = await _in_real_time(order, step, is_alone)
    finally:
        order.stop_waiting(here)
    if not came:
        order.give_up(step.number)


async def _in_real_time(order: Order, step: Await, is_alone: Callable[[], bool]) -> bool:
    """False where patience has come to its end."""
    import anyio

    came = anyio.Event()
    order.when(step.number, _from_any_thread(came.set))
    with anyio.move_on_after(order.patience(step)):
        while not (came.is_set() or is_alone()):
            with anyio.move_on_after(LOOK_S):
                await came.wait()
        return True
    return False


async def _on_a_virtual_clock(
    order: Order, number: int, clock: VirtualClock, is_alone: Callable[[], bool]
) -> bool:
    """False where patience has come to its end, by a clock that goes on while everybody waits."""
    give_up_us = clock.now_us() + _MOST_US
    while not (order.has_arrived(number) or is_alone()):
        if clock.now_us() >= give_up_us:
            return False
        await clock.wait_until_async(clock.now_us() + _STEP_US)
    return True


def _from_any_thread(wake: Callable[[], Any]) -> Callable[[], None]:
    """A function that calls `wake` in the event loop that runs here now, from any thread."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        token = trio.lowlevel.current_trio_token()

        def wake_trio() -> None:
            try:
                token.run_sync_soon(wake)
            except trio.RunFinishedError:
                return

        return wake_trio
    import asyncio

    loop = asyncio.get_running_loop()

    def wake_asyncio() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(wake)

    return wake_asyncio
