"""A rule: a name, a severity, what it says, and the function that looks. Values only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from streamtape.checks.finding import Severity
from streamtape.checks.stream import Stream


class Hit(NamedTuple):
    """A violation of a rule: at which event (None: the stream as a whole), and how.

    `severity` is given where this breach weighs less than the rule's own.
    """

    event: int | None
    message: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `family`: of one family, an event's first breach counts and the rest follow it."""

    name: str
    severity: Severity
    says: str
    look: Callable[[Stream], Iterator[Hit]]
    family: str = ""
