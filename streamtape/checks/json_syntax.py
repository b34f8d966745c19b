"""The rule about strict JSON: what only Python parses, or other languages parse differently.

NaN and Infinity are not JSON (RFC 8259, 6). Parsers disagree about an object with a duplicate name
(4), and about a lone surrogate (8.2): JavaScript keeps it, most others fail. None of 1,612 recorded
streams has any of these. The exact check is slow, so it runs only if a quick one finds a sign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream

_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|[\ud800-\udfff]"
)
_MAX_NAMED = 3


def letter(stream: Stream) -> Iterator[Hit]:
    """Data is JSON that every reader reads alike."""
    marker = stream.dialect.done_marker
    n_keys = 0
    for event, is_repeat in stream.with_repeats():
        data = event.frame.data if event.frame is not None else None
        if not data or data == marker or isinstance(event.payload, str):
            continue
        if "NaN" in data or "Infinity" in data:
            yield from _constants(data, event.index)
        if _may_have_halves(data):
            yield from _halves(data, event.index)
        n_keys = n_keys if is_repeat else _keys(event.payload)
        if type(event.payload) is dict and n_keys < data.count('":') + data.count('" :'):
            yield from _doubled(data, event.index)


def _keys(value: Any) -> int:
    """How many keys there are in a value, at any depth."""
    if type(value) is dict:
        count = len(value)
        for one in value.values():
            if type(one) is dict or type(one) is list:
                count += _keys(one)
        return count
    count = 0
    for one in value if type(value) is list else ():
        if type(one) is dict or type(one) is list:
            count += _keys(one)
    return count


def _constants(data: str, index: int) -> Iterator[Hit]:
    found: list[str] = []

    def keep(name: str) -> None:
        found.append(name)

    _read(data, parse_constant=keep)
    if found:
        yield Hit(index, f"has {' and '.join(dict.fromkeys(found))} in its data, which is not JSON")


def _doubled(data: str, index: int) -> Iterator[Hit]:
    twice: dict[str, None] = {}

    def keep(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                twice[name] = None
            seen.add(name)

    _read(data, object_pairs_hook=keep)
    if twice:
        several = ", ".join(repr(name) for name in [*twice][:_MAX_NAMED])
        yield Hit(index, f"has {several} twice in one object: readers take the first or the last")


def _may_have_halves(data: str) -> bool:
    """Whether it has an escape of either half, or a character that is one: much faster to see."""
    if "\\ud" in data or "\\uD" in data:
        return True
    if not data.isascii():
        try:
            data.encode()
        except UnicodeEncodeError:
            return True
    return False


def _halves(data: str, index: int) -> Iterator[Hit]:
    for match in _HALF.finditer(data):
        before = data[: match.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:  # else the backslash is escaped
            half = match[0] if match[0].startswith("\\") else f"U+{ord(match[0]):04X}"
            yield Hit(index, f"has half of a surrogate pair, {half}, which is not a character")
            return


def _read(data: str, **hooks: Any) -> None:
    try:
        json.loads(data, **hooks)
    except (ValueError, RecursionError):
        return
