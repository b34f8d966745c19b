"""A cassette as plain dicts, lists and texts: the output of `show --json`.

Bytes are text where they are UTF-8, and base64 under another name where they are not.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from streamtape.dialects.parsed import ParsedResponse
from streamtape.errors import ContentLimitError
from streamtape.report.masked import read, timing
from streamtape.tape.events import Event, Frame
from streamtape.tape.messages import Message, Messages
from streamtape.tape.model import Cassette, Headers, Interaction


def summary(
    cassette: Cassette | Sequence[Interaction],
    *,
    numbers: Sequence[int] | None = None,
    dialect: str | None = None,
    events: bool = False,
    frames: bool = False,
) -> dict[str, Any]:
    """Everything of the interactions; with every event and frame where they are requested."""
    shown_numbers = range(len(cassette)) if numbers is None else numbers
    return {
        "interactions": [
            _interaction(number, read(interaction, dialect), events=events, frames=frames)
            for number, interaction in zip(shown_numbers, cassette, strict=True)
        ]
    }


def _interaction(
    number: int, parsed: ParsedResponse, *, events: bool, frames: bool
) -> dict[str, Any]:
    one = parsed.interaction
    head = one.head
    out: dict[str, Any] = {
        "index": number,
        "started_at_us": one.started_at_us,
        "request": {
            "method": one.request.method,
            "url": one.request.url,
            "headers": pairs(one.request.headers),
            "body": data_fields(one.request.body),
        },
        "head": head
        and {
            "status": head.status,
            "reason": head.reason,
            "http_version": head.http_version,
            "headers": pairs(head.headers),
            "at_us": head.at_us,
        },
        "chunks": len(one.chunks),
        "bytes": one.chunks.n_bytes + one.messages.n_bytes,
        "cuts_known": one.cuts_known,
        "ending": {
            "kind": one.ending.kind,
            "at_us": one.ending.at_us,
            "exception": one.ending.exception,
            "message": one.ending.message,
        },
        **(_dialogue(one) if one.is_dialogue else {}),
        "redactions": [{"where": r.where, "kind": r.kind} for r in one.redactions],
        "edits": [{"what": edit.what, "places": edit.n_places} for edit in one.edits],
        "dialect": parsed.dialect.name,
        "events": len(parsed.events),
        "timing": timing(parsed),
        "transcript": _transcript(parsed),
        "trouble": parsed.trouble,
    }
    if events:
        out["events"] = [_event(event) for event in parsed.events]
    if frames:
        out["frames"] = [_frame(frame) for frame in parsed.frames]
    return out


def _dialogue(one: Interaction) -> dict[str, Any]:
    """What a dialogue has besides."""
    return {
        "close": {"code": one.ending.close_code, "reason": one.ending.close_reason},
        "messages": [
            {
                "direction": message.direction,
                "at_us": message.at_us,
                "kind": message.kind,
                **data_fields(message.data),
                **({} if message.final else {"final": False}),
            }
            for message in _readable(one.messages)
        ],
    }


def _readable(messages: Messages) -> Iterator[Message]:
    """The messages, up to where a small file unfolds to more than a recording does."""
    with suppress(ContentLimitError):  # it is the trouble of the response
        yield from messages.allowed_rows()


def _transcript(parsed: ParsedResponse) -> dict[str, Any]:
    transcript = parsed.transcript
    return {
        "text": transcript.text,
        "refusal": transcript.refusal,
        "reasoning": transcript.reasoning,
        "tool_calls": [asdict(call) for call in transcript.tool_calls],
        "parsed": transcript.parsed,
        "usage": transcript.usage,
        "status": transcript.status,
        "finish_reason": transcript.finish_reason,
        "model": transcript.model,
        "error": transcript.error,
        "finished": transcript.finished,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "index": event.index,
        "at_us": event.at_us,
        "type": event.type,
        "payload": event.payload,
        **({"direction": "client"} if event.direction == "client" else {}),
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "index": frame.index,
        "at_us": frame.at_us,
        "event": frame.event,
        "data": frame.data,
        "id": frame.id,
        "retry": frame.retry,
        "comments": list(frame.comments),
        "complete": frame.complete,
        "chunk": frame.chunk,
        **({"direction": "client"} if frame.direction == "client" else {}),
    }


def pairs(headers: Headers) -> list[list[str]]:
    """Headers as a list of names and values, in their order."""
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def data_fields(data: bytes) -> dict[str, str]:
    """Bytes for JSON: as `text` where they are UTF-8, as `base64` where they are not."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}
