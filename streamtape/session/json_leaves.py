"""The leaves of a JSON value, each with its path: `$.input[0].content`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamtape.json_path import step_text


def leaves(value: Any) -> dict[str, Any]:
    """Get every leaf of a JSON value by its path: `$.input[0].content`."""
    found: dict[str, Any] = {}
    _collect(value, "$", found)
    return found


def _collect(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _collect(item, path + step_text(key), found)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            _collect(item, f"{path}[{index}]", found)
    else:
        found[path] = value


def has_below(paths: Iterable[str], path: str) -> bool:
    """Whether one of the paths lies below another one."""
    return any(other.startswith((f"{path}.", f"{path}[")) for other in paths)
