"""The syntax of pace, cuts and faults: parsing and printing `name=value` fields, durations, sizes.

The command line, options and output use one syntax, so that printed values can be entered again.
Every UsageError shows the text and what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from streamtape.errors import UsageError
from streamtape.units import UNITS_US, parse_us

_UNITS = ("us", "ms", "s", "m")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?|\.\d{1,9}", re.ASCII)
_LONGEST_US = 10**15  # thirty years; a float still holds every whole number
_MAX_DIGITS = 15


def fields(text: str, what: str, known: Iterable[str]) -> dict[str, str]:
    """Read `a=1,b,c=2` as {"a": "1", "b": "", "c": "2"}; refuse a name that is not known."""
    found: dict[str, str] = {}
    names = tuple(known)
    for field in text.split(","):
        name, _, value = field.strip().partition("=")
        if name not in names:
            raise UsageError(f"{what} {text!r}: unknown {name!r} (known: {', '.join(names)})")
        if name in found:
            raise UsageError(f"{what} {text!r}: {name!r} is given twice")
        found[name] = value.strip()
    return found


def duration_us(text: str, what: str) -> int:
    """Read `30s`, `20ms`, `800us` or `1.5m` as microseconds."""
    us = parse_us(text.strip(), _UNITS)
    if us is None:
        raise UsageError(f"{what}: invalid duration {text!r}; write it as 30s, 20ms, 800us or 1.5m")
    if us > _LONGEST_US:
        raise UsageError(f"{what}: {text!r} is longer than thirty years")
    return round(us)


def duration_text(us: int) -> str:
    """Write microseconds so that `duration_us` reads them back."""
    for unit in ("s", "ms"):
        if us and us % UNITS_US[unit] == 0:
            return f"{us // int(UNITS_US[unit])}{unit}"
    return f"{us}us" if us else "0s"


def count(text: str, what: str, *, least: int = 0) -> int:
    """Read a whole number that is not below `least`."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and int(text) >= least):
        raise UsageError(f"{what}: expected a whole number, {least} or more, got {text!r}")
    return int(text)


def number(text: str, what: str) -> float:
    """Read a number above 0."""
    if _NUMBER.fullmatch(text) is None or not float(text) > 0:
        raise UsageError(f"{what}: expected a number above 0, got {text!r}")
    return float(text)


def number_text(value: float) -> str:
    """Write a number so that `number` reads it back."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
