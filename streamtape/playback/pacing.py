"""Pace: functions from steps to steps.

Deadlines stay absolute, so that a player that follows them never drifts. A recording without times
has no waits at any speed, but a fixed rate or a schedule adds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from streamtape.errors import UsageError
from streamtape.playback.seeded_random import SeededRandom
from streamtape.playback.steps import Await, Emit, Receive, Send, Start, Step, WaitUntil
from streamtape.tape.model import Head


def at_once(steps: Iterable[Step]) -> Iterator[Step]:
    """Remove the waits, and the times that other steps count from."""
    return (
        replace(step, at_us=None) if isinstance(step, Receive) else step
        for step in steps
        if not isinstance(step, WaitUntil)
    )


def speed(steps: Iterable[Step], factor: float) -> Iterator[Step]:
    """Make the steps `factor` times faster: 2.0 halves every time, 0.5 doubles it."""
    if not factor > 0:
        raise UsageError(f"speed is {factor!r}; it must be above 0, or None for at once")
    if factor == 1:
        return iter(steps)
    return (
        replace(step, at_us=round(step.at_us / factor))
        if isinstance(step, WaitUntil | Await | Receive) and step.at_us is not None
        else step
        for step in steps
    )


def idle_limit(steps: Iterable[Step], limit_us: int) -> Iterator[Step]:
    """Shorten every gap that is longer than `limit_us`; what follows moves up by as much."""
    if limit_us < 0:
        raise UsageError(f"idle_limit is {limit_us / 1e6:g} s; it can't be negative")
    before_us = saved_us = 0
    for step in steps:
        if isinstance(step, WaitUntil):
            saved_us += max(0, step.at_us - before_us - limit_us)
            before_us = step.at_us
            yield WaitUntil(step.at_us - saved_us)
        elif isinstance(step, Receive) and step.at_us is not None:
            before_us = step.at_us  # how long the client takes, it decides itself
            yield replace(step, at_us=step.at_us - saved_us)
        elif isinstance(step, Await):
            yield replace(step, at_us=min(step.at_us, before_us + limit_us) - saved_us)
        else:
            yield step


class Times(Protocol):
    """Says when chunks are due."""

    def start(self, head: Head) -> None:
        """Take the head that the chunks belong to."""

    def at_us(self, data: bytes) -> int:
        """When the next chunk is due; called once for each, in order."""


class FixedRate:
    """A chunk every `gap_us`, the first together with the head."""

    def __init__(self, gap_us: int) -> None:
        self._gap_us = gap_us
        self._next_us = 0

    def start(self, head: Head) -> None:
        """Take the head that the chunks belong to."""
        self._next_us = head.at_us or 0

    def at_us(self, data: bytes) -> int:
        """When the next chunk is due."""
        due_us, self._next_us = self._next_us, self._next_us + self._gap_us
        return due_us


def retimed(steps: Iterable[Step], times: Times) -> Iterator[Step]:
    """Give the steps with each chunk at another time.

    What comes behind the last chunk follows it as closely as it was recorded; a head never comes
    later than the first chunk.
    """
    head: Start | None = None
    recorded_us = last_us = emitted_us = 0
    due = False
    for step in steps:
        if isinstance(step, WaitUntil):
            recorded_us, due = step.at_us, True
        elif isinstance(step, Start):
            times.start(step.head)
            head, head_us, due = step, recorded_us, False
        elif isinstance(step, Emit | Send):
            data = step.data if isinstance(step, Emit) else step.message.data
            last_us, emitted_us, due = max(last_us, times.at_us(data)), recorded_us, False
            if head is not None:
                yield WaitUntil(min(head_us, last_us))
                yield head
                head = None
            yield WaitUntil(last_us)
            yield step
        elif isinstance(step, Await | Receive):
            yield from _behind(head, False, last_us)
            head = None
            yield replace(step, at_us=last_us)
        else:
            yield from _behind(head, due, last_us + recorded_us - emitted_us)
            head, due = None, False
            yield step
    yield from _behind(head, due, last_us + recorded_us - emitted_us)


def _behind(head: Start | None, due: bool, at_us: int) -> Iterator[Step]:
    if head is not None:
        yield WaitUntil(min(at_us, head.head.at_us or 0))
        yield head
    if due:
        yield WaitUntil(at_us)


def jittered(
    steps: Iterable[Step], *, by_us: int = 0, by_share: float = 0.0, seed: int = 0
) -> Iterator[Step]:
    """Give the steps with every deadline moved by chance, by no more than either bound.

    `by_share` is a share of the gap before it. Order is kept, and since it is each deadline that
    moves and not each gap, nothing drifts.
    """
    rng = SeededRandom(seed, "jitter")
    before_us = moved_us = 0
    for step in steps:
        if not isinstance(step, WaitUntil):
            yield step
            continue
        bound_us = by_us + by_share * (step.at_us - before_us)
        before_us = step.at_us
        moved_us = max(moved_us, step.at_us + round(bound_us * (2 * rng.unit() - 1)))
        yield WaitUntil(moved_us)


def paced(
    steps: Iterable[Step], *, factor: float | None, idle_limit_s: float | None = None
) -> Iterator[Step]:
    """Give the steps at a pace: at once where `factor` is None; gaps are capped before speed."""
    if factor is None:
        return at_once(steps)
    if idle_limit_s is not None:
        steps = idle_limit(steps, round(idle_limit_s * 1e6))
    return speed(steps, factor)
