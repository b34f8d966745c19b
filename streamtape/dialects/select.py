"""The events of an interaction: the dialects that there are, the one that reads it, its reader.

A user's dialect is tried before the built-in ones, the latest first; one with a name that is taken
replaces it. A dialect of the user's own that fits is taken. Of the built-in ones, what the first
frames show counts for more than the address (a proxy may serve any API at any path), and an address
alone chooses none that can read nothing of them; where neither says anything, the generic one reads
the stream.

Frames without data (comments alone) give no event. No event is an error: data that is not JSON is
its own payload, and a type that the table does not know is that event's type.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, get_args

from streamtape.dialects.base import Channel, Dialect, Piece
from streamtape.dialects.ends import error_in, is_fault
from streamtape.dialects.generic import GENERIC
from streamtape.dialects.payload import NOT_JSON, decode, find, get, parse_path
from streamtape.dialects.rule_index import plan_for
from streamtape.errors import UsageError
from streamtape.framing.passing import frames_from
from streamtape.tape.events import Event, Frame

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction

# A comment, a prompt filter's verdict or a ping may come before the first sign.
N_LOOKED_AT = 6
N_LOOKED_AT_IN_DIALOGUES = 64  # a client may send much audio before it gets an answer
_UNREAD: Any = object()
PLAIN = "message"  # the name of a frame without one
_CHANNELS: tuple[str, ...] = get_args(Channel)
# A global: dialects are registered for the process, by the name that cassettes and options use.
_users: dict[str, Dialect] = {}


def events(
    interaction: Interaction, types: tuple[str, ...] = (), dialect: str | None = None
) -> Iterator[Event]:
    """Iterate over the events of an interaction, or only those of the given types, lazily."""
    table, frames = open_events(interaction, dialect)
    return events_of(frames, table, types)


def event_at(interaction: Interaction, index: int, dialect: str | None = None) -> Event:
    """The event of this number, as `events` gives it; IndexError if there are fewer events."""
    table = dialect_for(interaction, dialect)
    number = index if index >= 0 else index + sum(1 for _ in frames_from(interaction, 0))
    frame = next(frames_from(interaction, number), None) if number >= 0 else None
    if frame is None:
        n_events = sum(1 for _ in frames_from(interaction, 0))
        raise IndexError(f"no event {index}: the interaction has {n_events:,} events")
    return _reader(table).read(frame, number)


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
    if (
        interaction.is_dialogue
    ):  # the server's messages tell most; a client may have sent many before
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
    first = [_FirstFrame(frame) for frame in frames]
    for dialect in dialects():
        rank = _rank(dialect, url, media, first, above=best_rank)
        if rank and dialect not in known:
            return dialect
        if rank > best_rank:
            best, best_rank = dialect, rank
    return best


class _FirstFrame:
    """A frame that dialects are chosen by: its JSON is read once, and not by each of them."""

    __slots__ = ("_events", "frame", "payload")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._events: dict[tuple[object, ...], Event] = {}
        is_failure = bool(frame.headers) and is_fault(frame)
        self.payload: Any = None if is_failure else decode(frame.data or "")

    def event(self, dialect: Dialect) -> Event:
        """The event that it is to a dialect."""
        reader = _reader(dialect)
        event = self._events.get(reader.rules)
        if event is None:
            event = self._events[reader.rules] = reader.read(self.frame, 0, self.payload)
        return event


def _rank(
    dialect: Dialect, url: str, media: str, frames: Sequence[_FirstFrame], *, above: int
) -> int:
    """How well a dialect fits; 0 also where no frame could lift it above a rank: none is read."""
    if dialect.media and not _compiled(dialect.media).search(media):
        return 0
    at_home = bool(dialect.url) and _compiled(dialect.url).search(url) is not None
    address_alone = at_home and bool(dialect.signs)
    rank = 2 * at_home + (bool(dialect.media) and not (dialect.url or dialect.signs))
    if rank + 3 * bool(dialect.signs) <= above:
        return 0
    if not all(_holds(dialect, sign, url, frames) for sign in dialect.also):
        return 0
    if any(_holds(dialect, sign, url, frames) for sign in dialect.signs):
        return rank + 3
    return 0 if address_alone and _is_foreign(dialect, frames) else rank


def _is_foreign(dialect: Dialect, frames: Sequence[_FirstFrame]) -> bool:
    """Whether the frames speak against a dialect: there are events, and it reads none of them.

    Errors speak for no dialect and against none; nor does a single text that is no JSON.
    """
    spoken = False
    for frame in frames:
        event = frame.event(dialect)
        if event.type == dialect.done_marker or is_fault(frame.frame):
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


def _holds(
    dialect: Dialect, sign: tuple[str, str], url: str, frames: Sequence[_FirstFrame]
) -> bool:
    path_field, pattern = sign
    if path_field == "@url":
        return _compiled(pattern).search(url) is not None
    return any(_shows(dialect, path_field, pattern, frame) for frame in frames)


def _shows(dialect: Dialect, path_field: str, pattern: str, frame: _FirstFrame) -> bool:
    if path_field == "@event":
        return _compiled(pattern).search(frame.frame.event) is not None
    event = frame.event(dialect)
    if path_field == "@type":
        return _compiled(pattern).search(event.type) is not None
    return any(
        _compiled(pattern).search(value if isinstance(value, str) else type(value).__name__)
        is not None
        for _, value in find(event.payload, parse_path(path_field))
    )


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a table, found faster than `re.search` finds it."""
    return re.compile(pattern)


@lru_cache(maxsize=256)
def _reader(dialect: Dialect) -> EventReader:
    return EventReader(dialect)


