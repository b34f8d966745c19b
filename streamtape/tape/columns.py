"""Columns of numbers as bytes, laid out so that they compress well.

A column is n unsigned 64-bit numbers, stored by byte planes: first the lowest byte of each number,
then the next byte of each, and so on, eight planes. Small numbers leave six planes of zeros, which
cost nothing once compressed. Times are stored as differences, the first one from 0, modulo 2**64.
All of it is slicing, at C speed; nothing here knows what the numbers mean.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

WIDTH = 8
_MASK = (1 << 64) - 1
_HALF = 1 << 63


def pack(numbers: Iterable[int]) -> bytes:
    """Lay out numbers from 0 to 2**64 - 1 by byte planes."""
    column = array("Q", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    raw = column.tobytes()
    return b"".join(raw[plane::WIDTH] for plane in range(WIDTH))


def unpack(planes: bytes) -> array[int]:
    """Read a column back; ValueError where its length is no multiple of 8."""
    n, rest = divmod(len(planes), WIDTH)
    if rest:
        raise ValueError(f"the {len(planes)} bytes of a column are not a multiple of {WIDTH}")
    if n < WIDTH:  # the bytes of each number, or else each byte of all numbers
        raw = b"".join([planes[number::n] for number in range(n)])
    else:
        laid = bytearray(len(planes))
        for plane in range(WIDTH):
            laid[plane::WIDTH] = planes[plane * n : (plane + 1) * n]
        raw = bytes(laid)
    column = array("Q", raw)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def pack_times(times: Sequence[int]) -> bytes:
    """Lay out times (signed 64-bit) as differences."""
    return pack([(after - before) & _MASK for before, after in pairwise((0, *times))])


def unpack_times(planes: bytes) -> array[int]:
    """Read times back; ValueError where the column is not one."""
    deltas = unpack(planes)
    try:
        return array("q", accumulate(deltas))
    except OverflowError:  # times that go back or below zero: differences modulo 2**64
        return array("q", [((t + _HALF) & _MASK) - _HALF for t in accumulate(deltas)])
