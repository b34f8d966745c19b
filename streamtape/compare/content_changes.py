"""Transcripts compared: the changes at level `content`.

Only what the reader gets is compared: texts, refusals, reasoning, tool calls, annotations, images,
the finish reason. The order in which independent items interleave is ignored.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Location
from streamtape.compare.dedupe import join_swapped
from streamtape.compare.normalise import is_id_name, looks_made
from streamtape.compare.units import CALL
from streamtape.compare.value_diff import hunks, walk
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import canonical, decode
from streamtape.tape.events import Part, ToolCall, Transcript

SILENT = ("arguments", "signature", "details")  # reported as tool calls, or no part of what is read
FOLDED = "output"  # the channel whose JSON is the transcript's own spelling of what a tool gave
STRUCTURE = "structure"  # the path of a text that is JSON on one side only
FACTS = ("finish_reason", "status", "error")


def compare_content(a: Transcript, b: Transcript, dialect: Dialect) -> tuple[Change, ...]:
    """The changes between two transcripts."""
    changes: list[Change] = []
    channels = dict.fromkeys(p.channel for p in (*a.parts, *b.parts) if p.channel not in SILENT)
    for channel in channels:
        changes.extend(_texts(channel, _parts(a, channel), _parts(b, channel)))
    changes.extend(_calls(_in_order(a.tool_calls), _in_order(b.tool_calls)))
    changes.extend(
        _values("annotation", _plain(a.annotations, dialect), _plain(b.annotations, dialect))
    )
    changes.extend(_values("image", [i.sha256 for i in a.images], [i.sha256 for i in b.images]))
    for one, other in zip(a.choices or (a,), b.choices or (b,), strict=False):
        for name in FACTS:
            before, after = (_without(getattr(x, name), ()) for x in (one, other))
            changes.extend(
                Change("changed", name, _last(a), _last(b), ".".join(path), old, new)
                for path, old, new in walk(before, after, ())
            )
    if a.finished is not b.finished and not any(change.what in FACTS for change in changes):
        changes.append(
            Change("changed", "finished", _last(a), _last(b), "", a.finished, b.finished)
        )
    last = max(a.n_events, b.n_events)
    return tuple(sorted(join_swapped(changes), key=lambda change: _order(change, last)))


def _order(change: Change, last: int) -> tuple[int, int]:
    """The first divergence first; what has no place comes after all that has."""
    one, other = change.a or change.b, change.b or change.a
    return (one.index, other.index) if one and other else (last, last)


def _plain(values: tuple[Any, ...], dialect: Dialect) -> list[Any]:
    """The values without the fields that hold ids or differ from run to run."""
    fields = {p.rpartition(".")[2] for p in (*dialect.ids, *dialect.masked, *dialect.dropped)}
    return [_without(value, fields) for value in values]


def _without(value: Any, fields: Container[str]) -> Any:
    """A value without some fields, ids that were made up, and what says nothing."""
    if isinstance(value, dict):
        return {
            k: _without(v, fields)
            for k, v in value.items()
            if k not in fields and v is not None and v != "" and not _is_made_id(k, v)
        }
    if isinstance(value, list):
        return [_without(v, fields) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_made_id(name: str, value: Any) -> bool:
    return is_id_name(name) and isinstance(value, str) and looks_made(value)


def _parts(transcript: Transcript, channel: str) -> list[Part]:
    return [p for p in _in_order(transcript.parts) if p.channel == channel and p.text]


def _in_order(things: tuple[Any, ...]) -> list[Any]:
    """In the order of their keys where these are numbers; else as they came."""
    if all(isinstance(k, int) for thing in things for k in thing.key[:2]):
        return sorted(things, key=lambda thing: thing.key[:2])
    return list(things)


def _texts(channel: str, a: list[Part], b: list[Part]) -> Iterator[Change]:
    for gap in gaps([p.text for p in a], [p.text for p in b]):
        shared = min(gap.a2 - gap.a1, gap.b2 - gap.b1)
        for one, other in zip(
            a[gap.a1 : gap.a1 + shared], b[gap.b1 : gap.b1 + shared], strict=True
        ):
            yield from _one_text(channel, one, other)
        for part in a[gap.a1 + shared : gap.a2]:
            yield Change("removed", channel, Location(part.first_event), None, "", part.text, None)
        for part in b[gap.b1 + shared : gap.b2]:
            yield Change("inserted", channel, None, Location(part.first_event), "", None, part.text)


def _one_text(channel: str, one: Part, other: Part) -> Iterator[Change]:
    """Where two texts differ: word by word; value by value where both are JSON objects or lists."""
    before, after = data_in(one.text), data_in(other.text)
    if (before is None) is not (after is None):
        pieces = tuple(piece for hunk in hunks(one.text, other.text) for piece in hunk.pieces)
        locations = Location(one.first_event), Location(other.first_event)
        yield Change("changed", channel, *locations, STRUCTURE, one.text, other.text, pieces)
        return
    if channel == FOLDED:
        before, after = _without(before, ()), _without(after, ())
    if before is not None and type(before) is type(after):
        locations = Location(one.first_event), Location(other.first_event)
        found = [
            Change("changed", channel, *locations, ".".join(path), old, new)
            for path, old, new in walk(before, after, ())
        ]
        if found or channel == FOLDED:
            yield from found
            return
    for hunk in hunks(one.text, other.text):
        yield Change(
            "changed",
            channel,
            Location(one.event_at(hunk.a_first)),
            Location(other.event_at(hunk.b_first)),
            "",
            one.text[hunk.a_start : hunk.a_end],
            other.text[hunk.b_start : hunk.b_end],
            hunk.pieces,
        )


def data_in(text: str) -> Any:
    """The object or list that a text is; None where it is prose."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    value = decode(text)
    return value if isinstance(value, dict | list) else None


