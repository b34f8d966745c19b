"""Which path speaks over a WebSocket."""

from __future__ import annotations

from streamtape.mock.conversation import Conversation
from streamtape.mock.realtime_websocket import RealtimeConversation
from streamtape.mock.responses_websocket import ResponsesConversation

_CONVERSATIONS: dict[str, type[Conversation]] = {
    "/responses": ResponsesConversation,
    "/realtime": RealtimeConversation,
}


def conversation_at(path: str) -> type[Conversation] | None:
    """What speaks at the WebSocket of this path; None where nothing does."""
    return next((c for end, c in _CONVERSATIONS.items() if path.endswith(end)), None)
