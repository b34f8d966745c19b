"""Ollama: newline-delimited JSON from `/api/chat`, `/api/generate` and `/api/pull`.

Source: Ollama's API reference. Every line is of one type; the last says `done: true`.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Dialect, Piece

_TOOLS = "message.tool_calls.*"
_TOOL = ("@event", "#0")
_TIMES = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
_COUNTS = ("prompt_eval_count", "eval_count")

OLLAMA = Dialect(
    name="ollama",
    title="Ollama",
    url=r"/api/(?:chat|generate)(?:\?|$)",
    signs=(("message.role", ""), ("done", "^bool$")),
    type_if=(("error", "error"),),
    type_from=(),
    default_type="chunk",
    deltas=(
        Piece("text", "message.content"),
        Piece("reasoning", "message.thinking"),
        Piece("text", "response"),
        Piece("reasoning", "thinking"),
    ),
    wholes=(Piece("arguments", f"{_TOOLS}.function.arguments", (), _TOOL),),
    calls=(Call(_TOOLS, _TOOL, name="function.name"),),
    images=("image",),
    terminal=("error",),
    terminal_if=(("done", (True,)),),
    model=("model",),
    finish_reason=("done_reason",),
    usage=_COUNTS,
    error=("error",),
    dropped=("context", "logprobs"),
    masked=("created_at", *_TIMES, *_COUNTS),
    ids=(f"{_TOOLS}.id",),
    opaque=(f"{_TOOLS}.function.arguments",),
)
OLLAMA_PULL = Dialect(
    name="ollama-pull",
    title="Ollama: pulling a model",
    url=r"/api/(?:pull|push|create)(?:\?|$)",
    type_from=("status",),
    terminal=("success", "error"),
    status=("status",),
    error=("error",),
)