def _calls(a: list[ToolCall], b: list[ToolCall]) -> Iterator[Change]:
    for gap in gaps([_call_token(c) for c in a], [_call_token(c) for c in b]):
        left, right = a[gap.a1 : gap.a2], b[gap.b1 : gap.b2]
        removed: list[ToolCall] = []
        inserted: list[ToolCall] = []
        i = j = 0
        for inner in gaps([c.name for c in left], [c.name for c in right]):
            yield from _same_tool(left[i : inner.a1], right[j : inner.b1])
            removed += left[inner.a1 : inner.a2]
            inserted += right[inner.b1 : inner.b2]
            i, j = inner.a2, inner.b2
        yield from _same_tool(left[i:], right[j:])
        yield from _other_tools(removed, inserted)


def _other_tools(removed: list[ToolCall], inserted: list[ToolCall]) -> Iterator[Change]:
    """Calls without a namesake: one of the same arguments has another name; the rest is new."""
    inserted = list(inserted)
    for one in removed:
        twin = next((c for c in inserted if c.name != one.name and _alike(one, c)), None)
        if twin is None:
            yield Change("removed", CALL, _at(one), None, "", _call_value(one), None)
            continue
        inserted.remove(twin)
        yield Change("changed", CALL, _at(one), _at(twin), "name", one.name, twin.name)
    for other in inserted:
        yield Change("inserted", CALL, None, _at(other), "", None, _call_value(other))


def _alike(one: ToolCall, other: ToolCall) -> bool:
    return one.kind == other.kind and canonical(_arguments(one)) == canonical(_arguments(other))


def _same_tool(a: list[ToolCall], b: list[ToolCall]) -> Iterator[Change]:
    for one, other in zip(a, b, strict=True):
        for path, before, after in walk(_arguments(one), _arguments(other), ("arguments",)):
            what = f"{CALL} {one.name}"
            yield Change("changed", what, _at(one), _at(other), ".".join(path), before, after)


def _call_token(call: ToolCall) -> tuple[str, str, bytes]:
    return call.kind, call.name, canonical(_arguments(call))


def _arguments(call: ToolCall) -> Any:
    return call.parsed if call.complete else call.arguments


def _call_value(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": _arguments(call)}


def _at(call: ToolCall) -> Location:
    return Location(call.first_event)


def _last(transcript: Transcript) -> Location:
    return Location(max(transcript.n_events - 1, 0))


def _values(what: str, a: Any, b: Any) -> Iterator[Change]:
    a, b = list(a), list(b)
    for gap in gaps([canonical(x) for x in a], [canonical(x) for x in b]):
        yield from (Change("removed", what, None, None, "", x) for x in a[gap.a1 : gap.a2])
        yield from (Change("inserted", what, None, None, "", None, x) for x in b[gap.b1 : gap.b2])
