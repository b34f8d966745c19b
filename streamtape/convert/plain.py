"""A body alone: a file of SSE or NDJSON, as `curl -N URL > run.sse` leaves it.

It says nothing of chunks, times, head or request. So it becomes one chunk without a time, with
`cuts_known` False, and a head that says no more than its content type. A request that would find it
at replay needs an address, which the user may give.
"""

from __future__ import annotations

from streamtape.convert.about import About
from streamtape.errors import FramingError, UsageError
from streamtape.framing.media import NDJSON, SSE
from streamtape.framing.ndjson import NDJSONParser
from streamtape.framing.sse import SSEParser
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request

_TYPES = {"sse": SSE.encode(), "ndjson": NDJSON.encode()}


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
        size = f"{len(data):,} bytes that begin with {data[:24]!r}" if data else "an empty file"
        raise about.error(f"no {name} event in it; it is {size}")
    return Cassette((interaction,))


def _has_event(data: bytes, name: str) -> bool:
    """Whether the body has an event of the format that its name says, whatever else it may be."""
    if name == "ndjson":
        lines = NDJSONParser()
        return bool(lines.feed(data) or lines.close())
    events = SSEParser()
    frames = [*events.feed(data), events.close()]
    return any(frame is not None and frame.data is not None for frame in frames)


def write(cassette: Cassette, name: str) -> bytes:
    """The body of the one interaction, with its content-encoding undone."""
    if len(cassette) != 1:
        raise UsageError(
            f"{name} holds one body, and the cassette has {len(cassette)} interactions: choose one"
        )
    return cassette[0].content
