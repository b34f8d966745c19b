"""What providers say when something is wrong: their error event, and the body of an HTTP error.

One row a dialect: the shape of its error, and the names that it has for what happened. A dialect
without a row is asked for by the profile that it comes from, then the generic row counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamtape.errors import UsageError
from streamtape.framing.eventstream import EventStreamParser
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
    told = {"type": "error", "code": name, "message": message, "param": None}
    return {**told, "sequence_number": number}


def _anthropic(status: int, name: str, message: str) -> Any:
    del status
    return {"type": "error", "error": {"type": name, "message": message}}


def _google(status: int, name: str, message: str) -> Any:
    return {"error": {"code": status, "message": message, "status": name}}


def _plain(status: int, name: str, message: str) -> Any:
    del status
    return {"error": f"{name}: {message}" if name else message}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How one provider says it: `event` is the SSE name of its error event, "" where it has none.

    `streamed` makes the payload of that event, of the number of events before it (of 500 where the
    shape has a status), `body` that of an HTTP error.
    """

    body: Shape = _openai
    streamed: Shape = _openai
    event: str = ""
    names: Mapping[int, str] = field(default_factory=dict)
    otherwise: str = "server_error"


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
_ROWS = {
    "openai-responses": Refusal(_openai, _responses, "error", _OPENAI),
    "openai-chat": Refusal(_openai, _openai, "", _OPENAI),
    "anthropic": Refusal(_anthropic, _anthropic, "error", _ANTHROPIC, "api_error"),
    "gemini": Refusal(_google, _google, "", _GOOGLE, "INTERNAL"),
    "ollama": Refusal(_plain, _plain, ""),
}


def refusal_of(dialect: Dialect) -> Refusal:
    """The row of a dialect."""
    return _ROWS.get(dialect.name) or _ROWS.get(dialect.profile_of or "") or _GENERIC


def http_body(dialect: Dialect, status: int) -> bytes:
    """The body of an HTTP error, as this provider's clients know it."""
    row = refusal_of(dialect)
    return _json(row.body(status, row.names.get(status, row.otherwise), MESSAGE))


def error_event(dialect: Dialect, framer: Framer, n_before: int, name: str) -> bytes:
    """The provider's error event, as wire bytes; `name` is its type, "" for the usual one."""
    row = refusal_of(dialect)
    number = n_before if row.streamed is _responses else 500
    told = _json(row.streamed(number, name or row.otherwise, MESSAGE)).decode()
    return _framed(framer, row.event or "message", told)


def done_event(dialect: Dialect, framer: Framer) -> bytes:
    """The marker that ends such streams, as wire bytes."""
    return _framed(framer, "message", dialect.done_marker)


def _framed(framer: Framer, event: str, data: str) -> bytes:
    if isinstance(framer, NDJSONParser):
        return data.encode() + b"\n"
    if isinstance(framer, EventStreamParser):
        raise UsageError(
            "no error event or [DONE] is known for AWS event streams; a cut or an HTTP status is"
        )
    return encode_sse(SSEFrame(event=event, data=data), last_event_id="")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
