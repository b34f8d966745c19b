"""Arguments that come as patches: a place (`$.days[0].name`) and a piece of the value there.

Texts of one place are joined; other values replace what was there. A place that can't be read, or
that does not fit what is there, changes nothing.
"""

from __future__ import annotations

import re
from typing import Any

MAX_STEPS = 100_000  # the longest list: an index beyond the end fills the list up to it
_PATH = re.compile(r"\$(?:\.[^.\[\]]+|\[\d{1,6}\]|\['[^']*'\])*")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]")
Step = str | int


def steps_of(path_field: str) -> list[Step] | None:
    """The steps of a place; None if it is not one."""
    if not _PATH.fullmatch(path_field):
        return None
    return [
        int(number) if number else name or quoted
        for name, number, quoted in _STEP.findall(path_field)
    ]


def patched(value: Any, steps: list[Step], piece: Any) -> Any:
    """The value with a piece put at a place below it; changed in place where it is a container."""
    if not steps:
        if isinstance(value, str) and isinstance(piece, str):
            return value + piece
        return piece
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = value if isinstance(value, list) else [] if value is None else None
        if items is None or step > MAX_STEPS:
            return value
        items.extend([None] * (step + 1 - len(items)))
        items[step] = patched(items[step], rest, piece)
        return items
    fields = value if isinstance(value, dict) else {} if value is None else None
    if fields is None:
        return value
    fields[step] = patched(fields.get(step), rest, piece)
    return fields
