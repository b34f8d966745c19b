"""Whether `streamtape play` keeps pace with 50,000 events, and how long it takes to begin.

The stream has an event every 100 microseconds. A frame is one screen of 100 by 40 cells; `ratio` is
a frame at the end by one at a tenth of it: 1 where the text that came before costs nothing. Lag is
how late the last event is printed (`--plain`), and how much of that grew since a tenth had come.

    python tools/bench.py playing
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from dataclasses import replace
from typing import Any

from streamtape.cli.play_plain import play_plain
from streamtape.report.lines import styled
from streamtape.report.play.frames import film
from streamtape.report.play.scenes import Act, scene_of
from streamtape.report.play.screens import View, screen
from streamtape.tape.model import Chunk, Chunks, Ending
from streamtape.transport.clocks import SystemClock
from tools.benches.growth import stream

Row = dict[str, Any]
N_EVENTS = 50_000
GAP_US = 100
FRAMES = 50
FRAME_MS = 1000 / 30  # the screen is drawn thirty times a second


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure scenes, frames, printing, and a picture."""
    one = stream(N_EVENTS // 10 if quick else N_EVENTS)
    chunks = [Chunk(n * GAP_US, chunk.data) for n, chunk in enumerate(one.chunks)]
    one = replace(one, chunks=Chunks.of(chunks), ending=Ending("complete", len(chunks) * GAP_US))
    n_events = f"{len(chunks):,} events"
    made = []
    for _ in range(repeat):
        start = time.perf_counter()
        scene = scene_of("run.tape", one)
        made.append(time.perf_counter() - start)
    act = Act((scene,))
    begin_ms, end_ms = (_frame_ms(act, share) for share in (0.1, 0.9))
    start = time.perf_counter()
    n_frames = len(film([act]).frames)
    filmed = time.perf_counter() - start
    late_ms = _late_ms(act)
    tenth = statistics.median(late_ms[: len(late_ms) // 10])
    last = statistics.median(late_ms[-len(late_ms) // 10 :])
    return [
        _row(f"read {n_events}", statistics.median(made), "s"),
        _row("draw a frame at the end", end_ms, "ms", end_ms / begin_ms, f"<= {FRAME_MS:.0f}"),
        _row(f"lag of the last of {n_events}, printed", last, "ms", goal="<= 20"),
        _row("of that, grown since a tenth", last - tenth, "ms", goal="<= 10"),
        _row(f"all {n_frames} frames of a picture", filmed, "s"),
    ]


def _row(
    name: str, value: float, unit: str, ratio: float | None = None, goal: str | None = None
) -> Row:
    found = {"name": name, "value": round(value, 3), "unit": unit, "peer": None, "ratio": ratio}
    return {**found, "goal": goal} if goal else found


def _frame_ms(act: Act, share: float) -> float:
    """The median time of drawing a frame, styled as the screen has it, from there on."""
    view = View(100, 40)
    times = []
    for number in range(FRAMES):
        at_us = int(act.length_us * share) + number * 33_000
        start = time.perf_counter()
        for line in screen(act, at_us, view):
            styled(line)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


class _Late(io.RawIOBase):
    """A binary stdout that notes when each event was written."""

    def __init__(self) -> None:
        self.times: list[int] = []

    def write(self, data: Any) -> int:
        self.times.append(time.perf_counter_ns() // 1000)
        return len(data)

    def writable(self) -> bool:
        return True


def _late_ms(act: Act) -> list[float]:
    """How late each piece of the text is printed, at its pace."""
    out = _Late()
    real = sys.stdout
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(out), write_through=True)
    try:
        start_us = SystemClock().now_us()
        play_plain([act], 1.0)
        written = out.times
    finally:
        sys.stdout = real
    (text,) = act.playing[0].texts
    pieces = written[-len(text.times_us) - 2 : -2]  # what follows the text: a blank line, the end
    return [(at - start_us - due) / 1e3 for at, due in zip(pieces, text.times_us, strict=True)]


if __name__ == "__main__":
    for row in run(1):
        print(row)
