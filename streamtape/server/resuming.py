"""A recorded event stream taken up again: after a sequence number, or after a Last-Event-ID.

A client that lost its stream asks for the rest: OpenAI's with `GET /v1/responses/ID?stream=true&
starting_after=N`, EventSource with the same request and a Last-Event-ID. The rest is made of the
recorded frames, at their recorded distances. A recorded resumption goes before a made one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from itertools import islice
from typing import Any, Literal
from urllib.parse import parse_qs

from streamtape.errors import ContentError, FramingError
from streamtape.framing.sse import SSEFrame, SSEParser, encode_sse
from streamtape.server.shelf import Shelf
from streamtape.server.wire import RequestHead
from streamtape.tape.decoding import decode_content
from streamtape.tape.model import Chunk, Chunks, Interaction, Request, header

_RESPONSE_PATH = re.compile(r"/responses/([^/]+)$")
_FIRST_FRAMES = 20  # the id of a response is in its first event, comments aside
_CHANGED = {b"content-encoding", b"content-length"}


class _Nothing(Enum):
    NOTHING_LEFT = "nothing left"


NOTHING_LEFT = _Nothing.NOTHING_LEFT
Resumed = Interaction | Literal[_Nothing.NOTHING_LEFT] | None


def after_last_event(shelf: Shelf, head: RequestHead, asked: Sequence[Request]) -> Resumed:
    """The rest of a matching stream after the event that the client saw last.

    None where the client names none, or where an interaction that nobody played yet was itself
    recorded with that id. NOTHING_LEFT where the event was the stream's last one.
    """
    last = head.header("last-event-id")
    if not last:
        return None
    candidates = shelf.candidates(asked)
    for index in candidates:
        same = header(shelf.books[index].interaction.request.headers, "last-event-id") == last
        if same and not shelf.tape.plays[index]:
            return None
    for index in candidates:
        interaction = shelf.books[index].interaction
        found = list(_frames(interaction))
        # The id in force stays for the frames after it that have none of their own.
        seen = [n for n, (_, frame) in enumerate(found) if frame.id == last]
        if seen:
            rest = found[_first_of_run(seen) + 1 :]
            shelf.tape.plays[index] += 1
            return _of(interaction, rest, last) if rest else NOTHING_LEFT
    return None


def _first_of_run(seen: list[int]) -> int:
    """The frame that gave the id, the last time that it was given."""
    first = seen[-1]
    for index in reversed(seen[:-1]):
        if index != first - 1:
            break
        first = index
    return first


def after_number(shelf: Shelf, head: RequestHead) -> Interaction | None:
    """The rest of the stream of a response after a sequence number; None where there is none."""
    query = parse_qs(head.query)
    path = _RESPONSE_PATH.search(head.path)
    number = query.get("starting_after", ["-1"])[0]
    if head.method != "GET" or path is None or query.get("stream", [""])[0] != "true":
        return None
    if not number.removeprefix("-").isdecimal():
        return None
    for index, book in enumerate(shelf.books):
        interaction = book.interaction
        if _response_id(interaction) == path[1]:
            found = list(_frames(interaction))
            rest = found[_position(found, lambda value: value > int(number)) :]
            shelf.tape.plays[index] += 1
            return _of(interaction, rest, "")
    return None


def _position(found: list[tuple[int | None, SSEFrame]], wanted: Callable[[int], bool]) -> int:
    for position, (_, frame) in enumerate(found):
        number = _payload(frame).get("sequence_number")
        if isinstance(number, int) and wanted(number):
            return position
    return len(found)


def _response_id(interaction: Interaction) -> str | None:
    try:
        for _, frame in islice(_frames(interaction), _FIRST_FRAMES):
            response = _payload(frame).get("response")
            if isinstance(response, dict) and isinstance(response.get("id"), str):
                return str(response["id"])
    except (ContentError, FramingError):
        pass  # a body that can't be read is not the one that was asked for
    return None


def _payload(frame: SSEFrame) -> dict[str, Any]:
    try:
        value = json.loads(frame.data or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _frames(interaction: Interaction) -> Iterator[tuple[int | None, SSEFrame]]:
    """The frames of an event stream, each with the time at which it was whole."""
    head = interaction.head
    if head is None or "text/event-stream" not in (head.get("content-type") or ""):
        return
    parser = SSEParser()
    pieces = decode_content((c.data for c in interaction.chunks), head.get("content-encoding"))
    for chunk, piece in zip(interaction.chunks, pieces, strict=True):
        for frame in parser.feed(piece):
            yield chunk.at_us, frame


def _of(
    interaction: Interaction, rest: list[tuple[int | None, SSEFrame]], last_id: str
) -> Interaction:
    """An interaction of the frames that are left; time begins where the first of them came."""
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
