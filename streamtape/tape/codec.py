"""A Cassette <-> the bytes of its file; no disk.

`encode` gives the file piece by piece, with bounded memory; the same recording gives the same
bytes. `decode` makes a cassette of the whole bytes; `loading` does it in pieces. FORMAT.md
specifies the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from typing import Any

from streamtape.errors import CassetteWriteError
from streamtape.tape import container, records
from streamtape.tape.loading import Decoder
from streamtape.tape.model import Cassette, Interaction, Request
from streamtape.tape.segments import (
    SEGMENT_BYTES,
    SEGMENT_CHUNKS,
    Columns,
    Rows,
    Segment,
    columns_of,
    pack,
    pack_times,
)
from streamtape.tape.versions import version_for

PART_BYTES = 4 << 20  # bodies beyond this go on in "more" records
_RUNS = ("chunks", "messages")


def encode(interactions: Iterable[Interaction]) -> Iterator[bytes]:
    """Iterate over the bytes of the file that holds these interactions, in order."""
    interactions = tuple(interactions)  # values: the chunks of long ones are in their files
    writer = container.Writer(version_for(interactions))
    counts = dict.fromkeys(("interactions", "chunks", "messages", "bytes"), 0)
    for i, interaction in enumerate(interactions):
        counts["interactions"] += 1
        for record in _records(i, interaction, counts):
            packed = records.pack(record)
            if len(packed) > container.MAX_FRAME_BYTES:
                raise CassetteWriteError(
                    f"a {record[0]} of {len(packed)} bytes is too large for a cassette "
                    f"(the limit is {container.MAX_FRAME_BYTES})"
                )
            n_last = len(record[1]["data"]) if record[0] in _RUNS else 0
            if out := writer.add(packed, n_last):
                yield out
    if not counts["messages"]:
        del counts["messages"]
    last = writer.add(records.pack(["close", counts]))
    yield last + writer.close()


def _records(i: int, interaction: Interaction, counts: dict[str, int]) -> Iterator[list[Any]]:
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
    for edit in interaction.edits:
        yield ["edit", {"i": i, **records.edit_fields(edit)}]
    yield from _runs(i, "chunks", interaction.chunks, counts)
    yield from _runs(i, "messages", interaction.messages, counts)
    yield ["ending", {"i": i, **records.ending_fields(interaction.ending)}]


def _runs(i: int, kind: str, rows: Rows[Any], counts: dict[str, int]) -> Iterator[list[Any]]:
    for run in _canonical(rows.segments):
        counts[kind] += len(run.sizes)
        counts["bytes"] += len(run.data)
        first, *more = _parts(run.data)
        fields: dict[str, Any] = {"i": i}
        if run.times_us is not None:
            fields["at_us"] = pack_times(run.times_us)
        fields["sizes"] = pack(run.sizes)
        if run.kinds:
            fields["kinds"] = run.kinds
        yield [kind, {**fields, "data": first}]
        yield from (["more", {"i": i, "data": part}] for part in more)


def _in_parts(request: Request) -> Iterator[bytes]:
    """The body of a request in the parts in which a cassette has it, read as they are needed."""
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
    """Runs cut as `columns_of` cuts them, whoever made the segments."""
    waiting = iter(segments)
    for segment in waiting:
        run = segment.columns()
        last = run.sizes[-1]
        full = len(run.data) >= SEGMENT_BYTES or len(run.sizes) >= SEGMENT_CHUNKS
        tight = len(run.data) - last < SEGMENT_BYTES and len(run.sizes) - 1 < SEGMENT_CHUNKS
        if full and tight:
            yield run
            continue
        left = chain((run,), (segment.columns() for segment in waiting))
        yield from columns_of(chain.from_iterable(map(_rows, left)))


def _rows(run: Columns) -> Iterator[tuple[int | None, bytes, int]]:
    return zip(run.times(), run.pieces(), run.kinds or repeat(0), strict=False)


def decode(data: bytes, *, path: str | None = None, max_bytes: int | None = None) -> Cassette:
    """Make a cassette of the whole bytes of its file."""
    decoder = Decoder(path=path, max_bytes=max_bytes)
    decoder.feed(data)
    return decoder.close()
