"""The leaves of a JSON value, each with its path: `$.input[0].content`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from streamtape.json_path import step_text


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Give every leaf of a JSON value with its path: `$.input[0].content`."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, path + step_text(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def has_below(paths: Iterable[str], path: str) -> bool:
    """Whether one of the paths lies below another one."""
    return any(other.startswith((f"{path}.", f"{path}[")) for other in paths)
