"""What a request asks, in one text: the last message of its user."""

from __future__ import annotations

import json
from typing import Any

# Where requests have their messages, as the providers spell it, and their only text.
_LISTS = ("messages", "input", "contents")
_TEXTS = ("prompt", "input", "query", "message", "inputText")


def prompt_of(body: bytes) -> str:
    """The text of the last user message of a request; "" where there is none or it is no JSON."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(request, dict):
        return ""
    for name in _LISTS:
        messages = request.get(name)
        for message in reversed(messages) if isinstance(messages, list) else ():
            if isinstance(message, dict) and message.get("role", "user") == "user":
                text = _text_of(message.get("content", message.get("parts", message.get("text"))))
                if text:
                    return text
    return next((text for name in _TEXTS if (text := _text_of(request.get(name)))), "")


def _text_of(content: Any) -> str:
    """The text of a message's content: a string, or a list of parts, some of which have text."""
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, dict):
        return _text_of(content.get("text"))
    if isinstance(content, list):
        return "\n".join(filter(None, map(_text_of, content)))
    return ""
