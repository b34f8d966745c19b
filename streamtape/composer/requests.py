"""The request that a composed answer belongs to, where none is given: one builder a dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streamtape.composer.parts import Call, CustomCall, Fail, Part

Payload = dict[str, Any]
_MANY = 64_000  # tokens that Anthropic's requests allow; its API has no "as many as it takes"


def responses(model: str, prompt: str, parts: Sequence[Part], *, stream: bool) -> Payload:
    """The body of a request to the Responses API."""
    tools = [{"type": "function", **one, "strict": False} for one in functions(parts, "parameters")]
    tools += [{"type": "custom", "name": name} for name in _custom_tools(parts)]
    message = {"role": "user", "content": prompt}
    return {"model": model, "input": [message], "stream": stream, **_tools(tools)}


def chat(model: str, prompt: str, parts: Sequence[Part], *, stream: bool) -> Payload:
    """The body of a request to Chat Completions."""
    tools: list[Payload] = [
        {"type": "function", "function": one} for one in functions(parts, "parameters")
    ]
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": stream}
    if stream and not any(isinstance(part, Fail) for part in parts):
        body["stream_options"] = {"include_usage": True}
    return {**body, **_tools(tools)}


def messages(model: str, prompt: str, parts: Sequence[Part], *, stream: bool) -> Payload:
    """The body of a request to Anthropic's Messages."""
    tools = functions(parts, "input_schema")
    return {
        "model": model, "max_tokens": _MANY, "messages": [{"role": "user", "content": prompt}],
        "stream": stream, **_tools(tools),
    }  # fmt: skip


def gemini(model: str, prompt: str, parts: Sequence[Part], *, stream: bool) -> Payload:
    """The body of a request to Gemini."""
    del model, stream  # they are in the URL
    tools = functions(parts, "parametersJsonSchema")
    declared = [{"functionDeclarations": tools}] if tools else []
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}], **_tools(declared)}


def ollama(model: str, prompt: str, parts: Sequence[Part], *, stream: bool) -> Payload:
    """The body of a request to Ollama's chat."""
    tools = [{"type": "function", "function": one} for one in functions(parts, "parameters")]
    message = {"role": "user", "content": prompt}
    return {"model": model, "messages": [message], "stream": stream, **_tools(tools)}


def functions(parts: Sequence[Part], schema_name: str) -> list[Payload]:
    """What a request declares so that these calls may come; `schema_name` holds the schema."""
    found: dict[str, Payload] = {}
    for part in parts:
        if isinstance(part, Call) and part.name not in found:
            arguments = part.arguments if isinstance(part.arguments, Mapping) else {}
            found[part.name] = {"name": part.name, schema_name: _schema(arguments)}
    return list(found.values())


def _custom_tools(parts: Sequence[Part]) -> list[str]:
    return list(dict.fromkeys(part.name for part in parts if isinstance(part, CustomCall)))


def _tools(tools: Sequence[Payload]) -> Payload:
    return {"tools": list(tools)} if tools else {}


_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"),
    (dict, "object"),
)  # fmt: skip


def _schema(arguments: Mapping[str, Any]) -> Payload:
    """The schema of an object such as this one."""
    properties = {
        name: next(({"type": word} for kind, word in _TYPES if isinstance(value, kind)), {})
        for name, value in arguments.items()
    }
    return {"type": "object", "properties": properties}
