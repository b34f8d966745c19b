"""Which event types, fields, kinds of values and values the streams of many recordings have.

A vocabulary counts, for each dialect, in how many interactions something occurs. Vocabularies add
up in any order. Fields are named by paths, in which `*` matches each element of a list. Values are
kept only for fields with few different ones, such as enumerations: `completed`, `tool_use`. None
are kept for content, ids and the user's own data (tool arguments, metadata).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from streamtape.dialects.base import Dialect
from streamtape.dialects.parsed import ParsedResponse
from streamtape.metrics.measures import ERROR_STATUS
from streamtape.tape.model import Interaction

Path = tuple[str, ...]
MAX_VALUES = 16  # different values of an enumeration-like field
MAX_TERMS = 200_000  # in one vocabulary; further terms, as of made-up names, are not counted
_WORD = re.compile(r"[a-z]+(?:[_.:/-][a-z]+){0,8}")
_MADE_UP_NAME = re.compile(r"\d{2}|[0-9a-f]{8}|\s|.{41}")  # keys that are not field names
_FREE = "*"  # replaces every value of a field that is not an enumeration
_KINDS = {
    str: "string", bool: "boolean", int: "number", float: "number", dict: "object", list: "list",
    type(None): "null",
}  # fmt: skip


class Term(NamedTuple):
    """Something that occurs in a dialect: an event type; a field of it; its kind, or its value.

    `what` is `event`, `field`, `kind` or `value`; `path` is that of the field, `text` the kind or
    the value.
    """

    dialect: str
    event: str
    what: str = "event"
    path: Path = ()
    text: str = ""


@dataclass(slots=True)
class Vocabulary:
    """In how many interactions each term occurs, and how many there are, by dialect."""

    terms: Counter[Term] = field(default_factory=Counter)
    interactions: Counter[str] = field(default_factory=Counter)

    def add(self, interaction: Interaction, dialect: str | None = None) -> None:
        """Count the terms of an interaction, unless it was refused or has no events."""
        if interaction.head is None or interaction.head.status >= ERROR_STATUS:
            return
        parsed = ParsedResponse(interaction, dialect)
        found = set(_terms(parsed))
        if found:
            self.interactions[parsed.dialect.name] += 1
            self.count(dict.fromkeys(found, 1))

    def merge(self, other: Vocabulary) -> None:
        """Add what another vocabulary counted."""
        self.interactions.update(other.interactions)
        self.count(other.terms)

    def count(self, terms: dict[Term, int]) -> None:
        full = len(self.terms) >= MAX_TERMS
        for term, n in terms.items():
            if not full or term in self.terms:
                self.terms[term] += n

    def enumerations(self) -> dict[Term, dict[str, int]]:
        """The values of each enumeration-like field, by field, with how often each occurs."""
        values: dict[Term, dict[str, int]] = defaultdict(dict)
        for term, n in self.terms.items():
            if term.what == "value":
                values[field_of(term)][term.text] = n
        return {
            one: found
            for one, found in values.items()
            if _FREE not in found and len(found) <= MAX_VALUES
        }


def field_of(term: Term) -> Term:
    """The field that a kind or a value belongs to."""
    return Term(term.dialect, term.event, "field", term.path)


def _terms(parsed: ParsedResponse) -> Iterator[Term]:
    dialect, known = parsed.dialect, _known_paths(parsed.dialect)
    for event in parsed.events:
        if event.direction != "server":
            continue
        yield Term(dialect.name, event.type)
        for what, path, text in _walked(event.payload, (), known):
            yield Term(dialect.name, event.type, what, path, text)


class _KnownPaths(NamedTuple):
    """The paths of a dialect to leave out: everything below `opaque`, and the values at `free`."""

    opaque: frozenset[Path]
    free: frozenset[Path]
    free_names: frozenset[str]


@lru_cache
def _known_paths(dialect: Dialect) -> _KnownPaths:
    pieces = (*dialect.deltas, *dialect.wholes)
    arguments = [piece.path for piece in pieces if piece.channel == "arguments"]
    named = (*dialect.ids, *dialect.masked, *dialect.dropped, *dialect.id, *dialect.model)
    free = [*named, *(piece.path for piece in pieces)]
    return _KnownPaths(
        frozenset(tuple(path.split(".")) for path in (*dialect.opaque, *arguments)),
        frozenset(tuple(path.split(".")) for path in free if not path.startswith("**.")),
        frozenset(path.removeprefix("**.") for path in free if path.startswith("**.")),
    )


def _walked(value: Any, path: Path, known: _KnownPaths) -> Iterator[tuple[str, Path, str]]:
    if path:
        if path[-1] != "*":
            yield "field", path, ""
        yield "kind", path, _KINDS.get(type(value), "string")
    if path in known.opaque:
        return
    if isinstance(value, dict):
        for name, one in value.items():
            step = "*" if _MADE_UP_NAME.search(str(name)) else str(name)
            yield from _walked(one, (*path, step), known)
    elif isinstance(value, list):
        for one in value:
            yield from _walked(one, (*path, "*"), known)
    elif isinstance(value, str) and path and not _is_free(path, known):
        is_word = len(value) <= 40 and _WORD.fullmatch(value)
        yield "value", path, value if is_word else _FREE


def _is_free(path: Path, known: _KnownPaths) -> bool:
    return path in known.free or path[-1] in known.free_names
