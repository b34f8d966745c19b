"""What rules found in one event, each text once.

Servers mirror a text in two fields (`reasoning` and `reasoning_content`), so of the fields of one
text only one counts in an event: the first in the table's order that says something. And they send
values of other types than usual: arguments as an object, a number as content. Such a value is taken
as JSON text, unless other rules read what is inside of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from streamtape.dialects.base import Call, Piece
from streamtape.dialects.payload import Bindings

_TEXTS = {"text", "refusal", "reasoning"}


class Found(NamedTuple):
    """What a rule found in one event: the rule, the target's key, what `*` stood for, the value."""

    rule: Piece | Call
    key: tuple[Any, ...]
    bound: Bindings
    value: Any


def only_one_field(found: Sequence[Found]) -> list[Found]:
    """What pieces found, as texts: of one target, what one field says."""
    texts = [one for one in found if type(one.value) is str]
    odd = [one for one in found if type(one.value) is not str]
    for one in odd:
        channel = getattr(one.rule, "channel", "")
        if isinstance(one.value, dict | list) and channel not in {*_TEXTS, "arguments"}:
            continue  # pieces of a structure, which joined are none
        text = _as_text(one, found)
        if text:
            texts.append(one._replace(value=text))
    winners: dict[Any, Any] = {}
    for one in texts:
        assert isinstance(one.rule, Piece)
        target = one.rule.channel, one.key
        if one.value and target not in winners:
            winners[target] = one.rule
    return [one for one in texts if winners.get((one.rule.channel, one.key), one.rule) is one.rule]  # type: ignore[union-attr]  # pieces


def _as_text(one: Found, found: Sequence[Found]) -> str:
    """The text of a value of another type; "" if it has no text."""
    return json.dumps(one.value, ensure_ascii=False) if is_text(one, found) else ""


def is_text(one: Found, found: Sequence[Found]) -> bool:
    """Whether a value of another type is shown as a text; False if rules find texts inside it."""
    if not isinstance(one.value, dict | list):
        return True
    inside = one.rule.path + "."
    if any(x.rule.path.startswith(inside) for x in found):
        return False
    if getattr(one.rule, "channel", "") not in _TEXTS:
        return True
    return bool(one.value) and not _has_kinds(one.value)


def _has_kinds(value: Any) -> bool:
    """Whether a value is of parts that say of what kind they are: an image, a file."""
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, dict) and "type" in part for part in parts)
