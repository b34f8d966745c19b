"""Which recordings to keep, decided after their end (tail sampling). Pure.

A rule is a word (`error`, `cut`, `all`), a limit (`slow>5s`, `first>800ms`, `status>=500`), or a
function of the interaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from streamtape.errors import UsageError
from streamtape.tape.model import Interaction
from streamtape.units import parse_us

Keep: TypeAlias = "str | Callable[[Interaction], bool]"
Rule = Callable[[Interaction], bool]
_LIMIT = re.compile(r"(slow|first|status)\s*(>=|>)\s*(\S+)")
_KNOWN = "'error', 'cut', 'all', 'slow>5s', 'first>800ms', 'status>=500', or a function"


def is_error(interaction: Interaction) -> bool:
    """Whether the request failed: no answer, a status from 400 on, or an exception at its end."""
    head = interaction.head
    return head is None or head.status >= 400 or interaction.ending.kind == "error"


def is_cut(interaction: Interaction) -> bool:
    """Whether its stream did not come to its end, other than by the client's decision."""
    return interaction.ending.kind in {"error", "unfinished"}


def total_us(interaction: Interaction) -> int:
    """Microseconds from the sending of the request to the end; 0 where no time is known."""
    return interaction.ending.at_us or 0


def first_us(interaction: Interaction) -> int:
    """Microseconds to the first byte of the body, or to the end if it has no body."""
    for rows in (interaction.chunks, interaction.messages):
        for row in rows:
            return row.at_us or 0
    return total_us(interaction)


def rules_of(keep: Iterable[Keep]) -> tuple[Rule, ...]:
    """The rules as functions; UsageError for an invalid rule."""
    if isinstance(keep, str):
        raise UsageError(f"keep must be a sequence of rules ({_KNOWN}), got the text {keep!r}")
    return tuple(map(_rule, keep))


def _rule(keep: Keep) -> Rule:
    if callable(keep):
        return keep
    words: dict[str, Rule] = {"error": is_error, "cut": is_cut, "all": lambda _: True}
    text = keep.strip()
    if text in words:
        return words[text]
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise UsageError(f"a rule of keep must be {_KNOWN}, got {keep!r}")
    what, sign, limit = found.groups()
    if what == "status":
        if not limit.isdigit():
            raise UsageError(f"the status in {keep!r} must be a number")
        return _beyond(lambda i: i.head.status if i.head else 0, sign, int(limit))
    us = parse_us(limit, ("ms", "s", "m", "h"))
    if us is None:
        raise UsageError(f"the limit in {keep!r} must be a duration such as 800ms or 5s")
    return _beyond(total_us if what == "slow" else first_us, sign, int(us))


def _beyond(value: Callable[[Interaction], int], sign: str, limit: int) -> Rule:
    return (lambda i: value(i) >= limit) if sign == ">=" else (lambda i: value(i) > limit)
