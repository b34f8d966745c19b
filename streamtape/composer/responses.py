"""OpenAI Responses: the events around the items, and those of each part.

The opening, numbered events, exactly one terminal event; the response that it holds is what a
request without `stream` gets.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import takewhile
from typing import Any

from streamtape.composer import responses_items as items
from streamtape.composer import responses_tools as tools
from streamtape.composer.parts import (
    Call,
    Compact,
    CustomCall,
    Fail,
    FileSearch,
    ListTools,
    MakeImage,
    MCPCall,
    OutputItem,
    Part,
    Pause,
    Reasoning,
    Refuse,
    RunCode,
    RunShell,
    Say,
    Speak,
    Stop,
    WebSearch,
    fails_next,
)
from streamtape.composer.responses_output import Output, event, numbered
from streamtape.composer.stage import Frame, Frames, Payload, Stage

# The codes that a response may fail with; any other is sent as an `error` event.
_FAILURES = {
    "server_error", "rate_limit_exceeded", "invalid_prompt", "vector_store_timeout",
    "invalid_image", "invalid_image_format", "invalid_base64_image", "invalid_image_url",
    "image_too_large", "image_too_small", "image_parse_error", "image_content_policy_violation",
    "invalid_image_mode", "image_file_too_large", "unsupported_image_media_type",
    "empty_image_file", "failed_to_download_image", "image_file_not_found",
}  # fmt: skip
_INCOMPLETE = {"length": "max_output_tokens"}
_WHOLE = {"stop", "tool_calls", "refusal", "stop_sequence", "pause"}  # it says none of these

SAYS: dict[type[Any], Callable[[Output, Any], Frames]] = {
    Reasoning: items.reasoning,
    Call: items.function_call,
    CustomCall: items.custom_call,
    Refuse: lambda output, part: items.refusal(output, part.text),
    Speak: items.audio,
    Compact: items.compaction,
    OutputItem: items.other,
    WebSearch: tools.web_search,
    FileSearch: tools.file_search,
    RunCode: tools.code_interpreter,
    MakeImage: tools.image_generation,
    ListTools: tools.mcp_list_tools,
    MCPCall: tools.mcp_call,
    RunShell: tools.shell,
}


def play(stage: Stage, parts: Sequence[Part]) -> Generator[Frame, None, Payload]:
    """The events of a response; what it returns is the response."""
    last: Payload = {}
    for frame in numbered(_events(Output(stage), parts)):
        last = frame.payload
        yield frame
    response = last.get("response")
    return response if isinstance(response, dict) else {"error": {**_error(last)}}


def _events(output: Output, parts: Sequence[Part]) -> Frames:
    queued = bool(output.stage.body.get("background"))
    yield event("response.created", {"response": output.response(_first_status(queued))})
    if queued:
        yield event("response.queued", {"response": output.response("queued")})
    yield event("response.in_progress", {"response": output.response("in_progress")})
    stop = next((part for part in parts if isinstance(part, Stop)), Stop("stop"))
    texts = [part for part in parts if isinstance(part, Say)]
    cut = texts[-1] if texts and stop.reason not in _WHOLE else None
    for number, part in enumerate(parts):
        if isinstance(part, Fail):
            yield _failure(output, part)
            return
        if isinstance(part, Pause):
            output.stage.silence(part)
        elif isinstance(part, Say):
            frames = items.message(output, part, "incomplete" if part is cut else "completed")
            yield from _before_done(frames) if fails_next(parts, number) else frames
        elif not isinstance(part, Stop):
            yield from SAYS[type(part)](output, part)
    yield _end(output, stop)


def _before_done(frames: Frames) -> Frames:
    """The events of a message up to the end of its text, which nothing closes."""
    return takewhile(lambda frame: frame.event != "response.output_text.done", frames)


def _first_status(queued: bool) -> str:
    return "queued" if queued else "in_progress"


def _end(output: Output, stop: Stop) -> Frame:
    if stop.reason in _WHOLE:
        whole = output.response("completed", usage=output.usage())
        return event("response.completed", {"response": whole})
    details = {"reason": _INCOMPLETE.get(stop.reason, stop.reason)}
    cut = output.response("incomplete", incomplete_details=details, usage=output.usage())
    return event("response.incomplete", {"response": cut})


def _failure(output: Output, fail: Fail) -> Frame:
    if fail.code in _FAILURES:
        error = {"code": fail.code, "message": fail.message}
        return event("response.failed", {"response": output.response("failed", error=error)})
    return event("error", {"code": fail.code, "message": fail.message, "param": None})


def _error(last: Payload) -> Payload:
    return {"message": last.get("message"), "type": "server_error", "param": None,
            "code": last.get("code")}  # fmt: skip
