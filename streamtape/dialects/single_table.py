"""Protocols that need one table each: MCP, watsonx, Replicate, Writer.

Sources: Model Context Protocol, "Streamable HTTP" and JSON-RPC 2.0; the API references of IBM,
Replicate and Writer.
"""

from __future__ import annotations

from streamtape.dialects.base import Dialect, Piece

MCP = Dialect(
    name="mcp",
    title="MCP streamable HTTP (JSON-RPC)",
    url=r"/mcp/?(?:\?|$)",
    signs=(("jsonrpc", r"^2\.0$"),),
    type_if=(("error", "error"), ("result", "result")),
    type_from=("method",),
    done_marker="",
    wholes=(Piece("text", "result.content.*.text", ("result",), ("id", "#0")),),
    images=("result.content.*.data",),
    terminal=("result", "error"),
    error=("error",),
    masked=("result.status.timestamp",),
    ids=(
        "id", "result.taskId", "result.contextId", "result.status.message.messageId",
        "result.artifact.artifactId",
    ),
    opaque=("result.tools", "result.structuredContent"),
)  # fmt: skip
WATSONX = Dialect(
    name="watsonx",
    title="IBM watsonx",
    url=r"/ml/v1/(?:deployments/[^/]+/)?text/generation_stream",
    signs=(("results.*.generated_text", ""),),
    deltas=(Piece("text", "results.*.generated_text", (), ("#0",)),),
    terminal_if=(
        ("results.*.stop_reason", ("eos_token", "max_tokens", "stop_sequence", "cancelled")),
    ),
    model=("model_id",),
    finish_reason=("results.*.stop_reason",),
    masked=(
        "created_at", "results.*.generated_token_count", "results.*.input_token_count",
    ),
)  # fmt: skip
REPLICATE = Dialect(
    name="replicate",
    title="Replicate",
    url=r"stream\.replicate\.com|replicate\.delivery",
    signs=(("@event", r"^output$"),),
    deltas=(Piece("text", "", ("output",)),),
    terminal=("done", "error"),
)
WRITER = Dialect(
    name="writer-completions",
    title="Writer text completions",
    url=r"writer\.com/v1/completions",
    deltas=(Piece("text", "value"),),
    marker_expected=True,
    error=("error",),
)
