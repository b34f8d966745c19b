"""The events of an interaction, and the choice of the dialect that reads them.

A dialect of the user's own that fits is taken. Of the built-in ones, what the first frames show
counts for more than the address (a proxy may serve any API at any path), and an address alone
chooses none that can read nothing of them; where neither says anything, the generic one reads the
stream. Frames without data (comments alone) give no event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from streamtape.dialects.base import Dialect
from streamtape.dialects.ends import error_in, is_fault
from streamtape.dialects.event_reader import EventReader
from streamtape.dialects.generic import GENERIC
from streamtape.dialects.paths import find, parse_path
from streamtape.dialects.registry import builtin, dialect_named, dialects
from streamtape.dialects.rule_index import plan_for
from streamtape.tape.events import Event, Frame

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction

N_LOOKED_AT = (
    6  # an opening comment, a prompt filter's verdict or a ping may come before the first sign
)
N_LOOKED_AT_IN_DIALOGUES = 64  # a client may send much audio before it gets an answer


def events(
    interaction: Interaction, types: tuple[str, ...] = (), dialect: str | None = None
) -> Iterator[Event]:
    """Iterate over the events of an interaction, or only those of the given types, lazily."""
    table, frames = open_events(interaction, dialect)
    return events_of(frames, table, types)


def open_events(
    interaction: Interaction, name: str | None = None
) -> tuple[Dialect, Iterator[Frame]]:
    """Open a body: the dialect that reads it, and the frames with data, lazily.

    The dialect is the named one, or the one that the first frames choose. ContentError and
    FramingError where these can't be read.
    """
    frames = interaction.frames()
    if name is not None:
        return dialect_named(name), frames
    if interaction.is_dialogue:
        first = list(islice(frames, N_LOOKED_AT_IN_DIALOGUES))
    else:
        first = _first_with_data(frames)
    return choose_for(interaction, first), chain(first, frames)


def dialect_for(interaction: Interaction, name: str | None = None) -> Dialect:
    """The dialect that reads an interaction: the named one, or the one that is chosen."""
    return open_events(interaction, name)[0]


def choose_for(interaction: Interaction, frames: Iterable[Frame]) -> Dialect:
    """The dialect that fits a request, the head of its response and the first frames best."""
    media = (interaction.head.get("content-type") if interaction.head else None) or ""
    if interaction.is_dialogue:  # the server's words tell most; a client may have said much before
        first = list(islice(frames, N_LOOKED_AT_IN_DIALOGUES))
        frames = [frame for frame in first if frame.direction == "server"] or first
    return choose(interaction.request.url, media, _first_with_data(frames))


def events_of(
    frames: Iterator[Frame], dialect: Dialect, types: tuple[str, ...] = ()
) -> Iterator[Event]:
    """Iterate over the events that frames hold; each is numbered among all of its stream."""
    reader = _reader(dialect)
    index = 0
    for frame in frames:
        if frame.data is None:
            continue
        if types:
            name = reader.name_without_payload(frame)
            if name is not None and name not in types:
                index += 1
                continue
        event = reader.read(frame, index)
        index += 1
        if not types or event.type in types:
            yield event


def choose(url: str, media: str, frames: Sequence[Frame]) -> Dialect:
    """The dialect that fits an address, a content type and the first frames best."""
    known = builtin()
    best, best_rank = GENERIC, 0
    for dialect in dialects():
        rank = _rank(dialect, url, media, frames, above=best_rank)
        if rank and dialect not in known:
            return dialect
        if rank > best_rank:
            best, best_rank = dialect, rank
    return best


def _rank(dialect: Dialect, url: str, media: str, frames: Sequence[Frame], *, above: int) -> int:
    """How well a dialect fits; 0 also where no frame could lift it above a rank: none is read."""
    if dialect.media and not re.search(dialect.media, media):
        return 0
    at_home = bool(dialect.url) and re.search(dialect.url, url) is not None
    address_alone = at_home and bool(dialect.signs)
    rank = 2 * at_home + (bool(dialect.media) and not (dialect.url or dialect.signs))
    if rank + 3 * bool(dialect.signs) <= above:
        return 0
    if not all(_holds(dialect, sign, url, frames) for sign in dialect.also):
        return 0
    if any(_holds(dialect, sign, url, frames) for sign in dialect.signs):
        return rank + 3
    return 0 if address_alone and _is_foreign(dialect, frames) else rank


def _is_foreign(dialect: Dialect, frames: Sequence[Frame]) -> bool:
    """Whether the frames speak against a dialect: there are events, and it reads none of them.

    Errors speak for no dialect and against none; nor does a single text that is no JSON.
    """
    spoken = False
    for frame in frames:
        event = _reader(dialect).read(frame, 0)
        if event.type == dialect.done_marker or is_fault(frame):
            continue
        if isinstance(event.payload, dict):
            if error_in(dialect, event) is not None or "error" in event.payload:
                continue
        elif len(frames) == 1:
            continue
        if _reads(dialect, event):
            return False
        spoken = True
    return spoken


def _reads(dialect: Dialect, event: Event) -> bool:
    """Whether a dialect makes anything of an event: by its type, or by what its rules find."""
    if event.type != dialect.default_type and event.type in _types_of(dialect):
        return True
    plan, payload = plan_for(dialect, event.type), event.payload
    finders = (plan.find_deltas, plan.find_wholes, plan.find_calls)
    if any(True for look in finders for _ in look(payload, 0)):
        return True
    facts = (*dialect.finish_reason, *dialect.usage, *(path for path, _ in dialect.terminal_if))
    return any(value is not None for path in facts for _, value in find(payload, parse_path(path)))


@lru_cache(maxsize=256)
def _types_of(dialect: Dialect) -> frozenset[str]:
    """The event types that a table names."""
    pieces = (*dialect.deltas, *dialect.wholes)
    named = [name for piece in pieces for name in piece.types]
    named += [name for call in dialect.calls for name in call.types]
    for scope in dialect.scopes:
        named += [*scope.opens, *scope.closes, *scope.extends]
    named += [*dialect.opening, *dialect.terminal, *dialect.noise]
    return frozenset(named) - {dialect.done_marker}


def _holds(dialect: Dialect, sign: tuple[str, str], url: str, frames: Sequence[Frame]) -> bool:
    path_field, pattern = sign
    if path_field == "@url":
        return re.search(pattern, url) is not None
    return any(_shows(dialect, path_field, pattern, frame) for frame in frames)


def _shows(dialect: Dialect, path_field: str, pattern: str, frame: Frame) -> bool:
    if path_field == "@event":
        return re.search(pattern, frame.event) is not None
    event = _reader(dialect).read(frame, 0)
    if path_field == "@type":
        return re.search(pattern, event.type) is not None
    return any(
        re.search(pattern, value if isinstance(value, str) else type(value).__name__) is not None
        for _, value in find(event.payload, parse_path(path_field))
    )


@lru_cache(maxsize=256)
def _reader(dialect: Dialect) -> EventReader:
    return EventReader(dialect)


def _first_with_data(frames: Iterable[Frame]) -> list[Frame]:
    return list(islice((frame for frame in frames if frame.data is not None), N_LOOKED_AT))
