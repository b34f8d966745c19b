"""Expectations of Anthropic Messages streams.

Source: Anthropic's API reference, "Streaming Messages"; every recorded stream has this order.
"""

from __future__ import annotations

from types import MappingProxyType

from streamtape.checks.expected.base import Counter, Expected, Required, Track
from streamtape.checks.expected.facts import AtMost, Because, Fields, Fixed, Given, Sum, Unique

_BLOCKS = "(content_block_start _* content_block_stop)*"
_MESSAGE = (
    f"error | message_start {_BLOCKS} (message_delta message_stop | error "
    "| content_block_start _* error)"
)


def _block(deltas: str) -> str:
    return f"content_block_start {deltas} content_block_stop"


_TOOL = _block("content_block_delta:input_json_delta*")
_START, _DELTA, _BLOCK_START = ("message_start",), ("message_delta",), ("content_block_start",)
_CACHE = "cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens"
_FACTS = (
    Fixed(name="open-reason", types=_START, holder="message", path="stop_reason", values=(None,),
          there=True),
    Fixed(name="open-sequence", types=_START, holder="message", path="stop_sequence",
          values=(None,), there=True),
    Fixed(name="open-content", types=_START, holder="message", path="content", values=([],)),
    Fixed(name="open-text", types=_BLOCK_START, holder="content_block", path="text", values=("",),
          when=("type", ("text",)), weight="warning"),
    Fixed(name="open-thinking", types=_BLOCK_START, holder="content_block", path="thinking",
          values=("",), when=("type", ("thinking",)), weight="warning"),
    Fixed(name="open-input", types=_BLOCK_START, holder="content_block", path="input",
          values=({},), when=("type", ("tool_use", "server_tool_use")), weight="warning"),
    Fixed(name="reason", types=_DELTA, holder="delta", path="stop_reason"),
    Because(name="reason-tool", types=_DELTA, holder="delta", path="stop_reason", value="tool_use",
            seen="content_block", seen_types=_BLOCK_START, seen_path="type",
            seen_values=("tool_use",), others=("max_tokens", "refusal", "pause_turn",
                                               "model_context_window_exceeded")),
    Fixed(name="sequence-there", types=_DELTA, holder="delta", path="stop_sequence",
          when=("stop_reason", ("stop_sequence",))),
    Fixed(name="sequence-alone", types=_DELTA, holder="delta", path="stop_sequence",
          values=(None,),
          when=("stop_reason", ("end_turn", "tool_use", "max_tokens", "refusal", "pause_turn"))),
    Given(name="sequence-given", types=_DELTA, path="delta.stop_sequence",
          in_request=("stop_sequences.*",), otherwise=False),
    Given(name="tool-given", types=_BLOCK_START, holder="content_block", path="name",
          in_request=("tools.*.name",), when=("type", ("tool_use",))),
    Unique(name="ids", types=_BLOCK_START, path="content_block.id"),
    Fields(name="fields", weight="warning", elsewhere=None, save=frozenset({"content_block"})),
    Fields(name="fields-delta", types=("content_block_delta",), holder="delta", kind="type",
           weight="warning", elsewhere=None),
    Sum(name="cache-sum", types=_START, holder="message.usage", total="cache_creation_input_tokens",
        parts=_CACHE, when=("cache_creation", ())),
    AtMost(name="output-asked", types=_DELTA, path="usage.output_tokens",
           in_request=("max_tokens",), weight="warning"),
    AtMost(name="thinking-output", types=_DELTA, holder="usage",
           path="output_tokens_details.thinking_tokens", bound="output_tokens"),
)  # fmt: skip
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
    failures=("error",),
    facts=_FACTS,
    no_marker=True,
)  # fmt: skip
