"""Transcript against transcript: the changes at level `content`.

Only what the reader gets: texts, refusals, reasoning, tool calls, annotations, images, how it
finished. In what order independent items came in between each other is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Place
from streamtape.compare.folding import join_swapped
from streamtape.compare.values import walk
from streamtape.compare.words import hunks
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import canonical
from streamtape.tape.views import Part, ToolCall, Transcript

SILENT = ("arguments", "signature", "details")  # told as tool calls, or no part of what is read
FACTS = ("finish_reason", "status", "error")


def compare_content(a: Transcript, b: Transcript, dialect: Dialect) -> tuple[Change, ...]:
    """The changes between what two streams said."""
    changes: list[Change] = []
    channels = dict.fromkeys(p.channel for p in (*a.parts, *b.parts) if p.channel not in SILENT)
    for channel in channels:
        changes.extend(_texts(channel, _parts(a, channel), _parts(b, channel)))
    changes.extend(_calls(_in_place(a.tool_calls), _in_place(b.tool_calls)))
    changes.extend(
        _values("annotation", _plain(a.annotations, dialect), _plain(b.annotations, dialect))
    )
    changes.extend(_values("image", [i.sha256 for i in a.images], [i.sha256 for i in b.images]))
    for one, other in zip(a.choices or (a,), b.choices or (b,), strict=False):
        for name in FACTS:
            before, after = getattr(one, name), getattr(other, name)
            changes.extend(
                Change("changed", name, _last(a), _last(b), ".".join(path), old, new)
                for path, old, new in walk(before, after, ())
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


def _without(value: Any, fields: set[str]) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, fields) for k, v in value.items() if k not in fields}
    return [_without(v, fields) for v in value] if isinstance(value, list) else value


def _parts(transcript: Transcript, channel: str) -> list[Part]:
    return [p for p in _in_place(transcript.parts) if p.channel == channel and p.text]


def _in_place(things: tuple[Any, ...]) -> list[Any]:
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
            for hunk in hunks(one.text, other.text):
                yield Change(
                    "changed",
                    channel,
                    Place(one.event_at(hunk.a_first)),
                    Place(other.event_at(hunk.b_first)),
                    "",
                    one.text[hunk.a_start : hunk.a_end],
                    other.text[hunk.b_start : hunk.b_end],
                    hunk.pieces,
                )
        for part in a[gap.a1 + shared : gap.a2]:
            yield Change("removed", channel, Place(part.first_event), None, "", part.text, None)
        for part in b[gap.b1 + shared : gap.b2]:
            yield Change("inserted", channel, None, Place(part.first_event), "", None, part.text)


def _calls(a: list[ToolCall], b: list[ToolCall]) -> Iterator[Change]:
    for gap in gaps([_call_token(c) for c in a], [_call_token(c) for c in b]):
        left, right = a[gap.a1 : gap.a2], b[gap.b1 : gap.b2]
        i = j = 0
        for inner in gaps([c.name for c in left], [c.name for c in right]):
            yield from _same_tool(left[i : inner.a1], right[j : inner.b1])
            yield from (
                Change("removed", "tool call", _at(c), None, "", _told(c), None)
                for c in left[inner.a1 : inner.a2]
            )
            yield from (
                Change("inserted", "tool call", None, _at(c), "", None, _told(c))
                for c in right[inner.b1 : inner.b2]
            )
            i, j = inner.a2, inner.b2
        yield from _same_tool(left[i:], right[j:])


def _same_tool(a: list[ToolCall], b: list[ToolCall]) -> Iterator[Change]:
    for one, other in zip(a, b, strict=True):
        for path, before, after in walk(_arguments(one), _arguments(other), ("arguments",)):
            what = f"tool call {one.name}"
            yield Change("changed", what, _at(one), _at(other), ".".join(path), before, after)


def _call_token(call: ToolCall) -> tuple[str, str, bytes]:
    return call.kind, call.name, canonical(_arguments(call))


def _arguments(call: ToolCall) -> Any:
    return call.parsed if call.complete else call.arguments


def _told(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": _arguments(call)}


def _at(call: ToolCall) -> Place:
    return Place(call.first_event)


def _last(transcript: Transcript) -> Place:
    return Place(max(transcript.n_events - 1, 0))


def _values(what: str, a: Any, b: Any) -> Iterator[Change]:
    a, b = list(a), list(b)
    for gap in gaps([canonical(x) for x in a], [canonical(x) for x in b]):
        yield from (Change("removed", what, None, None, "", x) for x in a[gap.a1 : gap.a2])
        yield from (Change("inserted", what, None, None, "", None, x) for x in b[gap.b1 : gap.b2])
