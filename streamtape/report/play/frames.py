"""All moments of some acts as frames: the screens that differ, and how long each is on show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streamtape.report.lines import Line
from streamtape.report.play.scenes import Act
from streamtape.report.play.screens import MIN_ROWS, View, rows_needed, screen

END_HOLD_US = 2_000_000  # how long the end of the last act is shown
ACT_HOLD_US = 1_000_000  # how long the end of every other act is shown
TICK_US = 250_000  # the clock moves at least so often while nothing comes
MAX_TICKS = 200  # in one act, however long its waits are
MAX_ROWS = 24


class Frame(NamedTuple):
    """A screen, from when on it is on show, and the number of the act that begins with it."""

    at_us: int
    lines: tuple[Line, ...]
    begins: int | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """Frames in order, and when the last one ends."""

    frames: tuple[Frame, ...]
    length_us: int
    columns: int
    rows: int


def film(
    acts: Sequence[Act],
    *,
    columns: int = 80,
    rows: int | None = None,
    speed: float = 1.0,
    min_gap_us: int = 100_000,
) -> Film:
    """The frames of acts, one after the other, `speed` times as fast as recorded.

    Frames are at least `min_gap_us` apart. Without `rows` the screen is as high as the longest text
    needs, up to `MAX_ROWS`.
    """
    if rows is None:
        needed = max((rows_needed(act, columns) for act in acts), default=0)
        rows = min(max(needed, MIN_ROWS), MAX_ROWS)
    frames: list[Frame] = []
    start_us = 0
    for number, act in enumerate(acts):
        view = View(columns, rows, place=(number, len(acts)), note=speed_note(speed))
        for at_us in _moments(act, speed, min_gap_us):
            lines = tuple(screen(act, at_us, view))
            begins = number if at_us == 0 else None
            if begins is not None or not frames or frames[-1].lines != lines:
                frames.append(Frame(start_us + round(at_us / speed), lines, begins))
        hold_us = END_HOLD_US if number == len(acts) - 1 else ACT_HOLD_US
        start_us += round(act.length_us / speed) + hold_us
    return Film(tuple(frames), start_us, columns, rows)


def speed_note(speed: float) -> str:
    """What a screen says of the speed; nothing of the recorded one."""
    return "" if speed == 1 else f"×{speed:g}"


def _moments(act: Act, speed: float, min_gap_us: int) -> Iterator[int]:
    """Moments of the recording to be drawn: each event, not too near one another, and ticks."""
    gap_us = min_gap_us * speed
    tick_us = max(max(TICK_US, min_gap_us) * speed, act.length_us / MAX_TICKS)
    yield 0
    last = 0.0
    moments = [us for us in act.moments_us if 0 < us < act.length_us]
    for at_us in (*moments, act.length_us):
        while at_us - last >= 2 * tick_us:
            last += tick_us
            yield int(last)
        if at_us == act.length_us:
            break
        if at_us - last >= gap_us:
            last = at_us
            yield at_us
        elif at_us > last:
            last += gap_us  # what comes meanwhile is drawn together, at the next due time
            if last < act.length_us:
                yield int(last)
            else:
                break
    if act.length_us:
        yield act.length_us
