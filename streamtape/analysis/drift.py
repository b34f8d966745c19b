"""`drift`: which event types, fields and values two sets of recordings have, and what differs."""

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
    """An event type, a field, a kind of value or a value that appeared or disappeared.

    `what` says which of these it is; `event` is the event's type, `path` the field's
    (`$.choices[*].x`), `value` the kind or the value. `n_a` and `n_b` are the interactions that
    have it, of `of_a` and `of_b`. `chance` is how likely such counts are where nothing changed
    (Fisher's exact test, one side): few recordings prove little.
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
    """What appeared or disappeared between two sets of recordings, by dialect.

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
        """Everything as plain values for JSON."""
        counts = {name: {"a": a, "b": b} for name, a, b in self.interactions}
        changes = [asdict(change) for change in self.changes]
        return {"same": self.same, "interactions": counts, "changes": changes}


@collector_paused()
def vocabulary(sources: Iterable[Source], *, dialect: str | None = None) -> Vocabulary:
    """The vocabulary of some recordings; CassetteError for one that can't be read."""
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
    """Compare recordings `a` and `b`: which event types, fields and values appeared or disappeared.

    Each side is one recording or several. `dialect` forces a dialect by name. `max_chance` leaves
    out differences that may be chance: 0.05 keeps those that would arise by chance in at most one
    case in twenty. CassetteError for a recording that can't be read, UsageError for an unknown
    dialect.
    """
    return compared(
        *(vocabulary(_several(side), dialect=dialect) for side in (a, b)), max_chance=max_chance
    )


def _several(side: Source | Iterable[Source]) -> Iterable[Source]:
    return [side] if isinstance(side, str | os.PathLike | Cassette | Interaction) else side


def compared(a: Vocabulary, b: Vocabulary, *, max_chance: float = 1.0) -> Drift:
    """What appeared or disappeared between two vocabularies."""
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
    """What one side has and the other lacks; parts of something new are not listed separately."""
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
