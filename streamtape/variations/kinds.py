"""The kinds of variation: each makes another stream of one, or says that it has no place there.

A kind is a function of a score and of numbers, which are drawn: `at` says where (any number, taken
modulo the places that there are), `text` the new text. It returns whether it did anything. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from streamtape.dialects.generic import GENERIC
from streamtape.dialects.payload import find, parse_path
from streamtape.editing.repeats import Repeats, Rewritten
from streamtape.editing.runs import PieceLocation, Run, locations_of, runs_of
from streamtape.variations.score import Beat, Score

LATER = "later_addition"
_NEVER = re.compile(r"(?!)")
_SPOKEN = frozenset({"text", "refusal", "reasoning", "transcript"})


class Draw(NamedTuple):
    """What is drawn for one variation: where, how far in, and words."""

    at: int = 0
    inside: int = 0
    text: str = ""


Kind = Callable[[Score, Draw], bool]


def _spoken(score: Score) -> list[Run]:
    """The texts that may be others: no JSON, none that came without deltas."""
    return [
        run
        for run in runs_of(score.opened)
        if run.channel in _SPOKEN
        and run.text
        and (score.opened.parsed.transcript.parts or score.dialect is GENERIC)
        and not run.text.lstrip().startswith(("{", "["))
        and all(location is not None for location in run.locations)
    ]


def _say(score: Score, run: Run, start: int, end: int, new: str) -> None:
    """Let a part of a text be another one, in all that repeats it."""
    old = run.text
    rewritten = Rewritten(old, run.edit([(start, end, new)]), ((start, end, new),), run)
    repeats = Repeats([rewritten], _NEVER, {})
    own = locations_of(runs_of(score.opened))
    for document in score.opened.documents:
        if document.is_answer:
            repeats.update(document, own.get(id(document), set()))


def lengths(score: Score, draw: Draw) -> bool:
    """A text is shorter, or says itself again: other lengths with the same number of deltas."""
    runs = _spoken(score)
    if not runs:
        return False
    run = runs[draw.at % len(runs)]
    text = run.text
    if draw.inside < len(text):
        _say(score, run, len(text) - draw.inside, len(text), "")
    else:
        _say(score, run, len(text), len(text), text * (1 + draw.inside % 8))
    return draw.inside > 0


def unicode(score: Score, draw: Draw) -> bool:
    """A text holds other characters, of any plane, somewhere within."""
    runs = _spoken(score)
    if not runs or not draw.text:
        return False
    run = runs[draw.at % len(runs)]
    at = draw.inside % (len(run.text) + 1)
    _say(score, run, at, at, draw.text)
    return True


def _deltas(score: Score) -> list[tuple[int, PieceLocation, str]]:
    """Where deltas are that end nothing, and say nothing besides: index of the event, place."""
    found = []
    by_document = {id(beat.document): n for n, beat in enumerate(score.beats) if beat.document}
    for run in runs_of(score.opened):
        for location, piece in zip(run.locations, run.pieces, strict=True):
            if location is None or not isinstance(location.value, str) or len(run.locations) < 2:
                continue
            if run.channel in {"audio", "signature"} or not _is_plain(score, location):
                continue
            if _opens(location):
                continue
            found.append((by_document[id(location.document)], location, piece))
    return sorted(found, key=lambda one: one[0])


def _opens(location: PieceLocation) -> bool:
    """Whether a delta also names what it begins: sent twice, an id or a name would be joined."""
    holder, within = location.document.value, False
    for step in location.steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        within = within or step == "delta"
        if within and isinstance(holder, dict) and any(map(holder.get, ("id", "name", "role"))):
            return True
    return False


def _is_plain(score: Score, location: PieceLocation) -> bool:
    value, dialect = location.document.value, score.dialect
    ends = (*dialect.finish_reason, *(path for path, _ in dialect.terminal_if))
    ending = any(
        one not in (None, "", False) for path in ends for _, one in find(value, parse_path(path))
    )
    return not ending and not _has_tokens(value) and isinstance(value, dict)


def _has_tokens(value: Any) -> bool:
    if isinstance(value, dict):
        return any(
            bool(one) if "logprobs" in name.lower() else _has_tokens(one)
            for name, one in value.items()
        )
    return isinstance(value, list) and any(map(_has_tokens, value))


def split(score: Score, draw: Draw) -> bool:
    """A delta comes in two: other cuts of tokens."""
    deltas = [one for one in _deltas(score) if len(one[2]) > 1] if score.addable else []
    if not deltas:
        return False
    n, location, piece = deltas[draw.at % len(deltas)]
    cut = 1 + draw.inside % (len(piece) - 1)
    _before(score, n, location, piece[:cut])
    location.put(piece[cut:])
    return True


def empty(score: Score, draw: Draw) -> bool:
    """A delta says nothing."""
    deltas = _deltas(score) if score.addable else []
    if not deltas:
        return False
    n, location, _ = deltas[draw.at % len(deltas)]
    _before(score, n, location, "")
    return True


def _before(score: Score, n: int, location: PieceLocation, piece: str) -> None:
    """Put a copy of a delta before it, with another piece."""
    beat = score.beats[n]
    value = deepcopy(beat.value)
    holder = value
    for step in location.steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    holder[location.steps[-1]] = piece
    score.insert(n, beat, value)


def keep_alive(score: Score, draw: Draw) -> bool:
    """Something comes that only keeps the connection alive: a comment, a ping, an empty line."""
    if not score.addable:
        return False
    objects = score.objects()
    at = 1 + draw.at % max(len(score.beats) - 1, 1)
    if score.framing == "ndjson":
        score.insert_raw(at, b"\n")
        return True
    ends = b"\r\n" if b"\r\n" in score.opened.stretch.content else b"\n"
    if draw.inside % 2 == 0 or not objects:
        score.insert_raw(at, b": keep-alive" + ends + ends)
    elif score.family == "anthropic":
        score.insert(at, objects[0], {"type": "ping"}, "ping")
    elif score.family == "openai-responses" and "sequence_number" in objects[0].value:
        score.insert(at, objects[0], {"type": "keepalive", "sequence_number": 0}, "keepalive")
    else:
        score.insert_raw(at, b":" + ends + ends)
    return True


def unknown_event(score: Score, draw: Draw) -> bool:
    """An event comes whose type nobody knows yet; APIs with one type of event have none."""
    if not score.addable:
        return False
    at = 1 + draw.at % max(len(score.beats) - 1, 1)
    like = next((beat for beat in score.objects()), None)
    if like is None or at >= len(score.beats):
        return False
    if score.family == "anthropic":
        score.insert(at, like, {"type": LATER, "index": 0, LATER: {"of": [1]}}, LATER)
    elif score.family == "openai-responses" and "sequence_number" in like.value:
        name = f"response.{LATER}.delta"
        score.insert(at, like, {"type": name, "sequence_number": 0, "delta": {"of": [1]}}, name)
    else:
        return False
    return True


# Objects within events, by name; a set of paths is changed alike, as one repeats the other.
_OBJECTS = (
    ("",), ("delta",), ("item", "response.output.*"),
    ("part", "item.content.*", "item.summary.*", "response.output.*.content.*",
     "response.output.*.summary.*"),
    ("content_block",), ("choices.*",), ("choices.*.delta",), ("message",), ("response",),
    ("candidates.*",), ("usage",),
)  # fmt: skip


def unknown_field(score: Score, draw: Draw) -> bool:
    """Events of one type, or all objects of one name within events, have one field more."""
    objects = score.objects()
    paths = [
        paths
        for paths in _OBJECTS
        if any(isinstance(o, dict) for beat in objects for o in _found(beat, paths))
    ]
    if not paths:
        return False
    chosen = paths[draw.inside % len(paths)]
    types = list(dict.fromkeys(beat.type for beat in objects))
    only = types[draw.at % len(types)] if chosen == ("",) else ""
    for beat in objects:
        for one in _found(beat, chosen) if beat.type == only or not only else ():
            if isinstance(one, dict):
                one[LATER] = {"of": [1, None], "text": draw.text}
    return True


def _found(beat: Beat, paths: tuple[str, ...]) -> list[Any]:
    return [one for path in paths for _, one in find(beat.value, parse_path(path))]


def doubled_ids(value: Any, ids: dict[str, str]) -> Any:
    """A value with some ids replaced by others."""
    if isinstance(value, dict):
        return {name: doubled_ids(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [doubled_ids(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


def after(beats: list[Beat], one: Beat) -> int:
    """The place behind an event."""
    return beats.index(one) + 1
