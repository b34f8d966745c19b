"""`drift`: what two sets of recordings are made of, and what came or went between them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from math import comb
from typing import Any, Literal

from streamtape.analysis.streams import Source, opened
from streamtape.analysis.vocabulary import Term, Vocabulary, field_of
from streamtape.displayed import Displayed
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Cassette, Interaction

Happened = Literal["came", "went"]
_ORDER = ("event", "field", "kind", "value")


@dataclass(frozen=True, slots=True)
class DriftChange:
    """An event type, a field, a kind of value or a value that came or went.

    `what` says which of them; `event` is the event's type, `path` the field's (`$.choices[*].x`),
    `value` the kind or the value. `n_a` and `n_b` are the interactions that have it, of `of_a` and
    `of_b`. `chance` is how likely such counts are where nothing changed (Fisher's exact test, one
    side): few recordings prove little.
    """

    dialect: str
    happened: Happened
    what: str
    event: str
    path: str
    value: str
    n_a: int
    n_b: int
    of_a: int
    of_b: int
    chance: float


@dataclass(frozen=True, slots=True)
class Drift(Displayed):
    """What came or went between two sets of recordings, by dialect.

    `interactions` has how many each side has of each dialect. A dialect that one side has none of
    is compared with nothing.
    """

    changes: tuple[DriftChange, ...]
    interactions: tuple[tuple[str, int, int], ...]

    @property
    def same(self) -> bool:
        """Whether nothing came or went."""
        return not self.changes

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        counts = {name: {"a": a, "b": b} for name, a, b in self.interactions}
        changes = [asdict(change) for change in self.changes]
        return {"same": self.same, "interactions": counts, "changes": changes}


@collector_paused()
def vocabulary(sources: Iterable[Source], *, dialect: str | None = None) -> Vocabulary:
    """What some recordings are made of; CassetteError for one that can't be read."""
    found = Vocabulary()
    for source in sources:
        for interaction in opened(source)[1]:
            found.add(interaction, dialect)
    return found


def drift(
    a: Source | Iterable[Source],
    b: Source | Iterable[Source],
    *,
    dialect: str | None = None,
    max_chance: float = 1.0,
) -> Drift:
    """What came or went from recordings `a` to recordings `b`: event types, fields, values.

    Each is a recording, or several. `dialect` forces one by name. `max_chance` leaves out what may
    be chance: 0.05 keeps what would come about by itself in at most one case of twenty.
    CassetteError for a recording that can't be read, UsageError for an unknown dialect.
    """
    return compared(
        *(vocabulary(_several(side), dialect=dialect) for side in (a, b)), max_chance=max_chance
    )


def _several(side: Source | Iterable[Source]) -> Iterable[Source]:
    return [side] if isinstance(side, str | os.PathLike | Cassette | Interaction) else side


def compared(a: Vocabulary, b: Vocabulary, *, max_chance: float = 1.0) -> Drift:
    """What came or went between two vocabularies."""
    names = sorted({*a.interactions, *b.interactions})
    changes = [
        change
        for change in (*_changes(a, b, "went"), *_changes(b, a, "came"))
        if change.chance <= max_chance
    ]
    changes.sort(
        key=lambda one: (one.dialect, _ORDER.index(one.what), one.event, one.path, one.value)
    )
    counts = tuple((name, a.interactions[name], b.interactions[name]) for name in names)
    return Drift(tuple(changes), counts)


def _changes(have: Vocabulary, lack: Vocabulary, happened: Happened) -> Iterator[DriftChange]:
    """What one side has and the other lacks; what is new inside of something new is not named."""
    missing = {term for term in have.terms if term not in lack.terms}
    here, there = have.enumerations(), lack.enumerations()
    for term in missing:
        of_have, of_lack = have.interactions[term.dialect], lack.interactions[term.dialect]
        if not of_lack or _is_inside(term, missing):
            continue
        if term.what == "value" and not (field_of(term) in here and field_of(term) in there):
            continue
        n = have.terms[term]
        counts = (n, 0, of_have, of_lack) if happened == "went" else (0, n, of_lack, of_have)
        yield DriftChange(
            term.dialect,
            happened,
            term.what,
            term.event,
            shown_path(term.path) if term.path else "",
            term.text,
            *counts,
            chance=_chance(n, of_have, of_lack),
        )


def _is_inside(term: Term, missing: set[Term]) -> bool:
    """Whether an event type or a field that it belongs to is missing itself."""
    if term.what == "event":
        return False
    if Term(term.dialect, term.event) in missing:
        return True
    own = term.what == "field"
    lengths = range(1, len(term.path) + (0 if own else 1))
    return any(
        Term(term.dialect, term.event, "field", term.path[:length]) in missing for length in lengths
    )


def _chance(n: int, of_have: int, of_lack: int) -> float:
    """How likely it is that all `n` interactions are among `of_have`, if each side is alike."""
    n = min(n, of_have)
    return comb(of_have, n) / comb(of_have + of_lack, n)


def shown_path(path: tuple[str, ...]) -> str:
    """A path as RFC 9535 writes it."""
    parts = ("[*]" if step == "*" else f".{step}" for step in path)
    return "$" + "".join(parts)
