"""What a delta's event says besides its piece of text: facts by path, each reported once.

A fact is news where no event brought it before for the same thing: of the stream, of a choice, of a
text. When comparing, an event of a delta's type may be all facts: servers write an empty piece as
`""`, as null, or leave it out, and none of the three says anything.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from streamtape.compare.normalise import MASK, MASKED_OBJECT
from streamtape.compare.units import VARIES, Target
from streamtape.dialects.base import Dialect, Piece
from streamtape.dialects.payload import Path, bind, find, parse_path, resolve_key
from streamtape.dialects.rule_index import Found
from streamtape.tape.events import Event

FactValues = dict[Path, Any]


class Facts:
    """The facts of one stream, as its events say them."""

    def __init__(self, dialect: Dialect, *, compact: bool) -> None:
        self._compact = compact
        self._dialect = dialect
        self._type_paths = {parse_path(path) for path in dialect.type_from}
        self._closing = [parse_path(p) for p in (*dialect.finish_reason, *dialect.closing)]
        self._added = [parse_path(p) for p in (*dialect.annotations, *dialect.images)]
        self._indices = _indices(dialect) if compact else []
        self._types = {dialect.default_type}  # of the events that bring pieces of text
        self._known: dict[Hashable, FactValues] = {}

    def of(self, clean: Any, deltas: Iterable[Found], wholes: Iterable[Found]) -> FactValues:
        """What an event says besides its pieces of text: its leaves, without what is nothing.

        Of an object that is masked, it is a fact that it is there (only when comparing).
        """
        out: FactValues = {}
        skipped = set(self._type_paths)
        for found in deltas:
            skipped.add(bind(parse_path(found.rule.path), found.bound))
            if isinstance(found.rule, Piece) and found.rule.when:
                skipped.add(bind(parse_path(found.rule.when[0]), found.bound))
            for key in found.rule.key:
                for text in key.split("|"):
                    skipped.add(bind(parse_path(text), found.bound))
        skipped.update(bind(parse_path(f.rule.path), f.bound) for f in wholes)
        skipped.update(path for path in _choices(clean, self._indices))
        _leaves(clean, (), out, skipped, masks=self._compact)
        return out

    def silent(self, event: Event, empty: Sequence[Found], facts: FactValues) -> bool:
        """Whether an event of a delta's type without a piece of text is no more than its facts.

        That is so if all events of the stream are of one type; otherwise if the field of the piece
        is empty and only a type accompanies it.
        """
        ends = event.type in (*self._dialect.terminal, *self._dialect.error_types)
        if ends or not isinstance(event.payload, dict):
            return False
        if all(placed.types for placed in self._dialect.deltas):
            return bool(empty) and not any(_beside(path, empty) for path in facts)
        return bool(empty) or event.type in self._types

    def news(
        self,
        event: Event,
        targets: tuple[Target, ...],
        facts: FactValues,
        calls: Mapping[Path, Target],
    ) -> FactValues:
        """Those of the facts that are news: of the whole stream, or of what they are about.

        `calls` are the tool calls that the event names, by their paths.
        """
        news: FactValues = {}
        if targets:
            self._types.add(event.type)
        for path, value in facts.items():
            facts_found = self._known.setdefault(self._about(event, targets, path, calls), {})
            added = self._compact and self._is_added(path)
            if added or path not in facts_found or facts_found[path] != value:
                news[path] = facts_found[path] = value
        return news

    def _about(
        self, event: Event, targets: tuple[Target, ...], path: Path, calls: Mapping[Path, Target]
    ) -> Hashable:
        """What a fact is about: the stream, one of several choices, a call, or some texts."""
        for n in range(len(path) if calls and self._compact else 0):
            if path[:n] in calls:
                return calls[path[:n]]
        indices = [step for step in path if step.isdigit()]
        if not indices:
            return ()
        if self._compact and self._dialect.by_choice:
            choice = self._dialect.deltas[0].key[:1]
            return "choice", resolve_key(event.payload, choice, tuple(indices[:1]), event.index)
        return targets

    def closes(self, path: Path) -> bool:
        """Whether a fact comes with the end, after the text of its event."""
        return any(len(path) == len(pattern) and _at(path, pattern) for pattern in self._closing)

    def _is_added(self, path: Path) -> bool:
        """Whether a fact is of what events add: two equal annotations are two."""
        return any(_at(path, pattern) for pattern in self._added)


def _at(path: Path, pattern: Path) -> bool:
    """Whether a path is at a place, or below it."""
    return len(path) >= len(pattern) and all(
        step in ("*", one) for step, one in zip(pattern, path, strict=False)
    )


def _indices(dialect: Dialect) -> list[Path]:
    """Where the numbers of choices stand: they say which choice is meant, and nothing else."""
    if not dialect.by_choice:
        return []
    alternatives = dialect.deltas[0].key[0].split("|")
    return [parse_path(text) for text in alternatives if not text.startswith(("#", "=", "@"))]


def _choices(clean: Any, indices: Iterable[Path]) -> Iterator[Path]:
    for path in indices:
        yield from (bind(path, bound) for bound, _ in find(clean, path))


def _beside(path: Path, pieces: Iterable[Found]) -> bool:
    """Whether a fact is in the same object as a piece of text, unless that is the whole event.

    A type is not such a fact.
    """
    holders = (bind(parse_path(found.rule.path), found.bound)[:-1] for found in pieces)
    return path[-1] != "type" and any(one and path[: len(one)] == one for one in holders)


def _leaves(value: Any, path: Path, out: FactValues, skipped: set[Path], *, masks: bool) -> None:
    if path in skipped or value is None or value == "":
        return
    items: Sequence[tuple[str, Any]] = ()
    if isinstance(value, dict):
        items = [*value.items()]
    elif isinstance(value, list):
        items = [(str(number), one) for number, one in enumerate(value)]
    elif value is MASKED_OBJECT:
        if masks:
            out[path] = VARIES
    elif value != MASK:
        out[path] = value
    for name, one in items:
        _leaves(one, (*path, name), out, skipped, masks=masks)
