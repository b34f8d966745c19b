"""OpenAI's other streams: Completions, Assistants, transcriptions and speech.

Source: OpenAI's API reference, "Completion object", "Assistants streaming events", "Transcript text
delta". Completions are what text servers (vLLM, llama.cpp, Fireworks) speak as well.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Dialect, Piece, Scope

_CHOICE = "choices.*.index|#0"
OPENAI_COMPLETIONS = Dialect(
    name="openai-completions",
    title="OpenAI Completions",
    url=r"/completions(?:\?|$)",
    signs=(("object", r"^text_completion"), ("choices.*.text", "")),
    type_if=(("error", "error"),),
    type_from=("@event", "object"),
    default_type="text_completion",
    deltas=(
        Piece("text", "choices.*.text", (), (_CHOICE,)),
        Piece("text", "choices.*.delta.content", (), (_CHOICE,)),
    ),
    terminal=("error",),
    terminal_if=(("choices.*.finish_reason", ()),),
    by_choice=True,
    marker_expected=True,
    id=("id",),
    model=("model",),
    finish_reason=("choices.*.finish_reason",),
    usage=("usage",),
    error=("error",),
    dropped=("p", "obfuscation", "choices.*.logprobs", "choices.*.token_ids"),
    masked=("created", "usage", "system_fingerprint", "service_tier", "timings"),
    ids=("id",),
)

_TOOLS = "delta.step_details.tool_calls.*"
_TOOL = ("id", f"{_TOOLS}.index|#0")
_STEP_DONE = ("thread.run.step.completed",)
_RUN_ENDS = tuple(
    f"thread.run.{x}"
    for x in ("completed", "failed", "cancelled", "expired", "incomplete", "requires_action")
)
OPENAI_ASSISTANTS = Dialect(
    name="openai-assistants",
    title="OpenAI Assistants",
    url=r"/threads(?:/[^/]+)?/runs",
    signs=(("@type", r"^thread\."),),
    type_from=("@event", "object"),
    deltas=(
        Piece("text", "delta.content.*.text.value", ("thread.message.delta",),
              ("id", "delta.content.*.index|#0")),
        Piece("refusal", "delta.content.*.refusal", ("thread.message.delta",),
              ("id", "delta.content.*.index|#0")),
        Piece("arguments", f"{_TOOLS}.function.arguments", ("thread.run.step.delta",), _TOOL),
        Piece("code", f"{_TOOLS}.code_interpreter.input", ("thread.run.step.delta",), _TOOL),
    ),
    wholes=(
        Piece("text", "content.*.text.value", ("thread.message.completed",), ("id", "#0")),
        Piece("arguments", "step_details.tool_calls.*.function.arguments", _STEP_DONE,
              ("id", "#0")),
        Piece("code", "step_details.tool_calls.*.code_interpreter.input", _STEP_DONE,
              ("id", "#0")),
    ),
    calls=(
        Call(_TOOLS, _TOOL, ("thread.run.step.delta",), name="function.name|type", kind="type"),
        Call("step_details.tool_calls.*", ("id", "#0"), _STEP_DONE, name="function.name|type",
             kind="type"),
    ),
    annotations=("delta.content.*.text.annotations.*",),
    scopes=(
        Scope("run", ("thread.run.created",), _RUN_ENDS, ("id",), ("id",)),
        Scope("step", ("thread.run.step.created",),
              ("thread.run.step.completed", "thread.run.step.failed",
               "thread.run.step.cancelled", "thread.run.step.expired"),
              ("id",), ("id",), ("id",), ("thread.run.step.delta",)),
        Scope("message", ("thread.message.created",),
              ("thread.message.completed", "thread.message.incomplete"),
              ("id",), ("id",), ("id",), ("thread.message.delta",)),
    ),
    opening=("thread.created", "thread.run.created", "thread.run.queued"),
    terminal=(*_RUN_ENDS, "error"),
    marker_expected=True,
    id=("run_id",),
    model=("model",),
    status=("status",),
    usage=("usage",),
    error=("last_error", "error"),
    masked=(
        "created_at", "started_at", "expires_at", "completed_at", "cancelled_at", "failed_at",
        "incomplete_at", "usage",
    ),
    ids=(
        "id", "thread_id", "run_id", "assistant_id", "step_details.message_creation.message_id",
        f"{_TOOLS}.id", "step_details.tool_calls.*.id",
        "required_action.submit_tool_outputs.tool_calls.*.id",
    ),
    opaque=("tools", "metadata", "instructions"),
)  # fmt: skip

OPENAI_AUDIO = Dialect(
    name="openai-audio",
    title="OpenAI transcriptions and speech",
    url=r"/audio/(?:transcriptions|translations|speech)",
    signs=(("@type", r"^(?:transcript\.text|speech\.audio)\."),),
    type_from=("type", "@event"),
    deltas=(
        Piece("text", "delta", ("transcript.text.delta",)),
        Piece("audio", "audio", ("speech.audio.delta",)),
    ),
    wholes=(Piece("text", "text", ("transcript.text.done",)),),
    terminal=("transcript.text.done", "speech.audio.done", "error"),
    usage=("usage",),
    error=("error",),
    dropped=("logprobs", "obfuscation"),
    masked=("usage",),
    ids=("id",),
)
