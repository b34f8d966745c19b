"""The spans of a recording: one of the whole, one an interaction, one a turn of a dialogue. Pure.

Ids are made of what was recorded, so the same recording has the same ids whenever it is sent, and a
collector that knows them already can tell. Texts hold no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal

from streamtape.analysis.stats import streams_measured
from streamtape.analysis.streams import Source, open_or_explain
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.turns import numbered_turns, question_at_us
from streamtape.metrics.measures import ERROR_STATUS, StreamMetrics
from streamtape.otlp.attributes import (
    Attributes,
    gen_ai_attributes,
    http_attributes,
)
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Interaction, header
from streamtape.tape.redact import Redactor
from streamtape.tape.texts import masked_text

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_redactor = Redactor()


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened within a span, at a Unix time in microseconds."""

    name: str
    at_us: int
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """A span as OpenTelemetry has it; times are Unix times in microseconds.

    `links` are traces and spans that the request named in its `traceparent`: those of the program
    that was recorded.
    """

    name: str
    trace_id: int
    span_id: int
    parent_id: int | None
    kind: Literal["client", "internal"]
    start_us: int
    end_us: int
    attributes: Attributes
    events: tuple[SpanEvent, ...] = ()
    error: str | None = None
    links: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingSpans:
    """The spans of one recording, or why it can't be read.

    `n_timeless` interactions have no span: when they began is not known.
    """

    name: str
    spans: tuple[Span, ...] = ()
    interactions: int = 0
    n_timeless: int = 0
    error: str = ""


@collector_paused()
def spans_of(sources: Sequence[Source]) -> list[RecordingSpans]:
    """The spans of some recordings; one that can't be read has none, and says why."""
    found = []
    for source in sources:
        name, interactions, error = open_or_explain(source, "cassette")
        found.append(RecordingSpans(name, error=error) if error else _recording(name, interactions))
    return found


def _recording(name: str, interactions: Sequence[Interaction]) -> RecordingSpans:
    timed = [(n, one) for n, one in enumerate(interactions) if one.started_at_us is not None]
    n_timeless = len(interactions) - len(timed)
    if not timed:
        return RecordingSpans(name, (), len(interactions), n_timeless)
    digest = sha256(name.encode("utf-8", "surrogatepass"))
    for _, one in timed:
        digest.update(f"\0{one.started_at_us} {one.request.method} {one.request.url}".encode())
    seed = digest.digest()
    trace_id, root_id = int.from_bytes(seed[:16]) or 1, _span_id(seed, "recording")
    spans = [
        span
        for number, one in timed
        for span in _interaction(name, number, one, (trace_id, root_id), seed)
    ]
    root = Span(
        "streamtape recording",
        trace_id,
        root_id,
        None,
        "internal",
        min(span.start_us for span in spans),
        max(span.end_us for span in spans),
        {"streamtape.recording": _masked(name), "streamtape.interactions": len(interactions)},
    )
    return RecordingSpans(name, (root, *spans), len(interactions), n_timeless)


def _interaction(
    recording: str, number: int, one: Interaction, parent: tuple[int, int], seed: bytes
) -> Iterator[Span]:
    url = _redactor.redact_request(replace(one.request, headers=(), body=b""))[0].url
    parsed = ParsedResponse(one)
    measured = streams_measured(one, None, parsed)
    measures = measured[0] if measured and not one.is_dialogue else StreamMetrics()
    start_us = one.started_at_us or 0
    error = _error(one, parsed)
    attributes = {
        **http_attributes(one, url),
        **gen_ai_attributes(one, parsed, measures),
        "streamtape.recording": recording,
        "streamtape.interaction": number,
    }
    if error is not None:
        attributes["error.type"] = error[0]
    span = Span(
        _masked(_name(attributes)),
        parent[0],
        _span_id(seed, str(number)),
        parent[1],
        "client",
        start_us,
        start_us + _last_us(one),
        {key: _masked(value) for key, value in attributes.items()},
        tuple(_events(one, measures, error)),
        None if error is None else _masked(error[1] or error[0]),
        tuple(_links(one)),
    )
    yield span
    if one.is_dialogue:
        yield from _turns(one, span, measured, seed)


