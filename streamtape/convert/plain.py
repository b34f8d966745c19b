"""A bare body: a file of SSE or NDJSON, as `curl -N URL > run.sse` writes it.

It has no chunks, times, head or request. So it becomes one chunk without a time, with `cuts_known`
False, and a head with nothing but the content type. For a request to match it in a replay, the user
has to give its URL.
"""

from __future__ import annotations

import json

from streamtape.convert.about import About
from streamtape.convert.imported import refuse_dialogues
from streamtape.errors import FramingError, UsageError
from streamtape.framing.media import NDJSON, SSE
from streamtape.framing.ndjson import NDJSONParser
from streamtape.framing.sse import SSEParser
from streamtape.framing.sse_frame import SSEFrame
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.texts import shortened

_TYPES = {"sse": SSE.encode(), "ndjson": NDJSON.encode()}
_BEGINNING = 4096  # bytes of a file of another format, to be searched for secrets


def read(data: bytes, about: About, name: str) -> Cassette:
    """The body as a cassette of one interaction; ConvertError where it holds no frame."""
    interaction = Interaction(
        Request(about.method or "GET", about.url),
        Head(about.status, ((b"content-type", _TYPES[name]),)),
        Chunks.of([Chunk(None, data)] if data else []),
        Ending("complete"),
        cuts_known=False,
    )
    try:
        framed = _has_event(data, name)
    except FramingError as error:
        raise about.error(str(error)) from error
    if not framed:
        begins = shortened(repr(data[:_BEGINNING]), 27)
        size = f"{len(data):,} bytes that begin with {begins}"
        raise about.error(f"no {name} event in it; it is {size}")
    return Cassette((interaction,))


def _has_event(data: bytes, name: str) -> bool:
    """Whether the body has an event of the format that its name says, whatever else it may be."""
    if name == "ndjson":
        lines = NDJSONParser()
        return any(map(_is_json, [*lines.feed(data), lines.close()]))
    events = SSEParser()
    frames = [*events.feed(data), events.close()]
    return any(frame is not None and frame.data is not None for frame in frames)


def _is_json(line: SSEFrame | None) -> bool:
    if line is None or line.data is None:
        return False
    try:
        json.loads(line.data)
    except (ValueError, RecursionError):
        return False
    return True


def write(cassette: Cassette, name: str) -> bytes:
    """The body of the one interaction, with its content-encoding undone."""
    if len(cassette) != 1:
        raise UsageError(
            f"{name} can hold one body, but the cassette has {len(cassette)} interactions: choose "
            "one"
        )
    refuse_dialogues(cassette, "a file with one body")
    return cassette[0].content
