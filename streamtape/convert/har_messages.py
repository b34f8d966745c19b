"""The events that Chrome exports of a stream apart from its body, as chunks of frames.

`_eventSourceMessages` of an entry are objects with `eventName`, `eventId`, `data` and `time`, in
seconds since 1970. They are all that a HAR has of a stream that the browser did not keep. The
frames say what came, not byte for byte. Times are from the sending of the request; where one of
them can't be true, none is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from streamtape.convert.document import Node
from streamtape.errors import ConvertError, FramingError
from streamtape.framing.sse_frame import SSEFrame, encode_sse
from streamtape.tape.model import Chunk

_BEFORE_SENDING = ("blocked", "dns", "connect")
_MOST_US = 24 * 3600 * 1_000_000  # longer streams are not believed


def chunks_of(entry: Node, head_us: int | None) -> list[Chunk]:
    """A chunk an event; none where the entry has no such events."""
    messages = entry.get("_eventSourceMessages")
    if not messages:
        return []
    found = list(messages.items())
    times = times_of(found, sent_at_us(entry), head_us or 0)
    return [Chunk(at_us, frame) for at_us, frame in zip(times, _frames(found), strict=True)]


def _frames(messages: Iterable[Node]) -> Iterable[bytes]:
    last_id = ""
    for message in messages:
        frame = SSEFrame(
            event=message.get("eventName").text("") or "message",
            data=message.get("data").text(""),
            id=message.get("eventId").text(""),
        )
        try:
            yield encode_sse(frame, last_event_id=last_id)
        except FramingError as error:
            raise message.about.error(f"{message.where}: {error}") from error
        last_id = frame.id


def sent_at_us(entry: Node) -> int | None:
    """When the request was sent, in Unix time; None where the entry does not say."""
    try:
        started_us = entry.get("startedDateTime").moment()
        timings = entry.get("timings")
        if started_us is None or not timings:
            return None
        return started_us + sum(timings.get(n).microseconds() or 0 for n in _BEFORE_SENDING)
    except ConvertError:
        return None


def times_of(messages: Sequence[Node], sent_us: int | None, head_us: int) -> list[int | None]:
    """When each event came, from the sending; all None where that is not known, or out of order."""
    unknown: list[int | None] = [None] * len(messages)
    if sent_us is None:
        return unknown
    found: list[int | None] = []
    before = 0
    for message in messages:
        value = message.get("time").value
        if isinstance(value, bool) or not isinstance(value, int | float):
            return unknown
        if not math.isfinite(value) or not 0 <= value < 1e11:
            return unknown
        at_us = int(value * 1e6) - sent_us
        if not before <= at_us <= _MOST_US:
            return unknown
        found.append(max(at_us, head_us))
        before = at_us
    return found
