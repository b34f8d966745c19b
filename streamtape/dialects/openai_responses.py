"""OpenAI Responses: `POST /v1/responses` with `stream: true`, or the same events over WebSocket.

Source: OpenAI's API reference, "Streaming events", and the types of openai-python 3.54; types seen
beyond them (`keepalive`, `apply_patch_call_operation_diff`, `reasoning_part`) are in the table too.
The Open Responses specification and OpenRouter differ in the wire only and are profiles.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Channel, Dialect, Piece, Scope

# Items are distinguished by their index; servers that leave it out (llama.cpp) still send the id.
ITEM = "output_index|item_id"
OPENED_ITEM = "output_index|item.id"
# stem of the event type, channel, the key below the item, the path of the done value
_TEXTS: tuple[tuple[str, Channel, str, str], ...] = (
    ("output_text", "text", "content_index", "text"),
    ("refusal", "refusal", "content_index", "refusal"),
    ("reasoning_text", "reasoning", "content_index", "text"),
    ("reasoning_summary_text", "reasoning", "summary_index,=summary", "text"),
    ("function_call_arguments", "arguments", "", "arguments"),
    ("mcp_call_arguments", "arguments", "", "arguments"),
    ("custom_tool_call_input", "arguments", "", "input"),
    ("code_interpreter_call_code", "code", "", "code"),
    ("shell_call_command", "code", "command_index", "command"),
    ("shell_call_output_content", "output", "command_index", "output"),
    ("apply_patch_call_operation_diff", "code", "", "diff"),
    ("audio", "audio", "content_index", "data"),
    ("audio.transcript", "transcript", "content_index", "transcript"),
)
_ENDS = ("response.completed", "response.failed", "response.incomplete", "error")
_PLAIN = ("response",)  # a response that is not a stream: the response itself
_FINAL = ("response.completed", "response.failed", "response.incomplete")


def _key(item: str, below: str) -> tuple[str, ...]:
    return (item, *below.split(",")) if below else (item,)


_DELTAS = tuple(
    Piece(channel, "delta", (f"response.{stem}.delta",), _key(ITEM, below))
    for stem, channel, below, _ in _TEXTS
)
_DONE = tuple(
    Piece(channel, path, (f"response.{stem}.done",), _key(ITEM, below))
    for stem, channel, below, path in _TEXTS
)
# A part that opens: what its text goes on from, and, where indices repeat, that it is another one.
_PARTS: tuple[tuple[str, Channel, str, str, str], ...] = (
    ("content_part", "text", "content_index", "text", "output_text"),
    ("content_part", "refusal", "content_index", "refusal", "refusal"),
    ("content_part", "reasoning", "content_index", "text", "reasoning_text"),
    ("reasoning_part", "reasoning", "content_index", "text", "reasoning_text"),
    ("reasoning_summary_part", "reasoning", "summary_index,=summary", "text", "summary_text"),
)
_OPENED = tuple(
    Piece(
        channel,
        f"part.{field}",
        (f"response.{stem}.added",),
        _key(ITEM, below),
        ("part.type", (kind,)),
        seed=True,
    )
    for stem, channel, below, field, kind in _PARTS
)
# What an item holds: path below it, channel, the key below the item, the kinds of item.
_HOLDS: tuple[tuple[str, Channel, tuple[str, ...], str], ...] = (
    ("content.*.text", "text", ("#{n}",), "message"),
    ("content.*.refusal", "refusal", ("#{n}",), "message"),
    ("content.*.text", "reasoning", ("#{n}",), "reasoning"),
    ("summary.*.text", "reasoning", ("#{n}", "=summary"), "reasoning"),
    ("arguments", "arguments", (), "function_call|mcp_call|mcp_approval_request"),
    ("input", "arguments", (), "custom_tool_call"),
    ("code", "code", (), "code_interpreter_call"),
    ("operation.diff", "code", (), "apply_patch_call"),
    ("action.commands.*", "code", ("#{n}",), "shell_call"),
)
_CALLS = (
    "function_call", "mcp_call", "custom_tool_call", "code_interpreter_call", "web_search_call",
    "file_search_call", "image_generation_call", "computer_call", "local_shell_call", "shell_call",
    "apply_patch_call", "mcp_approval_request", "tool_search_call",
)  # fmt: skip


def _texts_in(prefix: str, types: tuple[str, ...], item: str, n: int) -> tuple[Piece, ...]:
    """The wholes inside items that stand at `prefix`; `n` is how many `*` the prefix has."""
    return tuple(
        Piece(
            channel,
            f"{prefix}.{path}",
            types,
            (item, *(k.format(n=n) for k in key)),
            (f"{prefix}.type", tuple(kinds.split("|"))),
            final=n > 0,
        )
        for path, channel, key, kinds in _HOLDS
    )


OPENAI_RESPONSES = Dialect(
    name="openai-responses",
    title="OpenAI Responses",
    url=r"/responses(?:/[^/?]+)?/?(?:\?|$)",
    signs=(("@type", r"^response\.(?:created|queued|in_progress|output_|completed|failed)"),),
    type_from=("type", "@event", "object"),
    deltas=_DELTAS,
    wholes=(
        *_OPENED,
        *_DONE,
        Piece("text", "part.text", ("response.content_part.done",), (ITEM, "content_index"),
              ("part.type", ("output_text",))),
        Piece("refusal", "part.refusal", ("response.content_part.done",), (ITEM, "content_index"),
              ("part.type", ("refusal",))),
        Piece("reasoning", "part.text",
              ("response.content_part.done", "response.reasoning_part.done"),
              (ITEM, "content_index"), ("part.type", ("reasoning_text",))),
        Piece("reasoning", "part.text", ("response.reasoning_summary_part.done",),
              (ITEM, "summary_index", "=summary")),
        *_texts_in("item", ("response.output_item.done",), OPENED_ITEM, 0),
        *_texts_in("response.output.*", _FINAL, "#0", 1),
        *_texts_in("output.*", _PLAIN, "#0", 1),
    ),
    calls=(
        Call("item", (OPENED_ITEM,), ("response.output_item.added", "response.output_item.done"),
             ("item.type", _CALLS), id="call_id|id", name="name|type", kind="type", item="id",
             refers="item_id", closes=("response.output_item.done",)),
        Call("response.output.*", ("#0",), _FINAL,
             ("response.output.*.type", _CALLS), id="call_id|id", name="name|type", kind="type",
             final=True),
        Call("output.*", ("#0",), _PLAIN, ("output.*.type", _CALLS), id="call_id|id",
             name="name|type", kind="type"),
    ),
    annotations=("annotation", "output.*.content.*.annotations.*"),
    images=("partial_image_b64", "item.result"),
    scopes=(
        Scope("response", ("response.created",), _ENDS),
        Scope("item", ("response.output_item.added",), ("response.output_item.done",),
              ("output_index|item.id",), ("output_index|item.id",), within="response"),
        Scope("part", ("response.content_part.added",), ("response.content_part.done",),
              (ITEM, "content_index"), (ITEM, "content_index"), (ITEM, "content_index"),
              ("response.output_text.delta", "response.output_text.done",
               "response.output_text.annotation.added",
               "response.refusal.delta", "response.refusal.done"), within="item"),
        Scope("summary", ("response.reasoning_summary_part.added",),
              ("response.reasoning_summary_part.done",),
              (ITEM, "summary_index"), (ITEM, "summary_index"), (ITEM, "summary_index"),
              ("response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"),
              within="item"),
        *(
            Scope(stem, (), (f"response.{stem}.done",), close_key=_key(ITEM, below),
                  extend_key=_key(ITEM, below), extends=(f"response.{stem}.delta",), within="item")
            for stem, _, below, _ in _TEXTS
        ),
        *(
            Scope(f"{tool}_call", (f"response.{tool}_call.in_progress",),
                  (f"response.{tool}_call.completed", f"response.{tool}_call.failed"),
                  (ITEM,), (ITEM,), (ITEM,), tuple(f"response.{tool}_call.{x}" for x in between),
                  within="item")
            for tool, between in (
                ("file_search", ("searching",)), ("web_search", ("searching",)),
                ("code_interpreter", ("interpreting",)), ("mcp", ()),
                ("image_generation", ("generating", "partial_image")),
            )
        ),
        Scope("mcp_list_tools", ("response.mcp_list_tools.in_progress",),
              ("response.mcp_list_tools.completed", "response.mcp_list_tools.failed"),
              (ITEM,), (ITEM,), within="item"),
    ),
    opening=("response.created", "response.queued", "response.in_progress"),
    terminal=_ENDS,
    sequence="sequence_number",
    lane="stream_id",
    event_equals_type=True,
    id=("response.id", "id"),
    model=("response.model", "model"),
    status=("response.status", "status"),
    finish_reason=("response.incomplete_details.reason",),
    usage=("response.usage", "usage"),
    error=("response.error", "error"),
    noise=("keepalive",),
    dropped=("sequence_number", "obfuscation", "logprobs", "**.logprobs", "**.encrypted_content"),
    masked=(
        "created_at", "completed_at", "usage", "service_tier", "prompt_cache_key", "billing",
        "response.created_at", "response.completed_at", "response.usage",
        "response.service_tier", "response.safety_identifier", "response.prompt_cache_key",
        "response.system_fingerprint", "**.expires_at", "response.output.*.encrypted_content",
        "response.moderation", "response.tool_usage", "response.billing", "timings",
    ),
    ids=(
        "item_id", "response.id", "id", "previous_response_id", "output.*.id", "output.*.call_id",
        "response.previous_response_id", "item.id", "item.call_id",
        "item.container_id", "item.approval_request_id", "response.output.*.id",
        "response.output.*.call_id", "response.output.*.container_id",
        "response.output.*.approval_request_id", "response.conversation.id",
        "annotation.container_id", "part.annotations.*.container_id",
        "item.content.*.annotations.*.container_id",
        "response.output.*.content.*.annotations.*.container_id",
        "input.*.id", "input.*.call_id", "steer.id", "steer.previous_response_id",
        "**.turn_id", "**.file_id", "item.fingerprint", "response.output.*.fingerprint",
    ),
    opaque=("tools", "metadata", "text", "response.tools", "response.metadata", "response.text",
            "response.tool_choice", "item.tools"),
)  # fmt: skip
OPEN_RESPONSES = OPENAI_RESPONSES.profile(
    "open-responses",
    title="Open Responses",
    url="",
    signs=(),
    marker_expected=True,
)
OPENROUTER_RESPONSES = OPENAI_RESPONSES.profile(
    "openrouter-responses",
    title="OpenRouter Responses",
    url=r"openrouter\.ai/.*/responses",
    also=(("@url", r"openrouter\.ai"),),
    marker_expected=True,
    event_equals_type=False,
)
