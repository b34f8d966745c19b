"""Times, sizes and counts, as people read and write them: the one table of units of time."""

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
    """The microseconds that a number with one of these units means: `1.5s`, `20 ms`.

    None where the text is anything else; see `UNITS_US` for the units that there are.
    """
    match = _QUANTITY.fullmatch(text)
    return float(match[1]) * UNITS_US[match[2]] if match and match[2] in units else None


def duration(us: int | None) -> str:
    """A duration in the unit that suits it; `–` where it is not known."""
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
    """A time in milliseconds, to a tenth; `unknown` where it is not known."""
    return unknown if us is None else f"{us / 1e3:,.1f} ms"


def age(us: int) -> str:
    """How old something is, in the largest unit of which it has two: `3 days`, `50 minutes`."""
    for name, unit in (("days", "d"), ("hours", "h"), ("minutes", "m")):
        if us >= 2 * UNITS_US[unit]:
            return f"{us / UNITS_US[unit]:.0f} {name}"
    return f"{us / UNITS_US['s']:.0f} seconds"


def seconds(us: int | None) -> str:
    """A time in seconds, all of one width; blank where it is not known."""
    return "" if us is None else f"{us / 1e6:.3f}"


def size(n_bytes: int) -> str:
    """A size in bytes, with its thousands set apart."""
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
