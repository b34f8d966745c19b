"""The timed chunks of one answer, written by the event loop's timer: no task is woken for each.

Waking a task for a chunk costs a future, a turn of the loop and two calls of the system, which is
more than the chunk itself. So runs of chunks and waits are played by a callback; every other step,
and a client that does not read, is the task's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from streamtape.playback.steps import Emit, Step, WaitUntil
from streamtape.server.exchange import Exchange
from streamtape.server.schedule import Call, Schedule
from streamtape.session.exchange import Progress

_TURN = 64  # chunks that may be due at once before other clients have their turn
_Over = asyncio.Future[Step | None]


class TimedChunks:
    """Plays the chunks and waits of a score; how many chunks the client had goes to `progress`."""

    def __init__(self, exchange: Exchange, score: Iterator[Step], progress: Progress) -> None:
        self._exchange = exchange
        self._score = score
        self._progress = progress
        self._late_us = 0
        self._schedule = Schedule.of(asyncio.get_running_loop())
        self._over: _Over | None = None  # gets what is not ours to play
        self.next_call: Call | None = None  # the scheduled call that plays the next chunk

    async def play(self, first: Emit | WaitUntil, late_us: int) -> Step | None:
        """Play up to the next step of another kind, and get that; None where the score ends."""
        self._late_us = late_us
        step: Step | None = first
        while isinstance(step, Emit | WaitUntil):
            self._over = asyncio.get_running_loop().create_future()
            self._go_on(step)
            try:
                step = await self._over
            except asyncio.CancelledError:
                if self.next_call is not None:
                    self._schedule.cancel(self.next_call)
                raise
            if isinstance(step, Emit):  # it was written, and the client does not read
                await self._exchange.drained()
                self._count(step)
                step = next(self._score, None)
        return step

    def _count(self, step: Emit) -> None:
        self._progress.n_chunks += 1
        self._progress.n_bytes += len(step.data)

    def _go_on(self, step: Step | None = None) -> None:
        """Play what is due, and come back for the rest; whoever plays the answer gets errors."""
        over = self._over
        if over is None or over.done():  # cancelled just now
            return
        try:
            for _ in range(_TURN):
                step = step or next(self._score, None)
                if isinstance(step, Emit):
                    if not self._exchange.write(step.data):
                        over.set_result(step)
                        return
                    self._count(step)
                elif not isinstance(step, WaitUntil):
                    over.set_result(step)
                    return
                elif (wait := self._exchange.wait(step.at_us + self._late_us)) is not None:
                    self.next_call = self._schedule.call_at(wait, self._go_on)
                    return
                step = None
            over.get_loop().call_soon(self._go_on)
        except Exception as error:  # noqa: BLE001 - whoever plays the answer raises it
            over.set_exception(error)
