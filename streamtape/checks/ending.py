"""Rules about the end of a stream: one terminal event, the done marker, the transport's end."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.base import Condition
from streamtape.dialects.ends import ends
from streamtape.dialects.payload import find, get, parse_path
from streamtape.dialects.rule_index import plan_for
from streamtape.tape.events import Event


def ending(stream: Stream) -> Iterator[Hit]:
    """The body ends as its protocol says."""
    last = stream.events[-1].index if stream.events else None
    if stream.trouble is not None:
        yield Hit(last, f"can't be read further: {stream.trouble}")
    elif stream.ended == "error":
        yield Hit(last, f"the stream breaks off here: {stream.exception or 'an error'}")
    elif stream.events and ends(stream.dialect, stream.events[-1]):
        return  # a client may stop at the last event: what ends the stream had come
    elif stream.ended == "abandoned":
        yield Hit(last, "the client stopped reading here: the rest is unknown", "info")
    elif stream.ended == "unfinished":
        yield Hit(last, "the recorder stopped here: the rest is unknown", "info")


def terminal(stream: Stream) -> Iterator[Hit]:
    """A terminal event comes once, and nothing after it."""
    dialect = stream.dialect
    if not (dialect.terminal or dialect.terminal_if) or not stream.events:
        return
    if stream.method in stream.expected.endless:
        return
    ended: Event | None = None
    done: dict[Any, tuple[int, Any]] = {}
    for event in stream.events:
        if event.type == dialect.done_marker or event.type in dialect.noise:
            continue
        if ended is not None:
            if (ended.type, event.type) in stream.expected.followed_by:
                ended = event
                continue
            again = "a second end" if event.type in dialect.terminal else "something"
            yield Hit(event.index, f"is {again} after {ended.type}, which ended the stream")
        elif event.type in dialect.terminal:
            ended = event
        yield from _choices(stream, event, done)
    indices = {index for index, _ in done.values()}
    if done and stream.expected.ends_last and stream.events[-1].index not in indices:
        yield Hit(max(indices), "ends the stream, but is not the last event")
    if ended is None and not done and stream.ended == "complete" and stream.trouble is None:
        if _ends_otherwise(stream):
            return
        expected_types = [*dialect.terminal, *(path for path, _ in dialect.terminal_if)]
        named = ", ".join(expected_types)
        message = f"ends without any of {named}: the stream was cut, or nothing ended it"
        marked = bool(dialect.terminal_if) and stream.events[-1].type == dialect.done_marker
        yield Hit(stream.events[-1].index, message, "warning" if marked else None)


def _ends_otherwise(stream: Stream) -> bool:
    """Whether no terminal event is needed after an event."""
    return any(
        get(event.payload, parse_path(path)) in values
        for path, values in stream.expected.ends_if
        for event in stream.events
    )


def _choices(stream: Stream, event: Event, done: dict[Any, tuple[int, Any]]) -> Iterator[Hit]:
    """For a dialect with choices: events for a choice that has already finished."""
    dialect = stream.dialect
    if not dialect.terminal_if or not isinstance(event.payload, dict):
        return
    if done:
        grown = [*plan_for(dialect, event.type).find_deltas(event.payload, event.index)]
        for found in grown:
            if found.value and found.key[:1] in done:
                message = (
                    f"adds to choice {found.key[0]}, which event #{done[found.key[:1]][0]} ended"
                )
                yield Hit(event.index, message)
                break
    for condition in dialect.terminal_if:
        for key, reason in _met(event.payload, condition):
            if key not in done:
                done[key] = event.index, reason
                continue
            index, before = done[key]
            # The chunk that carries the usage repeats the reason at OpenRouter, MiniMax and Avian.
            if reason != before or usage_of(stream, event.payload) is None:
                message = f"ends choice {key[0]} again: event #{index} had ended it"
                yield Hit(event.index, message, "warning")


def _met(payload: dict[str, Any], condition: Condition) -> Iterator[tuple[tuple[Any, ...], Any]]:
    path, values = condition
    for bound, value in find(payload, parse_path(path)):
        if (value in values) if values else value is not None:
            yield (_choice(payload, path, bound),), value


def _choice(payload: dict[str, Any], path: str, bound: tuple[Any, ...]) -> Any:
    """The index of a choice: its `index` field, or else its position."""
    if not bound:
        return 0
    holder = path.partition(".*")[0]
    for index, one in find(payload, parse_path(f"{holder}.*")):
        if index == bound[:1] and isinstance(one, dict):
            number = one.get("index", bound[0])
            return number if isinstance(number, Hashable) else repr(number)
    return bound[0]


def usage_last(stream: Stream) -> Iterator[Hit]:
    """The event that carries usage alone comes once, after what ends the stream."""
    holder = stream.expected.usage_alone
    if not holder:
        return
    came: int | None = None
    early: list[int] = []
    for event in stream.events:
        if not isinstance(event.payload, dict):
            continue
        if event.payload.get(holder) and usage_of(stream, event.payload) is not None:
            early.append(event.index)
        if event.payload.get(holder) == [] and usage_of(stream, event.payload) is not None:
            if came is not None:
                yield Hit(event.index, f"gives usage again: event #{came} had it", "warning")
            came = event.index
        elif came is not None and _says_more(event.payload.get(holder)):
            yield Hit(event.index, f"comes after the usage in event #{came}", "warning")
    if stream.owned and len(early) > 1:
        message = f"gives usage before the end ({len(early)} events do)"
        yield Hit(early[0], message, "warning")


def _says_more(choices: Any) -> bool:
    """Whether choices hold more than filter results about earlier content."""
    return isinstance(choices, list) and any("delta" in c for c in choices if isinstance(c, dict))


def usage_of(stream: Stream, payload: Any) -> dict[str, Any] | None:
    """The usage that an event carries, or None."""
    for path in stream.dialect.usage:
        value = get(payload, parse_path(path))
        if isinstance(value, dict):
            return value
    return None


def marker(stream: Stream) -> Iterator[Hit]:
    """The done marker comes last and once, where the dialect has one."""
    dialect = stream.dialect
    if not dialect.done_marker or not stream.events:
        return
    at = [event.index for event in stream.events if event.type == dialect.done_marker]
    last = stream.events[-1].index
    if not at:
        if dialect.marker_expected and stream.ended == "complete" and stream.trouble is None:
            yield Hit(last, f"is the last event: expected {dialect.done_marker} after it")
        return
    if stream.expected.no_marker and not dialect.marker_expected:
        yield Hit(at[0], f"{dialect.title or dialect.name} has no {dialect.done_marker}", "warning")
    for index in at[1:]:
        yield Hit(index, f"{dialect.done_marker} comes again")
    if at[0] != last and len(at) == 1:
        yield Hit(at[0], f"{dialect.done_marker} comes before the last event")
