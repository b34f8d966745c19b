"""The address and the headers of an interaction, with nothing that says whose it was. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from streamtape.editing.aliases import Aliases
from streamtape.editing.neutral import neutral
from streamtape.editing.vocabulary import known_word
from streamtape.tape.model import Headers

HOST = "anonymous.invalid"
_TOKENS = r"(?:gzip|x-gzip|deflate|br|zstd|identity|chunked|compress|\*|;q=[\d.]+|[\s,])*"
_NUMBER = r"\d{1,15}(?:\.\d{1,6})?(?:ms|s|m|h)?"
# Headers that are kept, where their values are of this form; all others are left out.
_KEPT = {
    "content-encoding": _TOKENS,
    "transfer-encoding": _TOKENS,
    "accept-encoding": _TOKENS,
    "content-length": r"\d{1,15}",
    "connection": r"(?i:keep-alive|close|upgrade)",
    "upgrade": r"(?i:websocket)",
    "cache-control": r"(?:no-cache|no-store|no-transform|must-revalidate|private|max-age=\d+|"
    r"[\s,])+",
    "accept": r"(?:\*/\*|(?:application/(?:json|x-ndjson)|text/event-stream)|[\s,])+",
    "retry-after": r"\d{1,9}",
    "retry-after-ms": r"\d{1,12}",
    "openai-processing-ms": r"\d{1,9}",
    "openai-version": r"\d{4}-\d\d-\d\d",
    "anthropic-version": r"\d{4}-\d\d-\d\d",
    "sec-websocket-version": r"\d{1,3}",
    "x-accel-buffering": r"no|yes",
}
_RATE_LIMIT = re.compile(r"(?:x|anthropic)-ratelimit-(?:[a-z]+-){0,3}(?:requests|tokens|limit|"
                         r"remaining|reset)")  # fmt: skip
_MEDIA = re.compile(r"([A-Za-z]+)/([\w.+-]+)")
_MEDIA_TYPES = frozenset(
    [
        "text/event-stream",
        "text/plain",
        "text/html",
        "application/json",
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
        "application/stream+json",
        "application/problem+json",
        "application/vnd.amazon.eventstream",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/octet-stream",
    ]
)
_CHARSET = re.compile(r";\s*charset=\"?(utf-8|us-ascii|iso-8859-1)\"?", re.IGNORECASE)
_BOUNDARY = re.compile(r";\s*boundary=(?:\"[^\"]*\"|[^\s;]+)")
# Hosts of providers, which say nothing about the client; what precedes them may.
_PROVIDERS = (
    "api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com", "openrouter.ai", "api.groq.com", "api.mistral.ai",
    "api.cohere.com", "api.cohere.ai", "api.x.ai", "api.deepseek.com", "api.together.xyz",
    "api.fireworks.ai", "api.perplexity.ai", "api.cerebras.ai", "amazonaws.com",
    "openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com", "azure-api.net",
    "api.writer.com", "api.minimax.io", "api.minimaxi.chat", "api.replicate.com", "api.ai21.com",
    "router.huggingface.co", "chatgpt.com", "localhost", "127.0.0.1", "azure.com",
)  # fmt: skip
_LABEL = re.compile(
    r"(?:bedrock|runtime|agent|us|eu|ap|ca|sa|me|af|east|west|north|south|central|northeast|"
    r"southeast|northwest|southwest|europe|asia|australia|gov|aiplatform|mantle|api|www|\d{1,2}|-)+"
)
_SEGMENT = re.compile(
    r"v\d{1,2}(?:(?:alpha|beta)\d{0,2})?|api|chat|completions?|responses|messages|models?|generate|"
    r"openai|anthropic|google|deployments|projects|locations|publishers|interactions|realtime|"
    r"embeddings|audio|images|inference|converse-stream|converse|invoke|engines|streams?|ws|beta|"
    r"invoke-with-response-stream|agents|agentAliases|sessions|text|backend-api|codex|tags|pull|"
    r"push|create|speech|transcriptions|count_tokens|compact|cancel|input_items|files|batches"
)
_METHODS = frozenset({
    "streamGenerateContent", "generateContent", "countTokens", "streamRawPredict", "rawPredict",
    "predict", "embedContent", "serverStreamingPredict", "BidiGenerateContent",
})  # fmt: skip
_PARAMETERS = {"alt": r"sse|json", "api-version": r"[\w.-]{1,24}", "beta": r"true|false",
               "stream": r"true|false", "starting_after": r"\d{1,9}"}  # fmt: skip
_MODELS = frozenset({"models", "model", "deployments"})
_REASONS = frozenset(
    [
        "ok created accepted",
        "no content",
        "bad request",
        "unauthorized",
        "forbidden",
        "not found",
        "too many requests",
        "internal server error",
        "bad gateway",
        "service unavailable",
        "gateway timeout",
        "switching protocols",
        "request timeout",
        "conflict",
        "unprocessable entity",
        "payment required",
        "ok",
        "created",
        "accepted",
    ]
)


def anonymous_headers(headers: Headers) -> Headers:
    """The headers that say how a body is to be read, and how long to wait; nothing else."""
    kept: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        lower, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if lower == "content-type":
            kept.append((name, _media(text).encode("latin-1", "replace")))
        elif (lower in _KEPT and re.fullmatch(_KEPT[lower], text.strip())) or (
            _RATE_LIMIT.fullmatch(lower) and re.fullmatch(_NUMBER, text.strip())
        ):
            kept.append((name, value))
    return tuple(kept)


def _media(text: str) -> str:
    match = _MEDIA.match(text.strip())
    kept = match[0] if match and match[0].lower() in _MEDIA_TYPES else "application/octet-stream"
    charset, boundary = _CHARSET.search(text), _BOUNDARY.search(text)
    kept += f"; charset={charset[1]}" if charset else ""
    if boundary and kept.startswith("multipart/"):
        kept += "; boundary=" + neutral(boundary[0].partition("=")[2])
    return kept


def anonymous_reason(reason: str) -> str:
    """The reason phrase of a status, where it is one of HTTP."""
    return reason if reason.lower() in _REASONS else ""


def anonymous_url(url: str, aliases: Aliases) -> str:
    """An address of the same form: what tells the API stays, everything else is replaced."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"https://{HOST}/"
    host = _host((parts.hostname or "").lower())
    port = "" if host == HOST else port
    scheme = parts.scheme if parts.scheme in {"http", "https", "ws", "wss"} else "https"
    segments = parts.path.split("/")
    path = "/".join(
        _segment(segment, segments[n - 1] if n else "", aliases)
        for n, segment in enumerate(segments)
    )
    query = "&".join(
        _parameter(name, value, aliases) for name, value in parse_qsl(parts.query, True)
    )
    origin = f"{scheme}://{host}{port}" if parts.netloc else ""
    return origin + path + (f"?{query}" if query else "")


def _host(host: str) -> str:
    for known in _PROVIDERS:
        if host == known:
            return host
        for joint in (".", "-"):
            if host.endswith(joint + known):
                labels = host[: -len(joint + known)].split(".")
                kept = [label if _LABEL.fullmatch(label) else "x" * len(label) for label in labels]
                return ".".join(kept) + joint + known
    return HOST if host else ""


def _segment(segment: str, before: str, aliases: Aliases) -> str:
    name, colon, method = segment.partition(":")
    if colon and method in _METHODS:
        return f"{_segment(name, before, aliases)}:{method}"
    if not segment or segment in _METHODS or _SEGMENT.fullmatch(segment):
        return segment
    if before in _MODELS:
        return aliases.model(segment)
    return segment if known_word(segment) and before == "publishers" else aliases.id(segment)


def _parameter(name: str, value: str, aliases: Aliases) -> str:
    if name in _PARAMETERS and re.fullmatch(_PARAMETERS[name], value):
        return f"{name}={value}"
    if name == "model":
        return f"model={aliases.model(value)}"
    return f"{aliases.name(name)}={neutral(value)}"
