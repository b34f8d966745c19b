"""Expectations of OpenAI Responses streams.

Source: OpenAI's API reference, "Streaming events"; the order and the fields are those that every
recorded stream of OpenAI and Azure has. `logprobs` and `sequence_number` are not required: early
streams have none.
"""

from __future__ import annotations

from types import MappingProxyType

from streamtape.checks.expected.base import Collected, Copy, Counter, Expected, Required, Track
from streamtape.checks.expected.facts import (
    AtMost,
    Echo,
    Fields,
    Fixed,
    Given,
    Same,
    Sum,
    Unique,
)

ITEM = "output_index|item_id|item.id"
_FINAL = ("response.completed", "response.incomplete", "response.failed")
_SEARCH = "output_item.added ({0}.in_progress {0}.searching* {0}.completed)? output_item.done"
_INPUT = "output_item.added {0}.delta* {0}.done output_item.done"
_PART = "content_part.added {0}.delta* {0}.done content_part.done"
_PARTS = (
    "output_item.added (content_part.added _* content_part.done "
    "| reasoning_part.added _* reasoning_part.done)* "
    "(reasoning_summary_part.added _* reasoning_summary_part.done)* output_item.done"
)
_ITEMS = {
    "message": "output_item.added (content_part.added _* content_part.done)* output_item.done",
    "reasoning": _PARTS,
    "function_call": _INPUT.format("function_call_arguments"),
    "custom_tool_call": _INPUT.format("custom_tool_call_input"),
    "apply_patch_call": (
        "output_item.added (apply_patch_call_operation_diff.delta* "
        "apply_patch_call_operation_diff.done)? output_item.done"
    ),
    "web_search_call": _SEARCH.format("web_search_call"),
    "file_search_call": _SEARCH.format("file_search_call"),
    "code_interpreter_call": (
        "output_item.added code_interpreter_call.in_progress code_interpreter_call_code.delta* "
        "code_interpreter_call_code.done code_interpreter_call.interpreting "
        "code_interpreter_call.completed output_item.done"
    ),
    "image_generation_call": (
        "output_item.added image_generation_call.in_progress image_generation_call.generating* "
        "image_generation_call.partial_image* image_generation_call.completed? output_item.done"
    ),
    "mcp_list_tools": (
        "output_item.added mcp_list_tools.in_progress "
        "(mcp_list_tools.completed | mcp_list_tools.failed) output_item.done"
    ),
    "mcp_call": (
        "output_item.added mcp_call.in_progress (mcp_call_arguments.delta | mcp_call.in_progress)* "
        "mcp_call_arguments.done (mcp_call.completed | mcp_call.failed) output_item.done"
    ),
    "shell_call": (
        "output_item.added (shell_call_command.added shell_call_command.delta* "
        "shell_call_command.done)* output_item.done"
    ),
    "shell_call_output": (
        "output_item.added (shell_call_output_content.delta* shell_call_output_content.done)* "
        "output_item.done"
    ),
    "*": "output_item.added _* output_item.done",
}
_LENIENT = ("mcp_call", "mcp_list_tools", "mcp_approval_request", "web_search_call",
            "file_search_call", "image_generation_call")  # fmt: skip
_REASONS = ("reasoning_text.delta", "reasoning_text.done")  # llama.cpp's have no part around
_RESPONSE = (
    "error | created queued? (in_progress _* (completed | incomplete) "
    "| (in_progress _*)? (error | failed | error failed))"
)
_ADDRESSED = ("output_index", "item_id")
_RESPONSE_FIELDS = (
    "response.id", "response.object", "response.created_at", "response.model", "response.status",
    "response.output",
)  # fmt: skip
_IN_PART = ("output_text.delta", "output_text.done", "output_text.annotation.added",
            "refusal.delta", "refusal.done", "content_part.added", "content_part.done",
            "reasoning_text.delta", "reasoning_text.done")  # fmt: skip
_IN_SUMMARY = tuple(
    f"reasoning_summary_{x}" for x in ("part.added", "part.done", "text.delta", "text.done")
)
_IN_ITEM = tuple(
    f"{tool}.{step}"
    for tool, steps in (
        ("function_call_arguments", "delta done"),
        ("mcp_call_arguments", "delta done"),
        ("custom_tool_call_input", "delta done"),
        ("code_interpreter_call_code", "delta done"),
        ("web_search_call", "in_progress searching completed"),
        ("file_search_call", "in_progress searching completed"),
        ("code_interpreter_call", "in_progress interpreting completed"),
        ("image_generation_call", "in_progress generating partial_image completed"),
        ("mcp_call", "in_progress completed failed"),
        ("mcp_list_tools", "in_progress completed failed"),
    )
    for step in steps.split()
)
_DELTAS = tuple(
    f"{x}.delta"
    for x in (
        "output_text", "refusal", "reasoning_text", "reasoning_summary_text",
        "function_call_arguments", "mcp_call_arguments", "custom_tool_call_input",
        "code_interpreter_call_code",
    )
)  # fmt: skip
_WHOLES = (
    ("output_text.done", "text"), ("refusal.done", "refusal"), ("reasoning_text.done", "text"),
    ("reasoning_summary_text.done", "text"), ("function_call_arguments.done", "arguments"),
    ("custom_tool_call_input.done", "input"), ("code_interpreter_call_code.done", "code"),
    ("content_part.added", "part"), ("content_part.done", "part"),
)  # fmt: skip


