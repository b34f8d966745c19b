"""The events of known types, by name; at run time each of them is an Event.

Type checkers read the stub beside this module, which says what fields an event of each type has.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if not name.endswith("Event"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from streamtape.tape.events import Event

    return Event
