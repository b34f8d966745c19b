"""A good Chat Completions stream.

Source: OpenAI's API reference, "The chat completion chunk object"; what every recorded stream of
OpenAI and Azure has. `created` may change (Azure's models of other makers), `usage` comes where it
was asked for.
"""

from __future__ import annotations

from streamtape.checks.expected.base import Counter, Expected, First, Required

_FILTER = ("content_filter_results", "content_filter_offsets", "content_filter_result")
OPENAI_CHAT = Expected(
    dialect="openai-chat",
    owners=("openai", "azure"),
    required=(
        Required(("chat.completion.chunk",), ("id", "object", "created", "model")),
        Required(("chat.completion.chunk",), ("choices.*.index",)),
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
    call_fields=("id", "name"),
)
