"""A parsed request to the mock: its API, the user's message, the tools and schema.

Providers name the same things differently; here each has one name, so that one rule fits all.
Nothing here raises an error for a malformed body: invalid parts are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Payload = Mapping[str, Any]
# The end of a path, the dialect that is spoken there, and how to ask for a stream there.
_PATHS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), dialect, streams)
    for pattern, dialect, streams in (
        (r"/responses$", "openai-responses", "requested"),
        (r"/chat/completions$", "openai-chat", "requested"),
        (r"/messages$", "anthropic", "requested"),
        (r"/api/(?:chat|generate)$", "ollama", "unless"),
        (r"/models/(?P<model>[^/]+):streamGenerateContent$", "gemini", "always"),
        (r"/models/(?P<model>[^/]+):generateContent$", "gemini", "never"),
    )
)


@dataclass(frozen=True)
class Tool:
    """A function that a request gives the model: its name and the JSON schema of its arguments."""

    name: str
    schema: Payload
    kind: str = "function"


@dataclass(frozen=True)
class ToolResult:
    """What a tool of the client's gave back; `name` is that of the tool, where the API says it."""

    text: str
    call_id: str = ""
    name: str = ""


@dataclass(frozen=True)
class MockRequest:
    """One request, as a rule sees it.

    `dialect` is openai-responses, openai-chat, anthropic, gemini, ollama or openai-realtime; `body`
    the JSON object that came; `headers` have lower-case names; `path` and `query` are the URL's;
    `test` is the name of the test that it belongs to. `history` is what a `previous_response_id`
    refers to, as input items.
    """

    dialect: str
    body: Payload
    model: str = ""
    stream: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    query: str = ""
    test: str = ""
    history: Sequence[Any] = ()

    @cached_property
    def messages(self) -> list[tuple[str, str]]:
        """The conversation so far, as (role, text); tool results have the role "tool"."""
        return [(role, text) for role, text, _ in self._turns]

    @cached_property
    def user(self) -> str:
        """The user's last message; "" if the request has none."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")

    @cached_property
    def turn(self) -> int:
        """The number of the user's messages: 1 in the first request of a conversation."""
        before = None
        count = 0
        for role, _ in self.messages:
            count += role == "user" and before != "user"
            before = role
        return count

    @cached_property
    def tool_results(self) -> list[ToolResult]:
        """The results of tools since the user's last message."""
        found: list[ToolResult] = []
        for role, _, result in self._turns:
            if role == "user":
                found = []
            elif result is not None:
                found.append(result)
        return found

    @cached_property
    def tools(self) -> list[Tool]:
        """The tools that the request gives the model."""
        return list(_tools(self.body.get("tools")))

    @cached_property
    def schema(self) -> Payload | None:
        """The JSON schema that the answer has to fit; None if the request has none.

        {} if the request only asks for "some JSON object".
        """
        return _schema(self.body)

    @cached_property
    def max_tokens(self) -> int | None:
        """How many tokens the answer may have at most."""
        for path in _LIMITS:
            value: Any = self.body
            for name in path:
                value = value.get(name) if isinstance(value, Mapping) else None
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
        return None

    @cached_property
    def tool_choice(self) -> str:
        """What the request says of tools: "auto", "none", "required", or the name of one."""
        return _tool_choice(self.body)

    @property
    def is_array(self) -> bool:
        """Whether a stream is to be one JSON array, which is how Gemini streams by default."""
        return self.dialect == "gemini" and "alt=sse" not in self.query

    @cached_property
    def _turns(self) -> list[tuple[str, str, ToolResult | None]]:
        body = self.body
        given: list[Any] = [*self.history]
        for name in ("input", "messages", "contents", "prompt"):
            value = body.get(name)
            given += value if isinstance(value, list) else [] if value is None else [value]
        return [turn for one in given for turn in _turns_of(one)]


_LIMITS = (
    ("max_output_tokens",), ("max_completion_tokens",), ("max_tokens",),
    ("generationConfig", "maxOutputTokens"), ("options", "num_predict"),
)  # fmt: skip


def endpoint_of(path: str) -> tuple[str, str, str] | None:
    """Which dialect is spoken at a path, how it asks for streams, and the model in the path."""
    for pattern, dialect, streams in _PATHS:
        found = pattern.search(path)
        if found is not None:
            return dialect, streams, found.groupdict().get("model") or ""
    return None


