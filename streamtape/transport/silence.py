"""Waiting, in an event loop, for a client that may be silent for only so long.

A virtual clock that jumps does so once the client waits, too, and no thread is at work for it. With
every other clock this is real time.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from streamtape.playback.clock import Clock
from streamtape.session.order import LOOK_S
from streamtape.transport.clocks import VirtualClock
from streamtape.transport.other_callers import OtherCallers


async def heard_within(seconds: float, heard: asyncio.Event, clock: Clock) -> bool:
    """Whether the client sent something in time."""
    if not (isinstance(clock, VirtualClock) and clock.auto):
        return await _set_within(seconds, heard)
    others = OtherCallers(tasks=False)
    while not others.nobody_left(()):
        if seconds <= 0:
            return False
        if await _set_within(min(LOOK_S, seconds), heard):
            return True
        seconds -= LOOK_S
    due = asyncio.ensure_future(clock.wait_until_async(clock.now_us() + round(seconds * 1e6)))
    hearing = asyncio.ensure_future(heard.wait())
    try:
        await asyncio.wait({due, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        due.cancel()
        hearing.cancel()
        await asyncio.wait({due, hearing})
    return heard.is_set()


async def _set_within(seconds: float, heard: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(heard.wait(), seconds)
    return heard.is_set()
