"""Waiting, in an event loop, until another interaction is asked for.

Nothing is polled: whoever asks wakes us, from whichever thread. A virtual clock goes on meanwhile,
so that the timers of the task that is to ask fire.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streamtape.playback.clock import Clock
from streamtape.playback.steps import Await
from streamtape.session.order import Order
from streamtape.transport.clocks import VirtualClock

_STEP_US = 1_000_000
_MOST_US = 600_000_000  # of virtual time


async def wait_async(order: Order, step: Await, clock: Clock | None = None) -> None:
    """Wait until an interaction is asked for, or patience is at its end."""
    if order.has_come(step.number):
        return
    if isinstance(clock, VirtualClock) and clock.auto:
        await _on_a_virtual_clock(order, step.number, clock)
        return
    import anyio

    came = anyio.Event()
    order.when(step.number, _from_any_thread(came.set))
    with anyio.move_on_after(order.patience(step)), _once_alone(came.set):
        await came.wait()
        return
    order.give_up(step.number)


async def _on_a_virtual_clock(order: Order, number: int, clock: VirtualClock) -> None:
    give_up_us = clock.now_us() + _MOST_US
    while not order.has_come(number):
        if clock.now_us() >= give_up_us:
            order.give_up(number)
            return
        await clock.wait_until_async(clock.now_us() + _STEP_US)


def nobody_else(*, tasks: bool) -> bool:
    """Whether no other thread (nor task of this event loop) is there that could ask.

    Of trio's tasks nobody knows.
    """
    if threading.active_count() > 1:
        return False
    asyncio = sys.modules.get("asyncio") if tasks else None
    if not tasks:
        return True
    try:
        return asyncio is not None and len(asyncio.all_tasks()) == 1
    except RuntimeError:  # not in a task of asyncio
        return False


@contextmanager
def _once_alone(then: Callable[[], Any]) -> Iterator[None]:
    """Call `then` when the last other task of this event loop has ended without having asked.

    Tasks come and go that never ask: a client that is collected closes itself in one.
    """
    asyncio = sys.modules.get("asyncio")
    watched: set[Any] = set()

    def look(_ended: Any = None) -> None:
        if nobody_else(tasks=True):
            then()
            return
        for task in asyncio.all_tasks() - watched if asyncio is not None else ():
            watched.add(task)
            task.add_done_callback(look)

    try:
        look()
    except RuntimeError:  # not in an event loop of asyncio
        yield
        return
    try:
        yield
    finally:
        for task in watched:
            task.remove_done_callback(look)


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
