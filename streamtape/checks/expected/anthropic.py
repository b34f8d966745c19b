"""A good Anthropic Messages stream.

Source: Anthropic's API reference, "Streaming Messages"; the order is that of every recorded stream.
"""

from __future__ import annotations

from types import MappingProxyType

from streamtape.checks.expected.base import Counter, Expected, Required, Track

_BLOCKS = "(content_block_start _* content_block_stop)*"
_MESSAGE = (
    f"error | message_start {_BLOCKS} (message_delta message_stop | error "
    "| content_block_start _* error)"
)


def _block(deltas: str) -> str:
    return f"content_block_start {deltas} content_block_stop"


_TOOL = _block("content_block_delta:input_json_delta*")
ANTHROPIC = Expected(
    dialect="anthropic",
    owners=("anthropic", "azure", "google"),
    tracks=(
        Track("message", MappingProxyType({"*": _MESSAGE}), ends=False),
        Track(
            "block",
            MappingProxyType({
                "text": _block(
                    "(content_block_delta:text_delta | content_block_delta:citations_delta)*"
                ),
                "thinking": _block(
                    "(content_block_delta:thinking_delta* content_block_delta:signature_delta)?"
                ),
                "tool_use": _TOOL,
                "server_tool_use": _TOOL,
                "mcp_tool_use": _TOOL,
                "compaction": _block("content_block_delta:compaction_delta*"),
                "*": _block("_*"),
            }),
            ("index",), "content_block.type", refine="delta.type",
        ),
    ),
    required=(
        Required(("message_start",), ("message.id", "message.role", "message.model",
                                      "message.content", "message.usage")),
        Required(("content_block_start",), ("index", "content_block.type")),
        Required(("content_block_delta",), ("index", "delta.type")),
        Required(("content_block_stop",), ("index",)),
        Required(("message_delta",), ("delta.stop_reason", "usage.output_tokens")),
        Required(("content_block_start",), ("content_block.id", "content_block.name"),
                 ("content_block.type", "tool_use")),
    ),
    counters=(Counter(("content_block_start",), "index"),),
    cumulative=("message.usage.output_tokens|usage.output_tokens",),
    arguments=("tool_use", "server_tool_use", "mcp_tool_use"),
    call_fields=("id", "name"),
    broken=("error",),
    no_marker=True,
)  # fmt: skip
