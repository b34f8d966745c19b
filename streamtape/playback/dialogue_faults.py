"""What each kind of fault does to a dialogue: functions from steps to steps.

Events count as `interaction.events()` numbers them: each whole message of data, of both sides.
Faults alter only what the server does; one at a message of the client changes nothing, and is
reported as a fault that never struck.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from streamtape.errors import UsageError
from streamtape.playback.error_responses import error_payload
from streamtape.playback.fault_injection import FaultContext, corrupted, http_refusal, torn
from streamtape.playback.faults import ANYWHERE, Fault
from streamtape.playback.seeded_random import SeededRandom
from streamtape.playback.steps import Fail, Receive, Send, Start, Step, WaitUntil
from streamtape.tape.messages import NO_CLOSE, Message, close_message
from streamtape.tape.model import Ending

_AFTER_ERROR = 1011
Change = Callable[[list[Step]], list[Step]]


def inject_dialogue_faults(
    sequence: Iterator[Step], faults: Iterable[Fault], context: FaultContext
) -> Iterator[Step]:
    """Inject all faults into the steps; positions refer to the dialogue as recorded."""
    n_events = sum(message.final for message in context.interaction.messages if message.is_data)
    known: list[Fault] = []
    for number, fault in enumerate(faults):
        if fault.kind == "done":
            raise UsageError(f"fault {str(fault)!r}: a dialogue has no [DONE]")
        if fault.position == "byte":
            raise UsageError(f"fault {str(fault)!r}: in a dialogue, give an event: @event=N")
        at = fault.at
        if at == ANYWHERE:
            at = SeededRandom(context.seed, f"{number} {fault}").randbelow(max(n_events, 1))
        known.append(fault.moved_to(at))
    known.reverse()  # of two at one position, the one given first strikes first
    for fault in sorted(known, key=_from_the_end):
        sequence = _KINDS[fault.kind](sequence, fault, context)
    return sequence


def _from_the_end(fault: Fault) -> tuple[int, int]:
    return ("end", "event", "head", "").index(fault.position), -fault.at


def _events(sequence: Iterable[Step]) -> Iterator[tuple[int | None, list[Step]]]:
    """The steps event by event: a number, and the steps that make it, its wait among them.

    What is no event (the head, a close, a ping, the end) has no number.
    """
    number, group = 0, list[Step]()
    for step in sequence:
        group.append(step)
        if isinstance(step, WaitUntil):
            continue
        if isinstance(step, Receive) and step.message.is_data:
            yield number, group
            number, group = number + 1, []
        elif isinstance(step, Send) and step.message.is_data:
            if step.message.final:
                yield number, group
                number, group = number + 1, []
        elif not any(isinstance(one, Send) and one.message.is_data for one in group):
            yield None, group
            group = []
    if group:
        yield None, group


def _at_position(
    sequence: Iterable[Step], fault: Fault, *, exact: bool = False
) -> Iterator[tuple[bool, list[Step]]]:
    """The events, each with whether the fault strikes before its steps: once, if at all.

    `exact`: only before an event itself, and not before what else comes in its place.
    """
    n_gone, started, struck = 0, False, False
    for number, group in _events(sequence):
        here = {
            "event": started and fault.at == (number if exact else n_gone),
            "head": any(isinstance(step, Start | Fail) for step in group),
            "end": any(map(_is_end, group)),
        }[fault.position]
        yield here and not struck, group
        struck = struck or here
        started = started or any(isinstance(step, Start) for step in group)
        n_gone += number is not None
    if not (struck or exact) and (fault.position == "end" or n_gone == fault.at):
        yield True, []


def _is_end(step: Step) -> bool:
    """Whether a step is about the end of the connection: a close of either side, or a failure."""
    if isinstance(step, Send | Receive):
        return step.message.kind == "close"
    return isinstance(step, Fail)


def _cut(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    for here, group in _at_position(sequence, fault):
        if here:
            context.struck(fault)
            yield Fail(_lost(fault))
            return
        yield from group


def _lost(fault: Fault) -> Ending:
    if fault.reset:
        text, bases = "[Errno 104] Connection reset by peer", ("ConnectionError", "OSError")
        return Ending("error", None, "ConnectionResetError", text, "builtins", bases, NO_CLOSE)
    bases = ("ConnectionClosed", "WebSocketException")
    text = "no close frame received or sent"
    return Ending("error", None, "ConnectionClosedError", text, "websockets", bases, NO_CLOSE)


def _close(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    for here, group in _at_position(sequence, fault):
        if here:
            context.struck(fault)
            yield Send(close_message("server", None, fault.status, "streamtape broke this replay"))
            return
        yield from group


def _stall(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    late_us = now_us = 0
    for here, group in _at_position(sequence, fault):
        if here:
            context.struck(fault)
            late_us = fault.us
            due_us = max((s.at_us for s in group if isinstance(s, WaitUntil)), default=now_us)
            if not any(isinstance(step, WaitUntil) for step in group):
                yield WaitUntil(due_us + late_us)
        for step in group:
            if isinstance(step, WaitUntil):
                now_us = step.at_us
                yield WaitUntil(now_us + late_us)
            elif isinstance(step, Receive) and step.at_us is not None:
                now_us = step.at_us
                yield replace(step, at_us=now_us + late_us)
            else:
                yield step


def _error(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    from streamtape.dialects.select import dialect_for

    payload = error_payload(dialect_for(context.interaction), fault.at, fault.type)
    for here, group in _at_position(sequence, fault):
        if here:
            context.struck(fault)
            yield Send(Message("server", None, "text", json.dumps(payload).encode()))
            yield Send(close_message("server", None, _AFTER_ERROR))
            return
        yield from group


def _altered(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    """Change one message of the server."""
    deferred: list[Step] | None = None  # for a swap: to play after the server's next message
    for here, group in _at_position(sequence, fault, exact=True):
        sent = [step for step in group if isinstance(step, Send)]
        if here and sent:
            context.struck(fault)
            if fault.kind == "swap":
                deferred = group
            elif fault.kind == "double":
                yield from (*group, *sent)
            elif fault.kind != "drop":
                yield from _changed(group, fault, context)
            continue
        yield from group
        if deferred is not None and (sent or not group):
            yield from deferred
            deferred = None
    yield from deferred or ()


def _changed(group: list[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    change = corrupted if fault.kind == "corrupt" else torn
    rng, done = context.rng(fault), False
    for step in group:
        if isinstance(step, Send) and not done:
            done = True
            yield Send(step.message._replace(data=change(step.message.data, rng)))
        else:
            yield step


def _http(sequence: Iterable[Step], fault: Fault, context: FaultContext) -> Iterator[Step]:
    return http_refusal(sequence, fault, context)


_KINDS: dict[str, Callable[[Iterator[Step], Fault, FaultContext], Iterator[Step]]] = {
    "cut": _cut,
    "close": _close,
    "stall": _stall,
    "error": _error,
    "drop": _altered,
    "double": _altered,
    "swap": _altered,
    "corrupt": _altered,
    "utf8": _altered,
    "http": _http,
}
