"""Streams altered on purpose: as another run would differ, or in exactly one event."""

import copy
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from streamtape.compare.normalise import normaliser_for
from streamtape.compare.units import VEILED
from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.payload import bind, find, parse_path
from streamtape.dialects.rule_index import Found, plan_for
from streamtape.tape.events import Event

MUTATIONS = ("inserted", "removed", "changed", "swapped")
PADDING = ("sequence_number", "obfuscation", "logprobs", "p", "created", "created_at")
Path = tuple[str, ...]


def put(value: Any, path: Path, new: Any) -> None:
    """Set what stands at a path."""
    for step in path[:-1]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    if isinstance(value, list):
        value[int(path[-1])] = new
    else:
        value[path[-1]] = new


def deltas(event: Event, dialect: Dialect) -> list[Found]:
    """The pieces of text that an event brings, empty ones included."""
    if not isinstance(event.payload, dict):
        return []
    plan = plan_for(dialect, event.type)
    return [*plan.find_deltas(event.payload, 0), *plan.find_patches(event.payload, 0)]


def only_delta(event: Event, dialect: Dialect) -> tuple[str, Path] | None:
    """The one piece of text of an event, and its path; None where it has none or several."""
    full = [found for found in deltas(event, dialect) if found.value]
    if len(full) != 1:
        return None
    return full[0].value, bind(parse_path(full[0].rule.path), full[0].bound)


def renumbered(events: Sequence[Event]) -> list[Event]:
    """The events with new numbers and times, as a reader would give them."""
    return [Event(e.type, e.payload, 1000 * n, n) for n, e in enumerate(events)]


def _closers(event: Event, dialect: Dialect) -> Iterator[Path]:
    for text in (*dialect.finish_reason, *dialect.closing):
        for bound, _ in find(event.payload, parse_path(text)):
            yield bind(parse_path(text), bound)


def frame_of(event: Event, path: Path) -> Any:
    """An event without its piece of text, and without what pads it."""
    payload = copy.deepcopy(event.payload)
    put(payload, path, "")
    for name in PADDING:
        payload.pop(name, None)
    return payload


def recut(events: Sequence[Event], dialect: Dialect, dice: random.Random) -> list[Event]:
    """The same texts in other pieces: neighbours joined, pieces split."""
    out: list[Event] = []
    at = 0
    while at < len(events):
        event = events[at]
        at += 1
        found = only_delta(event, dialect)
        if found is None:
            out.append(event)
            continue
        text, path = found
        frame = frame_of(event, path)
        while at < len(events) and dice.random() < 0.5:
            after = only_delta(events[at], dialect)
            if after is None or after[1] != path or events[at].type != event.type:
                break
            if frame_of(events[at], path) != frame:
                break
            text, at = text + after[0], at + 1
        out.extend(_split(event, path, text, dialect, dice))
    return out


def _split(
    event: Event, path: Path, text: str, dialect: Dialect, dice: random.Random
) -> Iterator[Event]:
    cuts = {0, len(text), *(dice.randrange(1, len(text) + 1) for _ in range(dice.randrange(3)))}
    places = sorted(cuts)
    for start, end in pairwise(places):
        payload = copy.deepcopy(event.payload)
        put(payload, path, text[start:end])
        if end < len(text):
            for closer in _closers(event, dialect):
                put(payload, closer, None)
        if start and "logprobs" in payload:
            payload["logprobs"] = []
        yield Event(event.type, payload)


def another_run(events: Sequence[Event], dialect: Dialect, dice: random.Random) -> list[Event]:
    """The same answer on another day: other ids throughout, other times, numbers and padding."""
    names: dict[str, str] = {}
    out: list[Event] = []
    for number, event in enumerate(events):
        payload = copy.deepcopy(event.payload)
        if isinstance(payload, dict | list):
            for place, value, _ in normaliser_for(dialect).clean(payload)[1]:
                if not value.isdigit():
                    put(payload, place, names.setdefault(value, f"id-{dice.random()}"))
        if isinstance(payload, dict):
            response = payload.get("response")
            for holder in (payload, response) if isinstance(response, dict) else (payload,):
                fresh: dict[str, Any] = {"created": 1, "created_at": 1, "sequence_number": number}
                fresh["obfuscation"] = "o" * dice.randrange(9)
                holder.update((k, v) for k, v in fresh.items() if k in holder)
        out.append(Event(event.type, payload))
    return renumbered(out)


def mutated(
    events: Sequence[Event], dialect: Dialect, kind: str, dice: random.Random
) -> tuple[list[Event], set[int]] | None:
    """A stream with one event inserted, removed, changed or swapped with the next; and where.

    None where the place that the dice chose does not allow it: noise, signatures (which differ in
    every run), several texts in one event,
    empty pieces (how a text is cut is no change), two neighbours that say the same.
    """
    at = dice.randrange(len(events) - 1)
    touched = events[at : at + 2] if kind == "swapped" else events[at : at + 1]
    if any(not _plain(event, dialect) for event in touched):
        return None
    event, out = events[at], list(events)
    delta = only_delta(event, dialect)
    places = {at, at + len(touched) - 1}
    if kind == "removed":
        del out[at]
        places |= _like(events, at, dialect)
    elif kind == "inserted" and (delta is None or dice.random() < 0.5):
        out.insert(at, Event("acme.news", {"type": "acme.news", "n": at}))
    elif kind == "swapped":
        other = only_delta(events[at + 1], dialect)
        if event.payload == events[at + 1].payload or (delta and other and delta[0] == other[0]):
            return None
        out[at], out[at + 1] = out[at + 1], out[at]
    else:
        payload = copy.deepcopy(event.payload)
        if delta is not None:
            put(payload, delta[1], " zyxw" if kind == "inserted" else f"{delta[0]}QQ")
        elif isinstance(payload, dict):
            payload["acme_new"] = 1
        else:
            payload = f"{payload}!"
        changed = Event(event.type, payload)
        out[at : at + (kind == "changed")] = [changed]
    return renumbered(out), places


def _like(events: Sequence[Event], at: int, dialect: Dialect) -> set[int]:
    """The neighbours that say the same as an event: which of them is gone, nobody can tell."""

    def key(event: Event) -> object:
        return event.type, normaliser_for(dialect).clean(event.payload)[0]

    places = {at}
    for step in (-1, 1):
        place = at + step
        while 0 <= place < len(events) and key(events[place]) == key(events[at]):
            places.add(place)
            place += step
    return places


def _plain(event: Event, dialect: Dialect) -> bool:
    if event.type in dialect.noise:
        return False
    pieces = deltas(event, dialect)
    if any(isinstance(p.rule, Piece) and p.rule.channel in VEILED for p in pieces):
        return False
    return not pieces or only_delta(event, dialect) is not None
