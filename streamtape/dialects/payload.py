"""JSON text to a value, fast where it can be, lenient where it must be.

msgspec refuses some texts that providers do send: half a surrogate pair, NaN, integers beyond 64
bits in places. The standard library takes them. What neither takes is no JSON: `NOT_JSON`.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

NOT_JSON: Any = object()
_decode = msgspec.json.Decoder().decode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def decode(text: str) -> Any:
    """The value of a JSON text; NOT_JSON where it is none."""
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return NOT_JSON


def canonical(value: Any) -> bytes:
    """The one spelling of a value: keys sorted, no spaces; equal values have equal spellings."""
    try:
        return _encode_sorted(value)
    except (TypeError, ValueError, OverflowError, UnicodeEncodeError, RecursionError):
        return json.dumps(value, sort_keys=True, default=repr).encode("ascii")
