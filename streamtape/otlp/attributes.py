"""The attributes of a span: request, response, usage, in the words of the semantic conventions.

Texts of people and models (prompts, answers, tool arguments) are not among them: the conventions
leave them out unless somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamtape.analysis.requested_model import requested_model
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.payload import NOT_JSON, decode, get, parse_path
from streamtape.framing.select import asks_to_stream
from streamtape.metrics.measures import StreamMetrics, input_tokens, output_tokens
from streamtape.tabular.provider import provider_of
from streamtape.tape.events import Transcript
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Interaction

Value = str | bool | int | float | list[str]
Attributes = dict[str, Value]
OPERATIONS = {
    "gemini": "generate_content",
    "gemini-interactions": "generate_content",
    "openai-completions": "text_completion",
    "writer-completions": "text_completion",
    "bedrock-text": "text_completion",
    "bedrock-agent": "invoke_agent",
    "openai-assistants": "invoke_agent",
}
# Dialects of APIs that are not a model's.
NO_MODELS = frozenset({"generic", "mcp", "ollama-pull", "replicate"})
# What the conventions call providers that we call otherwise.
PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
_OF_DIALECTS = {"bedrock-text": "bedrock", "bedrock-agent": "bedrock", "gemini": "gemini"}
# Where requests have an option, provider by provider; and of which type it must be.
_OPTIONS: tuple[tuple[str, type, tuple[str, ...]], ...] = (
    ("gen_ai.request.temperature", float, (
        "temperature", "generationConfig.temperature", "inferenceConfig.temperature",
        "options.temperature",
    )),
    ("gen_ai.request.top_p", float, (
        "top_p", "generationConfig.topP", "inferenceConfig.topP", "options.top_p", "p",
    )),
    ("gen_ai.request.top_k", int, ("top_k", "generationConfig.topK", "options.top_k", "k")),
    ("gen_ai.request.max_tokens", int, (
        "max_output_tokens", "max_completion_tokens", "max_tokens",
        "generationConfig.maxOutputTokens", "inferenceConfig.maxTokens", "options.num_predict",
    )),
    ("gen_ai.request.frequency_penalty", float, (
        "frequency_penalty", "generationConfig.frequencyPenalty",
    )),
    ("gen_ai.request.presence_penalty", float, (
        "presence_penalty", "generationConfig.presencePenalty",
    )),
    ("gen_ai.request.seed", int, ("seed", "generationConfig.seed", "options.seed")),
    ("gen_ai.request.choice.count", int, ("n", "generationConfig.candidateCount")),
    ("gen_ai.request.stop_sequences", list, (
        "stop", "stop_sequences", "generationConfig.stopSequences", "inferenceConfig.stopSequences",
    )),
    ("gen_ai.request.reasoning.level", str, ("reasoning.effort", "reasoning_effort")),
    ("gen_ai.request.previous_response.id", str, ("previous_response_id",)),
)  # fmt: skip
# Where usage has counts beside those of input and output. The third says that a provider counts
# them apart from its input tokens, where the conventions count them in.
_COUNTS: tuple[tuple[str, str, bool], ...] = (
    ("input_tokens_details.cached_tokens", "cache_read.input_tokens", False),
    ("prompt_tokens_details.cached_tokens", "cache_read.input_tokens", False),
    ("cachedContentTokenCount", "cache_read.input_tokens", False),
    ("cache_read_input_tokens", "cache_read.input_tokens", True),
    ("cacheReadInputTokens", "cache_read.input_tokens", True),
    ("cache_creation_input_tokens", "cache_write.input_tokens", True),
    ("cacheWriteInputTokens", "cache_write.input_tokens", True),
    ("output_tokens_details.reasoning_tokens", "reasoning.output_tokens", False),
    ("completion_tokens_details.reasoning_tokens", "reasoning.output_tokens", False),
    ("thoughtsTokenCount", "reasoning.output_tokens", False),
)


def http_attributes(interaction: Interaction, url: str) -> Attributes:
    """What every request has; `url` is its address, masked."""
    parts = split_url(url)
    found: Attributes = {
        "http.request.method": interaction.request.method,
        "url.full": url,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme in {"https", "wss"} else 80),
        "streamtape.ending": interaction.ending.kind,
    }
    if interaction.head is not None:
        found["http.response.status_code"] = interaction.head.status
    return found


def is_inference(parsed: ParsedResponse) -> bool:
    """Whether a response is that of a model's API."""
    return parsed.dialect.name not in NO_MODELS


