"""A sequence of steps played to a client: the players obey steps, and decide nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Self

from streamtape.playback.clock import Clock
from streamtape.playback.steps import Await, Emit, Fail, Start, Step, WaitUntil
from streamtape.session.exchange import Progress
from streamtape.session.order import Order
from streamtape.tape.model import Ending, Head
from streamtape.transport.order_waits import wait_async
from streamtape.transport.other_callers import OtherCallers

Failure = Callable[[Ending, bool], Exception]


class ReplayingStream:
    """The sync player of `steps`, whose times count from `start_us` on; it counts in `progress`.

    `failure` makes the exception of an ending, given whether the head had been delivered.
    """

    __slots__ = ("_clock", "_failure", "_order", "_progress", "_start_us", "_started", "_steps")

    def __init__(
        self,
        steps: Iterator[Step],
        clock: Clock,
        start_us: int,
        failure: Failure,
        progress: Progress,
        *,
        order: Order,
    ) -> None:
        self._steps = steps
        self._order = order
        self._progress = progress
        self._clock = clock
        self._start_us = start_us
        self._failure = failure
        self._started = False

    def head(self) -> Head:
        """Play up to the head of the response; raise where it fails before."""
        for step in self._steps:
            if isinstance(step, WaitUntil):
                self._clock.wait_until(self._start_us + step.at_us)
            elif isinstance(step, Start):
                self._started = True
                return step.head
            elif isinstance(step, Await):
                self._wait_for(step)
            elif isinstance(step, Fail):
                raise self._failed(step.error)
        raise self._failed(_HEADLESS)

    def _wait_for(self, step: Await) -> None:
        """Wait for another request, as long as somebody is there who could make it."""
        if self._order.has_arrived(step.number):
            return
        self._order.wait(step, OtherCallers(tasks=False).nobody_left)
        self._shift(step)

    def _shift(self, step: Await) -> None:
        """Be late by as much as another request was."""
        late_us = self._clock.now_us() - self._start_us - step.at_us
        self._start_us += max(0, late_us)

    def __iter__(self) -> Iterator[bytes]:
        """Play the body. A generator: most of what a chunk costs is calls between two of them."""
        progress = self._progress
        for step in self._steps:
            if isinstance(step, Emit):
                progress.n_chunks += 1
                yield step.data
                if progress.state != "open":
                    return
            elif isinstance(step, WaitUntil):
                self._clock.wait_until(self._start_us + step.at_us)
            elif isinstance(step, Await):
                self._wait_for(step)
            elif isinstance(step, Fail):
                raise self._failed(step.error)
        progress.end("complete")

    def _failed(self, ending: Ending) -> Exception:
        self._progress.end("failed")
        return self._failure(ending, self._started)

    def close(self) -> None:
        """Stop playing."""
        self._progress.end("closed")
        self._steps = iter(())


class AsyncReplayingStream(ReplayingStream):
    """The async player of the same steps."""

    __slots__ = ()

    async def head_async(self) -> Head:
        """Play up to the head of the response; raise where it fails before."""
        for step in self._steps:
            if isinstance(step, WaitUntil):
                await self._clock.wait_until_async(self._start_us + step.at_us)
            elif isinstance(step, Start):
                self._started = True
                return step.head
            elif isinstance(step, Await):
                await self._wait_for_async(step)
            elif isinstance(step, Fail):
                raise self._failed(step.error)
        raise self._failed(_HEADLESS)

    async def _wait_for_async(self, step: Await) -> None:
        """Wait, in an event loop, until the other request was made."""
        if self._order.has_arrived(step.number):
            return
        await wait_async(self._order, step, self._clock, OtherCallers(tasks=True))
        self._shift(step)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for step in self._steps:
            if isinstance(step, Emit):
                self._progress.n_chunks += 1
                return step.data
            if isinstance(step, WaitUntil | Await):
                await self._wait_async(step)
            elif isinstance(step, Fail):
                raise self._failed(step.error)
        self._progress.end("complete")
        raise StopAsyncIteration

    async def _wait_async(self, step: WaitUntil | Await) -> None:
        """Wait as a step says; a caller that is cancelled meanwhile can read on, and waits on."""
        try:
            if isinstance(step, WaitUntil):
                await self._clock.wait_until_async(self._start_us + step.at_us)
            else:
                await self._wait_for_async(step)
        except BaseException:
            self._steps = chain((step,), self._steps)
            raise

    async def aclose(self) -> None:
        """Stop playing."""
        self.close()


_HEADLESS = Ending("unfinished", message="no response had come")
