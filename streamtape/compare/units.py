"""Units, the things that are compared: each states one fact or text, and knows its events.

A unit may be of an item of its stream (a message, a tool call): by a dialect's scopes. A unit of
text has a target: the text of the stream that its pieces add to, or the tool call whose arguments
they are. `Keys` finds it. Calls of Chat Completions are distinguished as transcripts do it, since
servers send index 0 for all of them. Only an index that opened no call stays a key of its own:
where the event that opens a call is missing, that is one change, and the arguments are not another
call's. An id in a key is replaced by its place among the keys, so that another run has the same
targets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from streamtape.dialects.base import Call, Dialect, Piece, Scope
from streamtape.dialects.calls import Calls
from streamtape.dialects.payload import as_text, canonical, get, parse_path
from streamtape.dialects.rule_index import Found, Template
from streamtape.tape.events import Event

ECHO = "⟨as streamed⟩"
VARIES = "⟨varies⟩"  # shown for a value of which only the presence is compared
CALL = "tool call"  # the name of a fact that opens a tool call among deltas
VEILED = ("signature",)  # texts of which only the presence is compared
Target = tuple[str, tuple[Any, ...]]
Pieces = Callable[[Target], list[str]]


class Item(NamedTuple):
    """Which item of its stream a unit is of: the group that numbers it, and its number.

    `name` is the field that holds the number, `path` its path in the unit's own body.
    """

    group: Hashable
    number: int
    name: str = ""
    path: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Item) and self[:2] == other[:2]

    def __hash__(self) -> int:
        return hash(self[:2])


class IdSeen(NamedTuple):
    """An id, the path where it stood, the event, and whether a table says that it is one."""

    path: tuple[str, ...]
    value: str
    event: int
    sure: bool = True


@dataclass(slots=True)
class Unit:
    """One thing to compare. `body` is a text, facts by path, or a clean payload.

    A text's `pieces` came in `events`, one in each; `key_names` are the fields of its target's key.
    `calls` are the tool calls that a unit opens: their names, and the targets of their arguments.
    `literals` are what stood where an echo is. A fact's `beside` are the pieces of text that came
    in its event, by their lengths; `after` says that it is reported after them, `n_facts` how
    many facts its event tells, where it brought no text.
    """

    kind: Literal["text", "fact", "event"]
    name: str
    body: Any
    first: int
    at_us: int | None
    target: Target | None = None
    key_names: tuple[str, ...] = ()
    calls: Sequence[tuple[str, Target]] = ()
    ids: Sequence[IdSeen] = ()
    pieces: Sequence[str] = ()
    events: Sequence[Event] = ()
    literals: tuple[tuple[tuple[str, ...], Any], ...] = ()
    token: Hashable = None
    starts: list[int] | None = None
    item: Item | None = None
    beside: Mapping[Target, int] = field(default_factory=dict)
    after: bool = False
    n_facts: int = 0

    def cuts(self) -> list[int]:
        """Where in the text each piece begins; reckoned once, and only when it is requested."""
        if self.starts is None:
            self.starts = list(accumulate(map(len, self.pieces[:-1]), initial=0))
        return self.starts

    def event_at(self, offset: int) -> tuple[int, int | None]:
        """The event that brought the character at an offset of a text, and when it came."""
        if not self.events:
            return self.first, self.at_us
        event = self.events[bisect_right(self.cuts(), offset) - 1]
        return event.index, event.at_us


class Run:
    """Texts that grow side by side, event by event, until something else comes."""

    def __init__(
        self, targets: tuple[Target, ...], key_names: list[tuple[str, ...]], name: str
    ) -> None:
        self.targets = targets
        self.key_names = key_names
        self.name = name
        self.events: list[Event] = []
        self.pieces: list[list[str]] = [[] for _ in targets]
        self.ids: list[IdSeen] = []
        self.last_ids: dict[tuple[str, ...], IdSeen] = {}
        self.template: Template | None = None
        self.item: Item | None = None

    def takes(self, event: Event) -> bool:
        """Take the next piece of each text, if that is all that the event brings."""
        if self.template is None or self.name != event.type:
            return False
        text = self.template.text(event.payload)
        if text:
            self.events.append(event)
            self.pieces[0].append(text)
            return True
        texts = self.template.read(event.payload)
        if texts is None or "" in texts:
            return False
        self.add(texts, event)
        return True

    def resumed(self, event: Event) -> Run | None:
        """A new run of the same texts that begins with this event, if it is their next delta."""
        texts = self.template.read(event.payload) if self.template else None
        if texts is None or "" in texts or self.name != event.type:
            return None
        run = Run(self.targets, self.key_names, self.name)
        run.template = self.template
        run.item = self.item
        run.ids = [seen._replace(event=event.index) for seen in self.last_ids.values()]
        run.last_ids = self.last_ids
        run.add(texts, event)
        return run

    def see(self, ids: Iterable[IdSeen]) -> None:
        """Take the ids of an event, those that differ from the last ones at their paths."""
        for seen in ids:
            last = self.last_ids.get(seen.path)
            if last is None or last.value != seen.value:
                self.last_ids[seen.path] = seen
                self.ids.append(seen)

    def add(self, texts: list[str], event: Event) -> None:
        """Take the next piece of each text."""
        self.events.append(event)
        for pieces, text in zip(self.pieces, texts, strict=True):
            pieces.append(text)


def token_of(unit: Unit) -> Hashable:
    """What a unit says, as a key: two units of one token are the same."""
    if unit.kind == "text":
        return ("text", unit.target, unit.body)
    if unit.kind == "fact":
        return ("fact", unit.name, tuple(sorted((p, repr(v)) for p, v in unit.body.items())))
    return (unit.name, canonical(unit.body))


class Itemiser:
    """Finds the item of an event: its scope is right inside of the response, with a number."""

    def __init__(self, dialect: Dialect) -> None:
        roots = {s.name for s in dialect.scopes if not (_key(s) or s.within)}
        self._scopes = [s for s in dialect.scopes if s.within in roots and _number(s)]
        self._by_type = {
            name: scope.name
            for scope in self._scopes
            for name in (*scope.opens, *scope.closes, *scope.extends)
        }
        names = {_number(scope) for scope in self._scopes}
        name = names.pop() if len(names) == 1 else ""
        texts = [piece.key for piece in dialect.deltas if piece.channel == "text"]
        # where a text goes on from item to item, how many there are is how it was cut
        self.name = name if all(name in "|".join(key) for key in texts) else ""

    def find(self, event_type: str, payload: Any) -> Item | None:
        """The item that an event is of; None where it is of none, or of the whole response."""
        if not self.name or not isinstance(payload, dict):
            return None
        only = self._scopes[0].name if len(self._scopes) == 1 else None
        group = self._by_type.get(event_type, only)
        if group is None:
            return None
        number = payload.get(self.name)
        if type(number) is int:
            return Item(group, number, self.name, (self.name,))
        for name, value in payload.items():
            if isinstance(value, dict) and type(value.get(self.name)) is int:
                return Item(group, value[self.name], self.name, (name, self.name))
        return None


@lru_cache(maxsize=64)
def itemiser_for(dialect: Dialect) -> Itemiser:
    """The itemiser of a dialect, made once."""
    return Itemiser(dialect)


def _key(scope: Scope) -> tuple[str, ...]:
    return scope.open_key or scope.close_key


def _number(scope: Scope) -> str:
    """The field that numbers a scope's items; nothing where they are distinguished otherwise."""
    key = _key(scope)
    name = key[0].partition("|")[0].rpartition(".")[2] if len(key) == 1 else ""
    return "" if name[:1] in ("", "@", "#", "=") else name


