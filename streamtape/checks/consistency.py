"""Rules about repeated content: done values, repeated items, collected lists, token counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from streamtape.checks.ending import usage_of
from streamtape.checks.expected.base import Collected, Copy
from streamtape.checks.repeats import free_fields
from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import MISSING, get, join_text, parse_path, resolve_key
from streamtape.dialects.rule_index import plan_for
from streamtape.tape.events import Event

_SHOWN = 24
# What providers call an end for lack of room: JSON that is cut is then no breach.
_OUT_OF_ROOM = {"length", "max_tokens", "max_output_tokens", "MAX_TOKENS", "model_length"}


def joined(stream: Stream) -> Iterator[Hit]:
    """The deltas joined are the done value."""
    pieces: dict[Any, list[str]] = {}
    whole_texts: dict[Any, str] = {}
    may_have_whole = True
    for (event, deltas), (_, is_repeat) in zip(stream.deltas(), stream.with_repeats(), strict=True):
        if not isinstance(event.payload, dict):
            continue
        plan = plan_for(stream.dialect, event.type)
        for found in deltas:
            target = found.rule.channel, found.key  # type: ignore[union-attr]  # find_deltas gives pieces
            pieces.setdefault(target, []).append(found.value)
        if is_repeat and not may_have_whole:
            continue  # as in the event before, which it repeats
        whole = [*plan.find_wholes(event.payload, event.index)] if plan.wholes else []
        may_have_whole = bool(whole) or _depend_on_texts(stream.dialect, event.type)
        for found in whole:
            if not isinstance(found.value, str) or getattr(found.rule, "seed", False):
                continue
            target = found.rule.channel, found.key  # type: ignore[union-attr]  # find_wholes gives pieces
            if target in pieces:
                text = join_text(pieces[target])
            elif target in whole_texts:
                text = whole_texts[target]
            else:
                whole_texts[target] = found.value
                if found.value and event.type in stream.expected.streamed and not stream.resumed:
                    size = len(found.value)
                    yield Hit(event.index, f"has {size} characters that no delta contained")
                continue
            if text != found.value and not stream.resumed:
                yield Hit(event.index, f"{found.rule.path}: {_parting(text, found.value)}")


@lru_cache(maxsize=1024)
def _depend_on_texts(dialect: Dialect, event_type: str) -> bool:
    """Whether what gives a value whole may depend on fields in which repeated events differ."""
    texts, counter = free_fields(dialect)
    conditions = [placed.rule.when for placed in plan_for(dialect, event_type).wholes]
    named = {when[0].rpartition(".")[2] for when in conditions if when is not None}
    return not named.isdisjoint(texts | {counter})


def _parting(before: str, after: str) -> str:
    """Where two texts begin to differ, and the text from there on."""
    pairs = zip(before, after, strict=False)
    at = next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(before), len(after)))
    one, other = (json.dumps(t[at : at + _SHOWN], ensure_ascii=False) for t in (before, after))
    sizes = f"{len(before)} and {len(after)} characters"
    return f"differs from what came before at character {at}: {one} then {other} ({sizes})"


def repeated(stream: Stream) -> Iterator[Hit]:
    """What the last event repeats equals what came before."""
    for copy in stream.expected.copies:
        yield from _copies(copy, stream)


def _copies(copy: Copy, stream: Stream) -> Iterator[Hit]:
    values: dict[Any, Any] = {}
    for event in stream.events:
        if event.type in copy.types:
            (key,) = resolve_key(event.payload, (copy.key,), (), event.index)
            values[key] = get(event.payload, parse_path(copy.path))
        if event.type not in copy.again_types:
            continue
        again = get(event.payload, parse_path(copy.again))
        if not isinstance(again, list) or stream.resumed:
            continue
        if copy.lenient:
            again = _without_unseen(again, values, copy)
        if len(again) != len(values):
            message = f"{len(again)}, but {len(values)} came before"
            yield Hit(event.index, f"{copy.again} has {message}")
            continue
        in_order = sorted(values) if all(isinstance(k, int) for k in values) else list(values)
        for index, key in enumerate(in_order):
            path = differs(values[key], again[index], copy.save)
            if path is not None:
                where = ".".join([copy.again, str(index), *path])
                yield Hit(event.index, f"{where} does not match {copy.types[0]}")


def _without_unseen(again: list[Any], values: dict[Any, Any], copy: Copy) -> list[Any]:
    """The list without those of a lenient type that have not come before."""
    seen = [v.get("id") for v in values.values() if isinstance(v, dict)]
    return [
        one
        for one in again
        if not isinstance(one, dict) or one.get("type") not in copy.lenient or one.get("id") in seen
    ]


def differs(a: Any, b: Any, save: tuple[str, ...]) -> list[str] | None:
    """The path of the first difference between two values; None if they are equal.

    Names in `save` are ignored, and a missing name equals null.
    """
    if isinstance(a, dict) and isinstance(b, dict):
        for name in [*a, *(n for n in b if n not in a)]:
            if name not in save:
                found = differs(a.get(name), b.get(name), save)
                if found is not None:
                    return [str(name), *found]
        return None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b, strict=True)):
            found = differs(one, other, save)
            if found is not None:
                return [str(index), *found]
        return None
    return None if a == b else []


def collected(stream: Stream) -> Iterator[Hit]:
    """A list at the end holds what came one by one."""
    for rule in stream.expected.collected:
        if not stream.resumed:
            yield from _collected(rule, stream)


def _collected(rule: Collected, stream: Stream) -> Iterator[Hit]:
    came: dict[Any, list[Any]] = {}
    for event in stream.events:
        if event.type in rule.types:
            key = resolve_key(event.payload, rule.key, (), event.index)
            came.setdefault(key, []).append(get(event.payload, parse_path(rule.path)))
        elif event.type in rule.again_types:
            key = resolve_key(event.payload, rule.key, (), event.index)
            again = get(event.payload, parse_path(rule.again))
            if not isinstance(again, list):
                continue
            before = came.get(key, [])
            if rule.any_came and not before:
                continue
            if len(again) != len(before):
                message = f"{rule.again} has {len(again)}, but {len(before)} came one by one"
                yield Hit(event.index, message)
            elif differs(before, again, rule.save) is not None:
                yield Hit(event.index, f"{rule.again} does not match {rule.types[0]}")


def states(stream: Stream) -> Iterator[Hit]:
    """The state that an event carries is the one that its type says."""
    for name, text, values in stream.expected.states:
        path = parse_path(text)
        for event in stream.events:
            if event.type == name:
                value = get(event.payload, path, MISSING)
                if value is not MISSING and value not in values:
                    yield Hit(event.index, f"has {text} {value!r}: expected {' or '.join(values)}")


def usage(stream: Stream) -> Iterator[Hit]:
    """Usage is present where it is expected."""
    expected = stream.expected
    if any(get(dict(stream.request_body), parse_path(text)) is True for text in expected.usage_if):
        whole = stream.finished and stream.events and stream.ended == "complete"
        if whole and not any(usage_of(stream, event.payload) for event in stream.events):
            yield Hit(None, f"{expected.usage_if[0]} was requested, but no usage came")
    for event in stream.events:
        if event.type in expected.usage_in and usage_of(stream, event.payload) is None:
            yield Hit(event.index, f"has no {' or '.join(stream.dialect.usage)}")


def truncated(stream: Stream) -> Iterator[Hit]:
    """A stream that used up the tokens it was allowed does not say that it is complete."""
    for name, text, limit_path in stream.expected.truncated:
        bound = get(dict(stream.request_body), parse_path(limit_path))
        for event in stream.events:
            made = get(event.payload, parse_path(text)) if event.type == name else None
            if isinstance(made, int) and isinstance(bound, int) and made >= bound > 0:
                spent = f"all {bound} tokens of {limit_path} were made"
                yield Hit(event.index, f"says complete, but {spent}: most likely cut")


def arguments(stream: Stream) -> Iterator[Hit]:
    """The arguments of a call are JSON, whole."""
    if not stream.finished or not any(_calls(stream, event) for event in stream.fresh()):
        return
    transcript = stream.transcript()
    if not transcript.finished or transcript.error is not None:
        return
    short = transcript.finish_reason in _OUT_OF_ROOM
    for call in transcript.tool_calls:
        if call.kind not in stream.expected.arguments or not call.arguments or call.complete:
            continue
        message = f"the arguments of {call.name or call.kind} are not complete JSON"
        yield Hit(call.first_event, message, "info" if short else None)


def _calls(stream: Stream, event: Event) -> bool:
    plan = plan_for(stream.dialect, event.type)
    return any(True for _ in plan.find_calls(event.payload, event.index))


def cumulative(stream: Stream) -> Iterator[Hit]:
    """Counts of tokens never go down."""
    for text in stream.expected.cumulative:
        counts = ((e, *resolve_key(e.payload, (text,), (), e.index)) for e in stream.events)
        found = [(event, count) for event, count in counts if isinstance(count, int)]
        for (_, before), (event, after) in pairwise(found):
            if after < before:
                name = text.rpartition("|")[2]
                yield Hit(event.index, f"has {name} {after}: it was {before}")
