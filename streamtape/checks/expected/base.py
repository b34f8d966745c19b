"""The types of the tables of expectations. Values only.

A dialect says what events mean; expectations say what a correct stream looks like: the order of
events, their fields, which values agree. A dialect without expectations is checked against its own
scopes, texts and terminal events. Paths and keys are those of `dialects.payload`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamtape.checks.expected.facts import Fact
from streamtape.checks.finding import Severity


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Something that lives in a stream: the response itself, an item, a part; its grammar.

    The events of one `key` are one life (no key: the whole stream is one). `kind` is a path in a
    life's first event; its value chooses the grammar, `*` is any other. `grammars` name types
    without `prefix`, and with `:` and the value at `refine` where there is one. `_` is any known
    type that no grammar of the track names; it counts in a life that has been opened, no matter by
    which events (`key` must then find it). `ends` is False where the end is another rule's matter.
    `lenient` are kinds whose steps real streams leave out: a step that is missing is a warning, an
    event after the end is an error all the same. `loose` are names that real servers send without
    the event that should have opened their life: a warning.
    """

    name: str
    grammars: Mapping[str, str]
    key: tuple[str, ...] = ()
    kind: str = ""
    prefix: str = ""
    refine: str = ""
    ends: bool = True
    lenient: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Required:
    """Fields that events must carry: of some types, where `when` (path, value) holds.

    What should have it (the event, or an element that the last `*` of a path matches) is passed
    over where it has a field of `unless`. `weight` is what absence weighs, if not an error.
    """

    types: tuple[str, ...]
    paths: tuple[str, ...]
    when: tuple[str, Any] | None = None
    unless: tuple[str, ...] = ()
    weight: Severity | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """An index that counts: each new life's is one more than the last's, from 0.

    Of events of `types` (any event where empty), the value at `path`, counted apart for each `key`.
    `grows`: a value may also come again, as long as it has been there.
    """

    types: tuple[str, ...]
    path: str
    key: tuple[str, ...] = ()
    grows: bool = False


@dataclass(frozen=True, slots=True)
class First:
    """A field that the first of each `holder` must have: the first is found by `key`.

    A holder without `having` is passed over.
    """

    holder: str
    key: tuple[str, ...]
    path: str
    having: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A value that comes again: at `path` of `types` for each `key`, then in the list at `again`.

    `again` is in events of `again_types`, and its elements are in the order of the keys. What lies
    at a name in `save`, at any depth, may differ. An element whose `type` is in `lenient` need not
    have come before.
    """

    types: tuple[str, ...]
    path: str
    key: str
    again_types: tuple[str, ...]
    again: str
    save: tuple[str, ...] = ()
    lenient: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collected:
    """Values that come one by one at `path` of `types` and again as the list at `again`.

    What lies at a name in `save` may differ. `any_came`: where none came one by one, the list may
    hold what it likes.
    """

    types: tuple[str, ...]
    path: str
    key: tuple[str, ...]
    again_types: tuple[str, ...]
    again: str
    save: tuple[str, ...] = ()
    any_came: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What a correct stream of one dialect looks like.

    `owners`: the profiles of those who define the API, or run the owner's own servers. `paired`:
    (path, path) whose values go together in every event, one to one. `constant`: paths with one
    value throughout, where they are. `states`: (type, path, values) that must hold. `usage_in`:
    types that must carry usage at the dialect's path; `usage_if`: paths of the request that ask for
    usage; `usage_alone`: the list that is empty in an event that carries usage alone, which comes
    once, after what ends the stream. `arguments`: kinds of call whose arguments are JSON.
    `truncated`: (type, path of the tokens made, path of the bound in the request): a stream that
    made as many as were allowed should not say that it is complete. `cumulative`: paths of counts
    that never go down. `streamed`: types whose text must have come in deltas before. `failures`:
    types after which what is open may stay open. `followed_by`: (terminal type, type that may still
    come). `no_marker`: a done marker does not belong here. `ends_last`: what ends the stream is in
    its last event. `plain_text`: data need not be JSON, nor that of `plain_types`. `call_fields`:
    what a call's first event must have, of id and name. `lenient`: scopes that may stay open, or be
    closed unopened. `types`: further types that there are. `endless`: methods of requests whose
    streams have no end of their own. `ends_if`: (path, values) of events after which no other end
    need come. `speaks_if`: (path, values) of an end at which something must have been said, in a
    text, a call, or at one of `speaks_in`. `facts`: what values must be, given others.
    """

    dialect: str = ""
    owners: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()
    required: tuple[Required, ...] = ()
    firsts: tuple[First, ...] = ()
    counters: tuple[Counter, ...] = ()
    paired: tuple[tuple[str, str], ...] = ()
    constant: tuple[str, ...] = ()
    states: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    copies: tuple[Copy, ...] = ()
    collected: tuple[Collected, ...] = ()
    usage_in: tuple[str, ...] = ()
    usage_if: tuple[str, ...] = ()
    usage_alone: str = ""
    arguments: tuple[str, ...] = ()
    truncated: tuple[tuple[str, str, str], ...] = ()
    cumulative: tuple[str, ...] = ()
    streamed: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    followed_by: tuple[tuple[str, str], ...] = ()
    no_marker: bool = False
    ends_last: bool = False
    plain_text: bool = False
    plain_types: tuple[str, ...] = ()
    call_fields: tuple[str, ...] = ("name",)
    lenient: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    endless: tuple[str, ...] = ()
    ends_if: tuple[tuple[str, tuple[str, ...]], ...] = ()
    speaks_if: tuple[str, tuple[str, ...]] = ("", ())
    speaks_in: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


NOTHING_EXPECTED = Expected()