def wants_stream(streams: str, body: Payload) -> bool:
    """Whether a request asks for a stream, where its API says it in this way."""
    if streams in ("always", "never"):
        return streams == "always"
    return bool(body.get("stream", streams == "unless"))


def _turns_of(one: Any) -> Iterator[tuple[str, str, ToolResult | None]]:
    """The turns in a message or an input item."""
    if isinstance(one, str):
        yield "user", one, None
    if not isinstance(one, Mapping):
        return
    kind = str(one.get("type") or "")
    if kind.endswith("_call_output"):
        result = ToolResult(text_of(one.get("output")), str(one.get("call_id") or ""))
        yield "tool", result.text, result
        return
    role = {"model": "assistant"}.get(str(one.get("role") or ""), str(one.get("role") or ""))
    content = one.get("content", one.get("parts"))
    if role in ("tool", "function"):
        name = str(one.get("name") or one.get("tool_name") or "")
        result = ToolResult(text_of(content), str(one.get("tool_call_id") or ""), name)
        yield "tool", result.text, result
    elif role or "parts" in one:
        role = role or "user"
        results = list(_results_in(content))
        for result in results:
            yield "tool", result.text, result
        text = text_of(content)
        if text or not results:
            yield role, text, None


def _results_in(content: Any) -> Iterator[ToolResult]:
    """The results of tools among the parts of a message: Anthropic's and Gemini's."""
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, Mapping):
            continue
        if part.get("type") == "tool_result":
            yield ToolResult(text_of(part.get("content")), str(part.get("tool_use_id") or ""))
        answer = part.get("functionResponse", part.get("function_response"))
        if isinstance(answer, Mapping):
            text = json.dumps(answer.get("response"), ensure_ascii=False)
            yield ToolResult(text, str(answer.get("id") or ""), str(answer.get("name") or ""))


def text_of(content: Any) -> str:
    """The text of a message's content: a text, or the texts of its parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = [
        part if isinstance(part, str) else part.get("text")
        for part in parts
        if isinstance(part, str | Mapping)
    ]
    return "\n".join(text for text in texts if isinstance(text, str))


def _tools(given: Any) -> Iterator[Tool]:
    for tool in given if isinstance(given, list) else ():
        if not isinstance(tool, Mapping):
            continue
        declared = tool.get("functionDeclarations", tool.get("function_declarations"))
        for function in declared if isinstance(declared, list) else (tool.get("function", tool),):
            if not isinstance(function, Mapping):
                continue
            name = str(function.get("name") or "")
            kind = "function" if declared is not None else str(tool.get("type") or "function")
            names = ("parameters", "input_schema", "parametersJsonSchema")
            schema: Payload = next(
                (function[n] for n in names if isinstance(function.get(n), Mapping)), {}
            )
            yield Tool(name, schema, kind)


def _tool_choice(body: Payload) -> str:
    choice = body.get("tool_choice")
    config = body.get("toolConfig")
    if isinstance(config, Mapping):
        calling = config.get("functionCallingConfig")
        choice = calling.get("mode") if isinstance(calling, Mapping) else None
    if isinstance(choice, Mapping):
        function = choice.get("function")
        inner = function if isinstance(function, Mapping) else choice
        choice = inner.get("name") or choice.get("type")
    word = str(choice or "auto")
    return {"any": "required", "ANY": "required", "NONE": "none", "AUTO": "auto"}.get(word, word)


def _schema(body: Payload) -> Payload | None:
    if "format" in body and isinstance(body["format"], Mapping | str):  # Ollama's
        return body["format"] if isinstance(body["format"], Mapping) else {}
    config = body.get("generationConfig")
    if isinstance(config, Mapping):
        for name in ("responseJsonSchema", "responseSchema"):
            if isinstance(config.get(name), Mapping):
                return config[name]  # type: ignore[no-any-return]  # a Mapping, as just looked
        return {} if config.get("responseMimeType") == "application/json" else None
    for outer, inner in _FORMATS:
        holder = body.get(outer)
        form = holder.get(inner) if inner and isinstance(holder, Mapping) else holder
        if not isinstance(form, Mapping):
            continue
        if form.get("type") == "json_object":
            return {}
        if form.get("type") == "json_schema":
            named = form.get("json_schema", form)
            schema = named.get("schema") if isinstance(named, Mapping) else None
            return schema if isinstance(schema, Mapping) else {}
    return None


_FORMATS = (("text", "format"), ("response_format", ""), ("output_config", "format"),
            ("output_format", ""))  # fmt: skip
