"""Which module speaks which dialect, and how its events are framed: one row a dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from streamtape.composer import anthropic, chat, gemini, ollama, requests, responses
from streamtape.composer.parts import (
    Call,
    Fail,
    Pause,
    Reasoning,
    Refuse,
    Say,
    Speak,
    Stop,
)
from streamtape.composer.stage import Frame, Play
from streamtape.errors import UsageError

_encode = msgspec.json.Encoder().encode
_SSE = "text/event-stream"
_FLOW = (Fail, Stop, Pause)


def to_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; UsageError for what JSON can't hold."""
    try:
        return _encode(value)
    except (TypeError, UnicodeEncodeError) as error:
        raise UsageError(f"this can't be sent as JSON: {error}") from None


def _named(frame: Frame) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (frame.event.encode(), to_json(frame.payload))


def _unnamed(frame: Frame) -> bytes:
    return b"data: %b\n\n" % (b"[DONE]" if frame.payload is chat.DONE else to_json(frame.payload))


def _crlf(frame: Frame) -> bytes:
    return b"data: %b\r\n\r\n" % to_json(frame.payload)


def _line(frame: Frame) -> bytes:
    # Go's encoder escapes what JavaScript takes for the end of a line, and Ollama's client relies
    # on that, since it splits its lines there, too.
    line = to_json(frame.payload)
    line = line.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return line + b"\n"


@dataclass(frozen=True, slots=True)
class Voice:
    """How one dialect is spoken.

    `known` are the parts that it has words for. `url` has `{model}` where the model belongs in it;
    `whole_url` is that of an answer that does not stream, where it is another. `tokens_per_delta`
    is how much real streams put into one event.
    """

    dialect: str
    play: Play
    known: tuple[type, ...]
    frame: Callable[[Frame], bytes]
    body: Callable[..., dict[str, Any]]
    url: str
    model: str
    content_type: str = f"{_SSE}; charset=utf-8"
    whole_url: str = ""
    tokens_per_delta: int = 1
    request_id: str = "x-request-id"


VOICES: Mapping[str, Voice] = MappingProxyType({
    voice.dialect: voice
    for voice in (
        Voice(
            "openai-responses", responses.play, (*responses.SAYS, Say, *_FLOW), _named,
            requests.responses, "https://api.openai.com/v1/responses", "gpt-4.1",
        ),
        Voice(
            "openai-chat", chat.play,
            (Say, Reasoning, Refuse, Call, Speak, *_FLOW), _unnamed,
            requests.chat, "https://api.openai.com/v1/chat/completions", "gpt-4.1",
        ),
        Voice(
            "anthropic", anthropic.play, anthropic.KNOWN, _named,
            requests.messages, "https://api.anthropic.com/v1/messages", "claude-sonnet-4-5",
            tokens_per_delta=4, request_id="request-id",
        ),
        Voice(
            "gemini", gemini.play, gemini.KNOWN, _crlf, requests.gemini,
            "https://generativelanguage.googleapis.com/v1beta/models/{model}"
            ":streamGenerateContent?alt=sse",
            "gemini-2.5-flash", content_type=_SSE, tokens_per_delta=16, request_id="",
            whole_url="https://generativelanguage.googleapis.com/v1beta/models/{model}"
            ":generateContent",
        ),
        Voice(
            "ollama", ollama.play, ollama.KNOWN, _line, requests.ollama,
            "http://localhost:11434/api/chat", "llama3.2", content_type="application/x-ndjson",
            request_id="",
        ),
    )
})  # fmt: skip


def voice_of(dialect: str) -> Voice:
    """The row of a dialect; UsageError lists those that there are."""
    if dialect not in VOICES:
        known = ", ".join(VOICES)
        raise UsageError(f"nothing can be composed in dialect {dialect!r}; known: {known}")
    return VOICES[dialect]
