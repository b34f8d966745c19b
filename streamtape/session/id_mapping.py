"""Values that differ from run to run, mapped to the recorded ones during a replay.

An agent's second request repeats ids and times of the first response: a tool call's id, a message's
id, a timestamp. Such values are recognised by their form. Two requests are equal up to them where
everything else is equal and each recorded id maps to one requested id, the same one throughout the
replay. Times only have to look alike. Pure: what was learned is handed in and out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Looks of a value that somebody drew or a clock gave, the most telling first.
_LOOKS = (
    ("time", r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
    ("uuid", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
    # Prefix and a long rest with a digit in it: call_9aX..., resp_0fb2..., msg_bdrk_01...
    ("id", r"[A-Za-z][A-Za-z]{1,15}(?:[_-][a-z]{1,8})?[_-](?=[A-Za-z0-9]*\d)[A-Za-z0-9]{8,}"),
    ("hex", r"[0-9a-f]{24,}"),
)
# Compiled when they are first used, as few sessions match anything up.
_ANY = "|".join(rf"(?P<{name}>\b{look}\b)" for name, look in _LOOKS)
_CLOCK = r"(?:^|_|\b)(?:time|timestamp|created|updated|date)(?:_?at|_?ms|_?us)?$"
_FREE = {"time", "clock"}

Token = tuple[str, str]  # its form and its value


def skeleton(value: Any) -> tuple[str, tuple[Token, ...]]:
    """A JSON value without its volatile values, as canonical text, and those values in order."""
    tokens: list[Token] = []
    bare = _bare(value, "", tokens)
    return json.dumps(bare, sort_keys=True), tuple(tokens)


def _bare(value: Any, name: str, tokens: list[Token]) -> Any:
    if isinstance(value, dict):
        return {k: _bare(value[k], k, tokens) for k in sorted(value)}
    if isinstance(value, list):
        return [_bare(one, name, tokens) for one in value]
    if isinstance(value, str):

        def take(found: re.Match[str]) -> str:
            look = found.lastgroup or "id"
            text = found[0]
            tokens.append((look, text))
            # The prefix of an id says what kind of thing it names, and that is not volatile.
            prefix = re.split(r"[_-](?=[A-Za-z0-9]+$)", text)[0] if look == "id" else ""
            return f"\x00{look}{prefix}\x00"

        return re.sub(_ANY, take, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_clock(name, value):
        tokens.append(("clock", repr(value)))
        return "\x00clock\x00"
    return value


def _is_clock(name: str, value: float) -> bool:
    """A number under the name of a time that could be one: seconds to microseconds since 2001."""
    return value >= 1e9 and re.search(_CLOCK, name.lower()) is not None


def matched_up(
    recorded: tuple[Token, ...], requested: tuple[Token, ...], known: Mapping[str, str]
) -> dict[str, str] | None:
    """The pairs (recorded, requested) that follow from two requests; None where they contradict.

    `known` are the pairs that hold already.
    """
    if len(recorded) != len(requested):
        return None
    forth = dict(known)
    back = {new: old for old, new in known.items()}
    for (look, old), (other_look, new) in zip(recorded, requested, strict=True):
        if look != other_look:
            return None
        if look in _FREE:
            continue
        if forth.setdefault(old, new) != new or back.setdefault(new, old) != old:
            return None
    return forth
