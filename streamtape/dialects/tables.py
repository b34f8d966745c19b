"""All built-in dialects, in the order in which they are tried: profiles first."""

from __future__ import annotations

from streamtape.dialects.anthropic import ANTHROPIC, BEDROCK_ANTHROPIC
from streamtape.dialects.bedrock import (
    BEDROCK_AGENT,
    BEDROCK_CHAT,
    BEDROCK_CONVERSE,
    BEDROCK_GENERIC,
    BEDROCK_NOVA,
    BEDROCK_TEXT,
)
from streamtape.dialects.cohere import BEDROCK_COHERE, COHERE, COHERE_V1
from streamtape.dialects.gemini import GEMINI, GEMINI_INTERACTIONS
from streamtape.dialects.generic import GENERIC
from streamtape.dialects.ollama import OLLAMA, OLLAMA_PULL
from streamtape.dialects.openai_chat import OPENAI_CHAT, PROFILES
from streamtape.dialects.openai_others import OPENAI_ASSISTANTS, OPENAI_AUDIO, OPENAI_COMPLETIONS
from streamtape.dialects.openai_responses import (
    OPEN_RESPONSES,
    OPENAI_RESPONSES,
    OPENROUTER_RESPONSES,
)
from streamtape.dialects.realtime import GEMINI_LIVE, OPENAI_REALTIME
from streamtape.dialects.single_table import MCP, REPLICATE, WATSONX, WRITER

BUILTIN = (
    OPENAI_REALTIME,
    GEMINI_LIVE,
    OPENROUTER_RESPONSES,
    OPENAI_RESPONSES,
    OPEN_RESPONSES,
    *PROFILES,
    OPENAI_CHAT,
    ANTHROPIC,
    BEDROCK_GENERIC,
    BEDROCK_ANTHROPIC,
    GEMINI,
    GEMINI_INTERACTIONS,
    WRITER,
    OPENAI_COMPLETIONS,
    OPENAI_ASSISTANTS,
    OPENAI_AUDIO,
    COHERE,
    COHERE_V1,
    BEDROCK_CONVERSE,
    BEDROCK_NOVA,
    BEDROCK_CHAT,
    BEDROCK_COHERE,
    BEDROCK_TEXT,
    BEDROCK_AGENT,
    OLLAMA,
    OLLAMA_PULL,
    MCP,
    WATSONX,
    REPLICATE,
    GENERIC,
)
