"""Reproducible random numbers from a seed and a label.

The numbers are those of BLAKE2b over seed, label and a counter, so that a seed means the same on
every machine and Python.
"""

from __future__ import annotations

from hashlib import blake2b

_SPAN = 1 << 64


class SeededRandom:
    """A sequence of numbers that only `seed` and `label` decide."""

    __slots__ = ("_label", "_n", "_seed")

    def __init__(self, seed: int, label: str) -> None:
        self._seed = seed
        self._label = label
        self._n = 0

    def randbelow(self, limit: int) -> int:
        """The next number: 0 or more, below `limit`."""
        return self._next() * limit // _SPAN

    def unit(self) -> float:
        """The next number: 0 or more, below 1."""
        return self._next() / _SPAN

    def _next(self) -> int:
        self._n += 1
        text = f"{self._seed}\0{self._label}\0{self._n}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
