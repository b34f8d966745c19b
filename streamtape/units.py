"""Durations, sizes and counts as text, and the one table of time units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

# What one of each unit is in microseconds; `µs` with either of its two signs.
UNITS_US: dict[str, float] = {
    "ns": 1e-3,
    "us": 1,
    "µs": 1,
    "μs": 1,
    "ms": 1e3,
    "s": 1e6,
    "m": 60e6,
    "h": 3600e6,
    "d": 86400e6,
    "w": 604800e6,
}
_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})\s*([a-zµμ]+)", re.ASCII)


def parse_us(text: str, units: Sequence[str]) -> float | None:
    """Parse a number with a unit, such as `1.5s` or `20 ms`, into microseconds.

    None if the text is anything else; `UNITS_US` lists the units.
    """
    match = _QUANTITY.fullmatch(text)
    return float(match[1]) * UNITS_US[match[2]] if match and match[2] in units else None


def duration(us: int | None) -> str:
    """A duration in the unit that suits it; `–` if unknown."""
    if us is None:
        return "–"
    if abs(us) < 1_000:
        return f"{us} µs"
    if abs(us) < 1_000_000:
        return f"{us / 1e3:.1f} ms"
    if abs(us) < 60_000_000:
        return f"{us / 1e6:.3f} s"
    minutes, rest = divmod(us, 60_000_000)
    return f"{minutes} min {rest / 1e6:.1f} s"


def milliseconds(us: float | None, unknown: str = "not known") -> str:
    """A time in milliseconds with one decimal; `unknown` if it is None."""
    return unknown if us is None else f"{us / 1e3:,.1f} ms"


def age(us: int) -> str:
    """An age in the largest unit of which there are at least two: `3 days`, `50 minutes`."""
    for name, unit in (("days", "d"), ("hours", "h"), ("minutes", "m")):
        if us >= 2 * UNITS_US[unit]:
            return f"{us / UNITS_US[unit]:.0f} {name}"
    return f"{us / UNITS_US['s']:.0f} seconds"


def seconds(us: int | None) -> str:
    """A time in seconds, padded to a fixed width; blank if unknown."""
    return "" if us is None else f"{us / 1e6:.3f}"


def size(n_bytes: int) -> str:
    """A size in bytes, with thousands separated."""
    return f"{n_bytes:,} byte{'' if n_bytes == 1 else 's'}"


def count(n: int, noun: str) -> str:
    """A number and its noun: `1 event`, `48 events`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def moment(unix_us: int) -> str:
    """A point in time, in UTC to the second."""
    try:
        when = datetime.fromtimestamp(unix_us / 1e6, UTC)
    except (OverflowError, ValueError, OSError):
        return f"at {unix_us} µs"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
