"""Rules about sequence numbers, indices and ids, and about values that must not change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.payload import MISSING, find, get, parse_path, resolve_key


def sequence(stream: Stream) -> Iterator[Hit]:
    """Sequence numbers count from 0 without a gap."""
    path = parse_path(stream.dialect.sequence)
    if not path:
        return
    marker = stream.dialect.done_marker
    events = [e for e in stream.events if e.type != marker and isinstance(e.payload, dict)]
    numbers = [get(event.payload, path) for event in events]
    name = stream.dialect.sequence
    if numbers and all(number is None for number in numbers):
        message = f"no event has {name}: a stream that breaks can't be resumed"
        yield Hit(None, message, "warning")
        return
    expected: int | None = None if stream.resumed else 0
    for event, number in zip(events, numbers, strict=True):
        if not isinstance(number, int) or isinstance(number, bool):
            yield Hit(event.index, f"has no {name}, though others have")
            continue
        if expected is not None and number != expected:
            yield Hit(event.index, f"has {name} {number}: expected {expected}")
        expected = number + 1


def counters(stream: Stream) -> Iterator[Hit]:
    """Indices count up one by one, from 0."""
    if stream.resumed:
        return
    for counter in stream.expected.counters:
        seen: dict[tuple[Any, ...], int] = {}
        path = parse_path(counter.path)
        for event in stream.events:
            if counter.types and event.type not in counter.types:
                continue
            for bound, index in find(event.payload, path):
                key = resolve_key(event.payload, counter.key, bound, event.index)
                expected = seen.get(key, 0)
                if not isinstance(index, int) or (counter.grows and index < expected):
                    continue
                if index != expected:
                    yield Hit(event.index, f"has {counter.path} {index}: expected {expected}")
                seen[key] = index + 1


def paired(stream: Stream) -> Iterator[Hit]:
    """An id goes with one index throughout, and an index with one id."""
    for one, other in stream.expected.paired:
        ids: dict[Any, Any] = {}
        indices: dict[Any, Any] = {}
        agree = False
        for event, is_repeat in stream.with_repeats():
            if is_repeat and agree:
                continue
            agree = True
            index, name = resolve_key(event.payload, (one, other), (), event.index)
            if index is None or name is None:
                continue
            known = ids.setdefault(index, name)
            if known != name:
                agree = False
                short = other.partition("|")[0]
                yield Hit(event.index, f"has {short} {name!r} at {one} {index}, which is {known!r}")
                continue
            first_index = indices.setdefault(name, index)
            if first_index != index:
                agree = False
                yield Hit(event.index, f"has {one} {index} for {name!r}, which is at {first_index}")


def constant(stream: Stream) -> Iterator[Hit]:
    """Values that identify the stream do not change within it."""
    for text in stream.expected.constant:
        path, known = parse_path(text), MISSING
        for event in stream.fresh():
            value = get(event.payload, path)
            if value is None or value == "":
                continue
            if known is MISSING:
                known = value
            elif value != known:
                yield Hit(event.index, f"has {text} {value!r}: it was {known!r}")
                break  # one that changes with every event is one defect
