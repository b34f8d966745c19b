"""Scripts of other dialects: Chat Completions, Anthropic Messages, Gemini, Ollama's NDJSON.

Each function gives the whole wire text of an answer, one piece an event: these dialects differ in
framing, too. Kept small on purpose: enough for clients of each kind to be recorded and replayed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from streamtape.mock.options import MockRequest
from streamtape.mock.scripts.responses import sample_text
from streamtape.mock.scripts.stage import Payload, Stage


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pieces(stage: Stage, overhead: int) -> list[str]:
    options = stage.prompt.options
    wanted = max(options.events - overhead, 1)
    return stage.split(sample_text(options.word, max(10, wanted // 4)), wanted)


def _tool(prompt: MockRequest) -> str | None:
    """The name of the first tool in the request, in either spelling."""
    for tool in prompt.body.get("tools") or ():
        if isinstance(tool, dict):
            function = tool.get("function")
            return str((function if isinstance(function, dict) else tool).get("name", "say_fast"))
    return None


def chat(prompt: MockRequest, seed: str) -> Iterator[str]:
    """A Chat Completions stream, with the usage chunk where it was requested."""
    stage = Stage(prompt, seed)
    base = {
        "id": "chatcmpl-" + stage.new_id("")[1:30], "object": "chat.completion.chunk",
        "created": stage.created_at, "model": prompt.model, "service_tier": "default",
        "system_fingerprint": "fp_" + stage.noise(),
    }  # fmt: skip
    name = _tool(prompt)

    def chunk(delta: Payload, finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return f"data: {_compact({**base, 'choices': [choice]})}\n\n"

    if name is None:
        yield chunk({"role": "assistant", "content": "", "refusal": None})
        for piece in _pieces(stage, 3):
            yield chunk({"content": piece})
    else:
        call = {"index": 0, "id": stage.new_id("call")[:29], "type": "function"}
        function = {"name": name, "arguments": ""}
        opening = {**call, "function": function}
        yield chunk({"role": "assistant", "content": None, "tool_calls": [opening]})
        for piece in stage.split('{"phrase":"double bubble bath","times":10}', 8):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chunk({}, "stop" if name is None else "tool_calls")
    options = prompt.body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        usage = {"prompt_tokens": 19, "completion_tokens": 40, "total_tokens": 59}
        yield f"data: {_compact({**base, 'choices': [], 'usage': usage})}\n\n"
    yield "data: [DONE]\n\n"


def chat_whole(prompt: MockRequest, seed: str) -> Payload:
    """A Chat Completions answer that does not stream."""
    stage = Stage(prompt, seed)
    message = {"role": "assistant", "content": sample_text(prompt.options.word), "refusal": None}
    return {
        "id": "chatcmpl-" + stage.new_id("")[1:30], "object": "chat.completion",
        "created": stage.created_at, "model": prompt.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 19, "completion_tokens": 40, "total_tokens": 59},
    }  # fmt: skip


def messages(prompt: MockRequest, seed: str) -> Iterator[str]:
    """An Anthropic Messages stream: one text block, or one tool_use block."""
    stage = Stage(prompt, seed)
    name = _tool(prompt)

    def event(kind: str, **payload: Any) -> str:
        return f"event: {kind}\ndata: {_compact({'type': kind, **payload})}\n\n"

    yield event("message_start", message=_message(stage, [], None, 1))
    block: Payload = {"type": "text", "text": ""}
    delta, field = "text_delta", "text"
    pieces = _pieces(stage, 6) if name is None else stage.split('{"times": 10}', 4)
    if name is not None:
        block = {"type": "tool_use", "id": stage.new_id("toolu")[:30], "name": name, "input": {}}
        delta, field = "input_json_delta", "partial_json"
    yield event("content_block_start", index=0, content_block=block)
    yield event("ping")
    for piece in pieces:
        yield event("content_block_delta", index=0, delta={"type": delta, field: piece})
    yield event("content_block_stop", index=0)
    reason = "end_turn" if name is None else "tool_use"
    usage = {"output_tokens": len(pieces)}
    yield event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)
    yield event("message_stop")


def messages_whole(prompt: MockRequest, seed: str) -> Payload:
    """An Anthropic Messages answer that does not stream."""
    content: list[Payload] = [{"type": "text", "text": sample_text(prompt.options.word)}]
    return _message(Stage(prompt, seed), content, "end_turn", 40)


def _message(stage: Stage, content: list[Payload], reason: str | None, tokens: int) -> Payload:
    return {
        "id": stage.new_id("msg")[:28], "type": "message", "role": "assistant",
        "model": stage.prompt.model, "content": content, "stop_reason": reason,
        "stop_sequence": None, "usage": {"input_tokens": 19, "output_tokens": tokens},
    }  # fmt: skip


def ndjson(prompt: MockRequest, seed: str) -> Iterator[str]:
    """Ollama's chat stream: a JSON object a line, the last of them done."""
    stage = Stage(prompt, seed)
    base = {"model": prompt.model, "created_at": "2026-01-01T00:00:00.000000Z"}
    for piece in _pieces(stage, 1):
        message = {"role": "assistant", "content": piece}
        yield _compact({**base, "message": message, "done": False}) + "\n"
    end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    counts = {"total_duration": 1_000_000, "prompt_eval_count": 19, "eval_count": 40}
    yield _compact({**base, **end, **counts}) + "\n"


def ndjson_whole(prompt: MockRequest, seed: str) -> Payload:
    """Ollama's answer in one piece."""
    del seed  # it holds no id
    message = {"role": "assistant", "content": sample_text(prompt.options.word)}
    return {
        "model": prompt.model, "created_at": "2026-01-01T00:00:00.000000Z", "message": message,
        "done": True, "done_reason": "stop", "prompt_eval_count": 19, "eval_count": 40,
    }  # fmt: skip


def gemini(prompt: MockRequest, seed: str) -> Iterator[str]:
    """A Gemini stream: CRLF line ends, no event names, usage in each, the reason in the last."""
    stage = Stage(prompt, seed)
    name = stage.new_id("")[1:22]
    pieces = _pieces(stage, 0)
    for number, piece in enumerate(pieces, 1):
        payload = _candidate(name, piece, number)
        if number == len(pieces):
            payload["candidates"][0]["finishReason"] = "STOP"
        yield f"data: {_compact(payload)}\r\n\r\n"


def gemini_whole(prompt: MockRequest, seed: str) -> Payload:
    """A Gemini answer in one piece."""
    name = Stage(prompt, seed).new_id("")[1:22]
    payload = _candidate(name, sample_text(prompt.options.word), 40)
    payload["candidates"][0]["finishReason"] = "STOP"
    return payload


def _candidate(name: str, text: str, n_tokens: int) -> Payload:
    content = {"parts": [{"text": text}], "role": "model"}
    usage = {"promptTokenCount": 19, "candidatesTokenCount": n_tokens}
    return {
        "candidates": [{"content": content, "index": 0}],
        "usageMetadata": {**usage, "totalTokenCount": 19 + n_tokens},
        "modelVersion": "gemini-scripted", "responseId": name,
    }  # fmt: skip
