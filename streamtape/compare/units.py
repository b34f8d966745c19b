"""What is compared: units, each of which says one thing and knows the events that said it.

A unit may be of an item of its stream (a message, a tool call): by a dialect's scopes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from streamtape.dialects.base import Dialect, Scope
from streamtape.dialects.payload import canonical
from streamtape.dialects.template import Template
from streamtape.tape.events import Event

ECHO = "⟨as streamed⟩"
VARIES = "⟨varies⟩"  # how a value is shown of which only the presence is compared
CALL = "tool call"  # what a fact is called that opens a tool call among deltas
VEILED = ("signature",)  # texts of which only the presence is compared
Target = tuple[str, tuple[Any, ...]]


class Item(NamedTuple):
    """Which item of its stream a unit is of: the group that numbers it, and its number.

    `name` is the field that holds the number, `path` where it stands in the unit's own body.
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
