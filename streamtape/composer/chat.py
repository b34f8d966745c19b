"""OpenAI Chat Completions: chunks of one choice, usage where the request asks for it, [DONE]."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from streamtape.composer.parts import (
    Call,
    Fail,
    Part,
    Pause,
    Reasoning,
    Refuse,
    Say,
    Speak,
    Stop,
)
from streamtape.composer.responses_items import annotation_of, arguments_text, logprob_of
from streamtape.composer.stage import Frame, Payload, Stage

DONE: Payload = {}  # means `data: [DONE]`, which is not an object
_FINISH = {"refusal": "stop", "stop_sequence": "stop", "pause": "stop"}
Deltas = Iterator[tuple[Payload, Payload | None]]


class _Message:
    """The message of a choice while its deltas are sent."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.calls: list[Payload] = []
        self.annotations: list[Payload] = []
        self.logprobs: list[Payload] = []
        self.audio = ""

    def add(self, name: str, piece: str) -> Payload:
        """A delta that adds to one of the texts."""
        self.texts[name] = self.texts.get(name, "") + piece
        return {name: piece}

    def whole(self) -> Payload:
        """The message as a request without `stream` gets it."""
        message: Payload = {
            "role": "assistant",
            "content": self.texts.get("content"),
            "refusal": self.texts.get("refusal"),
            "annotations": self.annotations,
        }
        if "reasoning_content" in self.texts:
            message["reasoning_content"] = self.texts["reasoning_content"]
        if self.calls:
            message["tool_calls"] = self.calls
        return message


def play(stage: Stage, parts: Sequence[Part]) -> Generator[Frame, None, Payload]:
    """The chunks of a completion; what it returns is the completion."""
    options = stage.body.get("stream_options")
    with_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    base = {
        "id": f"chatcmpl-{stage.letters(29)}", "object": "chat.completion.chunk",
        "created": stage.created_at, "model": stage.model, "service_tier": "default",
        "system_fingerprint": f"fp_{stage.hex(10)}",
    }  # fmt: skip
    null_usage = {"usage": None} if with_usage else {}

    def chunk(delta: Payload, logprobs: Payload | None = None, finish: str | None = None) -> Frame:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return Frame("", {**base, "choices": [choice], **null_usage})

    message = _Message()
    opening: Payload | None = {"role": "assistant", "content": "", "refusal": None}
    for part in parts:
        if isinstance(part, Fail):
            if opening is not None and part is not parts[0]:
                yield chunk(opening)
            error = {"message": part.message, "type": part.code, "param": None, "code": part.code}
            yield Frame("", {"error": error})
            yield Frame("", DONE)
            return {"error": error}
        if isinstance(part, Pause):
            stage.silence(part)
        elif not isinstance(part, Stop):
            if opening is not None:
                is_call = isinstance(part, Call)
                yield chunk({**opening, "content": None} if is_call else opening)
                opening = None
            for delta, logprobs in _deltas(stage, message, part):
                yield chunk(delta, logprobs)
    if opening is not None:
        yield chunk(opening)
    finish = _finish(parts)
    yield chunk({}, finish=finish)
    usage = _usage(stage)
    if with_usage:
        yield Frame("", {**base, "choices": [], "usage": usage})
    yield Frame("", DONE)
    logprobs = {"content": message.logprobs, "refusal": None} if message.logprobs else None
    choice = {
        "index": 0, "message": message.whole(), "logprobs": logprobs, "finish_reason": finish,
    }  # fmt: skip
    return {**base, "object": "chat.completion", "choices": [choice], "usage": usage}


def _deltas(stage: Stage, message: _Message, part: Any) -> Deltas:
    """The deltas of a part, each with its logprobs."""
    if isinstance(part, Say):
        with_logprobs = part.logprobs or bool(stage.body.get("logprobs"))
        for piece, tokens in stage.token_pieces(part.text):
            found = [logprob_of(t, stage.logprob()) for t in tokens if with_logprobs]
            message.logprobs += found
            logprobs = {"content": found, "refusal": None} if with_logprobs else None
            yield message.add("content", piece), logprobs
        for cited in part.citations:
            fields = annotation_of(cited, part.text)
            annotation = {"type": fields.pop("type"), "url_citation": fields}
            message.annotations.append(annotation)
            yield {"annotations": [annotation]}, None
    elif isinstance(part, Reasoning):
        texts = () if part.redacted else part.texts
        for piece in stage.pieces("\n\n".join(texts), reasoning=True):
            yield message.add("reasoning_content", piece), None
    elif isinstance(part, Refuse):
        for piece in stage.pieces(part.text):
            yield message.add("refusal", piece), None
    elif isinstance(part, Speak):
        audio_id = f"audio_{stage.hex(16)}"
        for piece in stage.pieces(part.transcript):
            yield {"audio": {"id": audio_id, "transcript": piece}}, None
            yield {"audio": {"id": audio_id, "data": stage.letters(16)}}, None
    else:
        yield from _call(stage, message, part)


def _call(stage: Stage, message: _Message, part: Call) -> Deltas:
    """A call: id and name in its first delta, then its arguments by pieces."""
    index = len(message.calls)
    text = arguments_text(part)
    named = {"id": part.id or f"call_{stage.letters(24)}", "type": "function"}
    first = {"index": index, **named, "function": {"name": part.name, "arguments": ""}}
    yield {"tool_calls": [first]}, None
    for piece in stage.pieces(text):
        yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, None
    message.calls.append({**named, "function": {"name": part.name, "arguments": text}})


def _finish(parts: Sequence[Part]) -> str:
    for part in parts:
        if isinstance(part, Stop):
            return _FINISH.get(part.reason, part.reason)
    called = any(isinstance(part, Call) for part in parts)
    return "tool_calls" if called else "stop"


def _usage(stage: Stage) -> Payload:
    count = stage.usage()
    n_in, n_out = count["input_tokens"], count["output_tokens"]
    return {
        "prompt_tokens": n_in,
        "completion_tokens": n_out,
        "total_tokens": n_in + n_out,
        "prompt_tokens_details": {"cached_tokens": count["cached_tokens"], "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": count["reasoning_tokens"], "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    }  # fmt: skip