def _types(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"response.{name}" for name in names)


_OPEN = ("response.created", "response.in_progress", "response.queued")
_ADDED, _ITEM_DONE = ("response.output_item.added",), ("response.output_item.done",)
_USAGE = "response.usage"
_FACTS = (
    *(Fixed(name=f"open-{name}", types=_OPEN, holder="response", path=name, values=(None,))
      for name in ("usage", "error", "incomplete_details", "completed_at")),
    Fixed(name="open-output", types=_OPEN, holder="response", path="output", values=([],)),
    *(Fixed(name=f"completed-{name}", types=("response.completed",), holder="response", path=name,
            values=(None,)) for name in ("error", "incomplete_details")),
    Fixed(name="incomplete-details", types=("response.incomplete",), holder="response",
          path="incomplete_details"),
    Fixed(name="failed-error", types=("response.failed",), holder="response", path="error"),
    Fixed(name="open-part-text", types=("response.content_part.added",), holder="part", path="text",
          values=("",)),
    Fixed(name="open-part-annotations", types=("response.content_part.added",), holder="part",
          path="annotations", values=([],)),
    *(Fixed(name=f"open-{name}", types=_ADDED, holder="item", path=name, values=values,
            when=("type", kinds))
      for name, kinds, values in (
          ("content", ("message", "reasoning"), ([], None)),
          ("summary", ("reasoning",), ([],)),
          ("arguments", ("function_call",), ("",)),
          ("input", ("custom_tool_call",), ("",)))),
    *(Fixed(name=f"done-{kind}", types=_ITEM_DONE, holder="item", path="status",
            values=("completed", "incomplete", None), when=("type", (kind,)))
      for kind in ("message", "reasoning")),
    Fixed(name="done-role", types=(*_ADDED, *_ITEM_DONE), holder="item", path="role",
          values=("assistant",), when=("type", ("message",))),
    Same(name="response", types=(*_OPEN, *_FINAL), holder="response", names=(
        "background", "frequency_penalty", "instructions",
        "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls",
        "presence_penalty", "previous_response_id", "prompt_cache_key", "reasoning",
        "safety_identifier", "store", "temperature", "text", "tool_choice", "tools",
        "top_logprobs", "top_p", "truncation", "user", "conversation", "moderation",
        "prompt_cache_retention")),
    Fields(name="fields", weight="warning", elsewhere=None),
    Fields(name="fields-response", types=(*_OPEN, *_FINAL), holder="response", by_type=False,
           weight="warning", elsewhere=None,
           save=frozenset({"completed_at", "content_filters", "tool_usage"})),
    Same(name="item", types=(*_ADDED, *_ITEM_DONE), holder="item", key=("output_index|item.id",),
         names=("id", "type", "role", "name", "call_id", "phase", "server_label", "container_id",
                "namespace", "approval_request_id", "execution", "environment")),
    Same(name="part", types=("response.content_part.added", "response.content_part.done"),
         holder="part", names=("type",), key=(ITEM, "content_index")),
    Unique(name="ids", types=_ADDED, path="item.id"),
    Unique(name="calls", types=_ADDED, holder="item", path="call_id",
           when=("type", ("function_call", "custom_tool_call"))),
    Given(name="tool-given", types=_ADDED, holder="item", path="name",
          in_request=("tools.*.name", "tools.*.tools.*.name"), when=("type", ("function_call",))),
    Echo(name="echo", types=(*_OPEN, *_FINAL), holder="response", names=(
        "background", "max_output_tokens", "max_tool_calls", "parallel_tool_calls",
        "previous_response_id", "store", "temperature", "tool_choice", "top_logprobs", "top_p",
        "truncation"), elsewhere=None),
    Sum(name="total", types=_FINAL, holder=_USAGE, total="total_tokens",
        parts=("input_tokens", "output_tokens")),
    AtMost(name="reasoning-output", types=_FINAL, holder=_USAGE, bound="output_tokens",
           path="output_tokens_details.reasoning_tokens"),
    AtMost(name="cached-input", types=_FINAL, holder=_USAGE, bound="input_tokens",
           path="input_tokens_details.cached_tokens"),
    AtMost(name="output-asked", types=_FINAL, path="response.usage.output_tokens",
           in_request=("max_output_tokens",), weight="warning", elsewhere=None),
    AtMost(name="times", types=_FINAL, holder="response", path="created_at", bound="completed_at"),
)  # fmt: skip
OPENAI_RESPONSES = Expected(
    dialect="openai-responses",
    owners=("openai", "azure"),
    tracks=(
        Track("response", MappingProxyType({"*": _RESPONSE}), prefix="response.", ends=False),
        Track("item", MappingProxyType(_ITEMS), (ITEM,), "item.type", "response.",
              lenient=_LENIENT, loose=_REASONS),
        Track(
            "part",
            MappingProxyType({
                "output_text": "content_part.added (output_text.delta | "
                               "output_text.annotation.added)* output_text.done content_part.done",
                "refusal": _PART.format("refusal"),
                # vLLM and Bedrock open the parts of reasoning by an event of their own.
                "reasoning_text": "(content_part.added | reasoning_part.added) "
                                  "reasoning_text.delta* reasoning_text.done "
                                  "(content_part.done | reasoning_part.done)",
                "*": "(content_part.added _* content_part.done "
                     "| reasoning_part.added _* reasoning_part.done)",
            }),
            (ITEM, "content_index"), "part.type", "response.",
            loose=_REASONS,
        ),
        Track(
            "summary",
            MappingProxyType({"*": "reasoning_summary_part.added reasoning_summary_text.delta* "
                                   "reasoning_summary_text.done reasoning_summary_part.done"}),
            (ITEM, "summary_index"), "part.type", "response.",
        ),
    ),
    required=(
        Required(("response.created", "response.in_progress", "response.queued", *_FINAL),
                 _RESPONSE_FIELDS),
        Required(_types(("output_item.added", "output_item.done")),
                 ("output_index", "item.id", "item.type")),
        Required(_types(("output_item.added", "output_item.done")),
                 ("item.role", "item.status", "item.content"), ("item.type", "message")),
        Required(_types(("output_item.added", "output_item.done")),
                 ("item.call_id", "item.name", "item.arguments", "item.status"),
                 ("item.type", "function_call")),
        Required(_types(_IN_PART), (*_ADDRESSED, "content_index")),
        Required(_types(_IN_SUMMARY), (*_ADDRESSED, "summary_index")),
        Required(_types(_IN_ITEM), _ADDRESSED),
        Required(_types(_DELTAS), ("delta",)),
        *(Required((f"response.{name}",), (path,)) for name, path in _WHOLES),
        Required(("response.content_part.added", "response.content_part.done"),
                 ("part.annotations", "part.text"), ("part.type", "output_text")),
    ),
    counters=(
        Counter(("response.output_item.added",), "output_index"),
        Counter(("response.content_part.added",), "content_index", (ITEM,)),
        Counter(("response.reasoning_summary_part.added",), "summary_index", (ITEM,)),
        Counter(("response.output_text.annotation.added",), "annotation_index",
                (ITEM, "content_index")),
    ),
    paired=(("output_index", "item_id|item.id"),),
    constant=("response.id", "response.model", "response.created_at", "response.object"),
    states=(
        ("response.completed", "response.status", ("completed",)),
        ("response.incomplete", "response.status", ("incomplete",)),
        ("response.failed", "response.status", ("failed", "cancelled")),
        ("response.created", "response.status", ("in_progress", "queued")),
        ("response.in_progress", "response.status", ("in_progress",)),
        ("response.queued", "response.status", ("queued",)),
    ),
    copies=(
        Copy(("response.output_item.done",), "item", "output_index|item.id",
             ("response.completed", "response.incomplete"), "response.output",
             ("encrypted_content", "logprobs", "fingerprint"), _LENIENT),
    ),
    collected=(
        Collected(("response.output_text.annotation.added",), "annotation", (ITEM, "content_index"),
                  ("response.content_part.done",), "part.annotations"),
        Collected(("response.content_part.done", "response.reasoning_part.done"), "part", (ITEM,),
                  ("response.output_item.done",), "item.content", ("logprobs",), any_came=True),
        Collected(("response.reasoning_summary_part.done",), "part", (ITEM,),
                  ("response.output_item.done",), "item.summary", any_came=True),
    ),
    usage_in=("response.completed",),
    facts=_FACTS,
    arguments=("function_call", "mcp_call"),
    truncated=(("response.completed", "response.usage.output_tokens", "max_output_tokens"),),
    streamed=tuple(f"response.{name}" for name, path in _WHOLES if path != "part"),
    failures=("error", "response.failed"),
    followed_by=(("error", "response.failed"),),
    no_marker=True,
    call_fields=("id", "name"),
    types=(
        "keepalive", "response.reasoning_part.added", "response.reasoning_part.done",
        "response.shell_call_command.added", "response.compaction.compacting",
        "response.audio.done", "response.audio.transcript.done",
    ),
)  # fmt: skip
