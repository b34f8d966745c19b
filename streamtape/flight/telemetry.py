"""Measures for OpenTelemetry, where it is installed: duration, time to first chunk, tokens.

Names, units and attributes are those of its semantic conventions for generative AI clients:
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/

The conventions are still being made: a proposed change (semantic-conventions-genai, pull request
521) renames what concerns inference. As they require of existing instrumentation, the names change
only for a program that opts in by OTEL_SEMCONV_STABILITY_OPT_IN.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from streamtape.dialects.parsed import ParsedResponse
from streamtape.metrics.measures import input_tokens, measure
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Interaction
from streamtape.tape.texts import masked_text

_OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN"  # values of several conventions, with commas between
_LATEST = "gen_ai_latest_experimental"
_OPERATIONS = {
    "openai-responses": "chat",
    "openai-chat": "chat",
    "openai-completions": "text_completion",
    "anthropic": "chat",
    "gemini": "generate_content",
    "ollama": "chat",
}


def instruments(meter: Any = None) -> Callable[[Interaction], None] | None:
    """What measures an interaction; None where OpenTelemetry is not installed.

    `meter` is by default that of the provider which the program has set.
    """
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.metrics") is None:
        return None
    if meter is None:
        from opentelemetry.metrics import get_meter

        meter = get_meter("streamtape")
    opted_in = {value.strip() for value in os.environ.get(_OPT_IN, "").split(",")}
    what = "gen_ai.client.inference" if _LATEST in opted_in else "gen_ai.client.operation"
    duration = meter.create_histogram(f"{what}.duration", unit="s")
    first = meter.create_histogram(f"{what}.time_to_first_chunk", unit="s")
    tokens = meter.create_histogram("gen_ai.client.token.usage", unit="{token}")

    def measured(interaction: Interaction) -> None:
        attributes, first_us, counted = facts(interaction)
        if interaction.ending.at_us is not None:
            duration.record(interaction.ending.at_us / 1e6, attributes)
        if first_us is not None:
            first.record(first_us / 1e6, attributes)
        for kind, n in counted.items():
            tokens.record(n, {**attributes, "gen_ai.token.type": kind})

    return measured


def facts(interaction: Interaction) -> tuple[dict[str, Any], int | None, dict[str, int]]:
    """The attributes of an interaction, microseconds to its first event, and tokens by type."""
    parts = split_url(interaction.request.url)
    attributes: dict[str, Any] = {"server.address": masked_text(parts.hostname or "")}
    if parts.port:
        attributes["server.port"] = parts.port
    if interaction.ending.kind == "error":
        attributes["error.type"] = masked_text(interaction.ending.exception or "error")
    elif interaction.head is not None and interaction.head.status >= 400:
        attributes["error.type"] = str(interaction.head.status)
    parsed = ParsedResponse(interaction)
    if not parsed.is_stream:
        return attributes, None, {}
    events = parsed.events
    found = measure(events, parsed.dialect, head_us=None, n_bytes=0)
    attributes["gen_ai.operation.name"] = _OPERATIONS.get(parsed.dialect.name, parsed.dialect.name)
    attributes["gen_ai.provider.name"] = parsed.dialect.name.partition("-")[0]
    if found.model:
        attributes["gen_ai.response.model"] = masked_text(found.model)
    sent, made = input_tokens(events, parsed.dialect), found.n_output_tokens
    counted = {kind: n for kind, n in (("input", sent), ("output", made)) if n is not None}
    return attributes, found.ttfe_us, counted
