"""Positions in a stream that is being played: after so many events, after so many bytes.

Events are counted by the real framers, so that event 5 is what `interaction.events()` calls 5.
`marked` puts a `Marker` into the steps where a place is reached, cutting the chunk that it lies in.
Events are seen in the content, so steps are made `plain` first: a body with a content-encoding is
decoded, and its head no longer says Content-Encoding and Content-Length. Bytes are counted as sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from streamtape.content.decode import Decoder, decode_content, decoder_for
from streamtape.framing.eventstream import EventStreamParser
from streamtape.framing.json_array import JSONArrayParser
from streamtape.framing.select import AnyFrame, Framer, asks_to_stream, framer_for
from streamtape.playback.steps import Emit, Fail, Start, Step, WaitUntil
from streamtape.tape.model import Head, Interaction

_SNIFF_BYTES = 64 << 10
# A frame ends with a line end, so only there can the framer have something new.
_LINES = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
NewFramer = Callable[[], Framer]


@dataclass(frozen=True, slots=True)
class Marker:
    """In a sequence of steps: this many events, or bytes, have gone by."""

    at: int


def framer_of(interaction: Interaction) -> NewFramer:
    """What makes framers for the body of an interaction, chosen as its frames are."""
    head = interaction.head
    kind = head.get("content-type") if head else None
    first = bytearray()

    def make() -> Framer:
        if not first and head is not None:
            encoding = head.get("content-encoding")
            for data in decode_content((c.data for c in interaction.chunks), encoding):
                first.extend(data)
                if len(first) >= _SNIFF_BYTES:
                    break
        return framer_for(kind, bytes(first), stream_requested=asks_to_stream(interaction))

    return make


class EventCounter:
    """Finds where the events of a body end, incrementally."""

    def __init__(self, framer: Framer) -> None:
        self._framer = framer
        self._binary = isinstance(framer, EventStreamParser | JSONArrayParser)

    def ends(self, data: bytes) -> list[int]:
        """Take the next bytes; get the offset in them behind each event that they complete."""
        found: list[int] = []
        at = 0
        for piece in self._pieces(data):
            at += len(piece)
            found += [at] * sum(map(_is_event, self._framer.feed(piece)))
        return found

    def close(self) -> int:
        """End the body: get how many events were still open, 0 or 1."""
        frame = self._framer.close()
        return int(frame is not None and _is_event(frame))

    def _pieces(self, data: bytes) -> list[bytes]:
        if self._binary:  # frames may end at any byte
            return [data[n : n + 1] for n in range(len(data))]
        return _LINES.findall(data)


def _is_event(frame: AnyFrame) -> bool:
    return frame.data is not None


def n_events(steps: Iterable[Step], new_framer: NewFramer) -> int:
    """How many events there are in the bodies of steps."""
    return len(event_ends(steps, new_framer))


def event_ends(steps: Iterable[Step], new_framer: NewFramer) -> list[tuple[int, int]]:
    """The position behind each event in the bodies of steps: in bytes as sent, and as decoded.

    An event that the end of the body leaves open counts, and ends there. Where the body has a
    content-encoding, an event has no exact end in the bytes sent: a chunk that gives several events
    is divided in proportion to their sizes.
    """
    counter = EventCounter(new_framer())
    ends: list[tuple[int, int]] = []
    sent = decoded = 0
    decoder = None
    for step in steps:
        if isinstance(step, Start):
            decoder = _decoder(step.head)
        elif isinstance(step, Emit):
            data = decoder.feed(step.data) if decoder else step.data
            for end in counter.ends(data):
                ends.append((sent + end * len(step.data) // len(data), decoded + end))
            sent += len(step.data)
            decoded += len(data)
    return ends + [(sent, decoded)] * counter.close()


def _decoder(head: Head) -> Decoder | None:
    encoding = head.get("content-encoding")
    if encoding and encoding.strip().lower() != "identity":
        return decoder_for(encoding)
    return None


def plain(steps: Iterable[Step]) -> Iterator[Step]:
    """Give the steps with the body's content-encoding undone; those of a plain body as they are."""
    decoder = None
    for step in steps:
        if isinstance(step, Start):
            decoder = _decoder(step.head)
            if decoder is not None:
                yield Start(without(step.head, b"content-encoding", b"content-length"))
                continue
        elif isinstance(step, Emit) and decoder is not None:
            data = decoder.feed(step.data)
            if data:
                yield Emit(data)
            continue
        yield step


def without(head: Head, *names: bytes) -> Head:
    """A head less the headers of these (lower-case) names."""
    return replace(head, headers=tuple(h for h in head.headers if h[0].lower() not in names))


def marked(
    steps: Iterable[Step], *targets: int, new_framer: NewFramer | None
) -> Iterator[Step | Marker]:
    """Give the steps with a Marker at each of the places; without a framer, places count bytes.

    A place past the end of the body gets none. Place 0 is right behind the head. The place behind
    the last event comes before the wait for the ending.
    """
    due = sorted(set(targets))
    counter = EventCounter(new_framer()) if new_framer else None
    seen = 0
    started = closed = False
    waiting: list[WaitUntil] = []  # a wait is the next chunk's or the ending's
    for step in steps:
        if isinstance(step, WaitUntil) and started:
            waiting[:] = [step]
            continue
        if isinstance(step, Fail) and started and not closed:
            yield from _at_end(counter, seen, due)
            closed = True
        yield from waiting
        waiting.clear()
        if not isinstance(step, Emit):
            yield step
            if isinstance(step, Start):
                started = True
                yield from _due(due, 0)
            continue
        ends = counter.ends(step.data) if counter else _bytes(due, seen, len(step.data))
        start = 0
        for end in ends:
            seen = seen + 1 if counter else seen + end - start
            if due and due[0] <= seen:
                yield from _emitted(step.data[start:end])
                start = end
                yield from _due(due, seen)
        yield from _emitted(step.data[start:])
        if not counter:
            seen += len(step.data) - start
    if started and not closed:
        yield from _at_end(counter, seen, due)
    yield from waiting


def _bytes(due: list[int], seen: int, size: int) -> list[int]:
    return [chunk_index - seen for chunk_index in due if seen < chunk_index <= seen + size]


def _emitted(data: bytes) -> Iterator[Emit]:
    if data:
        yield Emit(data)


def _due(due: list[int], seen: int) -> Iterator[Marker]:
    while due and due[0] <= seen:
        yield Marker(due.pop(0))


def _at_end(counter: EventCounter | None, seen: int, due: list[int]) -> Iterator[Marker]:
    if counter:
        yield from _due(due, seen + counter.close())
