"""How much a file may decompress to: limits on reading, by the size of the file. Pure.

A few kilobytes can unfold to millions of events or gigabytes of content, which no real recording
does: a file that compresses that well was made to do harm. Reading beyond a limit raises
ContentLimitError, which says what was left out. Files loaded with a limit of the caller's own
(`max_bytes`) are trusted, and so are values made in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.tape.segments import COLUMN_WIDTH, Allowance

MIN_FRAMES, FRAMES_A_BYTE = 100_000, 16
MIN_BYTES, BYTES_A_BYTE = 8 << 20, 200
MIN_CHUNKS, CHUNKS_A_BYTE = 200_000, 32
MIN_REQUEST_BYTES = 64 << 20  # for the body of one request; or BYTES_A_BYTE times the file
_LEAST_FRAMES, _LEAST_BYTES = 100, 64 << 10  # for any one interaction


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


def total(planes: bytes) -> int:
    """The sum of a column, without reading its numbers; its length is a multiple of 8."""
    n = len(planes) // COLUMN_WIDTH
    found = shift = 0
    while planes != bytes(len(planes)):  # beyond the largest number, planes are zeros
        found += sum(planes[:n]) << shift
        planes, shift = planes[n:], shift + 8
    return found
