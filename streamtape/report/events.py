"""The events of a stream as lines, with runs of deltas grouped.

Neighbouring events of one type that add to the same text are one line: how many, and the text
that they add. What else an event says is shown by the first of the usual fields that it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from streamtape.dialects.base import Dialect
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.rule_index import plan_for
from streamtape.printable import printable
from streamtape.report.lines import Line, line, one_line
from streamtape.tape.events import Event
from streamtape.units import seconds

# Paths of what is most worth seeing of an event that is no delta; the first that is there is shown.
_TELLING = (
    "error.message", "message.content", "response.error.message", "response.incomplete_details",
    "item.name", "item.type", "part.type", "content_block.name", "content_block.type",
    "start.toolUse.name", "delta.stop_reason", "stopReason", "choices.0.finish_reason",
    "choices.0.delta.tool_calls.0.function.name", "choices.0.delta.role", "error", "code",
    "arguments", "text", "response.status", "message.role", "role", "status", "name",
    "candidates.0.finishReason",
)  # fmt: skip
# Where a stream counts its tokens.
_USAGE = ("usage", "response.usage", "message.usage", "usageMetadata", "delta.usage")
_MAX_COUNTS = 6
# Fields that say where an event belongs, and not what it says.
_UNTELLING = frozenset({
    "type", "sequence_number", "item_id", "response_id", "output_index", "content_index",
    "summary_index", "command_index", "index", "obfuscation", "id", "object", "created", "model",
    "system_fingerprint", "service_tier", "provider", "p", "contentBlockIndex", "modelVersion",
    "responseId",
})  # fmt: skip
_MIN_SNIPPET = 8
_MAX_NAME = 44


class Run(NamedTuple):
    """Events in a row that share one line; `text` is what deltas among them add."""

    events: tuple[Event, ...]
    text: str | None


def runs(events: tuple[Event, ...], dialect: Dialect) -> Iterator[Run]:
    """The events, with neighbours that add to the same texts put together."""
    pending: list[Event] = []
    pieces: list[str] = []
    target: Any = None
    for event in events:
        added = _added(event, dialect)
        mine = (event.type, tuple(added)) if added and event.direction == "server" else None
        if pending and (mine is None or mine != target):
            yield Run(tuple(pending), "".join(pieces) if target is not None else None)
            pending, pieces = [], []
        elif pending and target is None:
            yield Run(tuple(pending), None)
            pending, pieces = [], []
        pending.append(event)
        pieces.extend(added.values())
        target = mine
    if pending:
        yield Run(tuple(pending), "".join(pieces) if target is not None else None)


def _added(event: Event, dialect: Dialect) -> dict[Any, str]:
    """What a delta adds, by target; nothing for other events."""
    plan = plan_for(dialect, event.type)
    if not plan.deltas:
        return {}
    found = plan.find_deltas(event.payload, event.index)
    return {(d.rule, d.key): d.value for d in found if d.value != ""}


def grouped_lines(parsed: ParsedResponse, width: int, *, times: bool = True) -> Iterator[Line]:
    """A line a run: when, which events, type, what they say.

    Without times, counts and numbers are left out, too: equal runs differ in them.
    """
    grouped = list(runs(parsed.events, parsed.dialect))
    rows = [_margins(run, times=times) for run in grouped]
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(3)]
    last = len(parsed.events) - 1
    for run, (when, numbers, name) in zip(grouped, rows, strict=True):
        first = run.events[0]
        left = f"{when:>{widths[0]}}  " if widths[0] else ""
        left += f"{numbers:>{widths[1]}}  " if widths[1] else ""
        middle = f"{name:<{min(widths[2], _MAX_NAME)}}  "
        room = max(width - 4 - len(left) - len(middle), _MIN_SNIPPET)
        bad = "bad" if first.index == last and _is_error(first) else ""
        summary = bad or ("text" if run.text is not None else "")
        yield line("    ", (left, "dim"), (middle, bad or "type"), (_summary(run, room), summary))


def _margins(run: Run, *, times: bool) -> tuple[str, str, str]:
    """The left part of a run's line: time, numbers, type."""
    first, last = run.events[0], run.events[-1]
    name = signed(first)
    if not times:
        return "", "", name
    if first is last:
        return seconds(first.at_us), str(first.index), name
    return seconds(first.at_us), f"{first.index}–{last.index}", f"{name} ×{len(run.events)}"


