"""What ends a stream, and what an event reports as an error: by its type, its fields, its frame."""

from __future__ import annotations

from typing import Any

from streamtape.dialects.base import Dialect
from streamtape.dialects.payload import get, holds_anywhere, parse_path
from streamtape.tape.events import Event, Frame

_FAULTS = ("exception", "error")  # the values of `:message-type` that are no event


def finishes(dialect: Dialect, event: Event) -> bool:
    """Whether an event says that its stream is complete. One without data never does.

    In a stream of several choices that is so of the first choice that has its reason.
    """
    if event.payload == "" or is_fault(event.frame):
        return False
    if event.type in dialect.terminal or _is_marker(dialect, event):
        return True
    return any(holds_anywhere(event.payload, condition) for condition in dialect.terminal_if)


def ends(dialect: Dialect, event: Event) -> bool:
    """Whether an event is the last that its stream needs: nothing is missing if none follows.

    Where the dialect has a done marker, a reason to finish is not the end yet.
    """
    if event.payload == "":
        return False
    if event.type in dialect.terminal or _is_marker(dialect, event) or is_fault(event.frame):
        return True
    return not dialect.marker_expected and finishes(dialect, event)


def _is_marker(dialect: Dialect, event: Event) -> bool:
    return dialect.done_marker != "" and event.type == dialect.done_marker


def is_fault(frame: Frame | None) -> bool:
    """Whether a frame says by its headers that it is an exception or an error, and no event."""
    return frame is not None and frame.headers.get(":message-type") in _FAULTS


def error_in(dialect: Dialect, event: Event) -> Any:
    """The error that an event reports; None where it reports none."""
    if is_fault(event.frame):
        fields = event.payload if isinstance(event.payload, dict) else {"message": event.payload}
        return {"type": event.type, **fields}
    error: Any = None
    for path in dialect.error:
        value = get(event.payload, parse_path(path))
        error = error if value in (None, "") else value
    if error is None and event.type in dialect.error_types:
        return event.payload
    return error
