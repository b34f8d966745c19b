"""How providers report errors: their error event, and the body of an HTTP error.

One row a dialect: the shape of its error, and the names that it has for what happened. A dialect
without a row uses the row of the dialect that it is a profile of, or else the generic one.
streamtape's own errors have the shape of the provider whose API the path belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamtape.errors import UsageError
from streamtape.framing.eventstream import EventStreamParser, encode_message
from streamtape.framing.ndjson import NDJSONParser
from streamtape.framing.select import Framer
from streamtape.framing.sse import SSEFrame, encode_sse

if TYPE_CHECKING:
    from streamtape.dialects.base import Dialect

MESSAGE = "The server had an error while processing your request."
Shape = Callable[[int, str, str], Any]


def _openai(status: int, name: str, message: str) -> Any:
    del status
    return {"error": {"message": message, "type": name, "param": None, "code": name}}


def _responses(number: int, name: str, message: str) -> Any:
    payload = {"type": "error", "code": name, "message": message, "param": None}
    return {**payload, "sequence_number": number}


def _realtime(status: int, name: str, message: str) -> Any:
    error = {"type": "server_error", "code": name, "message": message, "param": None}
    return {"type": "error", "event_id": f"event_{status}", "error": error}


def _anthropic(status: int, name: str, message: str) -> Any:
    del status
    return {"type": "error", "error": {"type": name, "message": message}}


def _google(status: int, name: str, message: str) -> Any:
    return {"error": {"code": status, "message": message, "status": name}}


def _plain(status: int, name: str, message: str) -> Any:
    del status
    return {"error": f"{name}: {message}" if name else message}


def _aws(status: int, name: str, message: str) -> Any:
    del status, name  # the headers have it
    return {"message": message}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How one provider reports errors: `event` is the SSE name of its error event, or "".

    `streamed` makes the payload of that event, of the number of events before it (of 500 where the
    shape has a status), `body` that of an HTTP error. `spelled` writes names of ours.
    """

    body: Shape = _openai
    streamed: Shape = _openai
    event: str = ""
    names: Mapping[int, str] = field(default_factory=dict)
    otherwise: str = "server_error"
    spelled: Callable[[str], str] = str


_GENERIC = Refusal(event="error", names={429: "rate_limit_exceeded"})
_ANTHROPIC = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error",
    503: "overloaded_error", 529: "overloaded_error",
}  # fmt: skip
_GOOGLE = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_OPENAI = {
    400: "invalid_request_error", 401: "invalid_api_key", 404: "not_found_error",
    429: "rate_limit_exceeded",
}  # fmt: skip
_AWS = Refusal(_aws, _aws, otherwise="internalServerException")
_ROWS = {
    "openai-responses": Refusal(_openai, _responses, "error", _OPENAI),
    "openai-chat": Refusal(_openai, _openai, "", _OPENAI),
    "openai-realtime": Refusal(_openai, _realtime, "", _OPENAI),
    "gemini-live": Refusal(_google, _google, "", _GOOGLE, "INTERNAL", str.upper),
    "anthropic": Refusal(_anthropic, _anthropic, "error", _ANTHROPIC, "api_error"),
    "gemini": Refusal(_google, _google, "", _GOOGLE, "INTERNAL", str.upper),
    "ollama": Refusal(_plain, _plain, "", spelled=lambda name: ""),
    "bedrock-agent": _AWS,
    "bedrock-anthropic": _AWS,
    "bedrock-chat": _AWS,
    "bedrock-converse": _AWS,
    "bedrock-nova": _AWS,
    "bedrock-text": _AWS,
}
# Whose client asks: the first pattern that a path holds says which row.
_PATHS = (
    (re.compile(r"/v1/(messages|complete)\b"), "anthropic"),
    (re.compile(r"/v1(beta|alpha)\w*/|:(streamG|g)enerateContent"), "gemini"),
    (re.compile(r"^(/ollama)?/api/(chat|generate|tags|embed)"), "ollama"),
    (re.compile(r"/model/[^/]+/(converse|invoke)"), "bedrock-converse"),
)


def refusal_of(dialect: Dialect) -> Refusal:
    """The row of a dialect."""
    return _ROWS.get(dialect.name) or _ROWS.get(dialect.profile_of or "") or _GENERIC


def http_body(dialect: Dialect, status: int) -> bytes:
    """The body of an HTTP error, as this provider's clients know it."""
    row = refusal_of(dialect)
    return _json(row.body(status, row.names.get(status, row.otherwise), MESSAGE))


def error_body(path: str, status: int, message: str, kind: str, **more: Any) -> bytes:
    """An error of ours in JSON, as clients of this path know them; `more` is beside it."""
    name = next((name for pattern, name in _PATHS if pattern.search(path)), "openai-chat")
    row = _ROWS[name]
    return _json({**row.body(status, row.spelled(kind), message), **more})


def error_payload(dialect: Dialect, n_before: int, name: str) -> Any:
    """The provider's error event as a message of a dialogue."""
    row = refusal_of(dialect)
    number = n_before if row.streamed is _responses else 500
    return row.streamed(number, name or row.otherwise, MESSAGE)


def error_event(dialect: Dialect, framer: Framer, n_before: int, name: str) -> bytes:
    """The provider's error event, as wire bytes; `name` is its type, "" for the usual one."""
    row = _AWS if isinstance(framer, EventStreamParser) else refusal_of(dialect)
    number = n_before if row.streamed is _responses else 500
    payload = _json(row.streamed(number, name or row.otherwise, MESSAGE))
    if isinstance(framer, EventStreamParser):
        kind = {":exception-type": name or row.otherwise, ":message-type": "exception"}
        return encode_message({":content-type": "application/json", **kind}, payload)
    return _framed(framer, row.event or "message", payload.decode())


def done_event(dialect: Dialect, framer: Framer) -> bytes:
    """The marker that ends such streams, as wire bytes."""
    return _framed(framer, "message", dialect.done_marker)


def _framed(framer: Framer, event: str, data: str) -> bytes:
    if isinstance(framer, NDJSONParser):
        return data.encode() + b"\n"
    if isinstance(framer, EventStreamParser):
        raise UsageError("AWS event streams have no [DONE]: they end with their last message")
    return encode_sse(SSEFrame(event=event, data=data), last_event_id="")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
