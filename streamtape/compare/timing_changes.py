"""Times compared: the changes at level `timing`.

Two runs are never equally fast, so a measure differs only if it is off by more than `tolerance` (a
share of the larger value) and by more than a millisecond. Measures unknown on one side (a converted
recording) are not compared. The measures are the times to the head, to the first event, to the
first content and to the last event, and the gaps between events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from streamtape.compare.comparison import Change, Location
from streamtape.metrics.statistics import percentile

FLOOR_US = 1_000
DEFAULT_TOLERANCE = 0.1


class Clocked(NamedTuple):
    """When one interaction's head, events and ending came; None where that is not known.

    `first_content_us` is when the first event with content came, as `stats` measures it.
    """

    head_us: int | None
    events_us: Sequence[int | None]
    end_us: int | None
    first_content_us: int | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured, in microseconds."""

    head_us: int | None = None
    first_event_us: int | None = None
    first_content_us: int | None = None
    last_event_us: int | None = None
    end_us: int | None = None
    gap_median_us: int | None = None
    gap_p90_us: int | None = None
    gap_p99_us: int | None = None
    gap_max_us: int | None = None


def measure(clocked: Clocked) -> Measures:
    """The measures of one interaction."""
    times = [t for t in clocked.events_us if t is not None]
    found = sorted(after - before for before, after in pairwise(times))
    return Measures(
        clocked.head_us,
        times[0] if times else None,
        clocked.first_content_us,
        times[-1] if times else None,
        clocked.end_us,
        *(percentile(found, share) if found else None for share in (0.5, 0.9, 0.99, 1.0)),
    )


def compare_timing(
    a: Clocked, b: Clocked, *, tolerance: float = DEFAULT_TOLERANCE
) -> tuple[Change, ...]:
    """The measures that differ by more than the tolerance."""
    one, other = measure(a), measure(b)
    changes: list[Change] = []
    for name in Measures.__slots__:
        before, after = getattr(one, name), getattr(other, name)
        if before is None or after is None:
            continue
        off = abs(before - after)
        if off > FLOOR_US and off > tolerance * max(before, after):
            where = Location(0, before), Location(0, after)
            changes.append(Change("changed", "timing", *where, name, before, after))
    return tuple(changes)
