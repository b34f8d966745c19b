"""Rules about single events: their names, their fields, and whether they can be read at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from streamtape.checks.expected.base import Expected, Required
from streamtape.checks.finding import Severity
from streamtape.checks.lifecycle import known_types
from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.ends import error_in, is_fault
from streamtape.dialects.generic import GENERIC
from streamtape.dialects.payload import MISSING, bind, canonical, find, get, parse_path, resolve_key
from streamtape.dialects.rule_index import plan_for
from streamtape.dialects.select import PLAIN
from streamtape.tape.texts import shortened

_MAX_SHOWN = 160
_FIELD = re.compile(r"(?:data|event|id|retry):\s?[\[{\"]")  # an event that was framed twice


def event_name(stream: Stream) -> Iterator[Hit]:
    """The event's name on the wire is its type."""
    if not stream.dialect.event_equals_type:
        return
    field = next((f for f in stream.dialect.type_from if f != "@event"), "type")
    nameless: list[int] = []
    n_named = 0
    for event in stream.events:
        if event.frame is None or event.type == stream.dialect.done_marker:
            continue
        named, message = event.frame.event, get(event.payload, parse_path(field))
        if named == PLAIN and message != PLAIN:
            nameless.append(event.index)
            continue
        n_named += 1
        if isinstance(message, str) and message != named:
            yield Hit(event.index, f"has `event: {named}`, but {field} {message!r}")
        elif message is None and isinstance(event.payload, dict):
            yield Hit(event.index, f"has `event: {named}`, but no {field} in its data")
    if len(nameless) > 1 and not n_named:
        yield Hit(None, "no event has an `event:` line: clients that listen by name miss them all")
        return
    for index in nameless:
        yield Hit(index, "has no `event:` line: clients that listen by name miss it")


def json_data(stream: Stream) -> Iterator[Hit]:
    """Data is JSON."""
    if stream.dialect.name == GENERIC.name:
        for event in stream.events:
            if isinstance(event.payload, str) and _FIELD.match(event.payload):
                shown = shortened(event.payload, _MAX_SHOWN)
                yield Hit(event.index, f"data begins with a field's name: {shown!r}")
        return
    if stream.expected.plain_text:
        return
    for event in stream.events:
        if event.type in stream.expected.plain_types:
            continue
        if isinstance(event.payload, str) and event.type != stream.dialect.done_marker:
            yield Hit(event.index, f"data is not JSON: {shortened(event.payload, _MAX_SHOWN)!r}")


def required(stream: Stream) -> Iterator[Hit]:
    """An event has the fields that its type must have."""
    is_whole = False
    for event, is_repeat in stream.with_repeats():
        if not isinstance(event.payload, dict) or (is_repeat and is_whole):
            continue
        lacking: dict[Severity | None, dict[str, None]] = {}
        for rule in rules_of(stream.expected, event.type):
            if rule.when and get(event.payload, parse_path(rule.when[0])) != rule.when[1]:
                continue
            for text in rule.paths:
                if _is_missing(event.payload, text, rule.unless):
                    lacking.setdefault(rule.weight, {})[text] = None
        is_whole = not lacking
        for weight, names in lacking.items():
            yield Hit(event.index, f"has no {', '.join(names)}", weight)


@lru_cache(maxsize=1024)
def rules_of(expected: Expected, event_type: str) -> tuple[Required, ...]:
    """The required fields of one event type."""
    return tuple(r for r in expected.required if not r.types or event_type in r.types)


def _is_missing(payload: Any, text: str, unless: tuple[str, ...]) -> bool:
    """Whether the value is missing, in any element that the path's `*` stand for."""
    if "*." not in text:
        if isinstance(payload, dict) and any(name in payload for name in unless):
            return False
        return get(payload, parse_path(text), MISSING) is MISSING
    head, _, rest = text.rpartition("*.")
    elements = find(payload, parse_path(f"{head}*"))
    return any(
        get(one, parse_path(rest), MISSING) is MISSING
        for _, one in elements
        if not (unless and isinstance(one, dict) and any(name in one for name in unless))
    )


def firsts(stream: Stream) -> Iterator[Hit]:
    """The first of each choice says what only the first says."""
    if stream.resumed:
        return
    for rule in stream.expected.firsts:
        seen: set[Any] = set()
        for event in stream.fresh():
            for bound, holder in find(event.payload, parse_path(rule.holder)):
                if rule.having and (not isinstance(holder, dict) or rule.having not in holder):
                    continue
                key = resolve_key(event.payload, rule.key, bound, event.index)
                if key not in seen:
                    seen.add(key)
                    if not get(holder, parse_path(rule.path)):
                        message = " ".join(str(part) for part in key)
                        yield Hit(event.index, f"is the first of {message}, but has no {rule.path}")


def calls(stream: Stream) -> Iterator[Hit]:
    """A call has its id and its name in its first event."""
    if stream.resumed:
        return
    seen: set[Any] = set()
    for event in stream.fresh():
        for found in plan_for(stream.dialect, event.type).find_calls(event.payload, event.index):
            if found.key in seen:
                continue
            seen.add(found.key)
            lacking = [
                name
                for name in stream.expected.call_fields
                if not _any(found.value, getattr(found.rule, name))
            ]
            if lacking:
                where = ".".join(bind(parse_path(found.rule.path), found.bound))
                yield Hit(event.index, f"{where} begins a call without {' and '.join(lacking)}")


def _any(value: Any, path: str) -> bool:
    return path.startswith("=") or any(get(value, parse_path(p)) for p in path.split("|"))


def unknown_type(stream: Stream) -> Iterator[Hit]:
    """The type is one that is known. One that is not is data all the same."""
    if not stream.expected.tracks:
        return  # only a grammar names every type
    known = known_types(stream.dialect, stream.expected)
    for event in stream.events:
        if event.type not in known and isinstance(event.payload, dict):
            yield Hit(event.index, f"is of a type that this version does not know: {event.type}")


def reported_error(stream: Stream) -> Iterator[Hit]:
    """The provider reports no error."""
    reports = True
    for event, is_repeat in stream.with_repeats():
        if stream.dialect.name == GENERIC.name and not is_fault(event.frame):
            continue
        if is_repeat and not reports:
            continue
        error = error_in(stream.dialect, event)
        reports = error is not None
        if reports:
            text = canonical(error).decode("utf-8", "replace")
            yield Hit(event.index, f"the provider reports an error: {shortened(text, _MAX_SHOWN)}")
