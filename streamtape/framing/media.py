"""The content types that name a stream, and how each is framed: the one list of them.

They are what servers send and clients ask for; the first bytes of a body count for more (see
`select`). It imports nothing, so that whoever only asks about a type pays for no framer.
"""

from __future__ import annotations

SSE = "text/event-stream"
NDJSON = "application/x-ndjson"
EVENTSTREAM = "application/vnd.amazon.eventstream"
STREAM_TYPES = {
    SSE: "sse",
    EVENTSTREAM: "eventstream",
    NDJSON: "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
    "application/jsonlines": "ndjson",
    "application/stream+json": "ndjson",
}


def media_type(content_type: str | None) -> str:
    """The media type of a Content-Type, in lower case, without parameters; "" if there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def names_a_stream(content_type: str | None) -> bool:
    """Whether a Content-Type is that of a stream."""
    return media_type(content_type) in STREAM_TYPES
