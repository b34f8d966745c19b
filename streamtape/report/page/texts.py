"""The texts of an answer as a page shows them: in the order in which they began, cut by event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from streamtape.report.transcript_lines import distinct_parts
from streamtape.tape.events import Part, ToolCall, Transcript

_HIDDEN = frozenset({"arguments", "audio", "signature", "details"})
# Calls whose content is shown elsewhere: as the code that they ran, the image that they made.
_SHOWN_ELSEWHERE = ("code_interpreter", "image_generation")


def text_parts(transcript: Transcript) -> list[dict[str, Any]]:
    """Every text of a transcript that is shown; tool calls are texts with a name."""
    found: list[tuple[int, dict[str, Any]]] = []
    choices = transcript.choices or (transcript,)
    for number, choice in enumerate(choices):
        found += _of_choice(choice, f" {number}" if len(choices) > 1 else "")
    return [part for _, part in sorted(found, key=lambda one: one[0])]


def _of_choice(transcript: Transcript, which: str) -> Iterator[tuple[int, dict[str, Any]]]:
    has_details = not transcript.of("reasoning")
    for part in distinct_parts(transcript):
        if part.channel not in _HIDDEN or (part.channel == "details" and has_details):
            kind = "reasoning" if part.channel == "details" else part.channel
            value = {"kind": kind, "label": f"{kind}{which}", "text": part.text}
            yield part.first_event, value | {"cuts": utf16_cuts(part)}
    arguments = {part.key: part for part in transcript.parts if part.channel == "arguments"}
    for call in transcript.tool_calls:
        if call.arguments or not call.kind.startswith(_SHOWN_ELSEWHERE):
            yield call.first_event, _call(call, arguments, which)


def _call(call: ToolCall, arguments: Mapping[Any, Part], which: str) -> dict[str, Any]:
    part = arguments.get(call.key)
    grown = part is not None and part.text == call.arguments and bool(part.text)
    cuts = utf16_cuts(part) if part is not None and grown else _at_once(call)
    return {
        "kind": "arguments",
        "label": f"tool call{which}",
        "name": call.name,
        "id": call.id,
        "text": call.arguments,
        "cuts": cuts,
        "cut_short": bool(call.arguments) and not call.complete,
    }


def _at_once(call: ToolCall) -> dict[str, list[int]]:
    return {"at": [0], "event": [call.first_event]}


def utf16_cuts(part: Part) -> dict[str, list[int]]:
    """Where the pieces of a text begin, in UTF-16 units, and the events that brought them.

    Both are steps between neighbours. Pieces that hold nothing are left out.
    """
    text = part.text
    ends = [offset for offset, _ in part.cuts[1:]] + [len(text)]
    is_plain = text.isascii()
    at: list[int] = []
    events: list[int] = []
    units = last_event = 0
    pending = 0
    for (start, event), end in zip(part.cuts, ends, strict=True):
        if end <= start:
            continue
        at.append(pending)
        events.append(event - last_event)
        last_event = event
        pending = end - start
        if not is_plain:
            pending += sum(char > "\uffff" for char in text[start:end])
        units += pending
    return {"at": at, "event": events}


def offsets(steps: Sequence[int]) -> list[int]:
    """The values that some steps lead to."""
    values, value = [], 0
    for step in steps:
        value += step
        values.append(value)
    return values
