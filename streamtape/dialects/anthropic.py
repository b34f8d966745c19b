"""Anthropic Messages: `POST /v1/messages` with `stream: true`, there and at other clouds.

Source: Anthropic's API reference, "Streaming Messages". Blocks open, grow and close one after the
other; usage is cumulative; `ping` comes at any time; unknown types are to be passed over.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Channel, Dialect, Piece, Scope

_BLOCK = ("index",)
_START = ("content_block_start",)
_PLAIN = ("message",)  # a response that is not a stream: the message itself
_DELTA = ("content_block_delta",)
_DELTAS: tuple[tuple[str, Channel, str], ...] = (
    ("text_delta", "text", "text"),
    ("thinking_delta", "reasoning", "thinking"),
    ("input_json_delta", "arguments", "partial_json"),
    ("signature_delta", "signature", "signature"),
    ("compaction_delta", "output", "content"),
)
_SEEDS: tuple[tuple[str, Channel, str], ...] = (
    ("text", "text", "text"),
    ("thinking", "reasoning", "thinking"),
)
_TOOLS = ("tool_use", "server_tool_use", "mcp_tool_use")

ANTHROPIC = Dialect(
    name="anthropic",
    title="Anthropic Messages",
    url=r"/messages(?:\?|$)|:streamRawPredict",
    signs=(("@type", r"^(?:message_start|content_block_(?:start|delta))$"),),
    type_from=("type", "@event"),
    deltas=tuple(
        Piece(channel, f"delta.{field}", _DELTA, _BLOCK, ("delta.type", (kind,)))
        for kind, channel, field in _DELTAS
    ),
    wholes=(
        *(
            Piece(channel, f"content_block.{field}", _START, _BLOCK,
                  ("content_block.type", (kind,)), seed=True)
            for kind, channel, field in _SEEDS
        ),
        Piece("arguments", "content_block.input", _START, _BLOCK, ("content_block.type", _TOOLS)),
        Piece("text", "content.*.text", _PLAIN, ("#0",)),
        Piece("reasoning", "content.*.thinking", _PLAIN, ("#0",)),
        Piece("arguments", "content.*.input", _PLAIN, ("#0",)),
        Piece("output", "content_block.content", _START, _BLOCK,
              ("content_block.type", ("compaction",)), seed=True),
    ),
    calls=(
        Call("content_block", _BLOCK, _START, ("content_block.type", _TOOLS), kind="type"),
        Call("content.*", ("#0",), _PLAIN, ("content.*.type", _TOOLS), kind="type"),
    ),
    annotations=("content.*.citations.*", "delta.citation", "content_block.citations.*"),
    scopes=(
        Scope("message", ("message_start",), ("message_stop",), extends=("message_delta",)),
        Scope("block", _START, ("content_block_stop",), _BLOCK, _BLOCK, _BLOCK, _DELTA,
              within="message"),
    ),
    opening=("message_start",),
    terminal=("message_stop", "error"),
    event_equals_type=True,
    id=("message.id", "id"),
    model=("message.model", "model"),
    finish_reason=("delta.stop_reason", "stop_reason"),
    usage=("message.usage", "usage"),
    error=("error",),
    noise=("ping",),
    dropped=(
        "**.encrypted_content", "**.encrypted_index", "**.signature", "content_block.data",
        "amazon-bedrock-invocationMetrics",
    ),
    masked=(
        "usage", "message.usage", "message.container.expires_at", "delta.container.expires_at",
        "context_management", "content_block.content.retrieved_at",
    ),
    ids=(
        "id", "content.*.id", "message.id", "content_block.id", "content_block.tool_use_id",
        "message.container.id",
        "delta.container.id", "message.content.*.id", "message.content.*.caller.tool_id",
        "content_block.caller.tool_id", "request_id", "content_block.content.content.*.file_id",
    ),
    opaque=("content_block.input", "content.*.input"),
)  # fmt: skip
BEDROCK_ANTHROPIC = ANTHROPIC.profile(
    "bedrock-anthropic",
    title="Anthropic Messages on AWS Bedrock",
    url=r"/invoke-with-response-stream",
    wrapped="bytes",
    event_equals_type=False,
)
