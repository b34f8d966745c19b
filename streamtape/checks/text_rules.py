"""Rules about text: deltas that repeat the text so far, lost characters, missing counts.

Each comes from public bug reports about gateways and local servers; streams of the APIs' owners
violate none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from streamtape.checks.ending import usage_of
from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.payload import get, parse_path
from streamtape.dialects.rule_index import plan_for

# Fewer pieces may grow by chance: "a", "aa", "aaa" are correct deltas of "aaaaaa".
_MIN_PIECES = 4
_LOST = "\N{REPLACEMENT CHARACTER}"
# The fields that count the tokens of an answer, by the names of the APIs.
_OUTPUT_COUNTS = ("output_tokens", "completion_tokens", "candidatesTokenCount")


def _deltas(stream: Stream) -> Iterator[tuple[int, Any, str]]:
    """Each delta of text: the event's index, what it adds to, the text."""
    for event, deltas in stream.deltas():
        if isinstance(event.payload, dict):
            for found in deltas:
                if isinstance(found.value, str) and found.value:
                    yield event.index, (found.rule.channel, found.key), found.value  # type: ignore[union-attr]  # find_deltas gives pieces


def growing(stream: Stream) -> Iterator[Hit]:
    """A delta holds what is new, not the whole text so far."""
    pieces: dict[Any, list[tuple[int, str]]] = {}
    for index, target, text in _deltas(stream):
        pieces.setdefault(target, []).append((index, text))
    for came in pieces.values():
        if len(came) >= _MIN_PIECES and all(
            after.startswith(before) and len(after) > len(before)
            for (_, before), (_, after) in pairwise(came)
        ):
            yield Hit(came[1][0], f"repeats the text so far, as all {len(came)} deltas do")


def replaced(stream: Stream) -> Iterator[Hit]:
    """No text has U+FFFD: a server puts it where it cut a character in two."""
    lost = [index for index, _, text in _deltas(stream) if _LOST in text]
    if lost:
        events = "event" if len(lost) == 1 else "events"
        yield Hit(lost[0], f"has U+FFFD, a character that was lost ({len(lost)} {events})")


def uncounted(stream: Stream) -> Iterator[Hit]:
    """A response with content used tokens."""
    counts = [
        (event.index, name, usage[name])
        for event in stream.events
        if (usage := usage_of(stream, event.payload)) is not None
        for name in _OUTPUT_COUNTS
        if isinstance(usage.get(name), int)
    ]
    if counts and not any(count for *_, count in counts) and any(_deltas(stream)):
        index, name, _ = counts[-1]
        yield Hit(index, f"has {name} 0, though the stream has text")


def silent(stream: Stream) -> Iterator[Hit]:
    """A stream that ends successfully has content."""
    path, values = stream.expected.speaks_if
    if not path or not stream.finished or stream.resumed:
        return
    ends = [
        event.index for event in stream.events
        if (value := get(event.payload, parse_path(path))) is not None and value in values
    ]  # fmt: skip
    if not ends or any(_deltas(stream)):
        return
    for event in stream.events:
        plan = plan_for(stream.dialect, event.type)
        if any(plan.find_calls(event.payload, event.index)):
            return
        if any(get(event.payload, parse_path(holder)) for holder in stream.expected.speaks_in):
            return
    yield Hit(ends[-1], "says that all went well, but nothing was said")
