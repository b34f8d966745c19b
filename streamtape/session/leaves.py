"""The leaves of a JSON value, each with its path: `$.input[0].content`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Give every leaf of a JSON value with its path: `$.input[0].content`."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            name = (
                f".{key}"
                if re.fullmatch(r"[A-Za-z_]\w*", key)
                else f"[{json.dumps(key, ensure_ascii=False)}]"
            )
            yield from leaves(item, path + name)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def has_below(paths: Iterable[str], path: str) -> bool:
    """Whether one of the paths lies below another one."""
    return any(other.startswith((f"{path}.", f"{path}[")) for other in paths)


def path_pattern(path: str) -> str:
    """A regular expression for a path and all that lies below it; `[*]` is every index."""
    start = path if path.startswith("$") else f"$.{path}"
    return re.escape(start).replace(r"\[\*\]", r"\[\d+\]") + r"(?:[.\[]|$)"
