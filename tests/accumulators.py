"""What the SDKs' own accumulators make of a stream, in the transcript's words.

Each function gives `None` where its SDK refuses the stream. Fields that the SDK leaves empty are
not there: it takes id and model from the first chunk, which Azure sends without them.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import openai
from anthropic._models import construct_type as anthropic_construct
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from openai._models import construct_type
from openai.lib.streaming.chat._completions import ChatCompletionStreamState
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from streamtape.tape.events import Event, Transcript

Fields = dict[str, Any]
REFUSALS = (
    TypeError,
    RuntimeError,
    AssertionError,
    AttributeError,
    KeyError,
    IndexError,
    ValueError,
)


def payloads(events: Sequence[Event]) -> list[Any]:
    """The payloads that an SDK hands on: objects, without errors and pings."""
    return [e.payload for e in events if isinstance(e.payload, dict) and e.type != "error"]


def responses(events: Sequence[Event]) -> Fields | None:
    """openai-python's `responses.stream()`; None where it was not completed."""
    state: Any = ResponseStreamState(input_tools=openai.omit, text_format=openai.omit)
    for payload in payloads(events):
        kind: Any = ResponseStreamEvent
        state.handle_event(construct_type(type_=kind, value=payload))
    response = state._completed_response
    if response is None:
        return None
    items = [item for item in response.output if item.type in ("function_call", "mcp_call")]
    parts = [c for i in response.output if i.type == "message" for c in i.content]
    return {
        "text": response.output_text,
        "refusal": "".join(c.refusal for c in parts if c.type == "refusal"),
        "tool_calls": [(getattr(i, "call_id", None) or i.id, i.name, i.arguments) for i in items],
        "status": response.status,
        "model": response.model,
        "id": response.id,
        "usage": response.usage.total_tokens if response.usage else None,
    }


def chat(events: Sequence[Event]) -> Fields | None:
    """openai-python's `chat.completions.stream()`: its first choice."""
    state: Any = ChatCompletionStreamState(input_tools=openai.omit, response_format=openai.omit)
    for payload in payloads(events):
        state.handle_chunk(construct_type(type_=ChatCompletionChunk, value=payload))
    completion = state.current_completion_snapshot
    if not completion.choices:
        return None
    choice = completion.choices[0]
    return {
        "text": choice.message.content or "",
        "refusal": choice.message.refusal or "",
        "tool_calls": [
            (c.id, c.function.name, c.function.arguments or "")
            for c in choice.message.tool_calls or []
        ],
        "finish_reason": choice.finish_reason,
        "model": completion.model,
        "id": completion.id,
        "usage": completion.usage.total_tokens if completion.usage else None,
    }


def anthropic(events: Sequence[Event]) -> Fields | None:
    """The anthropic package's `messages.stream()`."""
    message: Any = None
    buffers: dict[int, bytes] = {}
    for payload in payloads([e for e in events if e.type != "ping"]):
        kind: Any = RawMessageStreamEvent
        event: Any = anthropic_construct(type_=kind, value=payload)
        message = accumulate_event(event=event, current_snapshot=message, json_bufs=buffers)
    if message is None:
        return None
    tools = [b for b in message.content if b.type in ("tool_use", "server_tool_use")]
    return {
        "text": "".join(b.text for b in message.content if b.type == "text"),
        "reasoning": [b.thinking for b in message.content if b.type == "thinking"],
        "parsed_calls": [(b.id, b.name, b.input) for b in tools],
        "finish_reason": message.stop_reason,
        "model": message.model,
        "id": message.id,
        "usage": message.usage.output_tokens,
    }


ACCUMULATORS: dict[str, Callable[[Sequence[Event]], Fields | None]] = {
    "openai-responses": responses,
    "openrouter-responses": responses,
    "openai-chat": chat,
    "anthropic": anthropic,
    "bedrock-anthropic": anthropic,
}


def accumulated(dialect: str, profile_of: str | None, events: Sequence[Event]) -> Fields | None:
    """What the SDK of a dialect makes of a stream; None where there is none or it refuses."""
    accumulate = ACCUMULATORS.get(dialect) or ACCUMULATORS.get(profile_of or "")
    if accumulate is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK's models warn of fields that they do not know
        try:
            text = accumulate(events)
        except REFUSALS:
            return None
    return None if text is None else {k: v for k, v in text.items() if v not in (None, "", [])}


def in_their_words(transcript: Transcript, fields: Fields) -> Fields:
    """The same fields of a transcript."""
    tokens = ("total_tokens", "output_tokens")
    usage = transcript.usage or {}
    calls = [c for c in transcript.tool_calls if c.kind in FUNCTIONS]
    if transcript.choices:
        calls = [c for c in calls if c.key[0] == transcript.choices[0].parts[0].key[0]]
    values = {
        "text": transcript.text,
        "refusal": transcript.refusal,
        "reasoning": [p.text for p in transcript.of("reasoning")],
        "tool_calls": [(c.id, c.name, c.arguments) for c in calls],
        "parsed_calls": [(c.id, c.name, c.parsed) for c in calls if c.kind != "mcp_tool_use"],
        "status": transcript.status,
        "finish_reason": transcript.finish_reason,
        "model": transcript.model,
        "id": transcript.id,
        "usage": next((usage[t] for t in tokens if t in usage), None),
    }
    return {name: values[name] for name in fields}


FUNCTIONS = ("function", "function_call", "mcp_call", "tool_use", "server_tool_use", "mcp_tool_use")