def _turns(
    one: Interaction, span: Span, measured: Sequence[StreamMetrics], seed: bytes
) -> Iterator[Span]:
    """A span for each response of a dialogue, from the message that requested it."""
    of_events = iter(measured)
    for number, turn in enumerate(numbered_turns(one)):
        parsed = ParsedResponse(turn.interaction)
        if not any(event.direction == "server" for event in parsed.events):
            continue
        measures = next(of_events, StreamMetrics())
        question_us = question_at_us(turn.interaction) or 0
        attributes = gen_ai_attributes(turn.interaction, parsed, measures)
        start_us = span.start_us + question_us
        yield replace(
            span,
            name=_masked(_name(attributes)) if attributes else "turn",
            span_id=_span_id(seed, f"{span.span_id} {number}"),
            parent_id=span.span_id,
            start_us=start_us,
            end_us=start_us + (measures.total_us or 0),
            attributes={
                **{key: _masked(value) for key, value in attributes.items()},
                "streamtape.turn": number,
            },
            events=tuple(_firsts(start_us, measures)),
            error=None,
            links=(),
        )


def _name(attributes: Attributes) -> str:
    """What the conventions say: the operation and the model; else the method."""
    operation = attributes.get("gen_ai.operation.name")
    if operation is None:
        return str(attributes["http.request.method"])
    return " ".join(map(str, filter(None, (operation, attributes.get("gen_ai.request.model")))))


def _span_id(seed: bytes, what: str) -> int:
    return int.from_bytes(sha256(seed + what.encode()).digest()[:8]) or 1


def _last_us(one: Interaction) -> int:
    """When the last of an interaction came, from its beginning."""
    times = [one.ending.at_us, one.head.at_us if one.head else None]
    times += [chunk.at_us for chunk in one.chunks]
    times += [message.at_us for message in one.messages]
    return max((us for us in times if us is not None), default=0)


def _events(
    one: Interaction, measures: StreamMetrics, error: tuple[str, str] | None
) -> Iterator[SpanEvent]:
    start_us = one.started_at_us or 0
    yield from _firsts(start_us, measures)
    if error is not None:
        at_us = start_us + (one.ending.at_us if one.ending.at_us is not None else _last_us(one))
        attributes: Attributes = {"exception.type": error[0]}
        if error[1]:
            attributes["exception.message"] = _masked(error[1])
        yield SpanEvent("exception", at_us, attributes)


def _firsts(start_us: int, measures: StreamMetrics) -> Iterator[SpanEvent]:
    if measures.ttfe_us is not None:
        yield SpanEvent("streamtape.first_chunk", start_us + measures.ttfe_us)
    if measures.ttft_us is not None:
        kind: Attributes = {"streamtape.content": measures.first or ""}
        yield SpanEvent("streamtape.first_content", start_us + measures.ttft_us, kind)


def _error(one: Interaction, parsed: ParsedResponse) -> tuple[str, str] | None:
    """The class of the error that an interaction ended with, and its message; None without one.

    A client that stopped reading is no error.
    """
    if one.ending.kind == "error":
        return one.ending.exception or "error", one.ending.message or ""
    if one.ending.kind == "unfinished":
        return "unfinished", one.ending.message or ""
    if one.head is not None and one.head.status >= ERROR_STATUS:
        return str(one.head.status), ""
    error = parsed.transcript.error
    if error is None:
        return None
    fields = error if isinstance(error, dict) else {"message": str(error)}
    inner = fields.get("error")
    if isinstance(inner, dict):
        fields = inner
    kinds = (fields.get(key) for key in ("code", "type", "status"))
    kind = next((str(one) for one in kinds if one), "error")
    return kind, str(fields.get("message") or "")


def _links(one: Interaction) -> Iterator[tuple[int, int]]:
    """The trace that the recorded program was in, by the W3C's header."""
    named = _TRACEPARENT.fullmatch(header(one.request.headers, "traceparent") or "")
    if named is not None:
        yield int(named[1], 16), int(named[2], 16)


def _masked(value: Any) -> Any:
    """The value without secrets, and in whole characters: protobuf takes no others."""
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if not isinstance(value, str):
        return value
    return masked_text(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
