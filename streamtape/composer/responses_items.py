"""What a model says itself, in Responses: messages, refusals, reasoning, calls of your functions.

Each function gives the events of one output item, in the order in which the API sends them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from streamtape.composer.parts import (
    Call,
    Cite,
    Compact,
    CustomCall,
    OutputItem,
    Reasoning,
    Say,
    Speak,
)
from streamtape.composer.responses_output import ItemPosition, Output, event, items_at
from streamtape.composer.stage import Frames, Payload

_MESSAGE = {"type": "message", "status": "in_progress", "content": [], "role": "assistant"}


def message(output: Output, say: Say, status: str = "completed") -> Frames:
    """A message of one text part, its annotations between the deltas and the done event."""
    position = output.position("msg")
    part = _text_part(say.text, say.citations)
    logprobs: list[Payload] = []

    def between() -> Frames:
        where = position.fields(content_index=0)
        yield event("response.content_part.added", {**where, "part": _text_part("", ())})
        yield from _text_deltas(output, say, where, logprobs)
        for index, annotation in enumerate(part["annotations"]):
            fields = {**where, "annotation_index": index, "annotation": annotation}
            yield event("response.output_text.annotation.added", fields)
        plain = [_without_bytes(one) for one in logprobs]
        done = {**where, "text": say.text, "logprobs": plain}
        yield event("response.output_text.done", done)
        part["logprobs"] = logprobs
        yield event("response.content_part.done", {**where, "part": part})

    return output.item(position, _MESSAGE, between(), {"status": status, "content": [part]})


def _text_part(text: str, citations: Sequence[Cite]) -> Payload:
    annotations = [annotation_of(cited, text) for cited in citations]
    return {"type": "output_text", "annotations": annotations, "logprobs": [], "text": text}


def _text_deltas(output: Output, say: Say, where: Payload, logprobs: list[Payload]) -> Frames:
    stage = output.stage
    included = items_at(stage.body, "include")
    with_logprobs = say.logprobs or "message.output_text.logprobs" in included
    for piece, tokens in stage.token_pieces(say.text):
        found = [logprob_of(token, stage.logprob()) for token in tokens if with_logprobs]
        logprobs += found
        fields = {**where, "delta": piece, "logprobs": [_without_bytes(one) for one in found]}
        yield event("response.output_text.delta", {**fields, "obfuscation": stage.noise()})


def logprob_of(token: str, logprob: float) -> Payload:
    """A token and the logarithm of its probability, as OpenAI's APIs have it."""
    return {
        "token": token, "bytes": list(token.encode()), "logprob": logprob, "top_logprobs": [],
    }  # fmt: skip


def _without_bytes(logprob: Payload) -> Payload:
    return {k: v for k, v in logprob.items() if k != "bytes"}


def annotation_of(cited: Cite, text: str) -> Payload:
    """A citation as Responses and Chat Completions have it."""
    end = len(text) if cited.end is None else cited.end
    return {
        "type": "url_citation", "start_index": cited.start or 0, "end_index": end,
        "title": cited.title, "url": cited.url,
    }  # fmt: skip


def refusal(output: Output, text: str) -> Frames:
    """A message that says no."""
    position = output.position("msg")
    part = {"type": "refusal", "refusal": text}

    def between() -> Frames:
        where = position.fields(content_index=0)
        yield event("response.content_part.added", {**where, "part": {**part, "refusal": ""}})
        yield from output.deltas("response.refusal", text, **where)
        yield event("response.refusal.done", {**where, "refusal": text})
        yield event("response.content_part.done", {**where, "part": part})

    finished = {"status": "completed", "content": [part]}
    return output.item(position, _MESSAGE, between(), finished)


def reasoning(output: Output, thought: Reasoning) -> Frames:
    """A reasoning item: a summary in parts, or its text, as open models give it."""
    position = output.position("rs")
    texts = () if thought.redacted else thought.texts
    if thought.form == "text":
        content = [{"type": "reasoning_text", "text": text} for text in texts]
        opening: Payload = {
            "type": "reasoning", "summary": [], "content": [], "status": "in_progress",
        }  # fmt: skip
        finished: Payload = {"content": content, "status": "completed"}
        return output.item(position, opening, _open_texts(output, position, texts), finished)
    summary = [{"type": "summary_text", "text": text} for text in texts]
    opening = {"type": "reasoning", "summary": []}
    finished = {"summary": summary}
    included = items_at(output.stage.body, "include")
    if thought.redacted or "reasoning.encrypted_content" in included:
        opening["encrypted_content"] = output.stage.letters(80)
        finished["encrypted_content"] = output.stage.letters(160)
    return output.item(position, opening, _summaries(output, position, texts), finished)


