"""The rules that there are, in the order in which they are asked and told."""

from __future__ import annotations

from streamtape.checks import agreement, ending, fields, lifecycle, numbering, pace, shape, wire
from streamtape.checks.rule import Rule

CONTENT_TYPE = Rule("content-type", "warning", "the content type says what the body is",
                    wire.content_type)  # fmt: skip
RULES = (
    Rule("ending", "error", "the body ends as its protocol says", ending.ending),
    Rule("empty", "error", "a stream has events", wire.empty),
    Rule("json", "error", "data is JSON", shape.json_data),
    Rule("event-name", "error", "`event:` is the type in the data", shape.event_name),
    Rule("required", "error", "an event has the fields of its type", shape.required),
    Rule("field", "error", "fields have the types and values that the SDK publishes",
         fields.fields),
    Rule("opening", "error", "the stream begins with its opening event", lifecycle.opening,
         "order"),
    Rule("lifecycle", "error", "responses, items and parts open, grow and close in order",
         lifecycle.lifecycle, "order"),
    Rule("scope", "error", "what opens is closed, once, and holds what belongs in it",
         lifecycle.scopes, "order"),
    Rule("terminal", "error", "one event ends the stream, and nothing comes after",
         ending.terminal, "order"),
    Rule("marker", "error", "the done marker comes last, once, where there is one",
         ending.marker),
    Rule("sequence", "error", "sequence numbers count up from 0", numbering.sequence),
    Rule("index", "error", "indices count up from 0", numbering.counters),
    Rule("identity", "error", "an item's id and its index go together", numbering.paired),
    Rule("constant", "error", "the id, model and time of a response do not change",
         numbering.constant),
    Rule("joined", "error", "the deltas joined are the done value", agreement.joined),
    Rule("repeated", "error", "the last event repeats the items as they were done",
         agreement.repeated),
    Rule("collected", "error", "lists at the end hold what came one by one",
         agreement.collected),
    Rule("state", "error", "status and type say the same", agreement.states),
    Rule("usage", "error", "usage is there where it belongs", agreement.usage),
    Rule(
        "usage-last",
        "error",
        "the event that carries usage alone comes once, after the end",
        ending.usage_last,
    ),
    Rule("cumulative", "error", "token counts do not go down", agreement.cumulative),
    Rule("first", "error", "a choice's first chunk has its role", shape.firsts),
    Rule("call", "error", "a call has its id and name in its first event", shape.calls),
    Rule("arguments", "error", "the arguments of calls are JSON", agreement.arguments),
    Rule("truncated", "warning", "a stream out of tokens does not say that it is complete",
         agreement.truncated),
    Rule("reported-error", "warning", "the provider reports no error", shape.reported_error),
    Rule("unknown-type", "info", "the event's type is known", shape.unknown_type),
    Rule("unterminated", "error", "a blank line closes the last event", wire.unterminated),
    Rule("utf-8", "error", "the stream is UTF-8", wire.utf8),
    CONTENT_TYPE,
    Rule("bom", "warning", "no byte order mark", wire.byte_order_mark),
    Rule("line-ends", "warning", "lines end one way", wire.line_ends),
    Rule("unknown-field", "warning", "lines are data, event, id, retry or comments",
         wire.unknown_field),
    Rule("buffering", "warning", "events come as they are made", pace.buffering),
)  # fmt: skip
NO_STREAM = Rule("no-stream", "error", "who asks for a stream gets one", wire.not_a_stream)
NAMES = tuple(rule.name for rule in (*RULES, NO_STREAM))