def _first_with_data(frames: Iterable[Frame]) -> list[Frame]:
    return list(islice((frame for frame in frames if frame.data is not None), N_LOOKED_AT))


def builtin() -> tuple[Dialect, ...]:
    """The dialects that come with the package, in the order in which they are tried."""
    from streamtape.dialects.tables import BUILTIN

    return BUILTIN


def register_dialect(dialect: Dialect) -> Dialect:
    """Register a dialect under its name, and return it; UsageError if it is invalid."""
    if not dialect.name:
        raise UsageError("a dialect needs a name")
    for where, pattern in (("url", dialect.url), ("media", dialect.media), *dialect.signs):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(
                f"dialect {dialect.name!r}: {where} {pattern!r} is not a regular expression: "
                f"{error}"
            ) from error
    _check_table(dialect, f"dialect {dialect.name!r}: ")
    _users.pop(dialect.name, None)
    _users[dialect.name] = dialect
    return dialect


def _check_table(part: Any, where: str) -> None:
    """Refuse what a reader would pass over without a word: `("end")` for `("end",)`, a channel."""
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(part, Piece) and field.name == "channel" and value not in _CHANNELS:
            known = ", ".join(_CHANNELS)
            raise UsageError(f"{where}unknown channel {value!r} (known: {known})")
        if not str(field.type).startswith("tuple"):
            continue
        if not isinstance(value, tuple):
            raise UsageError(
                f"{where}{field.name} must be a tuple, got {value!r}; "
                f"a tuple of one is ({value!r},)"
            )
        for one in value:
            if is_dataclass(one):
                _check_table(one, f"{where}{field.name}: ")


def unregister_dialect(name: str) -> None:
    """Remove a registered dialect; UsageError if the name is unknown."""
    if _users.pop(name, None) is None:
        raise UsageError(f"no dialect {name!r} was registered; registered: {', '.join(_users)}")


def dialects() -> tuple[Dialect, ...]:
    """Every dialect, in the order in which they are tried: the user's own first."""
    own = tuple(reversed(_users.values()))
    return own + tuple(d for d in builtin() if d.name not in _users)


def dialect_named(name: str) -> Dialect:
    """The dialect of this name; UsageError lists the known ones."""
    if name in _users:
        return _users[name]
    for dialect in builtin():
        if dialect.name == name:
            return dialect
    known = ", ".join(sorted(d.name for d in dialects()))
    raise UsageError(f"unknown dialect {name!r}; known: {known}")


class EventReader:
    """Reads events out of frames, one dialect's way."""

    def __init__(self, dialect: Dialect) -> None:
        self._marker = dialect.done_marker
        self._wrapped = dialect.wrapped
        self._default = dialect.default_type
        self._ifs = tuple((parse_path(path), name) for path, name in dialect.type_if)
        self._from = tuple((p == "@event", parse_path(p)) for p in dialect.type_from)
        self._named = bool(dialect.type_from) and dialect.type_from[0] == "@event"
        self._named |= dialect.event_equals_type
        first = self._from[0] if self._from and not self._ifs else (True, ())
        self._field = first[1][0] if len(first[1]) == 1 and not first[0] else None
        # Readers that agree in this read a frame alike.
        self.rules = (self._marker, self._wrapped, self._default, self._ifs, self._from)

    def name_without_payload(self, frame: Frame) -> str | None:
        """The event's type, where the frame alone tells it; None where the payload must be read."""
        if frame.data and frame.data == self._marker:
            return self._marker
        if is_fault(frame):
            return frame.event
        return frame.event if self._named and not self._ifs and frame.event != PLAIN else None

    def read(self, frame: Frame, index: int, payload: Any = _UNREAD) -> Event:
        """The event of a frame that has data; `payload` is that data, where it is decoded."""
        data = frame.data or ""
        if data and data == self._marker:
            return Event(data, data, frame.at_us, index, frame)
        if frame.headers and is_fault(frame):
            return Event(frame.event, _fault(frame), frame.at_us, index, frame)
        if payload is _UNREAD:
            payload = decode(data)
        if self._field and not self._wrapped and type(payload) is dict:  # as most say it
            name = payload.get(self._field)
            if name and type(name) is str:
                return Event(name, payload, frame.at_us, index, frame)
        if self._wrapped and isinstance(payload, dict) and self._wrapped in payload:
            payload = _unwrapped(payload, self._wrapped)
        if payload is NOT_JSON:
            name = frame.event if frame.event != PLAIN else self._default
            return Event(name, data, frame.at_us, index, frame)
        return Event(self.type_of(frame.event, payload), payload, frame.at_us, index, frame)

    def type_of(self, event: str, payload: object) -> str:
        """The type of an event: by the table's places, in their order."""
        for path, name in self._ifs:
            if get(payload, path) is not None:
                return name
        for is_event, path in self._from:
            if is_event:
                if event != PLAIN:
                    return event
                continue
            value = get(payload, path)
            if isinstance(value, str) and value:
                return value
        return event if event != PLAIN else self._default


def _fault(frame: Frame) -> Any:
    """What an exception or an error says: in its payload, or, without one, in its headers."""
    payload = decode(frame.data) if frame.data else NOT_JSON
    if payload is not NOT_JSON:
        return payload
    names = {":error-code": "code", ":error-message": "message"}
    fields = {
        name: frame.headers[header] for header, name in names.items() if header in frame.headers
    }
    return fields or frame.data


def _unwrapped(payload: dict[str, Any], field: str) -> Any:
    """The event inside of an envelope; the envelope with its text, where that is no JSON."""
    try:
        text = base64.b64decode(payload[field], validate=True).decode()
    except (TypeError, ValueError, binascii.Error):
        return payload
    value = decode(text)
    return {**payload, field: text} if value is NOT_JSON else value