class Keys:
    """The targets of one stream. `pieces` gives what a text has so far."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._ids: set[str] = set()
        self._names: dict[str, str] = {}
        self._opened: set[tuple[Any, ...]] = set()
        self._placeless: set[tuple[Any, ...]] = set()

    @cached_property
    def _calls(self) -> Calls:
        """The calls of the stream; made when its first one comes, since most streams have none."""
        return Calls(_Arguments(self._pieces, self))

    def see(self, value: str) -> None:
        """Take an id: where a key holds it, it is replaced."""
        self._ids.add(value)

    def take(self, calls: Sequence[Found], texts: Sequence[Found], event: Event) -> None:
        """Take the calls that an event names, with all texts that it brings."""
        calls = [found for found in calls if isinstance(found.rule, Call) and found.rule.index]
        self._placeless = set()
        if not calls:
            return
        starts = {
            (found.rule.key, found.bound): as_text(found.value)
            for found in texts
            if isinstance(found.rule, Piece) and found.rule.channel == "arguments"
        }
        self._calls.take([(found, found.key) for found in calls], starts, event)
        self._placeless = {found.bound for found in calls if _index(found) is None}
        self._opened.update(found.key for found in calls if _name(found) is not None)

    def target(self, found: Found, payload: Any) -> Target:
        """The target of a piece, of the event that was taken last."""
        channel = found.rule.channel if isinstance(found.rule, Piece) else "arguments"
        key = found.key
        if channel == "arguments" and (key in self._opened or found.bound in self._placeless):
            key = self._calls.key_of(found, key, payload)
        return channel, self.named(key)

    def named(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        """A key without the ids in it."""
        if self._ids.isdisjoint(key):
            return key
        return tuple(
            self._names.setdefault(k, f"id {len(self._names)}")
            if isinstance(k, str) and k in self._ids
            else k
            for k in key
        )

    def opened(self, call: Found, payload: Any) -> Iterator[tuple[str, Target]]:
        """A tool call's name, where the event has it, and the target of its arguments."""
        rule = call.rule
        if isinstance(rule, Call) and not rule.final:
            name = _name(call)
            if name is not None:
                yield name, self.target(call, payload)


def _name(call: Found) -> str | None:
    """The name that an event gives a call; None where it gives none."""
    paths = call.rule.name.split("|") if isinstance(call.rule, Call) else ()
    names = (get(call.value, parse_path(text)) for text in paths)
    return next((name for name in names if isinstance(name, str) and name), None)


def _index(call: Found) -> Any:
    return get(call.value, parse_path(call.rule.index)) if isinstance(call.rule, Call) else None


class _Text:
    """A text as far as it goes."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces


class _Arguments:
    """The arguments of calls as far as they go."""

    def __init__(self, pieces: Pieces, keys: Keys) -> None:
        self._pieces = pieces
        self._keys = keys

    def get(self, channel: Any, key: tuple[Any, ...], /) -> _Text | None:
        pieces = self._pieces((channel, self._keys.named(key)))
        return _Text(pieces) if pieces else None
