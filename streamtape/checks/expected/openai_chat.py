"""Expectations of Chat Completions streams.

Source: OpenAI's API reference, "The chat completion chunk object"; what every recorded stream of
OpenAI and Azure has. `created` may change (Azure's models of other makers), `usage` comes if it was
requested.
"""

from __future__ import annotations

from streamtape.checks.expected.base import Counter, Expected, First, Required
from streamtape.checks.expected.facts import (
    AtMost,
    Because,
    Fields,
    Fixed,
    Given,
    Same,
    Sum,
    Unique,
)

_FILTER = ("content_filter_results", "content_filter_offsets", "content_filter_result")
_CHOICE, _CALL = "choices.*", "choices.*.delta.tool_calls.*"
_INDEX = "choices.*.index|#0"
_CALL_KEY = (_INDEX, f"{_CALL}.index|#1")
_FACTS = (
    # xAI counts reasoning apart from the completion: the sums hold of the owners alone.
    Sum(name="total", holder="usage", total="total_tokens",
        parts=("prompt_tokens", "completion_tokens"), elsewhere=None),
    AtMost(name="reasoning-output", holder="usage", bound="completion_tokens",
           path="completion_tokens_details.reasoning_tokens", elsewhere=None),
    AtMost(name="cached-prompt", holder="usage", bound="prompt_tokens",
           path="prompt_tokens_details.cached_tokens", only=("openai",)),
    AtMost(name="output-asked", holder="usage", path="completion_tokens",
           in_request=("max_completion_tokens", "max_tokens"), weight="warning", elsewhere=None),
    AtMost(name="choices-asked", holder=_CHOICE, path="index", in_request=("n",), default=1,
           below=True),
    Fixed(name="role", holder=_CHOICE, path="delta.role", values=("assistant", None, ""),
          weight="error"),
    # A new id at one index is a new call at servers that number nothing.
    Same(name="call", holder=_CALL, names=("id", "function.name", "type"), key=_CALL_KEY,
         known=True, elsewhere=None),
    Unique(name="ids", holder=_CALL, path="id", key=_CALL_KEY),
    Given(name="tool-given", holder=_CALL, path="function.name",
          in_request=("tools.*.function.name",), when=("function.name", ())),
    Because(name="reason-tool", holder=_CHOICE, path="finish_reason", value="tool_calls",
            seen=_CALL, others=("length", "content_filter"), forced="tool_choice"),
    Because(name="reason-function", holder=_CHOICE, path="finish_reason", value="function_call",
            seen="choices.*.delta.function_call", others=("length", "content_filter"),
            forced="function_call"),
    Fixed(name="call-type", holder=_CALL, path="type", values=("function", "custom"), there=True,
          when=("id", ()), weight="warning", elsewhere=None),
    Fields(name="fields", weight="warning", elsewhere=None, save=frozenset({
        "prompt_filter_results", "system_fingerprint", "obfuscation", "usage", "choices",
        "latency_checkpoint", "service_tier", "moderation"})),
    Fields(name="fields-choice", holder=_CHOICE, weight="warning", elsewhere=None,
           save=frozenset({"content_filter_results", "finish_reason", "content_filter_offsets",
                           "content_filter_result", "delta"})),
    Same(name="fingerprint", names=("system_fingerprint",), known=True, weight="warning",
         elsewhere=None),
    Same(name="created", names=("created",), known=True, only=("openai",), elsewhere=None),
)  # fmt: skip
OPENAI_CHAT = Expected(
    dialect="openai-chat",
    owners=("openai", "azure"),
    required=(
        Required(("chat.completion.chunk",), ("id", "object", "created", "model")),
        Required(("chat.completion.chunk",), ("choices.*.index",)),
        Required(
            ("chat.completion.chunk",),
            ("usage",),
            ("choices", []),
            weight="warning",
            unless=("prompt_filter_results", "moderation"),
        ),
        # Azure's filter has choices of its own: results or offsets, and no delta.
        Required(("chat.completion.chunk",), ("choices.*.delta",), unless=_FILTER),
    ),
    firsts=(First("choices.*", ("choices.*.index",), "delta.role", having="delta"),),
    counters=(
        Counter((), "choices.*.delta.tool_calls.*.index", ("choices.*.index|#0",), grows=True),
    ),
    constant=("id", "model", "object"),
    usage_if=("stream_options.include_usage",),
    usage_alone="choices",
    arguments=("function",),
    facts=_FACTS,
    call_fields=("id", "name"),
)