def signed(event: Event) -> str:
    """The type of an event, with an arrow before a client's."""
    return ("→ " if event.direction == "client" else "") + printable(event.type)


def _is_error(event: Event) -> bool:
    return event.type in {"error", "response.failed"}


def summary(event: Event, dialect: Dialect, room: int) -> str:
    """What one event says, in one line: the text that it adds, or its most telling field."""
    added = _added(event, dialect)
    if added:
        return one_line("".join(added.values()), room)
    return _summary(Run((event,), None), room)


def _summary(run: Run, room: int) -> str:
    if run.text is not None:
        return f'"{one_line(run.text, room - 2)}"'
    payload = run.events[0].payload
    if not isinstance(payload, dict):
        return one_line(payload if isinstance(payload, str) else compact(payload), room)
    for text in (*_first_telling(payload), *_counts(payload)):
        return one_line(text, room)
    rest = {name: value for name, value in payload.items() if name not in _UNTELLING}
    return one_line(compact(rest), room) if rest else ""


def _first_telling(payload: dict[str, Any]) -> Iterator[str]:
    for path in _TELLING:
        value = _at(payload, path)
        if value not in (None, "", [], {}):
            yield value if isinstance(value, str) else compact(value)
            return


def _counts(payload: dict[str, Any]) -> Iterator[str]:
    """The tokens that an event counts: `usage: prompt_tokens 12, completion_tokens 40`."""
    for path in _USAGE:
        value = _at(payload, path)
        if isinstance(value, dict):
            counts = [f"{name} {n:,}" for name, n in value.items() if type(n) is int and n]
            if counts:
                yield f"usage: {', '.join(counts[:_MAX_COUNTS])}"
                return


def _at(payload: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(payload, dict):
            payload = payload.get(step)
        elif isinstance(payload, list) and step.isdigit() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return None
    return payload


def compact(value: Any) -> str:
    """A value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=repr)


def event_lines(parsed: ParsedResponse, *, times: bool = True) -> Iterator[Line]:
    """Every event by itself: number, time, type, the whole payload."""
    for event in parsed.events:
        payload = event.payload if isinstance(event.payload, str) else compact(event.payload)
        when = f"{seconds(event.at_us)}  " if times and event.at_us is not None else ""
        yield line(
            (f"{event.index}  {when}", "dim"),
            (f"{signed(event)}  ", "type"),
            printable(payload).replace("\n", "↵"),
        )


def frame_lines(parsed: ParsedResponse, *, times: bool = True) -> Iterator[Line]:
    """Every frame by itself, comments and incomplete ones included.

    ContentError or FramingError, after the frames before it, where the body can't be read on.
    """
    for frame in parsed.frames:
        when = f"{seconds(frame.at_us)}  " if times and frame.at_us is not None else ""
        parts = [f"event: {frame.event}"] if frame.event != "message" else []
        parts += ["client"] if frame.direction == "client" else []
        parts += [f"id: {frame.id}"] if frame.id else []
        parts += [f"retry: {frame.retry}"] if frame.retry is not None else []
        parts += [f":{comment}" for comment in frame.comments]
        parts += [f"data: {frame.data}"] if frame.data is not None else []
        cut = "" if frame.complete else "  (incomplete: the stream ended within it)"
        yield line(
            (f"{frame.index}  {when}", "dim"),
            " | ".join(printable(part).replace("\n", "↵") for part in parts),
            (cut, "bad"),
        )
    parsed.or_raise()
