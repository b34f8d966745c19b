"""Rules about order: how responses, items and parts open, grow and close.

With a table of expectations each life (the response, an item, a part) is run through its grammar;
without one, through the scopes of its dialect. An event of an unknown type is never a violation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from streamtape.checks.expected.base import Expected, Track
from streamtape.checks.finding import Severity
from streamtape.checks.grammar import ANY_OTHER, Grammar, State, grammar
from streamtape.checks.rule import Hit
from streamtape.checks.stream import Stream
from streamtape.dialects.base import Dialect, Scope
from streamtape.dialects.payload import get, parse_path, resolve_key
from streamtape.tape.events import Event

_MAX_NAMED = 4


@dataclass(slots=True)
class _Life:
    grammar: Grammar
    state: State
    kind: str
    last: int


def lifecycle(stream: Stream) -> Iterator[Hit]:
    """Each life goes through its grammar."""
    for track in stream.expected.tracks:
        yield from _Runner(track, stream).run()


class _Runner:
    """Runs one track over a stream."""

    def __init__(self, track: Track, stream: Stream) -> None:
        self.track, self.stream = track, stream
        self.names = frozenset().union(*(grammar(g).names for g in track.grammars.values()))
        self.known = known_types(stream.dialect, stream.expected)
        self.lives: dict[tuple[Any, ...], _Life] = {}
        self.refine = parse_path(track.refine)
        # Whether the last event left everything as it was, rightly, and the life that it was of.
        self.settled = False
        self.life: _Life | None = None

    def run(self) -> Iterator[Hit]:
        track, skipped = self.track, {*self.stream.dialect.noise, self.stream.dialect.done_marker}
        if not track.key:
            whole = grammar(track.grammars["*"])
            self.lives[()] = _Life(whole, whole.start, "", -1)
        for event, is_repeat in self.stream.with_repeats():
            if is_repeat and self.settled:
                if self.life is not None:
                    self.life.last = event.index
                continue
            self.life, self.settled = None, True
            if event.type not in skipped and event.type in self.known:
                yield from self._take(event)
        if track.ends and self.stream.finished and without_final_fail(self.stream):
            yield from self._unclosed()

    def _take(self, event: Event) -> Iterator[Hit]:
        track = self.track
        name = event.type.removeprefix(track.prefix)
        if self.refine:
            value = get(event.payload, self.refine)
            if value is not None and f"{name}:{value}" not in self.names:
                return  # its kind is unknown to this version
            name = name if value is None or name in self.names else f"{name}:{value}"
        mine = name in self.names
        key = resolve_key(event.payload, track.key, (), event.index)
        if key[:1] == (None,) or (not mine and None in key):
            return
        life = self.lives.get(key)
        if life is None:
            if not mine:
                return
            life, self.settled = self._begin(key, event), False
            if not life.grammar.step(life.state, name):
                if not self.stream.resumed:
                    expected_types = self._names(life.grammar.expected(life.state))
                    message = f"comes for {self._named(key)}, which no {expected_types} opened"
                    yield Hit(event.index, message, "warning" if name in track.loose else None)
                life.state = life.grammar.recover(name)
                return
        after = life.grammar.step(life.state, name)
        self.life, self.settled = life, after == life.state
        if not after and name in track.loose and life.grammar.expected(life.state):
            yield Hit(event.index, self._unexpected(key, life), "warning")
            return
        if not after:
            if not (self.stream.resumed and life.last < 0):
                weight = self._weight(life) if life.grammar.expected(life.state) else None
                yield Hit(event.index, self._unexpected(key, life), weight)
            after = life.grammar.recover(name) or life.state
        life.state, life.last = after, event.index

    def _begin(self, key: tuple[Any, ...], event: Event) -> _Life:
        track = self.track
        kind = get(event.payload, parse_path(track.kind)) if track.kind else None
        text = track.grammars.get(str(kind)) or track.grammars["*"]
        life = _Life(grammar(text), grammar(text).start, str(kind or ""), event.index)
        self.lives[key] = life
        return life

    def _unexpected(self, key: tuple[Any, ...], life: _Life) -> str:
        expected_types = life.grammar.expected(life.state)
        what = self._named(key, life.kind)
        if not expected_types:
            return f"comes after the end of {what}"
        return f"is out of place in {what}: expected {self._names(expected_types)}"

    def _unclosed(self) -> Iterator[Hit]:
        for key, life in self.lives.items():
            if not life.grammar.accepts(life.state):
                expected_types = self._names(life.grammar.expected(life.state))
                message = (
                    f"{self._named(key, life.kind)} is never closed: expected {expected_types}"
                )
                yield Hit(life.last, message, self._weight(life))

    def _weight(self, life: _Life) -> Severity | None:
        return "warning" if life.kind in self.track.lenient else None

    def _names(self, names: list[str]) -> str:
        prefix = self.track.prefix
        shown = [
            prefix + name if prefix + name.partition(":")[0] in self.known else name
            for name in names[:_MAX_NAMED]
        ]
        return " or ".join(shown) + (" or others" if len(names) > _MAX_NAMED else "")

    def _named(self, key: tuple[Any, ...], kind: str = "") -> str:
        message = " ".join(str(part) for part in key if part is not None)
        return f"{self.track.name} {message}".strip() + (f" ({kind})" if kind else "")


def scopes(stream: Stream) -> Iterator[Hit]:
    """What opens is closed, once, and holds what belongs in it: for dialects without a grammar."""
    if stream.expected.tracks or stream.resumed:
        return
    for scope in stream.dialect.scopes:
        weight: Severity | None = "info" if scope.name in stream.expected.lenient else None
        for hit in _run_scope(scope, stream):
            yield hit._replace(severity=weight)


def _run_scope(scope: Scope, stream: Stream) -> Iterator[Hit]:
    opened: dict[Any, bool] = {}
    first: dict[Any, int] = {}
    for event in stream.events:
        if event.type in scope.opens:
            key = resolve_key(event.payload, scope.open_key, (), event.index)
            if opened.get(key):
                yield Hit(event.index, f"opens {_scope_name(scope, key)} again")
            opened[key] = True
            first[key] = event.index
        elif event.type in scope.closes:
            key = resolve_key(event.payload, scope.close_key, (), event.index)
            if not opened.get(key) and (scope.opens or key in opened):
                known = "was closed before" if key in opened else "was never opened"
                yield Hit(event.index, f"closes {_scope_name(scope, key)}, which {known}")
            opened[key] = False
        elif event.type in scope.extends:
            key = resolve_key(event.payload, scope.extend_key, (), event.index)
            if not opened.get(key, not scope.opens):
                known = "is closed" if key in opened else "was never opened"
                yield Hit(event.index, f"belongs to {_scope_name(scope, key)}, which {known}")
    if not (stream.finished and without_final_fail(stream) and scope.closes):
        return
    for key, is_open in opened.items():
        if is_open:
            expected_types = " or ".join(scope.closes[:_MAX_NAMED])
            message = f"{_scope_name(scope, key)} is never closed: expected {expected_types}"
            yield Hit(first.get(key), message)


def _scope_name(scope: Scope, key: tuple[Any, ...]) -> str:
    return " ".join([scope.name, *(str(part) for part in key)])


def opening(stream: Stream) -> Iterator[Hit]:
    """The first event is the one that opens a stream."""
    dialect = stream.dialect
    if not dialect.opening or stream.resumed:
        return
    for event in stream.events:
        if event.type in dialect.noise:
            continue
        if event.type not in (*dialect.opening, *dialect.error_types):
            weight: Severity | None = "info" if stream.expected.lenient else None
            expected_types = " or ".join(dialect.opening)
            yield Hit(event.index, f"is the first event: expected {expected_types}", weight)
        return


def without_final_fail(stream: Stream) -> bool:
    """Whether something ended the stream that is no failure: what is open should be closed."""
    dialect = stream.dialect
    failures = {*stream.expected.failures, *dialect.error_types}
    types = {event.type for event in stream.events}
    ends = types & {*dialect.terminal, dialect.done_marker} - {""}
    if types & failures:
        return False
    return bool(ends) or not dialect.terminal


@lru_cache(maxsize=64)
def known_types(dialect: Dialect, expected: Expected) -> frozenset[str]:
    """Every event type that the tables name, wherever they do."""
    found = {*dialect.opening, *dialect.terminal, *dialect.noise, *expected.types}
    found |= {*dialect.error_types, dialect.default_type, dialect.done_marker}
    found |= {name for _, name in dialect.type_if}
    for rules in (dialect.deltas, dialect.wholes, dialect.calls):
        found |= {name for rule in rules for name in rule.types}
    for scope in dialect.scopes:
        found |= {*scope.opens, *scope.closes, *scope.extends}
    for track in expected.tracks:
        for text in track.grammars.values():
            named = (name.partition(":")[0] for name in grammar(text).names - {ANY_OTHER})
            found |= {name if name in found else track.prefix + name for name in named}
    return frozenset(found - {""})
