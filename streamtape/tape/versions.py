"""What changed between versions of the cassette format: steps that bring records up to date. Pure.

A reader knows the newest version alone. The records of an older file go through the step of each
version since, so that version 1 can be read for ever. FORMAT.md says what each version added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamtape.tape.container import OLDEST_VERSION, VERSION
from streamtape.tape.model import Interaction

Record = tuple[str, Any]  # kind, fields
Step = Callable[[str, Any], Record | None]  # None: a kind that the version did not know


def version_for(interactions: tuple[Interaction, ...]) -> int:
    """The oldest version that can say all that is in these interactions.

    Older readers go on reading what they can understand, and a file that is written again without
    a change stays the same.
    """
    return VERSION if any(one.is_dialogue for one in interactions) else OLDEST_VERSION


def brought_up(kind: str, fields: Any, version: int) -> Record | None:
    """A record of an older version as one of the newest; None where that version had no such."""
    record: Record | None = kind, fields
    for step in _STEPS[version - OLDEST_VERSION :]:
        record = step(*record) if record is not None else None
    return record


def _from_1(kind: str, fields: Any) -> Record | None:
    """Version 2 has dialogues: records of messages, and the close in an ending."""
    if kind == "messages":
        return None
    if isinstance(fields, dict) and not _NEW_IN_2.isdisjoint(fields):
        fields = {name: value for name, value in fields.items() if name not in _NEW_IN_2}
    return kind, fields


_NEW_IN_2 = frozenset({"close_code", "close_reason", "kinds", "messages"})
_STEPS: tuple[Step, ...] = (_from_1,)
