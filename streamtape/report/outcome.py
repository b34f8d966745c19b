"""The outcome of an interaction, as the word and mood of a badge.

A stream may be whole on the wire and still have failed, with the provider's error inside it. So the
outcome is the first that applies of status, error, ending and finish reason.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from streamtape.dialects.parsed import ParsedResponse
from streamtape.tape.events import Transcript

Mood = Literal["good", "warn", "bad"]
_MAX_WORD = 60

# Why a model stopped, as the providers spell it.
_LENGTH = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_REFUSED = frozenset({
    "content_filter", "refusal", "safety", "recitation", "blocklist", "prohibited_content",
    "guardrail_intervened", "content_filtered", "error_toxic",
})  # fmt: skip
_FAILED = frozenset({"failed", "error"})
# A dialogue that ended well: normal closure, going away, without a code (RFC 6455, 7.4.1).
_CLOSED_WELL = frozenset({None, 1000, 1001, 1005})
_CANCELLED = frozenset({"cancelled", "canceled"})


class Outcome(NamedTuple):
    """The text of a badge: `word` is short, `mood` is good, warn or bad."""

    word: str
    mood: Mood


def outcome(parsed: ParsedResponse) -> Outcome:
    """The outcome of an interaction."""
    interaction, transcript = parsed.interaction, parsed.transcript
    head, ending = interaction.head, interaction.ending
    if head is None:
        return Outcome("failed", "bad") if ending.kind != "abandoned" else _STOPPED
    if transcript.error or (transcript.status or "").lower() in _FAILED:
        return Outcome(_named("failed", error_name(transcript.error)), "bad")
    if head.status >= 400:
        return Outcome(_named("refused", str(head.status)), "bad")
    if ending.kind == "unfinished":
        return Outcome("unfinished", "bad")
    if interaction.is_dialogue and ending.close_code not in _CLOSED_WELL:
        return Outcome(f"closed with {ending.close_code}", "bad")
    if interaction.is_dialogue and ending.kind == "error":
        return Outcome("cut", "bad")
    if ending.kind == "error" and not transcript.finished:
        return Outcome("cut", "bad")
    if ending.kind == "abandoned" and not transcript.finished:
        return _STOPPED
    if parsed.trouble:
        return Outcome("unreadable", "bad")
    if parsed.is_stream and parsed.dialect.terminal and parsed.events and not transcript.finished:
        return Outcome("cut", "bad")
    return _finish(transcript)


_STOPPED = Outcome("stopped by the client", "warn")


def _finish(transcript: Transcript) -> Outcome:
    reasons = {
        str(reason).lower() for reason in (transcript.finish_reason, transcript.status) if reason
    }
    if reasons & _REFUSED or transcript.refusal:
        return Outcome("refused", "warn")
    if reasons & _LENGTH:
        return Outcome("length", "warn")
    if reasons & _CANCELLED:
        return Outcome("cancelled", "warn")
    if "incomplete" in reasons:
        return Outcome("incomplete", "warn")
    return Outcome("complete", "good")


def error_name(error: Any) -> str:
    """What a provider calls its error: the code or the type of it, or its message."""
    if isinstance(error, dict):
        inner = error.get("error")
        if isinstance(inner, dict):
            error = inner
        for name in ("code", "type", "status", "message"):
            if isinstance(error.get(name), str | int) and error[name]:
                return str(error[name])
        return ""
    return str(error) if error else ""


def _named(word: str, name: str) -> str:
    text = f"{word}: {' '.join(name.split())}" if name else word
    return text if len(text) <= _MAX_WORD else f"{text[: _MAX_WORD - 1]}…"
