"""The data of an interaction on a page, as plain values for its script.

Texts are cut by event, so that the page can show how far they had come; offsets count UTF-16 units,
as the browser does. Columns that rise (times, offsets) are given as steps between neighbours:
those are small and pack well. Nothing is escaped here: that is the page's.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from streamtape.checks.finding import Finding
from streamtape.dialects.content import content_of
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.payload import find, parse_path
from streamtape.metrics.measures import output_tokens
from streamtape.report.events import compact, signed, summary
from streamtape.report.masked import timing
from streamtape.report.outcome import outcome
from streamtape.report.page.media import media_of
from streamtape.report.page.texts import text_parts
from streamtape.report.play.prompts import prompts_of
from streamtape.tape.events import Event, Frame
from streamtape.tape.model import Headers, Interaction
from streamtape.tape.texts import shortened
from streamtape.units import moment

MAX_PAYLOAD = 60_000  # characters of one payload: an image is not worth a page of base64
MAX_BODY = 3_000_000
MAX_SAYS = 160
_FAR = 400  # events from the end among which facts are looked for


def interaction_data(
    parsed: ParsedResponse, findings: Sequence[Finding], *, name: str, number: int
) -> dict[str, Any]:
    """Everything of one interaction; `name` is its file, `number` its place in it."""
    one, transcript = parsed.interaction, parsed.transcript
    head = one.head
    is_stream = bool(parsed.events) and parsed.is_stream
    parts = [*text_parts(transcript)]
    word, mood = outcome(parsed)
    return {
        "file": name,
        "number": number,
        "method": one.request.method,
        "url": one.request.url,
        "status": head and head.status,
        "reason": head and head.reason,
        "http": head and head.http_version,
        "started": None if one.started_at_us is None else moment(one.started_at_us),
        "started_us": one.started_at_us,
        "dialect": parsed.dialect.title or parsed.dialect.name,
        "api": parsed.dialect.name,
        "model": transcript.model,
        "outcome": {"word": word, "mood": mood},
        "request": {"headers": _headers(one.request.headers), "body": _body(one.request.body)},
        "response": head and {"headers": _headers(head.headers)},
        "body": None if is_stream or parsed.trouble else _body(one.content),
        "masked": [[masked.where, masked.kind] for masked in one.redactions],
        "ending": _ending(one),
        "asked": _prompts(parsed),
        "timing": timing(parsed),
        "tokens": output_tokens(parsed.events, parsed.dialect),
        "bytes": one.chunks.n_bytes + one.messages.n_bytes,
        "chunks": _chunks(one),
        "events": _events(parsed, parts) if is_stream else None,
        "parts": parts,
        "facts": [*_facts(parsed)],
        "media": media_of(parsed),
        "findings": [_finding(found) for found in findings],
        "trouble": parsed.trouble,
    }


def steps(values: Iterable[int | None]) -> list[int] | None:
    """Rising numbers as the steps between them; None where one is not known."""
    known = [0]
    for value in values:
        if value is None:
            return None
        known.append(value)
    return [later - earlier for earlier, later in pairwise(known)]


def _headers(headers: Headers) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def _body(body: bytes) -> dict[str, Any] | None:
    if not body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = base64.b64encode(body[:MAX_BODY]).decode()
        return {"base64": True, "text": text, "bytes": len(body), "cut": len(body) > MAX_BODY}
    return {"text": text[:MAX_BODY], "bytes": len(body), "cut": len(text) > MAX_BODY}


def _ending(one: Interaction) -> dict[str, Any]:
    ending = one.ending
    reason = ": ".join(part for part in (ending.exception, ending.message) if part)
    says = {
        "complete": "The stream ended as the protocol says.",
        "error": f"{'The stream broke off' if one.head else 'The request failed'}: "
        f"{reason or 'an error'}",
        "abandoned": "The client stopped reading.",
        "unfinished": "The recorder stopped before the stream did." + (reason and f" {reason}"),
    }[ending.kind]
    closed = ""
    if ending.close_code is not None:
        reason = f" ({ending.close_reason})" if ending.close_reason else ""
        closed = f"closed with {ending.close_code}{reason}"
    return {"kind": ending.kind, "at": ending.at_us, "says": says, "closed": closed}


def _prompts(parsed: ParsedResponse) -> list[tuple[int, str]]:
    """What the client of a dialogue asks in words, and the events that bring it."""
    return [(index, shortened(prompt.text, MAX_PAYLOAD)) for index, prompt in prompts_of(parsed)]


def _chunks(one: Interaction) -> dict[str, Any]:
    rows = one.messages if one.is_dialogue else one.chunks
    shape = [*rows.shape()]
    times = steps(at_us for at_us, _ in shape)
    return {"at": times, "sizes": [size for _, size in shape], "cuts_known": one.cuts_known}


def _events(parsed: ParsedResponse, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The events as columns; what they say only for those that add to no text that is shown."""
    types: dict[str, int] = {}
    channels: dict[str, int] = {}
    shown = set(_events_of(parts))
    brings = {content.event: content.channel for content in content_of(parsed.transcript)}
    kinds, places, payloads = [], [], []
    says: list[tuple[int, str]] = []
    notes: list[tuple[int, str]] = []
    last_id = ""
    for event in parsed.events:
        channel = brings.get(event.index, "")
        if event.type in parsed.dialect.error_types:
            channel = "error"
        kinds.append(types.setdefault(signed(event), len(types)))
        places.append(channels.setdefault(channel, len(channels)))
        payloads.append(payload_text(event))
        if event.index not in shown:
            says.append((event.index, summary(event, parsed.dialect, MAX_SAYS)))
        if event.frame is not None:
            if note := _note(event.frame, last_id):
                notes.append((event.index, note))
            last_id = event.frame.id
    return {
        "types": [*types],
        "channels": [*channels],
        "at": steps(event.at_us for event in parsed.events),
        "type": kinds,
        "channel": places,
        "data": payloads,
        "says": says,
        "notes": notes,
    }


