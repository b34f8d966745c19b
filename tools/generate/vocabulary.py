"""Writes streamtape/editing/vocabulary.json: the names of fields and the fixed words of the APIs.

    python tools/generate/vocabulary.py

They are those of the types that the SDKs of OpenAI, Anthropic, Google and Ollama publish (for
requests, too), and what recorded streams of others have besides, which stands here. Anonymising
keeps these and nothing else, so what is in this list must say nothing of anybody.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "streamtape" / "editing" / "vocabulary.json"
SCHEMAS = TARGET.parents[1] / "checks" / "expected" / "schemas"
PACKAGES = ("openai.types", "anthropic.types", "google.genai", "ollama")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_WORD = re.compile(r"[A-Za-z0-9][\w.:/-]{0,60}")
# Fields and words that recorded streams of other servers have.
NAMES = (
    "last_updated", "filtered", "search_results", "channel", "snippet", "subqueries",
    "content_filters", "input_tokens_cost", "output_tokens_cost", "total_cost", "jsonrpc",
    "inputSchema", "outputSchema", "inputTokenCount", "outputTokenCount",
    "invocationLatency", "firstByteLatency", "queue_time", "prompt_time",
    "completion_time", "total_time", "protected_material_text",
    "protected_material_code", "final", "prompt_token_details", "is_byok", "cost_details",
    "upstream_inference_cost", "video_tokens", "latencyMs", "inputTokens", "outputTokens",
    "inferenceConfig", "chat_history", "anthropic_version", "num_sources_used",
    "cost_in_usd_ticks", "content_filter_raw", "jailbreak", "content_filter_offsets",
    "check_offset", "prompt_index", "upstream_inference_prompt_cost",
    "upstream_inference_completions_cost", "request_cost", "maxTokens", "stdOut", "stdErr",
    "exitCode", "isError", "serverToolUsage", "toolSpec", "systemTool", "toolChoice",
    "max_tokens_to_sample", "enableTrace", "inputText", "prompt_text",
    "prompt_cache_hit_tokens", "prompt_cache_miss_tokens", "total_input_tokens",
    "input_tokens_by_modality", "total_cached_tokens", "total_output_tokens",
    "total_tool_use_tokens", "total_thought_tokens", "failed_generation", "do_sample",
    "return_full_text", "cache_n", "prompt_n", "prompt_ms", "prompt_per_token_ms",
    "prompt_per_second", "predicted_n", "predicted_ms", "predicted_per_token_ms",
    "predicted_per_second", "total_characters", "reasoning_split", "safe_prompt",
    "upstream_inference_input_cost", "upstream_inference_output_cost", "marketCost",
    "market_cost", "num_server_side_tools_used", "context_details", "timings", "top_k",
    "min_p", "repetition_penalty", "include_usage", "stream_options", "total_tokens",
)  # fmt: skip
WORDS = (
    "insufficient_quota",
    "invalid_request_error",
    "invalid_api_key",
    "model_not_found",
    "context_length_exceeded",
    "rate_limit_exceeded",
    "rate_limit_error",
    "tokens",
    "requests",
    "overloaded_error",
    "api_error",
    "server_error",
    "internal_error",
    "timeout_error",
    "authentication_error",
    "permission_error",
    "not_found_error",
    "billing_error",
    "INVALID_ARGUMENT",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "INTERNAL",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "FAILED_PRECONDITION",
    "UNAUTHENTICATED",
    "DEADLINE_EXCEEDED",
    "success", "2.0", "initialize", "notifications/message", "notifications/progress",
    "tools/call", "tools/list", "notifications/initialized", "COMPLETE", "TOOL_CALL", "MAX_TOKENS",
    "STOP_SEQUENCE", "not_finished", "USER", "CHATBOT", "SYSTEM", "tool_use_failed", "on_demand",
    "model_output", "interaction.status_update", "status-update", "structured_output",
    "reasoning.text", "reasoning.encrypted", "reasoning.summary", "chat.completion.done",
)  # fmt: skip


def sources(package: str) -> Iterator[Path]:
    """The modules of a package that is installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        raise SystemExit(f"{package} is not installed")
    root = Path(spec.origin).parent
    pattern = "*types*.py" if package in {"google.genai", "ollama"} else "*.py"
    yield from sorted(root.rglob(pattern))


def camel(name: str) -> str:
    """A name as Google's API spells it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def fields(tree: ast.Module) -> Iterator[str]:
    """The names of the fields of classes, and their aliases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    yield statement.target.id
        alias = isinstance(node, ast.keyword) and node.arg == "alias"
        if alias and isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def literals(tree: ast.Module) -> Iterator[str]:
    """The texts of `Literal[...]` and of enumerations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Literal"):
            for inside in ast.walk(node.slice):
                if isinstance(inside, ast.Constant) and isinstance(inside.value, str):
                    yield inside.value
        elif isinstance(node, ast.ClassDef) and "Enum" in ast.unparse(node):
            for statement in node.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
                    yield str(statement.value.value)


def enumerated(node: Any) -> Iterator[str]:
    """The values of enumerations in the tables of the checks."""
    if isinstance(node, dict):
        values = node.get("e")
        yield from (
            (one for one in values if isinstance(one, str)) if isinstance(values, list) else ()
        )
        for inside in node.values():
            yield from enumerated(inside)
    elif isinstance(node, list):
        for inside in node:
            yield from enumerated(inside)


def main() -> None:
    """Collect, and write."""
    names, words = set(NAMES), set(WORDS)
    for package in PACKAGES:
        for path in sources(package):
            tree = ast.parse(path.read_text())
            found = {name for name in fields(tree) if _NAME.fullmatch(name)}
            names |= found
            names |= {camel(name) for name in found} if package == "google.genai" else set()
            words |= {word for word in literals(tree) if _WORD.fullmatch(word)}
    for path in sorted(SCHEMAS.glob("*.json")):
        words |= {
            word for word in enumerated(json.loads(path.read_text())) if _WORD.fullmatch(word)
        }
    table = {"names": sorted(names), "words": sorted(words)}
    TARGET.write_text(json.dumps(table, indent=0, ensure_ascii=False) + "\n")
    print(f"{TARGET.name}: {len(names):,} names, {len(words):,} words")


if __name__ == "__main__":
    main()
