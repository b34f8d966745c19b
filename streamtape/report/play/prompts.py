"""The prompt of a request: the text of its last message, from a user or a tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from streamtape.dialects.parsed import ParsedResponse

# Where requests have their messages, as the providers spell it, and their only text.
_LISTS = ("messages", "input", "contents", "turns")
_TEXTS = ("prompt", "input", "query", "message", "inputText", "text")
# What a message of a dialogue has its request in (OpenAI, Gemini Live).
_ENVELOPES = ("response", "clientContent", "client_content", "realtimeInput", "realtime_input")
_TOOL_ROLES = frozenset({"tool", "function"})
_TOOL_TYPES = frozenset({"function_call_output", "custom_tool_call_output", "tool_result"})


class Prompt(NamedTuple):
    """The text of a prompt; `is_tool` where it is the result of a tool call."""

    text: str
    is_tool: bool = False


_NOTHING = Prompt("")


def prompt_of(body: bytes) -> Prompt:
    """The last user message or tool result of a request; "" without one or if it is not JSON.

    Some providers end a list of messages with the beginning of the answer: that is passed over.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return _NOTHING
    return _prompt_in(request) if isinstance(request, dict) else _NOTHING


def prompts_of(parsed: ParsedResponse) -> Iterator[tuple[int, Prompt]]:
    """What the client of a dialogue asks in words, with the indices of the events that ask it."""
    if parsed.interaction.is_dialogue:
        for event in parsed.events:
            if event.direction == "client" and (found := _prompt_of_message(event.payload)).text:
                yield event.index, found


def _prompt_of_message(payload: Any) -> Prompt:
    if not isinstance(payload, dict):
        return _NOTHING
    item = payload.get("item")
    if isinstance(item, dict) and (found := _prompt(item)).text:
        return found
    inner = (payload.get(name) for name in _ENVELOPES)
    asks = (_prompt_in(value) for value in (payload, *inner) if isinstance(value, dict))
    return next((found for found in asks if found.text), _NOTHING)


def _prompt_in(request: dict[str, Any]) -> Prompt:
    for name in _LISTS:
        messages = request.get(name)
        for message in reversed(messages) if isinstance(messages, list) else ():
            found = _prompt(message) if isinstance(message, dict) else _NOTHING
            if found.text:
                return found
    texts = (_text_of(request.get(name)) for name in _TEXTS)
    return Prompt(next(filter(None, texts), ""))


def _prompt(message: dict[str, Any]) -> Prompt:
    """What one message says, if it is a user's or a tool's."""
    kind, role = message.get("type"), message.get("role", "")
    content = message.get("content", message.get("parts", message.get("text")))
    if kind in _TOOL_TYPES:
        return Prompt(_text_of(message.get("output", content)), is_tool=True)
    if role in _TOOL_ROLES:
        return Prompt(_text_of(content), is_tool=True)
    if role not in {"user", ""} or kind not in {"message", None}:
        return _NOTHING
    if text := _text_of(content):
        return Prompt(text)
    parts = content if isinstance(content, list) else []
    results = (_result_of(part) for part in parts if isinstance(part, dict))
    return Prompt("\n".join(filter(None, results)), is_tool=True)


def _result_of(part: dict[str, Any]) -> str:
    """What a part of a user's message brings of a tool's result (Anthropic, Gemini)."""
    if "functionResponse" in part:
        return json.dumps(part["functionResponse"], ensure_ascii=False)
    return _text_of(part.get("content")) if part.get("type") in _TOOL_TYPES else ""


def _text_of(content: Any) -> str:
    """The text of a message's content: a string, or a list of parts, some of which have text."""
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, dict):
        return _text_of(content.get("text"))
    if isinstance(content, list):
        return "\n".join(filter(None, map(_text_of, content)))
    return ""
