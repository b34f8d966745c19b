"""A recorded OpenAI response resumed after a sequence number.

Its client asks for the rest with `GET /v1/responses/ID?stream=true&starting_after=N`. The rest is
made of the recorded frames, at their recorded distances. A recorded resumption goes before a made
one. What EventSource and MCP do, with a Last-Event-ID: `session.resuming`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from streamtape.errors import ContentError, FramingError
from streamtape.framing.sse import SSEFrame
from streamtape.server.cassette_index import CassetteIndex
from streamtape.server.exchange import RequestHead
from streamtape.session.last_event_id import frames_of, interaction_of
from streamtape.tape.model import Interaction

_RESPONSE_PATH = re.compile(r"/responses/([^/]+)$")
_FIRST_FRAMES = 20  # the id of a response is in its first event, comments aside
_CHANGED = {b"content-encoding", b"content-length"}


def after_number(cassettes: CassetteIndex, head: RequestHead) -> Interaction | None:
    """The rest of a response's stream after a sequence number; None if no stream has it."""
    query = parse_qs(head.query)
    path = _RESPONSE_PATH.search(head.path)
    number = query.get("starting_after", ["-1"])[0]
    if head.method != "GET" or path is None or query.get("stream", [""])[0] != "true":
        return None
    if not number.removeprefix("-").isdecimal():
        return None
    for index, book in enumerate(cassettes.books):
        interaction = book.interaction
        if _response_id(interaction) == path[1]:
            found = list(frames_of(interaction))
            rest = found[_position(found, lambda value: value > int(number)) :]
            cassettes.tape.plays[index] += 1
            return interaction_of(interaction, rest, "")
    return None


def _position(found: list[tuple[int | None, SSEFrame]], matches: Callable[[int], bool]) -> int:
    for position, (_, frame) in enumerate(found):
        number = _payload(frame).get("sequence_number")
        if isinstance(number, int) and matches(number):
            return position
    return len(found)


def _response_id(interaction: Interaction) -> str | None:
    try:
        for _, frame in islice(frames_of(interaction), _FIRST_FRAMES):
            response = _payload(frame).get("response")
            if isinstance(response, dict) and isinstance(response.get("id"), str):
                return str(response["id"])
    except (ContentError, FramingError):
        pass  # a body that can't be read is not the one that was requested
    return None


def _payload(frame: SSEFrame) -> dict[str, Any]:
    try:
        value = json.loads(frame.data or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
