"""Pace: functions from steps to steps.

Deadlines stay absolute, so that a player that follows them never drifts. A recording that knows no
times has no waits, and no pace changes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.errors import UsageError
from streamtape.playback.steps import Step, WaitUntil


def at_once(steps: Iterable[Step]) -> Iterator[Step]:
    """Give the steps without their waits."""
    return (step for step in steps if not isinstance(step, WaitUntil))


def speed(steps: Iterable[Step], factor: float) -> Iterator[Step]:
    """Give the steps `factor` times faster: 2.0 halves every time, 0.5 doubles it."""
    if not factor > 0:
        raise UsageError(f"speed is {factor!r}; it must be above 0, or None for at once")
    for step in steps:
        yield WaitUntil(round(step.at_us / factor)) if isinstance(step, WaitUntil) else step


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
        else:
            yield step


def paced(
    steps: Iterable[Step], *, factor: float | None, idle_limit_s: float | None = None
) -> Iterator[Step]:
    """Give the steps at a pace: at once where `factor` is None; gaps are capped before speed."""
    if factor is None:
        return at_once(steps)
    if idle_limit_s is not None:
        steps = idle_limit(steps, round(idle_limit_s * 1e6))
    return speed(steps, factor)
