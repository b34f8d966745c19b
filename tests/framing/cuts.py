"""Ways to cut a stream into chunks, and what framers make of them."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from streamtape.errors import FramingError


def run(framer: Any, chunks: Iterable[bytes]) -> tuple[list[Any], type[FramingError] | None]:
    """Get all frames of a stream, the incomplete last one too, and the error that ended it."""
    frames: list[Any] = []
    try:
        for chunk in chunks:
            frames += framer.feed(chunk)
    except FramingError as error:
        return frames + list(error.frames), type(error)
    last = framer.close()
    return (frames if last is None else [*frames, last]), None


def bytewise(stream: bytes) -> list[bytes]:
    """Cut a stream into single bytes, with an empty chunk after each."""
    return [stream[at : at + length] for at in range(len(stream)) for length in (1, 0)]


def splits(stream: bytes, step: int = 1) -> Iterator[list[bytes]]:
    """Cut a stream in two at every place, or at every so many bytes."""
    for at in range(0, len(stream) + 1, step):
        yield [stream[:at], stream[at:]]


def cut_at(stream: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut a stream at these places; the same place twice gives an empty chunk."""
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


places = st.lists(st.integers(min_value=0, max_value=1 << 20), max_size=12)
