"""A recorded event stream resumed after a Last-Event-ID.

A client that lost its stream asks for the rest: EventSource by the same request again, MCP's by a
GET of the same address, whichever request began the stream (Model Context Protocol 2025-06-18,
"Resumability and Redelivery"). The rest is made of the recorded frames, at their recorded
distances. A recorded resumption goes before a made one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from streamtape.content.decode import decode_content
from streamtape.framing.media import SSE, media_type
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request, header

if TYPE_CHECKING:
    from streamtape.framing.sse import SSEFrame
    from streamtape.session.playlist import Playlist

_CHANGED = {b"content-encoding", b"content-length"}
# EventSource reconnects for ever; this status tells it that there is no more.
_NOTHING_LEFT = Head(204, (), 0, reason="No Content")


def rest_after_event(
    tape: Playlist, requested: Sequence[Request]
) -> tuple[int, Interaction] | None:
    """The rest of a stream after the event that the client saw last, and the stream's index.

    `requested` are the forms of the request that may match. None if it names no event, if no stream
    has that event, or if an interaction that was not played yet was recorded with that id.
    """
    last = header(requested[0].headers, "last-event-id")
    if not last:
        return None
    candidates = next(filter(None, map(tape.candidates, requested)), [])
    for index in candidates:
        same = header(tape.interactions[index].request.headers, "last-event-id") == last
        if same and not tape.plays[index]:
            return None
    if requested[0].method.upper() == "GET":
        begun = (tape.same_address(one) for one in requested)
        candidates = [*candidates, *next(filter(None, begun), [])]
    for index in candidates:
        rest = _rest(tape.interactions[index], last)
        if rest is not None:
            return index, rest
    return None


def _rest(interaction: Interaction, last_id: str) -> Interaction | None:
    """What came after the event of this id; None where there is no such event."""
    found = list(frames_of(interaction))
    # The id in force stays for the frames after it that have none of their own.
    seen = [n for n, (_, frame) in enumerate(found) if frame.id == last_id]
    if not seen:
        return None
    rest = found[_first_of_run(seen) + 1 :]
    if not rest:
        return replace(
            interaction, head=_NOTHING_LEFT, chunks=Chunks(), ending=Ending("complete", 0)
        )
    return interaction_of(interaction, rest, last_id)


def _first_of_run(seen: list[int]) -> int:
    """The frame that gave the id, the last time that it was given."""
    first = seen[-1]
    for index in reversed(seen[:-1]):
        if index != first - 1:
            break
        first = index
    return first


def frames_of(interaction: Interaction) -> Iterator[tuple[int | None, SSEFrame]]:
    """The frames of an event stream, each with the time at which it was whole."""
    head = interaction.head
    if head is None or media_type(head.get("content-type")) != SSE:
        return
    from streamtape.framing.sse import SSEParser  # few replays resume

    parser = SSEParser()
    pieces = decode_content((c.data for c in interaction.chunks), head.get("content-encoding"))
    for chunk, piece in zip(interaction.chunks, pieces, strict=True):
        for frame in parser.feed(piece):
            yield chunk.at_us, frame


def interaction_of(
    interaction: Interaction, rest: list[tuple[int | None, SSEFrame]], last_id: str
) -> Interaction:
    """An interaction of the frames that are left; time begins where the first of them came."""
    from streamtape.framing.sse import encode_sse

    head = interaction.head
    assert head is not None
    start = rest[0][0] if rest else interaction.ending.at_us
    chunks = []
    for at_us, frame in rest:
        later = None if at_us is None or start is None else at_us - start
        chunks.append(Chunk(later, encode_sse(frame, last_event_id=last_id)))
        last_id = frame.id
    end = interaction.ending
    if end.at_us is not None and start is not None:
        end = replace(end, at_us=max(end.at_us - start, 0))
    headers = tuple(pair for pair in head.headers if pair[0].lower() not in _CHANGED)
    return replace(
        interaction,
        head=replace(head, headers=headers, at_us=None if start is None else 0),
        chunks=Chunks.of(chunks),
        ending=end,
    )
