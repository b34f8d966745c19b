"""What each kind of fault does: functions from steps to steps.

Each finds its position with `marked` and changes the steps only there. A position beyond the end of
the stream changes nothing; `FaultContext.struck` is called with each fault that strikes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from streamtape.errors import UsageError
from streamtape.framing.sse import SSEParser
from streamtape.playback.error_responses import done_event, error_event, http_body
from streamtape.playback.faults import ANYWHERE, Fault
from streamtape.playback.positions import Marker, NewFramer, marked, n_events, plain, without
from streamtape.playback.seeded_random import SeededRandom
from streamtape.playback.steps import Emit, Fail, Start, Step, WaitUntil, steps
from streamtape.tape.model import Ending, Head, Interaction

_HTTP_ERRORS = ("TransportError", "RequestError", "HTTPError")
# The value of a data line; in what is no event stream every letter and digit will do.
_DATA = re.compile(rb"(?:^|(?<=[\r\n]))data:([^\r\n]+)")
_WORD = re.compile(rb"[0-9A-Za-z]")
_LONG = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_EURO_CUT = "€".encode()[:2]


@dataclass
class FaultContext:
    """What faults need to know about the interaction that is replayed."""

    interaction: Interaction
    new_framer: NewFramer
    seed: int = 0
    struck: Callable[[Fault], None] = lambda fault: None

    @cached_property
    def n_events(self) -> int:
        """How many events were recorded."""
        return n_events(steps(self.interaction), self.new_framer)

    def rng(self, fault: Fault) -> SeededRandom:
        """The random generator of one fault."""
        return SeededRandom(self.seed, str(fault))

    def settled(self, fault: Fault, number: int) -> Fault:
        """The fault with a definite position; an open one (`?`) is chosen by the seed."""
        if fault.at != ANYWHERE:
            return fault
        n = self.n_events if fault.position == "event" else self.interaction.chunks.n_bytes
        return fault.moved_to(SeededRandom(self.seed, f"{number} {fault}").randbelow(max(n, 1)))


def inject_faults(
    sequence: Iterator[Step], faults: Iterable[Fault], context: FaultContext
) -> Iterator[Step]:
    """Inject all faults into the steps; positions refer to the stream as recorded.

    So they are injected from the end of the stream to its start, bytes before events. A `close`
    never strikes a stream, which has no close messages.
    """
    known = [
        context.settled(fault, number)
        for number, fault in enumerate(faults)
        if fault.kind != "close"
    ]
    known.reverse()  # of two at one place, the first is injected last, and so strikes first
    for fault in sorted(known, key=_from_the_end):
        if fault.position == "event":
            sequence = plain(sequence)
        sequence = _KINDS[fault.kind](sequence, fault, context)
    return sequence


def _from_the_end(fault: Fault) -> tuple[int, int]:
    return ("end", "byte", "event", "head", "").index(fault.position), -fault.at


def _cut(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    n_bytes, head = 0, None
    for step in _to(sequence, fault, context):
        if isinstance(step, Marker):
            context.struck(fault)
            yield Fail(_lost(fault, head, n_bytes))
            return
        if isinstance(step, Start):
            head = step.head
        elif isinstance(step, Emit):
            n_bytes += len(step.data)
        yield step


def _lost(fault: Fault, head: Head | None, n_bytes: int) -> Ending:
    """The failure that httpx and httpx2 report for a connection reset, or closed too soon."""
    if fault.reset:
        text, kind, base = "[Errno 104] Connection reset by peer", "ReadError", "NetworkError"
    else:
        kind, base = "RemoteProtocolError", "ProtocolError"
        length = head.get("content-length") if head else None
        how = (
            f"received {n_bytes} bytes, expected {length}" if length else "incomplete chunked read"
        )
        text = f"peer closed connection without sending complete message body ({how})"
        if head is None:
            text = "Server disconnected without sending a response."
    bases = (base, *_HTTP_ERRORS)
    return Ending("error", None, exception=kind, message=text, module="httpx", bases=bases)


def _stall(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    late_us = now_us = 0
    for step in _to(sequence, fault, context):
        if isinstance(step, WaitUntil):
            now_us = step.at_us + late_us
            yield WaitUntil(now_us)
        elif isinstance(step, Marker):
            context.struck(fault)
            late_us, now_us = fault.us, now_us + fault.us
            yield WaitUntil(now_us)
        else:
            yield step


def _last_words(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    from streamtape.dialects.select import dialect_for

    dialect, framer = dialect_for(context.interaction), context.new_framer()
    if fault.kind == "error":
        words = error_event(dialect, framer, fault.at, fault.type)
    elif isinstance(framer, SSEParser) and dialect.done_marker:
        words = done_event(dialect, framer)
    else:
        raise UsageError(f"fault {str(fault)!r}: this stream's dialect knows no [DONE]")
    for step in _to(_open(sequence), fault, context):
        if isinstance(step, Marker):
            context.struck(fault)
            yield Emit(words)
            return
        yield step


def _altered(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    """Change one event: its pieces are kept back until it is whole."""
    change = _CHANGES[fault.kind]
    end = fault.at + (2 if fault.kind == "swap" else 1)
    positions = (fault.at, fault.at + 1, end)
    pieces: list[bytes] = []
    holding = passed = False
    for step in marked(_open(sequence), *positions, new_framer=context.new_framer):
        if isinstance(step, Marker):
            holding = step.at == fault.at
            passed = passed or step.at == end
            if passed and pieces:
                context.struck(fault)
                yield from _changed(change, pieces, context.rng(fault))
        elif holding and isinstance(step, Emit):
            pieces.append(step.data)
        elif isinstance(step, Fail):
            yield from _flush_unchanged(pieces)
            yield step
        else:
            yield step
    yield from _flush_unchanged(pieces)


Change = Callable[[bytes, SeededRandom], bytes]


def _changed(change: Change, pieces: list[bytes], rng: SeededRandom) -> Iterator[Emit]:
    data = change(b"".join(pieces), rng)
    pieces.clear()
    if data:
        yield Emit(data)


def _flush_unchanged(pieces: list[bytes]) -> Iterator[Emit]:
    yield from map(Emit, pieces)
    pieces.clear()


def corrupted(event: bytes, rng: SeededRandom) -> bytes:
    """An event with one bit of its data flipped."""
    positions = [m.start() for m in _WORD.finditer(event)]
    values = _DATA.search(event)
    if values is not None:
        positions = [n for n in positions if values.start(1) <= n < values.end(1)] or positions
    if not positions:
        return event
    at = positions[rng.randbelow(len(positions))]
    return _flipped(event, at)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def torn(event: bytes, rng: SeededRandom) -> bytes:
    """An event in which a character has lost its last byte."""
    long = list(_LONG.finditer(event))
    if long:
        one = long[rng.randbelow(len(long))]
        return event[: one.end() - 1] + event[one.end() :]
    words = list(_WORD.finditer(event))
    if not words:
        return event
    return event[: words[-1].end()] + _EURO_CUT + event[words[-1].end() :]


_CHANGES: dict[str, Change] = {
    "drop": lambda event, rng: b"",
    "double": lambda event, rng: event + event,
    "swap": lambda event, rng: event,
    "corrupt": corrupted,
    "utf8": torn,
}


def _corrupt(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    if fault.position == "event":
        yield from _altered(sequence, fault, context)
        return
    due = False
    for step in marked(sequence, fault.at, new_framer=None):
        if isinstance(step, Marker):
            due = True
        elif due and isinstance(step, Emit):
            due = False
            context.struck(fault)
            yield Emit(_flipped(step.data, 0))
        else:
            yield step


def http_refusal(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    """An HTTP error in the place of the response."""
    from streamtape.dialects.select import dialect_for

    now_us = 0
    for step in sequence:
        if isinstance(step, WaitUntil):
            now_us = step.at_us
            yield step
            continue
        context.struck(fault)
        body = http_body(dialect_for(context.interaction), fault.status)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        if fault.retry_after_s is not None:
            headers.append((b"retry-after", str(fault.retry_after_s).encode()))
        known = {one.value: one.phrase for one in HTTPStatus}
        reason = known.get(fault.status, "")
        yield Start(Head(fault.status, tuple(headers), now_us, reason=reason))
        yield Emit(body)
        return


def _open(sequence: Iterable[Step]) -> Iterator[Step]:
    """The steps with a head that promises no length, since there will be another one."""
    for step in sequence:
        yield Start(without(step.head, b"content-length")) if isinstance(step, Start) else step


def _to(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step | Marker]:
    """Mark the position of a fault."""
    if fault.position in ("event", "byte"):
        framer = context.new_framer if fault.position == "event" else None
        yield from marked(sequence, fault.at, new_framer=framer)
        return
    last = (Start, Fail) if fault.position == "head" else (Fail,)
    found = False
    for step in sequence:
        if isinstance(step, last) and not found:
            found = True
            yield Marker(0)
        yield step
    if not found:
        yield Marker(0)


_KINDS: dict[str, Callable[[Iterator[Step], Fault, FaultContext], Iterator[Step]]] = {
    "cut": _cut,
    "stall": _stall,
    "error": _last_words,
    "done": _last_words,
    "drop": _altered,
    "double": _altered,
    "swap": _altered,
    "corrupt": _corrupt,
    "utf8": _altered,
    "http": http_refusal,
}
