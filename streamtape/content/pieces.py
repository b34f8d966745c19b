"""Pieces of a body joined without being in memory twice. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from itertools import chain


def joined(pieces: Iterable[bytes]) -> bytes:
    """Join pieces as they come: `bytes.join` would first collect all of them in a list."""
    coming = iter(pieces)
    first, second = next(coming, b""), next(coming, None)
    if second is None:
        return first
    whole = BytesIO()
    whole.writelines(chain((first, second), coming))
    return whole.getvalue()
