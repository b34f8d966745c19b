"""Responses over a WebSocket: the same events, each a text message, after `response.create`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamtape.composer.stage import Frame, Payload
from streamtape.composer.voices import to_json
from streamtape.tape.messages import Message, Messages, close_message
from streamtape.tape.model import Chunks, Ending, Head, Headers, Interaction, Request

_OPENED_US = 50_000  # when the handshake is answered, and the client speaks
UPGRADE: Headers = ((b"upgrade", b"websocket"), (b"connection", b"Upgrade"))


def websocket_url(url: str) -> str:
    """The URL of the WebSocket beside an HTTP endpoint."""
    return url.replace("http", "ws", 1)


def over_websocket(payload: Payload) -> Payload:
    """An event as a WebSocket has it: an error is in an object of its own."""
    if payload["type"] != "error" or "error" in payload:
        return payload
    error = {k: v for k, v in payload.items() if k in {"code", "message", "param"}}
    rest = {k: v for k, v in payload.items() if k not in error}
    return {**rest, "error": {"type": "server_error", **error}}


def dialogue_of(
    opening: Request, body: Payload, events: Iterable[tuple[int, Frame]], started_at_us: int
) -> Interaction:
    """The dialogue in which a client asks for one response, gets it, and closes."""
    create: dict[str, Any] = {"type": "response.create", **body}
    create.pop("stream", None)
    messages = [Message("client", _OPENED_US, "text", to_json(create))]
    at_us = _OPENED_US
    for due_us, frame in events:
        at_us = _OPENED_US + due_us
        messages.append(Message("server", at_us, "text", to_json(over_websocket(frame.payload))))
    messages.append(close_message("client", at_us, 1000))
    messages.append(close_message("server", at_us, 1000))
    return Interaction(
        opening,
        Head(101, UPGRADE, _OPENED_US),
        Chunks.of(()),
        Ending("complete", at_us, close_code=1000),
        started_at_us,
        messages=Messages.of(messages),
    )
