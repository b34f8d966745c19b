"""HAR 1.2, as browsers and proxies export it, both ways.

The format: http://www.softwareishard.com/blog/har-12-spec. It keeps a body unpacked and in one
piece, and three times of a response: sent, waited, received.
A body that was not kept and a request that failed are kept as such, never as an empty answer;
of a stream that Chrome did not keep, it may have the events, and of a WebSocket the messages. A
time that can't be true is unknown, and an entry that can't be read is left out: neither is an error
of the whole file.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamtape
from streamtape.convert.about import About
from streamtape.convert.document import Node
from streamtape.convert.har_messages import chunks_of
from streamtape.convert.har_websockets import har_fields, messages_of
from streamtape.convert.imported import imported_interaction
from streamtape.errors import ContentError
from streamtape.framing.media import SSE, media_type
from streamtape.tape.http_values import split_url
from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Headers,
    Interaction,
    Message,
    Messages,
    Request,
    opens_dialogue,
)

_Times = tuple[int | None, int | None]
_UNKNOWN = "treated as unknown"
_VERSIONS = {"1.0": "HTTP/1.0", "2": "HTTP/2", "2.0": "HTTP/2", "3": "HTTP/3"}


def read(data: bytes, about: About, name: str) -> Cassette:
    """The cassette that the document holds: an interaction an entry, in their order."""
    try:
        document = json.loads(data.removeprefix(b"\xef\xbb\xbf"), strict=False)
    except (ValueError, RecursionError) as error:
        raise about.error(f"not a HAR file: invalid JSON: {error}") from error
    root = Node(document, "the document", about)
    if not isinstance(document, dict) or "log" not in document:
        raise about.error('not a HAR file: it has no "log"')
    return Cassette(tuple(root.get("log").get("entries").each(_interaction)))


def _interaction(entry: Node) -> Interaction:
    head_us, ending_us = _times(entry.get("timings"))
    answered = entry.get("response")
    request = _request_of(entry.get("request"))
    head = _head(answered, head_us) if answered else None
    error = _error(answered) if answered else None
    body, kept = _content(answered.get("content"), head) if answered else (b"", True)
    received = [] if body or head is None else _events(entry, head_us)
    if received:
        kept = True
        if ending_us is not None:
            ending_us = max(ending_us, received[-1].at_us or 0)
    messages: list[Message] = []
    if opens_dialogue(head):
        messages = entry.optional(
            lambda n: messages_of(n, head_us), [], "the messages are left out"
        )
    if messages:
        if ending_us is not None:
            ending_us = max(ending_us, messages[-1].at_us or 0)
        kept = True
    one = imported_interaction(
        request,
        head,
        body or b"".join(chunk.data for chunk in received),
        ending=_ending(ending_us, error, answered=head is not None, kept=kept),
        started_at_us=entry.get("startedDateTime").optional(Node.moment, None, _UNKNOWN) or None,
        decoded=True,
    )
    if messages:
        return replace(one, chunks=Chunks(), messages=Messages.of(messages))
    return replace(one, chunks=Chunks.of(received)) if received else one


def _request_of(sent: Node) -> Request:
    return Request(
        sent.get("method").text().upper(),
        sent.get("url").text(),
        sent.get("headers").headers(),
        _posted(sent.get("postData")),
    )


def _head(answered: Node, head_us: int | None) -> Head | None:
    """The head; None where the document says that none came, or has no valid status."""
    status = answered.get("status")
    if not status or status.value in (0, -1, ""):
        return None
    code = status.optional(Node.status, None, "treated as a request without a response")
    if code is None:
        return None
    return Head(
        code,
        answered.get("headers").headers(),
        head_us,
        _version(answered.get("httpVersion").label()),
        answered.get("statusText").label(),
    )


def _events(entry: Node, head_us: int | None) -> list[Chunk]:
    """The chunks of what Chrome exports apart from the body; none where that makes no sense."""
    return entry.optional(lambda node: chunks_of(node, head_us), [], "the events are left out")


def _error(answered: Node) -> str | None:
    """What the browser's devtools or Playwright say of a request that failed."""
    error = answered.get("_error", "_failureText")
    if not error or error.value is False:
        return None
    return error.content().decode("utf-8", "replace")


def _ending(at_us: int | None, error: str | None, *, answered: bool, kept: bool) -> Ending:
    if error is not None:
        exception, _, message = error.rpartition(": ")
        without = "" if kept else "; the HAR does not hold the body"
        return Ending("error", at_us, exception or None, f"{message}{without}")
    if not answered:
        return Ending("unfinished", message="the HAR says that no response came")
    if not kept:
        return Ending("unfinished", message="the HAR does not hold the body")
    return Ending("complete", at_us)


