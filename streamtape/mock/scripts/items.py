"""The lives of what a model says itself: messages, refusals, reasoning, calls of your functions.

Each function gives the events of one output item, in the order in which the Responses API sends
them; the joined deltas are the done value, and the finished item is what `completed` will hold.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from streamtape.mock.scripts.stage import ItemPosition, Pairs, Payload, Stage


def message(
    stage: Stage, text: str, annotations: Sequence[Payload] = (), pieces: int | None = None
) -> Pairs:
    """A message of one text part, its annotations between the deltas and the done event."""
    position = stage.position("msg")
    return _message(stage, position, _text(stage, position, text, annotations, pieces), {
        "type": "output_text", "annotations": list(annotations), "logprobs": [], "text": text,
    })  # fmt: skip


def refusal(stage: Stage, text: str) -> Pairs:
    """A message that says no."""
    position = stage.position("msg")
    part = {"type": "refusal", "refusal": text}
    return _message(stage, position, _refusal(stage, position, text), part)


def cut_message(stage: Stage, text: str) -> Pairs:
    """A message that ran into the limit of tokens: its item is incomplete."""
    position = stage.position("msg")
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return _message(
        stage, position, _text(stage, position, text, (), None), part, status="incomplete"
    )


def _message(
    stage: Stage, position: ItemPosition, between: Pairs, part: Payload, status: str = "completed"
) -> Pairs:
    opening = {"type": "message", "status": "in_progress", "content": [], "role": "assistant"}
    return stage.item(position, opening, between, {"status": status, "content": [part]})


def _text(
    stage: Stage,
    position: ItemPosition,
    text: str,
    annotations: Sequence[Payload],
    pieces: int | None,
) -> Pairs:
    where = position.fields(content_index=0)
    part: Payload = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    yield "response.content_part.added", {**where, "part": part}
    yield from stage.deltas("response.output_text", text, pieces, **where, logprobs=[])
    for index, annotation in enumerate(annotations):
        fields = {**where, "annotation_index": index, "annotation": annotation}
        yield "response.output_text.annotation.added", fields
    yield "response.output_text.done", {**where, "text": text, "logprobs": []}
    whole = {**part, "annotations": list(annotations), "text": text}
    yield "response.content_part.done", {**where, "part": whole}


def _refusal(stage: Stage, position: ItemPosition, text: str) -> Pairs:
    where = position.fields(content_index=0)
    yield "response.content_part.added", {**where, "part": {"type": "refusal", "refusal": ""}}
    yield from stage.deltas("response.refusal", text, **where)
    yield "response.refusal.done", {**where, "refusal": text}
    yield "response.content_part.done", {**where, "part": {"type": "refusal", "refusal": text}}


def reasoning_summary(stage: Stage, texts: Sequence[str]) -> Pairs:
    """A reasoning item with a summary in parts."""
    position = stage.position("rs")

    def between() -> Pairs:
        for index, text in enumerate(texts):
            where = position.fields(summary_index=index)
            part = {"type": "summary_text", "text": ""}
            yield "response.reasoning_summary_part.added", {**where, "part": part}
            yield from stage.deltas("response.reasoning_summary_text", text, **where)
            yield "response.reasoning_summary_text.done", {**where, "text": text}
            whole = {**part, "text": text}
            yield "response.reasoning_summary_part.done", {**where, "part": whole}

    summary = [{"type": "summary_text", "text": text} for text in texts]
    opening = {"type": "reasoning", "encrypted_content": stage.noise() * 8, "summary": []}
    sealed = stage.noise() * 12
    return stage.item(
        position, opening, between(), {"summary": summary, "encrypted_content": sealed}
    )


def reasoning_text(stage: Stage, text: str) -> Pairs:
    """A reasoning item whose text is open, as open models give it."""
    position = stage.position("rs")
    part = {"type": "reasoning_text", "text": text}

    def between() -> Pairs:
        where = position.fields(content_index=0)
        yield "response.content_part.added", {**where, "part": {**part, "text": ""}}
        yield from stage.deltas("response.reasoning_text", text, **where)
        yield "response.reasoning_text.done", {**where, "text": text}
        yield "response.content_part.done", {**where, "part": part}

    opening = {"type": "reasoning", "summary": [], "content": [], "status": "in_progress"}
    return stage.item(position, opening, between(), {"content": [part], "status": "completed"})


def function_call(stage: Stage, name: str, arguments: Payload) -> Pairs:
    """A call of a function of the client's."""
    position = stage.position("fc")
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))

    def between() -> Pairs:
        where = position.fields()
        yield from stage.deltas("response.function_call_arguments", text, **where)
        yield "response.function_call_arguments.done", {**where, "name": name, "arguments": text}

    opening = {
        "type": "function_call", "status": "in_progress", "arguments": "", "name": name,
        "call_id": stage.new_id("call")[:29],
    }  # fmt: skip
    return stage.item(position, opening, between(), {"status": "completed", "arguments": text})


def custom_tool(stage: Stage, name: str, text: str) -> Pairs:
    """A call of a custom tool: its input is free text."""
    position = stage.position("ctc")

    def between() -> Pairs:
        where = position.fields()
        yield from stage.deltas("response.custom_tool_call_input", text, **where)
        yield "response.custom_tool_call_input.done", {**where, "input": text}

    opening = {
        "type": "custom_tool_call", "status": "in_progress", "input": "", "name": name,
        "call_id": stage.new_id("call")[:29],
    }  # fmt: skip
    return stage.item(position, opening, between(), {"status": "completed", "input": text})


def audio(stage: Stage, transcript: str) -> Pairs:
    """Speech and its transcript: events without an item of their own."""
    for piece in stage.split(transcript):
        sound = stage.noise().ljust(16, "A")[:16]  # four letters are three bytes in Base64
        yield "response.audio.delta", {"response_id": stage.response_id, "delta": sound}
        fields = {"response_id": stage.response_id, "delta": piece}
        yield "response.audio.transcript.delta", fields
        stage.n_deltas += 1
    yield "response.audio.done", {"response_id": stage.response_id}
    yield "response.audio.transcript.done", {"response_id": stage.response_id}


def compaction(stage: Stage) -> Pairs:
    """The conversation so far, made small and sealed."""
    position = stage.position("cmp")

    def between() -> Pairs:
        yield "response.compaction.compacting", position.fields()

    opening = {"type": "compaction", "encrypted_content": ""}
    return stage.item(position, opening, between(), {"encrypted_content": stage.noise() * 16})
