"""What a request asks of the embedded endpoint: which script, at which pace, how nasty.

Options are query parameters, of the URL or of the model's name, so that any SDK can send them:
`model="scripted:refusal?gap_us=0&cut=12"`. Unknown ones are refused. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import parse_qsl

from streamtape.errors import UsageError

DEFAULT_GAP_US = 25_000
_PREFIX = "scripted:"
# What clients of Gemini and of the Realtime API put into every URL.
_NOT_OURS = {"alt", "key", "$alt", "model", "intent"}
# The type of the first tool in a request, and the script that uses it.
_TOOL_SCRIPTS = {
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


@dataclass(frozen=True, slots=True)
class Options:
    """How one answer is played.

    script: its name (see `streamtape.mock.scripts`); "" chooses by what the request holds.
    gap_us: the time between events. first_us: the time before the head of the response.
    seed: of ids, obfuscation and the cuts between deltas; None takes the endpoint's, request by
    request. word: what the fifth "bubble" becomes. events: how many the text script sends.
    cut, reset, stall: after so many events close the connection, reset it, or fall silent.
    close: the code with which a WebSocket is closed at `cut`; 0 closes it without a message.
    hold: after so many events on a WebSocket, wait until the client says something.
    gzip: compress, flushed at each event. per_chunk: events in an HTTP chunk. pieces: HTTP chunks
    an event, or fragments of a WebSocket's message. cookies: how many Set-Cookie headers. status:
    an HTTP error instead of the stream.
    """

    script: str = ""
    gap_us: int = DEFAULT_GAP_US
    first_us: int = 0
    seed: int | None = None
    word: str = "bubble"
    events: int = 48
    cut: int | None = None
    reset: int | None = None
    stall: int | None = None
    close: int = 0
    hold: int | None = None
    gzip: bool = False
    per_chunk: int = 1
    pieces: int = 1
    cookies: int = 0
    status: int = 200


@dataclass(frozen=True, slots=True)
class MockRequest:
    """A request, understood: its JSON body, the model it names, and the options."""

    body: Mapping[str, Any]
    model: str
    options: Options
    stream: bool = False
    starting_after: int = -1
    extra: Mapping[str, str] = field(default_factory=dict)


def mock_request(body: Mapping[str, Any], query: str, defaults: Options) -> MockRequest:
    """Read the options out of a request; UsageError for one that does not exist."""
    model, _, in_model = str(body.get("model", "gpt-4.1")).partition("?")
    options = _apply(defaults, in_model)
    options = _apply(options, query)
    if not options.script:
        options = replace(options, script=_choose(model, body))
    return MockRequest(body, model, options, stream=bool(body.get("stream")))


def _apply(options: Options, query: str) -> Options:
    types = {f.name: str(f.type) for f in fields(Options)}
    changes: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name in _NOT_OURS:
            continue
        if name not in types:
            known = ", ".join(sorted(types))
            raise UsageError(f"unknown option {name!r} of the embedded endpoint; known: {known}")
        try:
            changes[name] = text if types[name] == "str" else _number(text)
        except ValueError:
            raise UsageError(
                f"option {name}={text!r} should be a whole number, not below 0"
            ) from None
    changes.update({n: bool(v) for n, v in changes.items() if types[n] == "bool"})
    changes.update({n: max(v, 1) for n, v in changes.items() if n in ("per_chunk", "pieces")})
    return replace(options, **changes)


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _is_tool_output(item: Any) -> bool:
    return isinstance(item, dict) and str(item.get("type")).endswith("_call_output")


def _choose(model: str, body: Mapping[str, Any]) -> str:
    if model.startswith(_PREFIX):
        return model.removeprefix(_PREFIX)
    items = body.get("input")
    if isinstance(items, list) and any(map(_is_tool_output, items)):
        return "text"
    tools = body.get("tools")
    if isinstance(tools, list) and tools and isinstance(tools[0], dict):
        return _TOOL_SCRIPTS.get(str(tools[0].get("type", "function")), "text")
    text = body.get("text")
    form = text.get("format") if isinstance(text, dict) else None
    if isinstance(form, dict) and form.get("type") == "json_schema":
        return "structured"
    return "text"
