"""Public vocabulary: the fields, fixed words and public models of the APIs.

The list is made from the types that the SDKs publish (`tools/generate/vocabulary.py`), and the
tables of the dialects. Anonymising keeps what is in it, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any

from streamtape.dialects.select import builtin

_STEP = re.compile(r"[A-Za-z][\w-]*")
# Words that names of public models are made of.
FAMILIES = frozenset(
    [
        "gpt",
        "o",
        "chatgpt",
        "codex",
        "turbo",
        "mini",
        "nano",
        "pro",
        "preview",
        "latest",
        "instruct",
        "chat",
        "audio",
        "realtime",
        "search",
        "image",
        "transcribe",
        "tts",
        "omni",
        "oss",
        "deep",
        "research",
        "computer",
        "use",
        "davinci",
        "babbage",
        "claude",
        "opus",
        "sonnet",
        "haiku",
        "fable",
        "gemini",
        "flash",
        "lite",
        "thinking",
        "exp",
        "experimental",
        "live",
        "native",
        "dialog",
        "gemma",
        "llama",
        "meta",
        "scout",
        "maverick",
        "nemotron",
        "mistral",
        "mixtral",
        "ministral",
        "magistral",
        "codestral",
        "devstral",
        "pixtral",
        "small",
        "medium",
        "large",
        "nemo",
        "open",
        "command",
        "plus",
        "r",
        "light",
        "nightly",
        "aya",
        "deepseek",
        "reasoner",
        "coder",
        "distill",
        "qwen",
        "qwq",
        "qvq",
        "max",
        "grok",
        "fast",
        "beta",
        "kimi",
        "moonshot",
        "glm",
        "z",
        "ai",
        "air",
        "minimax",
        "m",
        "text",
        "abab",
        "titan",
        "nova",
        "micro",
        "premier",
        "lite",
        "jamba",
        "jurassic",
        "palmyra",
        "x",
        "phi",
        "granite",
        "yi",
        "hermes",
        "wizardlm",
        "vicuna",
        "falcon",
        "dbrx",
        "sonar",
        "reasoning",
        "online",
        "huge",
        "us",
        "eu",
        "apac",
        "anthropic",
        "amazon",
        "google",
        "openai",
        "microsoft",
        "nvidia",
        "ibm",
        "cohere",
        "ai21",
        "writer",
        "stability",
        "mistralai",
        "meta-llama",
        "deepseek-ai",
        "moonshotai",
        "zai",
        "org",
        "free",
        "it",
        "hf",
        "gguf",
        "awq",
        "gptq",
        "fp",
        "bf",
        "e",
        "b",
        "a",
        "an",
        "models",
        "model",
        "publishers",
        "v",
        "k",
        "vl",
        "vision",
        "math",
        "base",
        "high",
        "low",
        "xai",
        "step",
        "ernie",
        "seed",
        "doubao",
        "hunyuan",
        "baichuan",
        "internlm",
        "olmo",
        "tulu",
        "zephyr",
        "solar",
        "upstage",
        "mercury",
        "inception",
        "lfm",
        "liquid",
        "arcee",
        "router",
        "auto",
        "default",
        "terra",
        "sol",
        "luna",
        "spark",
    ]
)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _texts(one)
    elif hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            if field.name not in {"url", "media", "title", "signs", "also"}:
                yield from _texts(getattr(value, field.name))


@cache
def _listed() -> tuple[frozenset[str], frozenset[str]]:
    table = json.loads((files("streamtape.editing") / "vocabulary.json").read_text("utf-8"))
    names, words = set(table["names"]), set(table["words"])
    for dialect in builtin():
        for text in _texts(dialect):
            words.add(text)
            names.update(_STEP.findall(text))
    return frozenset(names), frozenset(words)


def known_name(name: str) -> bool:
    """Whether a name is that of a field of an API."""
    return name in _listed()[0]


def known_word(word: str) -> bool:
    """Whether a text is a fixed word of an API, or the name of a public model."""
    return word in _listed()[1]


def known_texts() -> frozenset[str]:
    """All names and words."""
    names, words = _listed()
    return names | words
