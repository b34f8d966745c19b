"""A stream that is recorded to its end before its client gets any of it.

On a virtual clock no time passes meanwhile, and a client that gives up does not end the recording:
what is in the cassette must not depend on how patient the client was while it was made.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from typing import Any

from streamtape.playback.clock import Clock
from streamtape.transport.clocks import VirtualClock


async def rehearsed(recording: Coroutine[Any, Any, None], clock: Clock) -> None:
    """Run a recording to its end, also where the caller is cancelled meanwhile."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        with trio.CancelScope(shield=True):
            await recording
        return
    import asyncio

    loop = asyncio.get_running_loop()
    if isinstance(clock, VirtualClock):
        clock.pause(loop)
    task = loop.create_task(recording)
    cancelled: asyncio.CancelledError | None = None
    try:
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError as error:
                cancelled = error
            except Exception:  # noqa: BLE001 - raised below, where the caller goes on
                break
    finally:
        if isinstance(clock, VirtualClock):
            clock.resume(loop)
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at
        raise cancelled
    task.result()
