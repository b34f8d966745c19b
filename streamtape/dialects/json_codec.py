"""JSON text to a value, fast where it can be, lenient where it must be.

msgspec refuses some texts that providers do send: half a surrogate pair, NaN, integers beyond 64
bits in places. The standard library takes them. What neither takes is no JSON: `NOT_JSON`. So is
what is nested deeper than any provider nests, so that whoever walks a value may do so recursively.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

NOT_JSON: Any = object()
MAX_DEPTH = 100
_CONTAINERS = frozenset({dict, list})
_decode = msgspec.json.Decoder().decode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def decode(text: str) -> Any:
    """The value of a JSON text; NOT_JSON if it is not one, or deeper than MAX_DEPTH."""
    try:
        value = _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return NOT_JSON
    long = len(text) > 2 * MAX_DEPTH  # shorter ones can't open and close so many
    if long and text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        return NOT_JSON
    return value


def _is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than MAX_DEPTH, found level by level."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            item
            for parent in level
            for item in (parent.values() if type(parent) is dict else parent)
            if type(item) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def canonical(value: Any) -> bytes:
    """The one spelling of a value: keys sorted, no spaces; equal values have equal spellings."""
    try:
        return _encode_sorted(value)
    except (TypeError, ValueError, OverflowError, UnicodeEncodeError, RecursionError):
        return json.dumps(value, sort_keys=True, default=repr).encode("ascii")
