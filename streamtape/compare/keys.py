"""Which text of its stream a piece is of, and which tool call: the targets of what events bring.

Calls of Chat Completions are distinguished as transcripts do it, since servers send index 0 for all
of them. Only an index that opened no call stays a key of its own: where the event that opens a call
is missing, that is one change, and the arguments are not another call's. An id in a key is replaced
by its place among the keys, so that another run has the same targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from streamtape.compare.units import Target
from streamtape.dialects.base import Call, Piece
from streamtape.dialects.calls import Calls
from streamtape.dialects.payload import get, parse_path
from streamtape.dialects.rule_index import Found
from streamtape.dialects.texts import as_text
from streamtape.tape.events import Event

Pieces = Callable[[Target], list[str]]


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
