"""How much may be read out of a recording, measured by the size of its file. Pure.

A few kilobytes can unfold to millions of events or gigabytes of content, which no real recording
does: what compresses that well was made to do harm. So who reads frames or content out of a loaded
cassette gets so much, and then a ContentLimitError that says what was left out. Files that were
loaded with a limit of the caller's own (`max_bytes`) are trusted, and values made in memory are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtape.errors import ContentLimitError

MIN_FRAMES, FRAMES_A_BYTE = 100_000, 16
MIN_BYTES, BYTES_A_BYTE = 8 << 20, 200
MIN_CHUNKS, CHUNKS_A_BYTE = 200_000, 32
_LEAST_FRAMES, _LEAST_BYTES = 100, 64 << 10  # of any one interaction


class Allowance(NamedTuple):
    """What may be read of one body of a file with `file_bytes`."""

    n_frames: int
    n_bytes: int
    file_bytes: int

    def frames(self, n_frames: int) -> None:
        """ContentLimitError where that many frames are too many."""
        if n_frames > self.n_frames:
            raise ContentLimitError(self._message(f"{self.n_frames:,} events"))

    def bytes(self, n_bytes: int) -> None:
        """ContentLimitError where that much content is too much."""
        if n_bytes > self.n_bytes:
            raise ContentLimitError(self._message(f"{self.n_bytes:,} bytes"))

    def _message(self, read: str) -> str:
        return (
            f"only the first {read} of this body were read, and the rest was left out: a file of "
            f"{self.file_bytes:,} bytes that unfolds to more is not a real recording; if it can be "
            "trusted, load it with a limit of your own: load(path, max_bytes=...)"
        )


def allowances(file_bytes: int, body_bytes: Iterable[int]) -> Iterator[Allowance]:
    """Share what a file may unfold to among its bodies, by their size."""
    sizes = list(body_bytes)
    total = max(1, sum(sizes))
    n_frames = max(MIN_FRAMES, FRAMES_A_BYTE * file_bytes)
    n_bytes = max(MIN_BYTES, BYTES_A_BYTE * file_bytes)
    for size in sizes:
        yield Allowance(
            max(_LEAST_FRAMES, -(-n_frames * size // total)),
            max(_LEAST_BYTES, -(-n_bytes * size // total)),
            file_bytes,
        )


def within(pieces: Iterable[bytes], allowance: Allowance | None) -> Iterator[bytes]:
    """Pass pieces of content on, up to what is allowed."""
    n_bytes = 0
    for piece in pieces:
        n_bytes += len(piece)
        if allowance is not None:
            allowance.bytes(n_bytes)
        yield piece
