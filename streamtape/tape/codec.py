"""A Cassette <-> the bytes of its file; no disk.

`encode` gives the file piece by piece, with bounded memory; the same recording gives the same
bytes. `decode` makes a cassette of the whole bytes; `loading` does it in pieces. FORMAT.md
specifies the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from streamtape.errors import CassetteWriteError
from streamtape.tape import columns, container, records
from streamtape.tape.loading import Decoder
from streamtape.tape.model import (
    SEGMENT_BYTES,
    SEGMENT_CHUNKS,
    Cassette,
    Chunks,
    Columns,
    Interaction,
    LoadedSegment,
    Request,
    Segment,
)

PART_BYTES = 4 << 20  # bodies beyond this go on in "more" records


def encode(interactions: Iterable[Interaction]) -> Iterator[bytes]:
    """Iterate over the bytes of the file that holds these interactions, in order."""
    writer = container.Writer()
    counts = [0, 0, 0]
    for i, interaction in enumerate(interactions):
        counts[0] += 1
        for record in _records(i, interaction, counts):
            packed = records.pack(record)
            if len(packed) > container.MAX_FRAME_BYTES:
                raise CassetteWriteError(
                    f"a {record[0]} of {len(packed)} bytes is too large for a cassette "
                    f"(the limit is {container.MAX_FRAME_BYTES})"
                )
            n_last = len(record[1]["data"]) if record[0] == "chunks" else 0
            if out := writer.add(packed, n_last):
                yield out
    names = ("interactions", "chunks", "bytes")
    last = writer.add(records.pack(["close", dict(zip(names, counts, strict=True))]))
    yield last + writer.close()


def _records(i: int, interaction: Interaction, counts: list[int]) -> Iterator[list[Any]]:
    parts = _in_parts(interaction.request)
    first = next(parts, b"")
    fields = records.request_fields(
        interaction.request, interaction.started_at_us, interaction.cuts_known
    )
    yield ["request", {"i": i, **fields} | ({"body": first} if first else {})]
    yield from (["more", {"i": i, "data": part}] for part in parts)
    if interaction.head is not None:
        yield ["head", {"i": i, **records.head_fields(interaction.head)}]
    for redaction in interaction.redactions:
        yield ["redaction", {"i": i, **records.redaction_fields(redaction)}]
    for run in _canonical(interaction.chunks.segments):
        counts[1] += len(run.sizes)
        counts[2] += len(run.data)
        first, *more = _parts(run.data)
        times = {} if run.times_us is None else {"at_us": columns.pack_times(run.times_us)}
        yield ["chunks", {"i": i, **times, "sizes": columns.pack(run.sizes), "data": first}]
        yield from (["more", {"i": i, "data": part}] for part in more)
    yield ["ending", {"i": i, **records.ending_fields(interaction.ending)}]


def _in_parts(request: Request) -> Iterator[bytes]:
    """The body of a request in the parts in which a cassette has it, read as they are wanted."""
    if request.n_body_bytes <= PART_BYTES:
        yield request.body
        return
    waiting = bytearray()
    for piece in request.body_pieces():
        view, at = memoryview(piece), 0
        while at < len(view):
            end = at + PART_BYTES - len(waiting)
            waiting += view[at:end]
            at = end
            if len(waiting) == PART_BYTES:
                yield bytes(waiting)
                waiting.clear()
    if waiting:
        yield bytes(waiting)


def _parts(data: bytes) -> list[bytes]:
    if len(data) <= PART_BYTES:
        return [data]
    return [data[n : n + PART_BYTES] for n in range(0, len(data), PART_BYTES)]


def _canonical(segments: Iterable[Segment]) -> Iterator[Columns]:
    """Runs cut as `Chunks.of` cuts them, whoever made the segments."""
    waiting = iter(segments)
    for segment in waiting:
        run = segment.columns()
        last = run.sizes[-1]
        full = len(run.data) >= SEGMENT_BYTES or len(run.sizes) >= SEGMENT_CHUNKS
        tight = len(run.data) - last < SEGMENT_BYTES and len(run.sizes) - 1 < SEGMENT_CHUNKS
        if full and tight:
            yield run
            continue
        rest = Chunks((LoadedSegment(run), *waiting))
        yield from (segment.columns() for segment in Chunks.of(iter(rest)).segments)


def decode(data: bytes, *, path: str | None = None, max_bytes: int | None = None) -> Cassette:
    """Make a cassette of the whole bytes of its file."""
    decoder = Decoder(path=path, max_bytes=max_bytes)
    decoder.feed(data)
    return decoder.close()