def gen_ai_attributes(
    interaction: Interaction, parsed: ParsedResponse, measures: StreamMetrics
) -> Attributes:
    """What the conventions know of a call of a model; empty for any other request."""
    if not is_inference(parsed):
        return {}
    transcript = parsed.transcript
    requested = requested_model(interaction)
    found: Attributes = {
        "gen_ai.operation.name": OPERATIONS.get(parsed.dialect.name, "chat"),
        "gen_ai.provider.name": provider_name(interaction.request.url, parsed.dialect.name),
        **_request(interaction),
    }
    if requested:
        found["gen_ai.request.model"] = requested
    model = transcript.model or measures.model
    if model:
        found["gen_ai.response.model"] = model
    if transcript.id:
        found["gen_ai.response.id"] = str(transcript.id)
    if reasons := _finish_reasons(transcript):
        found["gen_ai.response.finish_reasons"] = reasons
    if measures.ttfe_us is not None:
        found["gen_ai.response.time_to_first_chunk"] = measures.ttfe_us / 1e6
    if measures.ttft_us is not None:
        found["streamtape.time_to_first_content"] = measures.ttft_us / 1e6
    found |= _usage(parsed)
    return found


def provider_name(url: str, dialect: str) -> str:
    """The provider as the conventions name it: by its address, or else by the dialect."""
    host = (split_url(url).hostname or "").lower()
    name = provider_of(host, url)
    if name == host:  # an address that nobody knows: a gateway, a server of one's own
        name = _OF_DIALECTS.get(dialect, dialect.partition("-")[0])
    return PROVIDERS.get(name, name)


def _request(interaction: Interaction) -> Attributes:
    """The options of the request that the conventions have names for."""
    body = decode(interaction.request.body.decode("utf-8", "replace"))
    found: Attributes = {}
    if asks_to_stream(interaction):
        found["gen_ai.request.stream"] = True
    if body is NOT_JSON or not isinstance(body, dict):
        return found
    for name, type_, paths in _OPTIONS:
        values = (_typed(get(body, parse_path(path)), type_) for path in paths)
        value = next((one for one in values if one is not None), None)
        if value is not None and (name, value) != ("gen_ai.request.choice.count", 1):
            found[name] = value
    return found


def _typed(value: Any, type_: type) -> Value | None:
    """The value as an attribute of a type; None for what can't be one."""
    if type_ is list:
        values = [value] if isinstance(value, str) else value
        return values if isinstance(values, list) and _all_texts(values) else None
    if isinstance(value, bool):
        return None
    if type_ is float:
        return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else None
    if isinstance(value, int) and type_ is int:
        return value if -(1 << 63) <= value < 1 << 63 else None
    return value if isinstance(value, str) and type_ is str else None


def _all_texts(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(one, str) for one in values)


def _finish_reasons(transcript: Transcript) -> list[str]:
    reasons = [one.finish_reason for one in transcript.choices] or [transcript.finish_reason]
    return [str(one) for one in reasons if one]


def _usage(parsed: ParsedResponse) -> Attributes:
    sent = input_tokens(parsed.events, parsed.dialect)
    made = output_tokens(parsed.events, parsed.dialect)
    usage: Mapping[str, Any] = parsed.transcript.usage or {}
    found: Attributes = {}
    for path, name, apart in _COUNTS:
        count = get(usage, parse_path(path))
        if isinstance(count, int) and not isinstance(count, bool):
            found[f"gen_ai.usage.{name}"] = count
            if apart and sent is not None:
                sent += count
    if sent is not None:
        found["gen_ai.usage.input_tokens"] = sent
    if made is not None:
        found["gen_ai.usage.output_tokens"] = made
    return found
