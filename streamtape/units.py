"""Times, sizes and counts, as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


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
