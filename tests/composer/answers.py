"""Answers to compose, by name: what every dialect can say, and what only some can."""

from __future__ import annotations

from typing import Any

from streamtape import (
    Call,
    Cite,
    Compact,
    CustomCall,
    FileSearch,
    ListTools,
    MakeImage,
    MCPCall,
    OutputItem,
    Pause,
    Reasoning,
    Refuse,
    RunCode,
    RunShell,
    Say,
    Speak,
    Stop,
    WebSearch,
)

DIALECTS = ("openai-responses", "openai-chat", "anthropic", "gemini", "ollama")
CITED = Cite("https://example.com/a", "A title", "what it says", 0, 5)
_SCREENSHOT = {
    "call_id": "call_1", "action": {"type": "screenshot"}, "pending_safety_checks": [],
    "status": "completed",
}  # fmt: skip
EVERYWHERE: dict[str, list[Any]] = {
    "text": [Say("Double bubble bath, ten times fast.")],
    "unicode": [Say("Grüße, 世界! 🛁👩‍👩‍👧 \u2028 \x00 \U0010fffd\n\n\tend ")],
    "empty text": [Say("")],
    "reasoning": [Reasoning("The user wants ten of them."), Say("Here they are.")],
    "hidden reasoning": [Reasoning(redacted=True), Say("Here they are.")],
    "calls": [Call("get_weather", {"city": "Oslo", "days": 2}), Call("now", {})],
    "text and a call": [Say("Let me look."), Call("find", {"words": ["a", "b"]}, id="call_7")],
    "refusal": [Refuse("I can't do that.")],
    "cut by the limit": [Say("This text is too lo"), Stop("length")],
    "filtered": [Say("This is"), Stop("content_filter")],
    "paused": [Say("One moment."), Pause(800), Say(" Done.")],
    "cited": [Say("Bubbles are round.", [CITED])],
    "long": [Say("double bubble bath " * 30)],
    "nothing": [Say("x")],
}
SOME: dict[str, list[Any]] = {
    "logprobs": [Say("Likely words.", logprobs=True)],
    "web search": [WebSearch("bubbles", [CITED]), Say("Bubbles are round.", [CITED])],
    "file search": [FileSearch("bubbles", "bath.txt", "a text"), Say("It is in bath.txt.")],
    "code": [RunCode("print(6 * 7)\n", "42\n"), Say("It is 42.")],
    "picture": [MakeImage()],
    "partial pictures": [MakeImage(n_partial=3)],
    "mcp": [ListTools("bath", ["fill"]), MCPCall("bath", "fill", {"hot": True}, "filled")],
    "mcp that fails": [ListTools("bath", error="gone"), MCPCall("bath", "fill", error="gone")],
    "shell": [RunShell("ls", "bath\nbubbles\n"), Say("Two files.")],
    "speech": [Speak("Double bubble bath.")],
    "compaction": [Compact(), Say("Where were we?")],
    "custom call": [CustomCall("write", "free *text*")],
    "open reasoning": [Reasoning("Six times seven.", form="text"), Say("42")],
    "reasoning in parts": [Reasoning(["First this.", "Then that."]), Say("So.")],
    "screenshot": [OutputItem("computer_call", _SCREENSHOT)],
}
# Which dialects have words for them.
ABLE: dict[str, set[str]] = {
    "logprobs": set(DIALECTS),
    "web search": {"openai-responses", "anthropic", "gemini"},
    "code": {"openai-responses", "anthropic", "gemini"},
    "picture": {"openai-responses", "gemini"},
    "partial pictures": {"openai-responses", "gemini"},
    "speech": {"openai-responses", "openai-chat"},
    "open reasoning": set(DIALECTS),
    "reasoning in parts": set(DIALECTS),
}
CASES = [
    *((dialect, name, EVERYWHERE[name]) for dialect in DIALECTS for name in EVERYWHERE),
    *(
        (dialect, name, parts)
        for name, parts in SOME.items()
        for dialect in sorted(ABLE.get(name, {"openai-responses"}))
    ),
]
IDS = [f"{dialect}-{name}" for dialect, name, _ in CASES]


def spoken(parts: list[Any]) -> str:
    """The text that the parts say, refusals aside."""
    return "".join(part.text for part in parts if isinstance(part, Say))