def _events_of(parts: Sequence[dict[str, Any]]) -> Iterator[int]:
    for part in parts:
        event = 0
        for step in part["cuts"]["event"]:
            event += step
            yield event


def _note(frame: Frame, last_id: str) -> str:
    """The fields of a frame that its payload does not show: an id where it is new, and the like."""
    fields = [f"id: {frame.id}"] if frame.id and frame.id != last_id else []
    fields += [] if frame.retry is None else [f"retry: {frame.retry}"]
    fields += [f": {comment}" for comment in frame.comments]
    fields += [] if frame.complete else ["incomplete: the stream ended within it"]
    return shortened("  ".join(fields), 400)


def payload_text(event: Event) -> str:
    """What the event carried, as it was written; where it came in an envelope, what was inside."""
    frame = event.frame
    text = frame.data if frame is not None else None
    if text is None:
        text = event.payload if isinstance(event.payload, str) else compact(event.payload)
    if len(text) > MAX_PAYLOAD:
        return f"{shortened(text, MAX_PAYLOAD)} ({len(text):,} characters in all)"
    return text


def _facts(parsed: ParsedResponse) -> Iterator[tuple[str, str, int]]:
    """What a stream says of itself, with the event it came in: none is known before that."""
    transcript, dialect = parsed.transcript, parsed.dialect
    error = (
        transcript.error
        if isinstance(transcript.error, str) or not transcript.error
        else compact(transcript.error)
    )
    for name, value, paths in (
        ("status", transcript.status, dialect.status),
        ("finish", transcript.finish_reason, dialect.finish_reason),
        ("usage", transcript.usage and compact(transcript.usage), dialect.usage),
        ("error", error, dialect.error),
    ):
        if value:
            yield name, str(value), _last_event(parsed.events, paths)


def _last_event(events: Sequence[Event], paths: tuple[str, ...]) -> int:
    """The last event that has something at one of some paths; the last of all where none has."""
    for event in reversed(events[-_FAR:]):
        for path in paths:
            if any(value not in (None, "") for _, value in find(event.payload, parse_path(path))):
                return event.index
    return max(len(events) - 1, 0)


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "rule": found.rule,
        "event": found.where.event,
        "message": found.message,
        "count": found.count,
    }
