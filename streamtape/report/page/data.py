"""What a page shows of an interaction, as plain values: all that its script is given.

Texts are cut by event, so that the page can show how far they had come; offsets count UTF-16 units,
as the browser does. Columns that rise (times) are told by their steps: small, and they pack well.
Nothing is escaped here: that is the page's.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from streamtape.checks.finding import Finding
from streamtape.dialects.content import content_of
from streamtape.dialects.parsed import ParsedResponse
from streamtape.metrics.measures import output_tokens
from streamtape.report.events import compact, signed, summary
from streamtape.report.masked import timing
from streamtape.report.transcript_lines import distinct_parts
from streamtape.tape.events import Event, Part, ToolCall, Transcript
from streamtape.tape.model import Headers, Interaction
from streamtape.tape.texts import shortened
from streamtape.units import moment

MAX_PAYLOAD = 60_000  # characters of one payload: an image is not worth a page of base64
MAX_BODY = 400_000
MAX_SAYS = 160
_HIDDEN = frozenset({"arguments", "audio", "signature", "details"})


def interaction_data(
    parsed: ParsedResponse, findings: Sequence[Finding], *, name: str, number: int
) -> dict[str, Any]:
    """Everything of one interaction; `name` is its file, `number` its place in it."""
    one, said = parsed.interaction, parsed.transcript
    head = one.head
    is_stream = bool(parsed.events) and parsed.is_stream
    return {
        "file": name,
        "number": number,
        "method": one.request.method,
        "url": one.request.url,
        "status": head and head.status,
        "reason": head and head.reason,
        "http": head and head.http_version,
        "started": None if one.started_at_us is None else moment(one.started_at_us),
        "dialect": parsed.dialect.title or parsed.dialect.name,
        "model": said.model,
        "request": {"headers": _headers(one.request.headers), "body": _body(one.request.body)},
        "response": head and {"headers": _headers(head.headers)},
        "body": None if is_stream or parsed.trouble else _body(one.content),
        "masked": [[masked.where, masked.kind] for masked in one.redactions],
        "ending": _ending(one),
        "timing": timing(parsed),
        "tokens": output_tokens(parsed.events, parsed.dialect),
        "bytes": one.chunks.n_bytes + one.messages.n_bytes,
        "chunks": _chunks(one),
        "events": _events(parsed) if is_stream else None,
        "parts": [*_parts(said)],
        "facts": [[key, str(value)] for key, value in _facts(said) if value],
        "findings": [_finding(found) for found in findings],
        "trouble": parsed.trouble,
    }


def steps(values: Iterable[int | None]) -> list[int] | None:
    """Rising numbers by their steps; None where one is not known."""
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
    told = ": ".join(part for part in (ending.exception, ending.message) if part)
    summary = {
        "complete": "The stream ended as the protocol says.",
        "error": f"{'The stream broke off' if one.head else 'The request failed'}: "
        f"{told or 'an error'}",
        "abandoned": "The client stopped reading.",
        "unfinished": "The recorder stopped before the stream did." + (told and f" {told}"),
    }[ending.kind]
    return {"kind": ending.kind, "at": ending.at_us, "says": summary}


def _chunks(one: Interaction) -> dict[str, Any]:
    times, sizes = [], []
    for chunk in one.messages if one.is_dialogue else one.chunks:
        times.append(chunk.at_us)
        sizes.append(len(chunk.data))
    return {"at": steps(times), "sizes": sizes, "cuts_known": one.cuts_known}


def _events(parsed: ParsedResponse) -> dict[str, Any]:
    types: dict[str, int] = {}
    channels: dict[str, int] = {}
    rows: list[tuple[int, int, str, str]] = []
    brings = {content.event: content.channel for content in content_of(parsed.transcript)}
    for event in parsed.events:
        channel = brings.get(event.index, "")
        if event.type in parsed.dialect.error_types:
            channel = "error"
        rows.append((
            types.setdefault(signed(event), len(types)),
            channels.setdefault(channel, len(channels)),
            payload_text(event),
            summary(event, parsed.dialect, MAX_SAYS),
        ))  # fmt: skip
    return {
        "types": [*types],
        "channels": [*channels],
        "at": steps(event.at_us for event in parsed.events),
        "type": [row[0] for row in rows],
        "channel": [row[1] for row in rows],
        "data": [row[2] for row in rows],
        "says": [row[3] for row in rows],
    }


def payload_text(event: Event) -> str:
    """What the event carried, as it was written; where it came in an envelope, what was inside."""
    frame = event.frame
    text = frame.data if frame is not None else None
    if text is None:
        text = event.payload if isinstance(event.payload, str) else compact(event.payload)
    if len(text) > MAX_PAYLOAD:
        return f"{shortened(text, MAX_PAYLOAD)} ({len(text):,} characters in all)"
    return text


def utf16_cuts(part: Part) -> list[list[int]]:
    """Where the pieces of a text begin, in UTF-16 units, and the events that brought them."""
    units, done, cuts = 0, 0, []
    for offset, event in part.cuts:
        piece = part.text[done:offset]
        units += len(piece) + sum(char > "\uffff" for char in piece)
        done = offset
        cuts.append([units, event])
    return cuts


def _parts(said: Transcript) -> Iterator[dict[str, Any]]:
    choices = said.choices or (said,)
    for number, choice in enumerate(choices):
        which = f" {number}" if len(choices) > 1 else ""
        for part in distinct_parts(choice):
            if part.channel not in _HIDDEN:
                label = f"{part.channel}{which}"
                yield {
                    "kind": part.channel,
                    "label": label,
                    "text": part.text,
                    "cuts": utf16_cuts(part),
                }
        arguments = {part.key: part for part in choice.parts if part.channel == "arguments"}
        for call in choice.tool_calls:
            yield _call(call, arguments.get(call.key), which)
    for image in said.images:
        told = f"{image.n_bytes:,} bytes, sha256 {image.sha256}"
        yield {"kind": "image", "label": "image", "text": told, "cuts": []}


def _call(call: ToolCall, part: Part | None, which: str) -> dict[str, Any]:
    grown = part is not None and part.text == call.arguments
    return {
        "kind": "arguments",
        "label": f"tool call{which}",
        "name": call.name,
        "text": call.arguments,
        "cuts": utf16_cuts(part) if part is not None and grown else [[0, call.first_event]],
        "cut_short": bool(call.arguments) and not call.complete,
    }


def _facts(said: Transcript) -> Iterator[tuple[str, Any]]:
    yield "status", said.status
    yield "finish", said.finish_reason
    yield "usage", said.usage and compact(said.usage)
    yield (
        "error",
        said.error if isinstance(said.error, str) or not said.error else compact(said.error),
    )


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "rule": found.rule,
        "event": found.where.event,
        "message": found.message,
        "count": found.count,
    }
