"""Frames from an index on, without making the frames before it.

To get to one event of thousands takes a third of the time that it takes to iterate to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, NamedTuple

from streamtape.framing.messages import message_frames
from streamtape.framing.select import (
    BATCH,
    Piece,
    Start,
    batches,
    is_encoded,
    open_body,
    read_frames,
    undone,
)
from streamtape.framing.sse import SSEFrame, SSEParser
from streamtape.tape.events import Frame
from streamtape.tape.segments import Columns

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction
    from streamtape.tape.segments import Allowance, Chunks


def frames_from(interaction: Interaction, n_passed: int) -> Iterator[Frame]:
    """Iterate over the frames with data, without the first `n_passed` of them.

    FramingError and ContentError come where the bytes are at fault, as from `frames`.
    """
    if interaction.is_dialogue:
        found = message_frames(interaction.messages)
    else:
        n_passed, found = _pass(interaction, n_passed)
    return islice((frame for frame in found if frame.data is not None), n_passed, None)


def _pass(interaction: Interaction, n_passed: int) -> tuple[int, Iterator[Frame]]:
    """Pass over most of the first frames: how many more are to be passed over, and the rest."""
    framer, pieces = open_body(interaction)
    start = Start()
    if not isinstance(framer, SSEParser):
        return n_passed, read_frames(interaction, framer, pieces, start)
    chunks = interaction.chunks
    for batch in _encoded(pieces) if is_encoded(interaction) else _plain(chunks):
        n_line_ends = batch.data.count(b"\n")  # each frame ends with one
        if not _are_passed(batch.data, n_line_ends, n_passed, start, chunks.allowance):
            return n_passed, read_frames(interaction, framer, batch.rows(), start)
        n_frames = n_with_data = framer.pass_over(batch.data, n_line_ends)
        if not n_frames:
            frames: list[SSEFrame] = framer.feed(batch.data)
            n_frames = len(frames)
            n_with_data = sum([frame.data is not None for frame in frames])
        n_passed -= n_with_data
        n_bytes = start.n_bytes + len(batch.data)
        start = Start(batch.chunk_index, batch.at_us, n_bytes, start.n_frames + n_frames)
    return n_passed, read_frames(interaction, framer, iter(()), start)


class _Batch(NamedTuple):
    """Chunks that are read together: their data, the last one's time and index.

    `rows` gives them one by one, and all that follow.
    """

    data: bytes
    at_us: int | None
    chunk_index: int
    rows: Callable[[], Iterator[Piece]]


def _encoded(pieces: Iterator[Piece]) -> Iterator[_Batch]:
    found = batches(pieces, BATCH)
    for batch in found:
        _, at_us, chunk_index = batch[-1]
        data = b"".join([piece for piece, _, _ in batch])
        rows = partial(chain, batch, chain.from_iterable(found))
        yield _Batch(data, at_us, chunk_index, rows)


def _plain(chunks: Chunks) -> Iterator[_Batch]:
    """Cut the data of many chunks at once out of the columns that hold it."""
    n_before = 0
    runs = chunks.allowed_runs()
    for run in runs:
        sizes, times = run.sizes, run.times_us
        ends = list(accumulate(sizes, initial=0))
        for first in range(0, len(sizes), BATCH):
            last = min(first + BATCH, len(sizes)) - 1
            data = run.data[ends[first] : ends[last + 1]]
            while last > first and not sizes[last]:  # frames end where data does
                last -= 1
            if data:
                at_us = None if times is None else times[last]
                rows = partial(_rows, run, first, ends[first], runs, n_before)
                yield _Batch(data, at_us, n_before + last, rows)
        n_before += len(sizes)


def _rows(
    run: Columns, first: int, at: int, runs: Iterator[Columns], n_before: int
) -> Iterator[Piece]:
    times = None if run.times_us is None else run.times_us[first:]
    rest = Columns(times, run.sizes[first:], run.data[at:])
    return undone(chain((rest,), runs), None, n_before + first)


def _are_passed(
    data: bytes, most: int, n_passed: int, start: Start, allowance: Allowance | None
) -> bool:
    """Whether all frames that data completes, at most so many, are passed over and may be read."""
    if 13 in data or most > n_passed:
        return False
    return allowance is None or (
        start.n_bytes + len(data) <= allowance.n_bytes
        and start.n_frames + most <= allowance.n_frames
    )
