"""OpenAI Chat Completions, and the many servers that speak it in their own way.

Source: OpenAI's API reference, "The chat completion chunk object". Every chunk is of one type; what
it adds to is inside, below a choice. Fields beyond the reference (`reasoning`,
`reasoning_content`, `reasoning_details`, content as a list) are those that other servers send: they
are in one table, since none of them means two things. Profiles differ in how the stream ends.
"""

from __future__ import annotations

from streamtape.dialects.base import Call, Dialect, Piece, Scope

_CHOICE = "choices.*.index|#0"
_TOOLS = "choices.*.delta.tool_calls.*"
_TOOL = (_CHOICE, f"{_TOOLS}.index|#1")
_WHOLE_TOOLS = "choices.*.message.tool_calls.*"  # in responses that are not streams
_WHOLE_TOOL = (_CHOICE, f"{_WHOLE_TOOLS}.index|#1")
_NAME = "function.name|custom.name|name"
_LEGACY = "choices.*.delta.function_call"
_DETAILS = "choices.*.delta.reasoning_details.*"
_DETAIL = (_CHOICE, f"{_DETAILS}.index|#1")

OPENAI_CHAT = Dialect(
    name="openai-chat",
    title="OpenAI Chat Completions",
    url=r"/chat/completions(?:\?|$)",
    signs=(("object", r"^chat\.completion\.chunk$"), ("choices.*.delta", "^dict$")),
    type_if=(("error", "error"),),
    type_from=("@event", "object"),
    default_type="chat.completion.chunk",
    deltas=(
        Piece("text", "choices.*.delta.content", (), (_CHOICE,)),
        Piece("text", "choices.*.delta.content.text", (), (_CHOICE,)),
        Piece("text", "choices.*.delta.content.*.text", (), (_CHOICE,)),
        Piece("refusal", "choices.*.delta.refusal", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.delta.reasoning_content", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.delta.reasoning", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.delta.reasoning_text", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.delta.thinking", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.delta.content.*.thinking.*.text", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.delta.content.*.thinking", (), (_CHOICE,)),
        Piece("arguments", f"{_TOOLS}.function.arguments", (), _TOOL),
        Piece("arguments", f"{_TOOLS}.custom.input", (), _TOOL),
        Piece("arguments", f"{_TOOLS}.arguments", (), _TOOL),
        Piece("arguments", f"{_LEGACY}.arguments", (), (_CHOICE, "=function_call")),
        Piece("transcript", "choices.*.delta.audio.transcript", (), (_CHOICE,)),
        Piece("audio", "choices.*.delta.audio.data", (), (_CHOICE,)),
        Piece("details", f"{_DETAILS}.text", (), _DETAIL),
        Piece("details", f"{_DETAILS}.summary", (), _DETAIL),
        Piece("signature", f"{_DETAILS}.data", (), _DETAIL),
        Piece("signature", f"{_DETAILS}.signature", (), _DETAIL),
    ),
    wholes=(
        Piece("text", "choices.*.message.content", (), (_CHOICE,)),
        Piece("text", "choices.*.message.content.*.text", (), (_CHOICE, "#1")),
        Piece("refusal", "choices.*.message.refusal", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.message.reasoning", (), (_CHOICE,)),
        Piece("reasoning", "choices.*.message.reasoning_content", (), (_CHOICE,)),
        Piece("arguments", f"{_WHOLE_TOOLS}.function.arguments", (), _WHOLE_TOOL),
        Piece("arguments", f"{_WHOLE_TOOLS}.custom.input", (), _WHOLE_TOOL),
    ),
    calls=(
        Call(_TOOLS, _TOOL, name=_NAME, kind="type|=function", index="index"),
        Call(_LEGACY, (_CHOICE, "=function_call")),
        Call(_WHOLE_TOOLS, _WHOLE_TOOL, name=_NAME, kind="type|=function", index="index"),
    ),
    annotations=("choices.*.delta.annotations.*", "choices.*.delta.citations.*"),
    annotation_lists=("citations.*",),
    images=("choices.*.delta.images.*.image_url.url",),
    scopes=(
        Scope("response", (), ("[DONE]",), extends=("chat.completion.chunk",)),
    ),
    terminal=("error",),
    terminal_if=(("choices.*.finish_reason", ()),),
    by_choice=True,
    marker_expected=True,
    id=("id",),
    model=("model",),
    finish_reason=("choices.*.finish_reason",),
    closing=(
        "choices.*.native_finish_reason", "choices.*.matched_stop", "choices.*.stop_reason",
        "choices.*.finish_details",
    ),
    usage=("usage", "x_groq.usage"),
    error=("error",),
    dropped=(
        "obfuscation", "p", "choices.*.logprobs", "choices.*.token_ids", "prompt_token_ids",
        "choices.*.text",
        "choices.*.delta.token_id", "choices.*.seed", "choices.*.raw_output",
        "**.logprobs",
    ),
    masked=(
        "created", "usage", "system_fingerprint", "service_tier", "x_groq", "time_info", "timings",
        "latency_checkpoint", "choices.*.content_filter_results", "prompt_filter_results",
        "choices.*.delta.provider_metadata", "choices.*.delta.audio.expires_at",
    ),
    ids=(
        "id", "generationId", f"{_TOOLS}.id", f"{_WHOLE_TOOLS}.id", "choices.*.delta.audio.id",
        f"{_DETAILS}.id",
    ),
)  # fmt: skip


# Providers that speak it in their own way: name, title, address (a regular expression) and whether
# a good stream ends with `[DONE]`, as seen in recorded streams. Another one takes a line here.
_PROVIDERS = (
    ("openrouter-chat", "OpenRouter", r"openrouter\.ai", True),
    ("groq-chat", "Groq", r"groq\.com", True),
    (
        "azure-chat",
        "Azure OpenAI",
        r"openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com",
        True,
    ),
    ("mistral-chat", "Mistral", r"mistral\.ai", True),
    ("cerebras-chat", "Cerebras", r"cerebras\.ai", False),
    ("minimax-chat", "MiniMax", r"minimax", False),
    ("perplexity-chat", "Perplexity", r"perplexity\.ai", False),
    ("writer-chat", "Writer", r"api\.writer\.com", False),
)
_CHAT_PATH = r"/chat(?:/|\?|$)|completions"


def _profile(name: str, title: str, host: str, marker: bool) -> Dialect:
    """What one provider does in its own way: at its own address."""
    also = (("@url", rf"://[^/]*(?:{host})"), ("@url", _CHAT_PATH))
    return OPENAI_CHAT.profile(name, title=title, url=host, also=also, marker_expected=marker)


PROFILES = (
    OPENAI_CHAT.profile(
        "openai-chat-plain", title="Chat Completions elsewhere", url="", signs=(),
        marker_expected=False,
    ),
    *(_profile(*provider) for provider in _PROVIDERS),
)  # fmt: skip
