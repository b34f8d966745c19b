"""Gemini: one candidate in pieces, usage so far in each event, the reason to finish in the last."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from streamtape.composer.anthropic import parsed_arguments
from streamtape.composer.parts import (
    Call,
    Cite,
    Fail,
    MakeImage,
    OutputItem,
    Part,
    Pause,
    Reasoning,
    Refuse,
    RunCode,
    Say,
    Stop,
    WebSearch,
)
from streamtape.composer.pictures import pixel
from streamtape.composer.responses_items import arguments_text
from streamtape.composer.stage import Frame, Payload, Stage

_REASONS = {
    "stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY", "refusal": "SAFETY",
    "tool_calls": "STOP", "stop_sequence": "STOP", "pause": "STOP",
}  # fmt: skip
# Names of errors that others use, in Google's words, and the status that goes with each.
_STATUS = {
    "server_error": "INTERNAL", "api_error": "INTERNAL", "overloaded_error": "UNAVAILABLE",
    "rate_limit_exceeded": "RESOURCE_EXHAUSTED", "rate_limit_error": "RESOURCE_EXHAUSTED",
}  # fmt: skip
_CODES = {"UNAVAILABLE": 503, "RESOURCE_EXHAUSTED": 429, "INVALID_ARGUMENT": 400,
          "PERMISSION_DENIED": 403, "NOT_FOUND": 404, "DEADLINE_EXCEEDED": 504}  # fmt: skip


def play(stage: Stage, parts: Sequence[Part]) -> Generator[Frame, None, Payload]:
    """The events of an answer; what it returns is the answer in one piece."""
    name = stage.letters(22)
    content: list[Payload] = []

    def candidate(content: list[Payload], **more: Any) -> Payload:
        one = {"content": {"parts": content, "role": "model"}, **more, "index": 0}
        return {
            "candidates": [one],
            "usageMetadata": _usage(stage),
            "modelVersion": stage.model,
            "responseId": name,
        }

    for part in parts:
        if isinstance(part, Fail):
            error = _error(part)
            yield Frame("", error)
            return error
        if isinstance(part, Pause):
            stage.silence(part)
        elif not isinstance(part, Stop):
            for piece in _pieces(stage, part):
                _add(content, piece)
                yield Frame("", candidate([piece]))
    grounding = _grounding(parts)
    more = {"groundingMetadata": grounding} if grounding else {}
    finish = _finish(parts)
    yield Frame("", candidate([{"text": ""}], finishReason=finish, **more))
    return candidate(content or [{"text": ""}], finishReason=finish, **more)


def _add(content: list[Payload], piece: Payload) -> None:
    """Join a piece of text to the one before it, if that is of its kind."""
    same = bool(content) and "text" in piece and "text" in content[-1]
    if same and content[-1].get("thought") == piece.get("thought"):
        content[-1] = {**content[-1], "text": content[-1]["text"] + piece["text"]}
    else:
        content.append(piece)


def _pieces(stage: Stage, part: Any) -> Iterator[Payload]:
    """The parts of a candidate that a part of ours becomes."""
    if isinstance(part, Say | Refuse):
        for piece in stage.pieces(part.text):
            yield {"text": piece}
    elif isinstance(part, Reasoning):
        texts = () if part.redacted else part.texts
        for piece in stage.pieces("\n\n".join(texts), reasoning=True):
            yield {"text": piece, "thought": True}
    elif isinstance(part, Call):
        text = arguments_text(part)
        for _ in stage.pieces(text):
            pass
        called = {"name": part.name, "args": parsed_arguments(text)}
        yield {"functionCall": {**called, "id": part.id} if part.id else called}
    elif isinstance(part, RunCode):
        stage.count(1)
        yield {"executableCode": {"language": "PYTHON", "code": part.code}}
        yield {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": part.logs}}
    elif isinstance(part, MakeImage):
        stage.count(1)
        yield {"inlineData": {"mimeType": "image/png", "data": pixel(128)}}
    elif isinstance(part, OutputItem):
        stage.count(1)
        yield {part.type: dict(part.fields)}


def _grounding(parts: Sequence[Part]) -> Payload:
    """What the answer rests on: searches, their sources, and what is cited where."""
    searches = [part for part in parts if isinstance(part, WebSearch)]
    sources: list[Cite] = [source for search in searches for source in search.sources]
    supports: list[Payload] = []
    for part in parts:
        for cited in part.citations if isinstance(part, Say) else ():
            text = part.text if isinstance(part, Say) else ""
            start, end = cited.start or 0, len(text) if cited.end is None else cited.end
            n_before, n_to_end = len(text[:start].encode()), len(text[:end].encode())
            segment = {"startIndex": n_before, "endIndex": n_to_end, "text": text[start:end]}
            supports.append({"segment": segment, "groundingChunkIndices": [len(sources)]})
            sources.append(cited)
    if not (searches or sources):
        return {}
    return {
        "webSearchQueries": [search.query for search in searches],
        "groundingChunks": [{"web": {"uri": one.url, "title": one.title}} for one in sources],
        "groundingSupports": supports,
    }


def _finish(parts: Sequence[Part]) -> str:
    for part in reversed(parts):
        if isinstance(part, Stop):
            return _REASONS.get(part.reason, part.reason)
        if isinstance(part, Refuse):
            return "SAFETY"
    return "STOP"


def _error(fail: Fail) -> Payload:
    name = _STATUS.get(fail.code, fail.code.upper())
    return {"error": {"code": _CODES.get(name, 500), "message": fail.message, "status": name}}


def _usage(stage: Stage) -> Payload:
    count = stage.usage()
    n_in, thoughts = count["input_tokens"], count["reasoning_tokens"]
    n_out = max(count["output_tokens"] - thoughts, 0)
    usage = {"promptTokenCount": n_in, "candidatesTokenCount": n_out}
    if count["cached_tokens"]:
        usage["cachedContentTokenCount"] = count["cached_tokens"]
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    return {**usage, "totalTokenCount": n_in + n_out + thoughts}


KNOWN = (Say, Refuse, Reasoning, Call, RunCode, MakeImage, OutputItem, WebSearch, Fail, Stop, Pause)
