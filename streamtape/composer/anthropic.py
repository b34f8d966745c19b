"""Anthropic Messages: blocks one after the other, cumulative usage, why it stopped at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from streamtape.composer.parts import (
    Call,
    Cite,
    Fail,
    MCPCall,
    OutputItem,
    Part,
    Pause,
    Reasoning,
    Refuse,
    RunCode,
    Say,
    Stop,
    WebSearch,
    fails_next,
)
from streamtape.composer.responses_items import arguments_text
from streamtape.composer.responses_output import event
from streamtape.composer.stage import Frame, Frames, Payload, Stage
from streamtape.errors import UsageError

_REASONS = {
    "stop": "end_turn", "length": "max_tokens", "content_filter": "refusal",
    "tool_calls": "tool_use", "pause": "pause_turn",
}  # fmt: skip


class _Message:
    """The content of a message while its blocks are sent."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.content: list[Payload] = []
        self._pinged = False

    def block(self, opening: Payload, deltas: Frames, finished: Payload) -> Frames:
        """The life of a block: start, deltas, stop."""
        index = len(self.content)
        yield event("content_block_start", {"index": index, "content_block": opening})
        if not self._pinged:
            self._pinged = True
            yield event("ping", {})
        yield from deltas
        self.content.append({**opening, **finished})
        yield event("content_block_stop", {"index": index})

    def delta(self, kind: str, **fields: Any) -> Frame:
        """A delta of the block that is open."""
        payload = {"index": len(self.content), "delta": {"type": kind, **fields}}
        return event("content_block_delta", payload)


def play(stage: Stage, parts: Sequence[Part]) -> Generator[Frame, None, Payload]:
    """The events of a message; what it returns is the message."""
    name = message_id(stage)
    if parts and isinstance(parts[0], Fail):
        yield _failure(parts[0])
        return _failure(parts[0]).payload
    opened = _whole(stage, name, [], None, None, first=True)
    yield event("message_start", {"message": opened})
    message = _Message(stage)
    for number, part in enumerate(parts):
        if isinstance(part, Fail):
            yield _failure(part)
            return _failure(part).payload
        if isinstance(part, Pause):
            stage.silence(part)
        elif not isinstance(part, Stop):
            frames = _SAYS[type(part)](message, part)
            open_end = fails_next(parts, number)
            yield from _before_stop(frames) if open_end else frames
    stop = _stop(parts)
    reason = _REASONS.get(stop.reason, stop.reason)
    usage = _usage(stage)
    delta = {"stop_reason": reason, "stop_sequence": stop.sequence}
    yield event("message_delta", {"delta": delta, "usage": usage})
    yield event("message_stop", {})
    return _whole(stage, name, message.content, reason, stop.sequence)


def message_id(stage: Stage) -> str:
    """The id of a message: the first thing that its seed decides."""
    return f"msg_01{stage.letters(22)}"


def _before_stop(frames: Frames) -> Frames:
    return takewhile(lambda frame: frame.event != "content_block_stop", frames)


def _failure(fail: Fail) -> Frame:
    code = {"server_error": "api_error"}.get(fail.code, fail.code)
    return event("error", {"error": {"type": code, "message": fail.message}})


def _stop(parts: Sequence[Part]) -> Stop:
    for part in reversed(parts):
        if isinstance(part, Stop):
            return part
        if isinstance(part, Refuse):
            return Stop("refusal")
    return Stop("tool_calls" if any(isinstance(part, Call) for part in parts) else "stop")


def _whole(
    stage: Stage, name: str, content: list[Payload], reason: str | None, sequence: str | None,
    *, first: bool = False,
) -> Payload:  # fmt: skip
    usage = {**_usage(stage), "output_tokens": 1} if first else _usage(stage)
    return {
        "id": name, "type": "message", "role": "assistant", "model": stage.model,
        "content": content, "stop_reason": reason, "stop_sequence": sequence, "usage": usage,
    }  # fmt: skip


def _usage(stage: Stage) -> Payload:
    count = stage.usage()
    return {
        "input_tokens": count["input_tokens"] - count["cached_tokens"],
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": count["cached_tokens"],
        "output_tokens": count["output_tokens"],
    }


def _text(message: _Message, say: Say) -> Frames:
    citations = [_citation(message.stage, cited) for cited in say.citations]

    def deltas() -> Frames:
        for piece in message.stage.pieces(say.text):
            yield message.delta("text_delta", text=piece)
        for citation in citations:
            yield message.delta("citations_delta", citation=citation)

    opening: Payload = {"type": "text", "text": ""}
    finished: Payload = {"text": say.text}
    if citations:
        opening["citations"], finished["citations"] = [], citations
    return message.block(opening, deltas(), finished)


