"""The buffering detector: events that arrive in bursts though the stream took long.

Something between the model and the client collects bytes: a buffering proxy, a compressor without
flush, a framework that joins pieces. Arrival times alone can't prove that, so the message says
"looks buffered" and the finding is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream

MIN_EVENTS = 20
BURST_US = 2_000  # events closer than this count as simultaneous
LONG_US = 1_000_000  # a delay that readers notice
MIN_BURST = 8  # events a burst, on average
SHARE_WAITED = 0.9


def bursts(times_us: Sequence[int]) -> list[int]:
    """How many events came together, burst by burst."""
    sizes = [1] if times_us else []
    for before, after in pairwise(times_us):
        if after - before <= BURST_US:
            sizes[-1] += 1
        else:
            sizes.append(1)
    return sizes


def buffering(stream: Stream) -> Iterator[Hit]:
    """Events arrive as they are generated."""
    times = [event.at_us for event in stream.events if event.at_us is not None]
    if not stream.cuts_known or len(times) < MIN_EVENTS:
        return
    total, first = times[-1], times[0]
    sizes = bursts(times)
    if total < LONG_US:
        return
    if first >= SHARE_WAITED * total and len(sizes) <= max(2, len(times) // MIN_BURST):
        message = f"all {len(times)} events came within {(total - first) / 1e6:.2f} s"
        yield Hit(0, f"{message} after {first / 1e6:.2f} s of silence: looks buffered")
        return
    gaps = [b - a for a, b in pairwise(times) if b - a > BURST_US]
    if len(times) >= MIN_BURST * len(sizes) and gaps and median(gaps) >= LONG_US // 10:
        message = f"{len(times)} events came in {len(sizes)} bursts"
        yield Hit(None, f"{message}, {median(gaps) / 1e6:.2f} s apart: looks buffered")
