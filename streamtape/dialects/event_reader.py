"""One frame to one event's type and payload, by a dialect's table.

Nothing here is an error: data that is no JSON is its own payload, and a type that the table has
never heard of is that event's type.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from streamtape.dialects.base import Dialect
from streamtape.dialects.ends import is_fault
from streamtape.dialects.json_codec import NOT_JSON, decode
from streamtape.dialects.paths import get, parse_path
from streamtape.tape.events import Event, Frame

PLAIN = "message"  # what a frame is called that the stream gave no name


class EventReader:
    """Reads events out of frames, one dialect's way."""

    def __init__(self, dialect: Dialect) -> None:
        self._marker = dialect.done_marker
        self._wrapped = dialect.wrapped
        self._default = dialect.default_type
        self._ifs = tuple((parse_path(path), name) for path, name in dialect.type_if)
        self._from = tuple((p == "@event", parse_path(p)) for p in dialect.type_from)
        self._named = bool(dialect.type_from) and dialect.type_from[0] == "@event"
        self._named |= dialect.event_equals_type
        first = self._from[0] if self._from and not self._ifs else (True, ())
        self._field = first[1][0] if len(first[1]) == 1 and not first[0] else None

    def name_without_payload(self, frame: Frame) -> str | None:
        """The event's type, where the frame alone tells it; None where the payload must be read."""
        if frame.data and frame.data == self._marker:
            return self._marker
        if is_fault(frame):
            return frame.event
        return frame.event if self._named and not self._ifs and frame.event != PLAIN else None

    def read(self, frame: Frame, index: int) -> Event:
        """The event of a frame that has data."""
        data = frame.data or ""
        if data and data == self._marker:
            return Event(data, data, frame.at_us, index, frame)
        if frame.headers and is_fault(frame):
            return Event(frame.event, _fault(frame), frame.at_us, index, frame)
        payload = decode(data)
        if self._field and not self._wrapped and type(payload) is dict:  # as most say it
            name = payload.get(self._field)
            if name and type(name) is str:
                return Event(name, payload, frame.at_us, index, frame)
        if self._wrapped and isinstance(payload, dict) and self._wrapped in payload:
            payload = _unwrapped(payload, self._wrapped)
        if payload is NOT_JSON:
            name = frame.event if frame.event != PLAIN else self._default
            return Event(name, data, frame.at_us, index, frame)
        return Event(self.type_of(frame.event, payload), payload, frame.at_us, index, frame)

    def type_of(self, event: str, payload: object) -> str:
        """The type of an event: by the table's places, in their order."""
        for path, name in self._ifs:
            if get(payload, path) is not None:
                return name
        for is_event, path in self._from:
            if is_event:
                if event != PLAIN:
                    return event
                continue
            value = get(payload, path)
            if isinstance(value, str) and value:
                return value
        return event if event != PLAIN else self._default


def _fault(frame: Frame) -> Any:
    """What an exception or an error says: in its payload, or, without one, in its headers."""
    payload = decode(frame.data) if frame.data else NOT_JSON
    if payload is not NOT_JSON:
        return payload
    names = {":error-code": "code", ":error-message": "message"}
    fields = {
        name: frame.headers[header] for header, name in names.items() if header in frame.headers
    }
    return fields or frame.data


def _unwrapped(payload: dict[str, Any], field: str) -> Any:
    """The event inside of an envelope; the envelope with its text, where that is no JSON."""
    try:
        text = base64.b64decode(payload[field], validate=True).decode()
    except (TypeError, ValueError, binascii.Error):
        return payload
    value = decode(text)
    return {**payload, field: text} if value is NOT_JSON else value