def _posted(node: Node) -> bytes:
    if not node or not node.value:
        return b""
    if isinstance(node.value, str):
        return node.octets()  # some exporters leave out the object around it
    text = node.get("text")
    if text and text.value != "":
        return text.from_base64() if _is_base64(node) else text.content()
    params = node.get("params")
    if not params:
        return b""
    pairs = [(p.get("name").text(""), p.get("value").text("")) for p in params.items()]
    return urlencode(pairs, errors="replace").encode("ascii")


def _is_base64(node: Node) -> bool:
    return str(node.get("encoding").value).lower() == "base64"


def _content(node: Node, head: Head | None) -> tuple[bytes, bool]:
    """The body, and whether it was kept; a body that can't be read was not."""
    if not node:
        return b"", True
    return node.optional(lambda one: _kept_content(one, head), (b"", False), "the body is left out")


def _kept_content(node: Node, head: Head | None) -> tuple[bytes, bool]:
    """The body, and whether it was kept.

    A size without a text says that it was not, a size that is not known, too, and so does a stream
    without one: browsers keep none of an EventSource.
    """
    text = node.get("text")
    size = node.get("size").value
    if text and (text.value != "" or not size):
        return (text.from_base64() if _is_base64(node) else text.content()), True
    kind = node.get("mimeType").value
    streams = isinstance(kind, str) and media_type(kind) == SSE
    has_body = head is not None and 200 <= head.status < 300 and head.status != 204
    unknown = has_body and (size == -1 or (streams and not isinstance(text.value, str)))
    return b"", not (unknown or (isinstance(size, int) and size > 0))


def _times(timings: Node) -> _Times:
    """When the head came and when the body ended, from the sending of the request.

    A time that can't be true is not known, and what is counted from it isn't, either.
    """
    unknown: _Times = (None, None)
    return timings.optional(_counted, unknown, _UNKNOWN) if timings else unknown


def _counted(timings: Node) -> _Times:
    send = timings.get("send").optional(Node.microseconds, None, _UNKNOWN)
    wait = timings.get("wait").optional(Node.microseconds, None, _UNKNOWN)
    receive = timings.get("receive").optional(Node.microseconds, None, _UNKNOWN)
    unsent = timings.get("send").value == -1 or not timings.get("send")
    if wait is None or (send is None and not unsent):
        return None, None
    head_us = (send or 0) + wait
    return head_us, None if receive is None else head_us + receive


def _version(text: str) -> str:
    digits = text.upper().removeprefix("HTTP/").removeprefix("H")
    return _VERSIONS.get(digits, "HTTP/1.1")


def write(cassette: Cassette, name: str) -> bytes:
    """The document; an ending that is not complete is in `_error`."""
    log = {
        "version": "1.2",
        "creator": {"name": "streamtape", "version": streamtape.__version__},
        "entries": [_entry(one) for one in cassette],
    }
    return json.dumps({"log": log}, indent=2, ensure_ascii=True).encode()


def _entry(one: Interaction) -> dict[str, Any]:
    head_us = one.head.at_us if one.head else None
    end_us = one.ending.at_us
    wait = -1 if head_us is None else head_us / 1000
    receive = -1 if head_us is None or end_us is None else max(end_us - head_us, 0) / 1000
    return {
        "startedDateTime": _moment(one.started_at_us or 0),
        "time": max(wait, 0) + max(receive, 0),
        "request": _request(one.request),
        "response": _response(one),
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": receive},
        **(har_fields(one) if one.is_dialogue else {}),
    }


def _moment(unix_us: int) -> str:
    """The time in ISO 8601; the format asks for one, so an unknown time is that of 1970."""
    try:
        return datetime.fromtimestamp(unix_us / 1e6, UTC).isoformat(timespec="microseconds")
    except (OverflowError, ValueError, OSError):
        return _moment(0)


def _request(request: Request) -> dict[str, Any]:
    query = parse_qsl(split_url(request.url).query, keep_blank_values=True)
    entry: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": [{"name": n, "value": v} for n, v in query],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        entry["postData"] = {"mimeType": _type(request.headers), **_text(request.body)}
    return entry


def _response(one: Interaction) -> dict[str, Any]:
    head = one.head or Head(0)
    try:
        content = one.content
    except ContentError:
        content = one.body
    reason = [part for part in (one.ending.exception, one.ending.message) if part]
    error = ": ".join(reason) or one.ending.kind
    return {
        "status": head.status,
        "statusText": head.reason,
        "httpVersion": head.http_version,
        "cookies": [],
        "headers": _pairs(head.headers),
        "content": {"size": len(content), "mimeType": _type(head.headers), **_text(content)},
        "redirectURL": head.get("location") or "",
        "headersSize": -1,
        "bodySize": one.chunks.n_bytes,
        **({} if one.ending.kind == "complete" else {"_error": error}),
    }


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": n.decode("latin-1"), "value": v.decode("latin-1")} for n, v in headers]


def _type(headers: Headers) -> str:
    for name, value in headers:
        if name.lower() == b"content-type":
            return value.decode("latin-1")
    return ""


def _text(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(data).decode("ascii"), "encoding": "base64"}
