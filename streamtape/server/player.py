"""Plays a sequence of steps over HTTP.

A recorded failure becomes what made it: a lost connection is reset, a body that was cut is cut, a
timeout is silence until the client's own fires. An abandoned or unfinished recording is cut where
it ends, so that no client takes it for a whole one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Literal

from streamtape.playback.steps import Await, Emit, Fail, Start, Step, WaitUntil
from streamtape.server.exchange import Exchange, content_length
from streamtape.server.headers import end_to_end, without_cors
from streamtape.server.timed_chunks import TimedChunks
from streamtape.session.exchange import Progress, State
from streamtape.session.options import Options
from streamtape.session.order import Order
from streamtape.tape.model import Ending, Head, Interaction
from streamtape.transport.order_waits import wait_async

_SILENCE_S = 3600.0
Failing = Literal["silence", "reset", "cut"]
# Exceptions by name (httpx and httpx2, aiohttp, requests, Python's own): the first of an ending's
# class and its bases that is here says what the wire does.
_RESETS = frozenset({
    "ReadError", "WriteError", "ConnectError", "CloseError", "NetworkError", "ConnectionError",
    "ConnectionResetError", "BrokenPipeError", "ClientOSError", "OSError",
})  # fmt: skip
_SILENCES = frozenset({
    "ReadTimeout", "WriteTimeout", "ConnectTimeout", "PoolTimeout", "TimeoutException",
    "TimeoutError", "ServerTimeoutError", "SocketTimeoutError", "Timeout",
})  # fmt: skip


async def play(
    exchange: Exchange,
    sequence: Iterable[Step],
    *,
    length: int | None = None,
    more_headers: Iterable[tuple[bytes, bytes]] = (),
    progress: Progress | None = None,
    order: Order | None = None,
) -> None:
    """Obey a sequence of steps; times count from the arrival of the request.

    `length` is what the head promises of the body; without it the body goes in HTTP chunks. How far
    the client came is counted in `progress`. `order` tells which requests have been made that
    others wait for.
    """
    progress = progress or Progress()
    try:
        progress.end(await _obey(exchange, sequence, length, more_headers, progress, order=order))
    finally:
        progress.end("closed")


async def _obey(
    exchange: Exchange,
    sequence: Iterable[Step],
    length: int | None,
    more_headers: Iterable[tuple[bytes, bytes]],
    progress: Progress,
    *,
    order: Order | None,
) -> State:
    late_us, steps = 0, iter(sequence)
    chunks = TimedChunks(exchange, steps, progress)
    step = next(steps, None)
    while step is not None:
        if isinstance(step, Emit | WaitUntil):
            step = await chunks.play(step, late_us)
            continue
        if isinstance(step, Await):
            if order is not None and not order.has_arrived(step.number):
                await wait_async(order, step)
                late_us = max(late_us, exchange.elapsed_us - step.at_us)
        elif isinstance(step, Start):
            headers = [*served_headers(step.head), *more_headers]
            await exchange.start(step.head.status, headers, reason=step.head.reason, length=length)
        elif isinstance(step, Fail):
            await break_off(exchange, failing(step.error))
            return "failed"
        step = next(steps, None)
    if exchange.started:
        await exchange.finish()
    else:
        await exchange.cut()
    return "complete"


def served_headers(head: Head) -> list[tuple[bytes, bytes]]:
    """The recorded headers that are served again."""
    return without_cors(end_to_end(head.headers))


def promised_length(interaction: Interaction, method: str) -> int | None:
    """The recorded Content-Length, where what will be served can keep that promise."""
    if interaction.head is None:
        return None
    length = content_length(interaction.head.headers)
    whole = interaction.ending.kind == "complete" and method != "HEAD"
    if length is None or (whole and length != interaction.chunks.n_bytes):
        return None
    return length


def kept_length(interaction: Interaction, method: str, options: Options) -> int | None:
    """The length that a replay with these options promises; None if it is cut or broken."""
    as_recorded = not options.faults and options.rechunk is None
    return promised_length(interaction, method) if as_recorded else None


def failing(ending: Ending) -> Failing:
    """What the wire does where a recording failed as its ending says."""
    for name in (ending.exception or "", *ending.bases):
        if name in _SILENCES:
            return "silence"
        if name in _RESETS:
            return "reset"
    return "cut"


async def break_off(exchange: Exchange, how: Failing) -> None:
    """End a response as what was recorded failed: silent, reset or cut."""
    if how == "silence":
        await asyncio.sleep(_SILENCE_S)
    elif how == "reset":
        await exchange.reset()
        return
    await exchange.cut()
