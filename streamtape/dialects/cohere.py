"""Cohere's chat, versions 1 and 2.

Source: Cohere's API reference, "Chat with streaming".
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Dialect, Piece, Scope

_INDEX = ("index",)
_CONTENT = "delta.message.content"
_TOOL = ("index", "=call")
_TOOLS = "delta.message.tool_calls"

COHERE = Dialect(
    name="cohere",
    title="Cohere chat v2",
    url=r"cohere\.(?:com|ai)/v2/chat",
    signs=(("@type", r"^(?:message-start|content-(?:start|delta)|tool-(?:plan|call)-)"),),
    type_from=("type", "@event"),
    deltas=(
        Piece("text", f"{_CONTENT}.text", ("content-delta",), _INDEX),
        Piece("reasoning", f"{_CONTENT}.thinking", ("content-delta",), _INDEX),
        Piece("reasoning", "delta.message.tool_plan", ("tool-plan-delta",), ("=plan",)),
        Piece("arguments", f"{_TOOLS}.function.arguments", ("tool-call-delta",), _TOOL),
    ),
    wholes=(
        Piece("text", f"{_CONTENT}.text", ("content-start",), _INDEX, seed=True),
        Piece("arguments", f"{_TOOLS}.function.arguments", ("tool-call-start",), _TOOL, seed=True),
    ),
    calls=(Call(_TOOLS, _TOOL, ("tool-call-start",), name="function.name"),),
    annotations=("delta.message.citations",),
    scopes=(
        Scope("message", ("message-start",), ("message-end",)),
        Scope(
            "content", ("content-start",), ("content-end",), _INDEX, _INDEX, _INDEX,
            ("content-delta",), within="message",
        ),
        Scope(
            "call", ("tool-call-start",), ("tool-call-end",), _INDEX, _INDEX, _INDEX,
            ("tool-call-delta",), within="message",
        ),
        Scope(
            "citation", ("citation-start",), ("citation-end",), _INDEX, _INDEX, within="message"
        ),
    ),
    opening=("message-start",),
    terminal=("message-end", "error"),
    event_equals_type=True,
    id=("id",),
    finish_reason=("delta.finish_reason",),
    usage=("delta.usage",),
    error=("delta.error", "error"),
    dropped=("logprobs",),
    masked=("delta.usage",),
    ids=("id", f"{_TOOLS}.id"),
)  # fmt: skip

COHERE_V1 = Dialect(
    name="cohere-v1",
    title="Cohere chat v1",
    url=r"cohere\.(?:com|ai)/v1/chat",
    signs=(("event_type", r"^(?:stream-start|text-generation)$"),),
    type_from=("event_type", "@event"),
    deltas=(Piece("text", "text", ("text-generation",)),),
    wholes=(Piece("text", "response.text", ("stream-end",)),),
    calls=(Call("tool_calls.*", ("@event", "#0"), ("tool-calls-generation",)),),
    annotations=("citations.*",),
    scopes=(Scope("stream", ("stream-start",), ("stream-end",)),),
    opening=("stream-start",),
    terminal=("stream-end",),
    id=("generation_id",),
    finish_reason=("finish_reason",),
    usage=("response.meta.billed_units",),
    error=("error",),
    masked=("response.meta", "amazon-bedrock-invocationMetrics"),
    ids=("generation_id", "response.response_id", "response.generation_id"),
)
BEDROCK_COHERE = COHERE_V1.profile(
    "bedrock-cohere",
    title="Cohere on AWS Bedrock",
    url=r"/invoke-with-response-stream",
    type_from=("event_type",),
    wrapped="bytes",
)
