"""Facts about values: what one of them must be, given the others, or the request. Values only.

Each fact is looked at in the events of `types` (any where empty), in every object at `holder`,
where `when` (path, values) holds in that object; its other paths begin there. It weighs `weight`
at the servers of the API's owner and `elsewhere` at others: None is not checked, since good streams
of others break it. How many real streams keep each fact is in `shares.json`, by its `name`
(`python -m tools.corpus.rule_shares` counts them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streamtape.checks.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What all facts have. `only` are the owner's profiles for which it holds; empty: all."""

    name: str
    types: tuple[str, ...] = ()
    holder: str = ""
    when: tuple[str, tuple[Any, ...]] | None = None
    weight: Severity = "error"
    elsewhere: Severity | None = "warning"
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Fact):
    """The value at `path`, where there is one, is one of `values`; without values: is not null.

    `there`: it must be there, too.
    """

    path: str
    values: tuple[Any, ...] = ()
    there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Fact):
    """The count at `total`, where there is one, is the sum of `parts`; a missing part is 0.

    A part may have `*`, and is then a sum itself.
    """

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost(Fact):
    """The number at `path` is at most the one at `bound`, or the one that was requested.

    `in_request` are paths in the request's body: the first that exists gives the limit, `default`
    does where none exists. `below`: the number is less than the limit.
    """

    path: str
    bound: str = ""
    in_request: tuple[str, ...] = ()
    below: bool = False
    default: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Same(Fact):
    """The values of `names` do not change between the events of one `key`.

    `key` is looked up from the event itself. `known`: a value that is missing or empty is no other.
    """

    names: tuple[str, ...]
    key: tuple[str, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Fact):
    """There are the same fields in every event of a type, and of a value at `kind`, save some."""

    kind: str = ""
    by_type: bool = True
    save: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(Fact):
    """No two values at `path` are equal, save those of one `key`."""

    path: str
    key: tuple[str, ...] = ("@event",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Fact):
    """The value at `path`, if present, is among those at the paths `in_request` of the request.

    A request that has none of these paths gives `otherwise` the last word: True is fine.
    """

    path: str
    in_request: tuple[str, ...]
    otherwise: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo(Fact):
    """What the request has at one of `names` is there again, below `holder`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Because(Fact):
    """The value at `path` is `value` where something came before, and only there.

    What came is an object at `seen` in an event of `seen_types`, with one of `seen_values` at
    `seen_path` (any value where empty). Where it came, the value (or one of `others`)
    must be there, unless the request forced it: an object or `required` at the path `forced`.

    """

    path: str
    value: str
    seen: str
    seen_types: tuple[str, ...] = ()
    seen_path: str = ""
    seen_values: tuple[Any, ...] = ()
    others: tuple[str, ...] = ()
    forced: str = ""
