"""Named answers: `model="scripted:refusal"` gets one of them, in any dialect that has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from streamtape.composer.parts import (
    Call,
    Cite,
    Compact,
    CustomCall,
    Fail,
    FileSearch,
    ListTools,
    MakeImage,
    MCPCall,
    Part,
    Reasoning,
    Refuse,
    RunCode,
    RunShell,
    Say,
    Speak,
    Stop,
    WebSearch,
)
from streamtape.composer.tokens import n_tokens, tokens
from streamtape.mock.options import Options
from streamtape.mock.request import MockRequest
from streamtape.mock.schema_example import example

_REPEATS = 10
_CITATION = Cite("https://example.com/twisters", "Tongue twisters", "ten times fast", 0, 18)
_AROUND = {"openai-responses": 8, "openai-chat": 3, "anthropic": 6, "gemini": 1, "ollama": 1}
_COUNTED = {"text", "queued"}  # the scripts whose number of events can be chosen
Script = Callable[[MockRequest, Options], Sequence[Part]]


def sample_text(word: str = "bubble", repeats: int = _REPEATS) -> str:
    """'Double bubble bath', repeated; `word` replaces "bubble" in the fifth."""
    lines = ["double bubble bath"] * repeats
    lines[min(4, repeats - 1)] = f"double {word} bath"
    return " ".join(lines)


def _sample(request: MockRequest, options: Options) -> str:
    """The sample text, long enough for the requested number of events."""
    n = n_deltas("text", request, options) or 0
    return sample_text(options.word, max(_REPEATS, n // 5 + 1))  # five tokens each


def n_deltas(script: str, request: MockRequest, options: Options) -> int | None:
    """In how many events the text of a script comes; None where that is left to its tokens."""
    if script not in _COUNTED:
        return None
    return max(options.events - _AROUND.get(request.dialect, 0), 1)


def _text(request: MockRequest, options: Options) -> Sequence[Part]:
    return [Say(_sample(request, options))]


def _structured(request: MockRequest, options: Options) -> Sequence[Part]:
    answer: Any = {
        "phrase": f"double {options.word} bath", "times": _REPEATS, "tags": ["fast", "ünïcode ✓"],
    }  # fmt: skip
    if request.schema:
        answer = example(request.schema)
    return [Say(json.dumps(answer, ensure_ascii=False))]


def _function_call(request: MockRequest, options: Options) -> Sequence[Part]:
    tools = [tool for tool in request.tools if tool.kind == "function"]
    tool = next((t for t in tools if t.name == request.tool_choice), tools[0] if tools else None)
    if tool is None or not tool.schema.get("properties"):
        arguments: Any = {"phrase": f"double {options.word} bath", "times": _REPEATS}
    else:
        arguments = example({"type": "object", **tool.schema})
    return [Call(tool.name if tool and tool.name else "say_fast", arguments)]


def _custom_tool(request: MockRequest, options: Options) -> Sequence[Part]:
    name = next((tool.name for tool in request.tools if tool.kind == "custom"), "say_fast")
    return [CustomCall(name, sample_text(options.word, 2))]


def _mcp(request: MockRequest, options: Options) -> Sequence[Part]:
    del request, options
    listed = ListTools("twister", ["say_fast"])
    called = MCPCall("twister", "say_fast", {"times": _REPEATS}, "double bubble bath")
    return [listed, called, Say("The tool has said it.")]


def _mcp_failed(request: MockRequest, options: Options) -> Sequence[Part]:
    del request, options
    listed = ListTools("twister", error="the server did not answer")
    called = MCPCall("twister", "say_fast", {"times": _REPEATS}, error="Bad Gateway")
    return [listed, called, Say("The tool failed.")]


def _after(*before: Part) -> Script:
    """These parts, and then the sample text."""
    return lambda request, options: [*before, Say(_sample(request, options), [_CITATION])]


def _reasoned(*before: Part) -> Script:
    return lambda request, options: [*before, Say(_sample(request, options))]


def _fixed(*given: Part) -> Script:
    return lambda request, options: given


_CODE = f"for _ in range({_REPEATS}):\n    print('double bubble bath')\n"
_BEGUN = "double bubble bath double"
_SEARCH = WebSearch("tongue twisters", [_CITATION])
_SHELL = RunShell("yes 'double bubble bath' | head -3", sample_text(repeats=3) + "\n")
_THOUGHT = Reasoning(["**Counting** the user wants ten.", "**Pacing** fast, but clearly."])


def _tour(request: MockRequest, options: Options) -> Sequence[Part]:
    names = ("reasoning", "web_search", "mcp", "code_interpreter", "shell", "function_call")
    return [part for name in names for part in SCRIPTS[name](request, options)]


SCRIPTS: dict[str, Script] = {
    "annotated": _after(),
    "audio": _fixed(Speak(sample_text(repeats=2))),
    "code_interpreter": _fixed(
        RunCode(_CODE, sample_text(repeats=3)), Say("It printed the phrase ten times.")
    ),
    "compaction": _reasoned(Compact()),
    "custom_tool": _custom_tool,
    "error": _fixed(Say(_BEGUN), Fail("overloaded")),
    "failed": _fixed(Say(_BEGUN), Fail("server_error", "The model ran out of breath.")),
    "file_search": _after(FileSearch("tongue twisters", "twisters.txt", sample_text(repeats=2))),
    "function_call": _function_call,
    "image_generation": _fixed(MakeImage(n_partial=2)),
    "incomplete": _fixed(Say(sample_text(repeats=3)), Stop("length")),
    "mcp": _mcp,
    "mcp_failed": _mcp_failed,
    "queued": _text,
    "reasoning": _reasoned(_THOUGHT),
    "reasoning_text": _reasoned(Reasoning("Ten times; I count on my fingers.", form="text")),
    "refusal": _fixed(Refuse("I'm sorry, but I can't say that ten times fast.")),
    "shell": _fixed(_SHELL, Say("The shell has said it three times.")),
    "structured": _structured,
    "text": _text,
    "tour": _tour,
    "web_search": _after(_SEARCH),
}
# The kind of the first tool in a request, and the script that uses it.
_OF_TOOLS = {
    "function": "function_call",
    "file_search": "file_search",
    "web_search": "web_search",
    "web_search_preview": "web_search",
    "code_interpreter": "code_interpreter",
    "image_generation": "image_generation",
    "mcp": "mcp",
    "custom": "custom_tool",
    "shell": "shell",
}


def default_script(request: MockRequest) -> str:
    """The script that answers where no rule does: the request's tools, its schema, or text."""
    if not request.tool_results and request.tool_choice != "none" and request.tools:
        found = _OF_TOOLS.get(request.tools[0].kind)
        if found in ("function_call", "custom_tool") or request.dialect == "openai-responses":
            return found or "text"
    return "text" if request.schema is None else "structured"


def limited(items: Sequence[Part], n: int | None) -> list[Part]:
    """The parts up to a limit of tokens, and whether it cut them."""
    if n is None:
        return list(items)
    found: list[Part] = []
    for part in items:
        texts = "".join(part.texts) if isinstance(part, Reasoning) else ""
        texts = part.text if isinstance(part, Say) else texts
        size = n_tokens(texts) if texts else 0
        if size > n:
            text = "".join(tokens(texts, lambda limit: 0)[:n])
            cut = Say(text) if isinstance(part, Say) else Reasoning(text)
            return [*found, cut, Stop("length")]
        n -= size
        found.append(part)
    return found