def _summaries(output: Output, position: ItemPosition, texts: Sequence[str]) -> Frames:
    for index, text in enumerate(texts):
        where = position.fields(summary_index=index)
        part = {"type": "summary_text", "text": text}
        opened = {**where, "part": {**part, "text": ""}}
        yield event("response.reasoning_summary_part.added", opened)
        yield from output.deltas("response.reasoning_summary_text", text, reasoning=True, **where)
        yield event("response.reasoning_summary_text.done", {**where, "text": text})
        yield event("response.reasoning_summary_part.done", {**where, "part": part})


def _open_texts(output: Output, position: ItemPosition, texts: Sequence[str]) -> Frames:
    for index, text in enumerate(texts):
        where = position.fields(content_index=index)
        part = {"type": "reasoning_text", "text": text}
        yield event("response.content_part.added", {**where, "part": {**part, "text": ""}})
        yield from output.deltas("response.reasoning_text", text, reasoning=True, **where)
        yield event("response.reasoning_text.done", {**where, "text": text})
        yield event("response.content_part.done", {**where, "part": part})


def function_call(output: Output, call: Call) -> Frames:
    """A call of a function of the client's."""
    position = output.position("fc")
    text = arguments_text(call)

    def between() -> Frames:
        where = position.fields()
        yield from output.deltas("response.function_call_arguments", text, **where)
        done = {**where, "name": call.name, "arguments": text}
        yield event("response.function_call_arguments.done", done)

    opening = {
        "type": "function_call", "status": "in_progress", "arguments": "", "name": call.name,
        "call_id": call.id or call_id(output),
    }  # fmt: skip
    return output.item(position, opening, between(), {"status": "completed", "arguments": text})


def arguments_text(call: Call) -> str:
    """The arguments as the text that is sent."""
    if isinstance(call.arguments, str):
        return call.arguments
    return json.dumps(dict(call.arguments), ensure_ascii=False, separators=(",", ":"))


def call_id(output: Output) -> str:
    """A new id of a call."""
    return f"call_{output.stage.letters(24)}"


def custom_call(output: Output, call: CustomCall) -> Frames:
    """A call of a custom tool: its input is free text."""
    position = output.position("ctc")

    def between() -> Frames:
        where = position.fields()
        yield from output.deltas("response.custom_tool_call_input", call.input, **where)
        yield event("response.custom_tool_call_input.done", {**where, "input": call.input})

    opening = {
        "type": "custom_tool_call", "status": "in_progress", "input": "", "name": call.name,
        "call_id": call.id or call_id(output),
    }  # fmt: skip
    return output.item(position, opening, between(), {"status": "completed", "input": call.input})


def audio(output: Output, spoken: Speak) -> Frames:
    """Speech and its transcript: events without an item of their own."""
    where: dict[str, Any] = {"response_id": output.response_id}
    for piece in output.stage.pieces(spoken.transcript):
        sound = output.stage.letters(16)  # four letters are three bytes in Base64
        yield event("response.audio.delta", {**where, "delta": sound})
        yield event("response.audio.transcript.delta", {**where, "delta": piece})
    yield event("response.audio.done", where)
    yield event("response.audio.transcript.done", where)


def compaction(output: Output, part: Compact) -> Frames:
    """The conversation so far, made small and sealed."""
    del part  # it has no fields
    position = output.position("cmp")
    phase = event("response.compaction.compacting", position.fields())
    opening = {"type": "compaction", "encrypted_content": ""}
    sealed = {"encrypted_content": output.stage.letters(160)}
    return output.item(position, opening, iter([phase]), sealed)


def other(output: Output, item: OutputItem) -> Frames:
    """An item of any other kind, whole from the first."""
    prefix = "".join(word[0] for word in item.type.split("_") if word) or "item"
    fields = {"type": item.type, **item.fields}
    return output.item(output.position(prefix), fields, iter(()), {})
