"""The tables that recordings are exported as, column by column, with units. Values only.

The names, types and meanings of columns are a promise: a change of one that is there already needs
a new VERSION, which every Parquet file carries. New columns and tables do not.

Durations end in `_ms` and are milliseconds; positions in time end in `_us` and are microseconds
from the sending of the request; counts of bytes end in `_bytes`. What a recording does not know is
NULL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

VERSION = 1
Type = Literal["string", "int32", "int64", "float64", "bool", "timestamp", "date"]


class Column(NamedTuple):
    """One column: its type, whether it may be NULL, and what it holds."""

    name: str
    type: Type
    nullable: bool
    meaning: str


def _required(name: str, type_: Type, meaning: str) -> Column:
    return Column(name, type_, False, meaning)


def _optional(name: str, type_: Type, meaning: str) -> Column:
    return Column(name, type_, True, meaning)


# Every table begins with these. They tell which interaction a row belongs to.
KEY = (
    _required(
        "recording",
        "string",
        "the file it is from: a path or a URL; #0 for the first value without a path",
    ),
    _required("interaction", "int32", "which interaction of the recording; the first is 0"),
    _optional("date", "date", "day of the request, in UTC"),
)
_MEASURES = (
    _optional("ttfe_ms", "float64", "ms from the sending of the request to the first event"),
    _optional(
        "ttft_ms", "float64",
        "ms from the sending of the request to the first content: text, refusal, reasoning, code, "
        "audio or tool arguments",
    ),
    _optional("total_ms", "float64", "ms from the sending of the request to the last event"),
    _optional(
        "tpot_ms", "float64",
        "ms for each output token after the first: (total - ttft) / (output tokens - 1)",
    ),
    _optional("tokens_per_s", "float64", "output tokens a second after the first: 1000 / tpot_ms"),
    _optional("gap_p50_ms", "float64", "median ms between neighbouring events"),
    _optional("gap_max_ms", "float64", "longest ms between neighbouring events"),
    _optional("itl_p50_ms", "float64", "median ms between neighbouring events with content"),
    _optional("itl_max_ms", "float64", "longest ms between neighbouring events with content"),
    _optional("first_content", "string", "the kind of the first content: text, reasoning, ..."),
    _optional("output_tokens", "int64", "tokens that were made, by the provider's own count"),
)  # fmt: skip

INTERACTIONS = (
    *KEY,
    _optional("started_at", "timestamp", "when the request was sent, in UTC, to the microsecond"),
    _required("method", "string", "the request's method"),
    _required("url", "string", "the request's address"),
    _required("host", "string", "the host of the address"),
    _required("path", "string", "the path of the address, without its query"),
    _required("provider", "string", "whose API it is: a known provider, or the host"),
    _required("dialect", "string", "the dialect that reads the events: openai-responses, ..."),
    _optional("framing", "string", "how the body is framed: sse, ndjson, eventstream, array"),
    _required("is_stream", "bool", "whether the body came in frames"),
    _required("is_dialogue", "bool", "whether it is a WebSocket; see the table turns"),
    _optional("requested_model", "string", "the model that the request names"),
    _optional("model", "string", "the model that answered, or else the one that was requested"),
    _required("request_bytes", "int64", "length of the request's body in bytes"),
    _optional("status", "int32", "the HTTP status; NULL where no response came"),
    _optional("content_type", "string", "the response's Content-Type"),
    _required("ending", "string", "complete, error, abandoned (by the client) or unfinished"),
    _optional("exception", "string", "the exception that ended the body: RemoteProtocolError, ..."),
    _optional("ending_message", "string", "the exception's message"),
    _required("finished", "bool", "whether the stream has an event that ends it"),
    _optional(
        "cut", "bool",
        "whether a stream was cut short by the network or its server, and not by the client; "
        "NULL if the body is not a stream or the status is an error",
    ),
    _optional("finish_reason", "string", "why the model stopped, in the provider's words"),
    _optional("response_status", "string", "the status that the stream gives: completed, ..."),
    _optional("error", "string", "the error that the stream gives, as JSON"),
    _optional("ttfb_ms", "float64", "ms from the sending of the request to the response head"),
    *_MEASURES,
    _optional("input_tokens", "int64", "tokens that were read, by the provider's own count"),
    _optional("usage", "string", "the provider's usage, as JSON"),
    _required("body_bytes", "int64", "length of the response's body in bytes, as on the wire"),
    _required("n_chunks", "int64", "pieces in which the transport delivered the body"),
    _required("n_events", "int64", "events in the body"),
    _required("n_messages", "int64", "messages of a dialogue, both directions"),
    _required("n_tool_calls", "int64", "tool calls"),
    _required("n_text_chars", "int64", "characters of text"),
    _required("n_masked", "int64", "secrets that were masked when it was recorded"),
    _optional("verdict", "string", "the most severe finding: error, warning, info, or ok for none"),
    _optional("n_errors", "int64", "findings of severity error"),
    _optional("n_warnings", "int64", "findings of severity warning"),
    _optional("trouble", "string", "why the body could not be read to its end"),
)  # fmt: skip
EVENTS = (
    *KEY,
    _required("event", "int32", "which event of the interaction; the first is 0"),
    _required("type", "string", "the event's type, as the provider names it"),
    _required("direction", "string", "server, or client for what a client says in a dialogue"),
    _optional("at_us", "int64", "when it came, µs from the sending of the request"),
    _optional("gap_us", "int64", "µs since the event before it"),
    _optional("chunk", "int32", "the chunk (in a dialogue: the message) that completed it"),
    _required(
        "payload", "string", "the payload as JSON; data that is not JSON is given as a JSON string"
    ),
)
CHUNKS = (
    *KEY,
    _required("chunk", "int32", "which chunk of the interaction; the first is 0"),
    _optional("at_us", "int64", "when it came, µs from the sending of the request"),
    _optional("gap_us", "int64", "µs since the chunk before it"),
    _required("offset_bytes", "int64", "where it begins in the body, in bytes"),
    _required("n_bytes", "int64", "its length in bytes"),
)
MESSAGES = (
    *KEY,
    _required("message", "int32", "which message of the dialogue; the first is 0"),
    _required("direction", "string", "client or server: who sent it"),
    _optional("at_us", "int64", "when it was sent or came, µs from the sending of the request"),
    _required("kind", "string", "text, binary, ping, pong, close or continuation"),
    _required("final", "bool", "whether no fragment of it follows"),
    _required("n_bytes", "int64", "its length in bytes"),
    _optional("close_code", "int32", "the code of a close"),
)
TEXTS = (
    *KEY,
    _required("part", "int32", "which text of the interaction; the first is 0"),
    _required("channel", "string", "text, refusal, reasoning, arguments, code, transcript, ..."),
    _required("key", "string", "what distinguishes it from others (item, choice), as JSON"),
    _required("text", "string", "the text, assembled"),
    _required("n_chars", "int64", "its length in characters"),
    _required("n_pieces", "int64", "events that brought it"),
    _required("first_event", "int32", "the event that brought its first piece"),
    _optional("first_us", "int64", "when that came, µs from the sending of the request"),
    _required("last_event", "int32", "the event that brought its last piece"),
    _optional("last_us", "int64", "when that came, µs from the sending of the request"),
)
TOOL_CALLS = (
    *KEY,
    _required("call", "int32", "which tool call of the interaction; the first is 0"),
    _required("name", "string", "the name of the tool"),
    _required("call_id", "string", "the call's id"),
    _required("kind", "string", "function, or another kind of call"),
    _required("arguments", "string", "the arguments, as the text that was streamed"),
    _required("complete", "bool", "whether the arguments are one whole JSON value"),
    _required("first_event", "int32", "the event that began it"),
    _optional("first_us", "int64", "when that came, µs from the sending of the request"),
)
TURNS = (
    *KEY,
    _required("turn", "int32", "which response of a dialogue; the first is 0"),
    _required("dialect", "string", "the dialect that reads its events"),
    _optional("model", "string", "the model that answered"),
    *_MEASURES,
    _required("n_events", "int64", "events of the response"),
    _required("body_bytes", "int64", "bytes that the server sent for it"),
)
FINDINGS = (
    *KEY,
    _required("rule", "string", "the rule that is violated; streamtape check --rules lists them"),
    _required("severity", "string", "error, warning or info"),
    _optional("event", "int32", "the event; NULL where the whole stream is meant"),
    _required("event_type", "string", "that event's type"),
    _optional("at_us", "int64", "when it came, µs from the sending of the request"),
    _required("message", "string", "what is wrong"),
    _required("count", "int64", "how many events have the same defect; the first is named"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "interactions": INTERACTIONS,
    "events": EVENTS,
    "chunks": CHUNKS,
    "messages": MESSAGES,
    "texts": TEXTS,
    "tool_calls": TOOL_CALLS,
    "turns": TURNS,
    "findings": FINDINGS,
}
ABOUT = {
    "interactions": "one row a request: facts, model, ending, measures, usage, verdict of check",
    "events": "one row an event, with its payload",
    "chunks": "one row a chunk, as the transport delivered it",
    "messages": "one row a message of a dialogue (WebSocket), both directions",
    "texts": "one row a text that a stream spells out: answers, reasoning, tool arguments",
    "tool_calls": "one row a tool call",
    "turns": "one row a response within a dialogue, with its measures",
    "findings": "one row a finding of check",
}


def names_of(columns: Sequence[Column]) -> tuple[str, ...]:
    """The names of some columns."""
    return tuple(column.name for column in columns)