def _citation(stage: Stage, cited: Cite) -> Payload:
    return {
        "type": "web_search_result_location", "cited_text": cited.quote, "url": cited.url,
        "title": cited.title, "encrypted_index": stage.letters(32),
    }  # fmt: skip


def _refusal(message: _Message, refused: Refuse) -> Frames:
    return _text(message, Say(refused.text))


def _thinking(message: _Message, thought: Reasoning) -> Frames:
    stage = message.stage
    if thought.redacted:
        block = {"type": "redacted_thinking", "data": stage.letters(120)}
        return message.block(block, iter(()), {})
    text, signature = "\n\n".join(thought.texts), stage.letters(96)

    def deltas() -> Frames:
        for piece in stage.pieces(text, reasoning=True):
            yield message.delta("thinking_delta", thinking=piece)
        yield message.delta("signature_delta", signature=signature)

    opening = {"type": "thinking", "thinking": "", "signature": ""}
    return message.block(opening, deltas(), {"thinking": text, "signature": signature})


def _tool_use(message: _Message, call: Call) -> Frames:
    name = call.id or f"toolu_01{message.stage.letters(22)}"
    text = arguments_text(call)
    return _uses(message, {"type": "tool_use", "id": name, "name": call.name}, text)


def _uses(message: _Message, block: Payload, text: str) -> Frames:
    def deltas() -> Frames:
        yield message.delta("input_json_delta", partial_json="")
        for piece in message.stage.pieces(text):
            yield message.delta("input_json_delta", partial_json=piece)

    return message.block({**block, "input": {}}, deltas(), {"input": parsed_arguments(text)})


def parsed_arguments(text: str) -> Any:
    """Arguments as the object that an answer without deltas holds; UsageError for others."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"arguments that are sent whole must be a JSON object, got {text!r}")
    return value


def _server_tool(
    message: _Message, name: str, tool_input: Mapping[str, Any], result: str, content: Any
) -> Frames:
    tool_id = f"srvtoolu_01{message.stage.letters(22)}"
    block = {"type": "server_tool_use", "id": tool_id, "name": name}
    yield from _uses(message, block, json.dumps(dict(tool_input), ensure_ascii=False))
    answer = {"type": result, "tool_use_id": tool_id, "content": content}
    yield from message.block(answer, iter(()), {})


def _web_search(message: _Message, search: WebSearch) -> Frames:
    found = [
        {"type": "web_search_result", "url": source.url, "title": source.title,
         "encrypted_content": message.stage.letters(64), "page_age": None}
        for source in search.sources
    ]  # fmt: skip
    arguments = {"query": search.query}
    return _server_tool(message, "web_search", arguments, "web_search_tool_result", found)


def _run_code(message: _Message, run: RunCode) -> Frames:
    content = {
        "type": "code_execution_result", "stdout": run.logs, "stderr": "", "return_code": 0,
        "content": [],
    }  # fmt: skip
    arguments = {"code": run.code}
    return _server_tool(message, "code_execution", arguments, "code_execution_tool_result", content)


def _mcp_call(message: _Message, call: MCPCall) -> Frames:
    tool_id = f"mcptoolu_01{message.stage.letters(22)}"
    block = {
        "type": "mcp_tool_use", "id": tool_id, "name": call.name, "server_name": call.server,
    }  # fmt: skip
    yield from _uses(message, block, json.dumps(dict(call.arguments), ensure_ascii=False))
    text = call.output if call.error is None else call.error
    answer = {
        "type": "mcp_tool_result", "tool_use_id": tool_id, "is_error": call.error is not None,
        "content": [{"type": "text", "text": text}],
    }  # fmt: skip
    yield from message.block(answer, iter(()), {})


def _other(message: _Message, item: OutputItem) -> Frames:
    return message.block({"type": item.type, **item.fields}, iter(()), {})


_SAYS: dict[type[Any], Callable[[_Message, Any], Frames]] = {
    Say: _text,
    Refuse: _refusal,
    Reasoning: _thinking,
    Call: _tool_use,
    WebSearch: _web_search,
    RunCode: _run_code,
    MCPCall: _mcp_call,
    OutputItem: _other,
}
KNOWN = (*_SAYS, Fail, Stop, Pause)
