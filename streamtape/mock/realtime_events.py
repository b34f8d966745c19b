"""One response of OpenAI's Realtime API: text, speech with its transcript, or a function call.

Payloads have no `event_id` yet: that numbers a connection, not a response.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from streamtape.composer.parts import Call, Part, Say
from streamtape.composer.responses_items import arguments_text
from streamtape.composer.stage import Payload, Stage

_SAMPLES = 480  # 20 ms of speech (silence, here) to each piece of text
_SILENCE = base64.b64encode(bytes(2 * _SAMPLES)).decode()


def play(
    stage: Stage,
    parts: Sequence[Part],
    session: Payload,
    conversation_id: str,
    last_item: str | None,
) -> Iterator[Payload]:
    """The events of a response, the conversation's new item among them."""
    response = _response(stage, session, conversation_id)
    yield {"type": "response.created", "response": response}
    yield {"type": "rate_limits.updated", "rate_limits": []}
    item, between = _item(stage, parts, session)
    where = {"response_id": response["id"], "output_index": 0}
    empty: Payload = {"content": []} if item["type"] == "message" else {"arguments": ""}
    opening = {**item, "status": "in_progress", **empty}
    yield {"type": "response.output_item.added", **where, "item": opening}
    in_conversation = {"previous_item_id": last_item, "item": opening}
    yield {"type": "conversation.item.added", **in_conversation}
    yield from ({**event, **where, "item_id": item["id"]} for event in between)
    yield {"type": "response.output_item.done", **where, "item": item}
    yield {"type": "conversation.item.done", "previous_item_id": last_item, "item": item}
    yield done(stage, response, "completed", [item])


def done(stage: Stage, response: Payload, status: str, output: list[Payload]) -> Payload:
    """The last event of a response; a cancelled one says so in its details."""
    details: Payload | None = None
    if status == "cancelled":
        details = {"type": "cancelled", "reason": "client_cancelled"}
    counted = stage.usage()
    usage = {name: counted[name] for name in ("input_tokens", "output_tokens")}
    usage["total_tokens"] = sum(usage.values())
    changes = {"status": status, "status_details": details, "output": output, "usage": usage}
    return {"type": "response.done", "response": {**response, **changes}}


def _response(stage: Stage, session: Payload, conversation_id: str) -> Payload:
    return {
        "object": "realtime.response",
        "id": f"resp_{stage.hex(32)}",
        "status": "in_progress",
        "status_details": None,
        "output": [],
        "conversation_id": conversation_id,
        "output_modalities": session["output_modalities"],
        "max_output_tokens": "inf",
        "usage": None,
        "metadata": stage.body.get("metadata"),
    }


def _item(
    stage: Stage, parts: Sequence[Part], session: Payload
) -> tuple[Payload, Iterator[Payload]]:
    """The item that a response makes, and the events between its beginning and its end."""
    item: Payload = {
        "id": f"item_{stage.hex(32)}", "object": "realtime.item", "status": "completed",
    }  # fmt: skip
    call = next((part for part in parts if isinstance(part, Call)), None)
    if call is not None:
        call_id, arguments = call.id or f"call_{stage.hex(16)}", arguments_text(call)
        fields = {"call_id": call_id, "name": call.name, "arguments": arguments}
        called = {"type": "function_call", **fields}
        return {**item, **called}, _call(stage, call.name, call_id, arguments)
    text = "".join(part.text for part in parts if isinstance(part, Say))
    speaks = "audio" in session["output_modalities"]
    part = {"type": "output_audio", "transcript": text} if speaks else {
        "type": "output_text", "text": text,
    }  # fmt: skip
    message = {"type": "message", "role": "assistant", "content": [part]}
    return {**item, **message}, _speech(stage, text) if speaks else _text(stage, text)


def _call(stage: Stage, name: str, call_id: str, arguments: str) -> Iterator[Payload]:
    kind = "response.function_call_arguments"
    for piece in stage.pieces(arguments):
        yield {"type": f"{kind}.delta", "call_id": call_id, "delta": piece}
    yield {"type": f"{kind}.done", "call_id": call_id, "name": name, "arguments": arguments}


def _text(stage: Stage, text: str) -> Iterator[Payload]:
    part = {"type": "text", "text": ""}
    yield {"type": "response.content_part.added", "content_index": 0, "part": part}
    for piece in stage.pieces(text):
        yield {"type": "response.output_text.delta", "content_index": 0, "delta": piece}
    yield {"type": "response.output_text.done", "content_index": 0, "text": text}
    part = {"type": "text", "text": text}
    yield {"type": "response.content_part.done", "content_index": 0, "part": part}


def _speech(stage: Stage, text: str) -> Iterator[Payload]:
    where: dict[str, Any] = {"content_index": 0}
    part = {"type": "audio", "transcript": ""}
    yield {"type": "response.content_part.added", **where, "part": part}
    for piece in stage.pieces(text):
        yield {"type": "response.output_audio_transcript.delta", **where, "delta": piece}
        yield {"type": "response.output_audio.delta", **where, "delta": _SILENCE}
    yield {"type": "response.output_audio.done", **where}
    yield {"type": "response.output_audio_transcript.done", **where, "transcript": text}
    part = {"type": "audio", "transcript": text}
    yield {"type": "response.content_part.done", **where, "part": part}
