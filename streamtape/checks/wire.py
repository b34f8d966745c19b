"""Rules about the wire: content type, byte order mark, line ends, the last blank line, UTF-8.

Sources: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamtape.checks.finding import Severity
from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.framing.media import SSE, STREAM_TYPES, media_type

_BOM = b"\xef\xbb\xbf"
_FIELDS = frozenset({b"", b"data", b"event", b"id", b"retry"})  # "" begins a comment

# Answers that have no body, by the letter of HTTP (RFC 9110, 9.3.2, 15.3.5, 15.3.6 and 15.4.5) or,
# like 202 and redirects, by their meaning.
_BODILESS = {202, 204, 205}
# Methods whose answers are streams: the others ask about a resource, or change it.
_STREAMING = {"GET", "POST", "PUT", "PATCH", ""}


# What the bodies are that the bytes show, and the types that such bodies may have.
_FRAMINGS = {
    "sse": "server-sent events",
    "ndjson": "lines of JSON",
    "eventstream": "AWS event stream messages",
    "array": "a JSON array that grows",
}
_TYPES = {
    **{kind: {m for m, k in STREAM_TYPES.items() if k == kind} for kind in _FRAMINGS},
    "array": {"application/json", "application/stream+json"},
}


def media_of(stream: Stream) -> str:
    """The media type of the answer, without parameters, in lower case."""
    return media_type(stream.content_type)


def has_no_body(stream: Stream) -> bool:
    """Whether an answer without a body is all that this request and status have."""
    if stream.content:
        return False
    bodiless = stream.status in _BODILESS or 300 <= stream.status < 400
    return bodiless or stream.method not in _STREAMING


def content_type(stream: Stream) -> Iterator[Hit]:
    """The content type says what the body is."""
    media = media_of(stream)
    found = f"is {media!r}" if media else "is missing"
    if stream.framing:
        if media not in _TYPES[stream.framing]:
            yield Hit(None, f"content-type {found}, but the body is {_FRAMINGS[stream.framing]}",
                      _unread(stream, media))  # fmt: skip
    elif media in STREAM_TYPES and stream.content.strip() and stream.trouble is None:
        kind = (
            "JSON" if stream.content.lstrip(_BOM + b" \t\r\n").startswith((b"{", b"[")) else "text"
        )
        yield Hit(None, f"content-type {found}, but the body is one piece of {kind}",
                  _unread(stream, media))  # fmt: skip
    elif len(stream.frames) > 1 and media not in STREAM_TYPES:
        yield Hit(None, f"content-type {found}, but the body is a stream")
    charset = re.search(r"charset=\"?([\w-]+)", stream.content_type, re.IGNORECASE)
    if media == SSE and charset and charset[1].lower() not in {"utf-8", "utf8"}:
        yield Hit(None, f"charset {charset[1]}: event streams are always UTF-8")


def _unread(stream: Stream, media: str) -> Severity | None:
    """The severity of a wrong type: readers of event streams ignore bodies of other types."""
    return "error" if media == SSE and stream.status < 400 else None


def empty(stream: Stream) -> Iterator[Hit]:
    """A stream has events."""
    if stream.events or stream.ended != "complete" or stream.method in stream.expected.endless:
        return
    if media_of(stream) in STREAM_TYPES:
        yield Hit(None, f"{stream.status} and a stream without a single event")
    elif stream.requested_stream:
        yield Hit(
            None,
            f"the request asked for a stream; the server answered {stream.status} with no body",
            "warning",
        )


def not_a_stream(stream: Stream) -> Iterator[Hit]:
    """A request that asked for a stream gets one."""
    media = media_of(stream)
    if stream.status >= 400:
        yield Hit(None, f"HTTP {stream.status} and no stream", "info")
    elif stream.requested_stream:
        yield Hit(
            None,
            "the request asked for a stream; the server answered with "
            f"{media or 'no content type'}",
        )


def byte_order_mark(stream: Stream) -> Iterator[Hit]:
    """No byte order mark: lenient readers take it for part of a field's name."""
    if stream.content.startswith(_BOM):
        yield Hit(0, "the stream begins with a byte order mark")


def line_ends(stream: Stream) -> Iterator[Hit]:
    """All lines end alike."""
    if not stream.is_sse:
        return
    body = stream.content
    crlf = body.count(b"\r\n")
    cr, lf = body.count(b"\r") - crlf, body.count(b"\n") - crlf
    ways = [f"{n} {name}" for n, name in ((crlf, "CRLF"), (lf, "LF"), (cr, "CR")) if n]
    if len(ways) > 1:
        yield Hit(None, f"lines end in several ways: {', '.join(ways)}")
    elif cr:
        yield Hit(None, "lines end with CR alone, which many readers do not know")


def unterminated(stream: Stream) -> Iterator[Hit]:
    """The last event is closed by a blank line: without it, it is never dispatched."""
    if not stream.is_sse or not stream.frames or stream.ended != "complete":
        return
    last = stream.frames[-1]
    if not last.complete and last.data is not None:
        at = stream.events[-1].index if stream.events else None
        yield Hit(at, "no blank line closes the last event: readers by the letter never see it")


def utf8(stream: Stream) -> Iterator[Hit]:
    """The stream is UTF-8."""
    if not stream.is_sse:
        return
    try:
        stream.content.decode()
    except UnicodeDecodeError as error:
        if error.end < len(stream.content) or stream.ended == "complete":
            yield Hit(None, f"byte {error.start} is not UTF-8: {error.reason}")


def unknown_field(stream: Stream) -> Iterator[Hit]:
    """Lines are data, event, id, retry or comments: what else there is, readers drop."""
    if not stream.is_sse:
        return
    lines = stream.content.removeprefix(_BOM).splitlines()
    names = sorted({line.partition(b":")[0] for line in lines} - _FIELDS)
    for name in names[:3]:
        found = name[:40].decode("utf-8", "replace")
        yield Hit(None, f"lines with the field {found!r} are dropped by every reader")
