"""Which path of the embedded endpoint speaks which dialect, as a stream and whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from streamtape.mock.conversation import Conversation
from streamtape.mock.options import MockRequest
from streamtape.mock.realtime_websocket import RealtimeConversation
from streamtape.mock.responses_websocket import ResponsesConversation
from streamtape.mock.scripts import others, responses


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How one path answers: as a stream and whole."""

    content_type: bytes
    stream: Callable[[MockRequest, str], Iterator[str]]
    whole: Callable[[MockRequest, str], dict[str, Any]]
    streams_by_default: bool = False


def _responses_stream(prompt: MockRequest, seed: str) -> Iterator[str]:
    for payload in responses.play(prompt, seed):
        if payload["sequence_number"] > prompt.starting_after:
            data = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
            yield f"event: {payload['type']}\ndata: {data}\n\n"


def _responses_whole(prompt: MockRequest, seed: str) -> dict[str, Any]:
    *_, last = responses.play(prompt, seed)
    whole: dict[str, Any] = last.get("response", {})
    return whole or {"error": {"type": "server_error", **last}}


def _event_source(prompt: MockRequest, seed: str) -> Iterator[str]:
    """The events of a response for a browser's EventSource: unnamed, with ids."""
    for payload in responses.play(prompt, seed):
        if payload["sequence_number"] > prompt.starting_after:
            retry = "retry: 50\n" if payload["sequence_number"] == prompt.starting_after + 1 else ""
            yield f"{retry}id: {payload['sequence_number']}\ndata: {json.dumps(payload)}\n\n"


_SSE = b"text/event-stream; charset=utf-8"
EVENTS = Dialogue(_SSE, _event_source, _responses_whole)
RESPONSES = Dialogue(_SSE, _responses_stream, _responses_whole)
_DIALOGUES = {
    r"/v1/responses": RESPONSES,
    r"/v1/chat/completions": Dialogue(_SSE, others.chat, others.chat_whole),
    r"/v1/messages": Dialogue(_SSE, others.messages, others.messages_whole),
    r"/api/chat": Dialogue(
        b"application/x-ndjson", others.ndjson, others.ndjson_whole, streams_by_default=True
    ),
    r"/v1\w*/models/[^/]+:streamGenerateContent": Dialogue(
        b"text/event-stream", others.gemini, others.gemini_whole, streams_by_default=True
    ),
    r"/v1\w*/models/[^/]+:generateContent": Dialogue(_SSE, others.gemini, others.gemini_whole),
}


_CONVERSATIONS: dict[str, type[Conversation]] = {
    r"/v1/responses": ResponsesConversation,
    r"/v1/realtime": RealtimeConversation,
}


def conversation_at(path: str) -> type[Conversation] | None:
    """What speaks at the WebSocket of this path; None where nothing does."""
    found = (c for pattern, c in _CONVERSATIONS.items() if re.fullmatch(pattern, path))
    return next(found, None)


def dialogue_at(path: str) -> Dialogue | None:
    """What answers a POST to this path; None where nothing does."""
    return next((d for pattern, d in _DIALOGUES.items() if re.fullmatch(pattern, path)), None)
