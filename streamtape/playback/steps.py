"""An interaction as a sequence of steps, which every player follows.

The sequence is an iterator, so that a long recording is never in memory as a whole. Pace, cuts and
faults are functions from steps to steps; the sync stream, the async stream and the server only
execute steps. Times are microseconds from the arrival of the request at the player.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from streamtape.tape.messages import Message, Messages, joined
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction
from streamtape.tape.structs import as_struct


@as_struct
@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait until this long after the request arrived (an absolute deadline: no drift)."""

    at_us: int


@as_struct
@dataclass(frozen=True, slots=True)
class Await:
    """Wait until interaction `number` has been requested, which was at `at_us` when recorded.

    If that is later than recorded, all that follows is delayed by as much. `pushed` marks a stream
    that a server pushes, which may be silent for long.
    """

    number: int
    at_us: int
    pushed: bool = False


@as_struct
@dataclass(frozen=True, slots=True)
class Start:
    """Give the client the head of the response."""

    head: Head


@as_struct
@dataclass(frozen=True, slots=True)
class Emit:
    """Give the client these bytes, as one chunk."""

    data: bytes


@as_struct
@dataclass(frozen=True, slots=True)
class Send:
    """Give the client this message of a dialogue, or this fragment of one."""

    message: Message


@as_struct
@dataclass(frozen=True, slots=True)
class Receive:
    """Wait until the client says this message, which it did at `at_us` when recorded.

    What follows keeps its distance from it: it is later, or earlier, by as much as the client is.
    """

    message: Message
    at_us: int | None


@as_struct
@dataclass(frozen=True, slots=True)
class Fail:
    """End with `error`: the client library's exception, or streamtape's for an early end."""

    error: Ending


Step = WaitUntil | Await | Start | Emit | Send | Receive | Fail


def steps(interaction: Interaction) -> Iterator[Step]:
    """The steps that play an interaction as recorded.

    A complete recording ends with its last step; any other one with a Fail. A body without a head,
    as imports may have, is not played: on a wire it would be taken for a head.
    """
    head, ending = interaction.head, interaction.ending
    if head is not None:
        if head.at_us is not None:
            yield WaitUntil(head.at_us)
        yield Start(head)
        for at_us, data in interaction.chunks:
            if at_us is not None:
                yield WaitUntil(at_us)
            yield Emit(data)
    yield from _dialogue(interaction.messages)
    if ending.kind == "complete":
        if ending.at_us is not None:
            yield WaitUntil(ending.at_us)
    else:
        # An abandoned stream was cut by its reader: whoever reads on gets the error at once.
        if ending.kind == "error" and ending.at_us is not None:
            yield WaitUntil(ending.at_us)
        yield Fail(ending)


def steps_at_once(interaction: Interaction) -> Iterator[Step]:
    """The steps without waits, made twice as fast.

    They are chained in C, while a generator would be resumed for each chunk.
    """
    head, ending = interaction.head, interaction.ending
    return chain(
        () if head is None else (Start(head),),
        () if head is None else map(Emit, interaction.chunks.pieces()),
        _dialogue_at_once(interaction.messages),
        () if ending.kind == "complete" else (Fail(ending),),
    )


def _dialogue_at_once(messages: Messages) -> Iterator[Step]:
    for step in _dialogue(messages):
        if not isinstance(step, WaitUntil):
            yield replace(step, at_us=None) if isinstance(step, Receive) else step


def _dialogue(messages: Messages) -> Iterator[Step]:
    """The steps of a dialogue: the server's messages, and a wait for each of the client's.

    Pings of the client are answered as they come, so neither they nor the answers are steps, nor
    are the client's answers to pings of the server. What the client sent in fragments is whole.
    """
    for message in _with_client_joined(messages):
        if message.direction == "client":
            if message.is_data or message.kind == "close":
                yield Receive(message, message.at_us)
        elif message.kind != "pong":
            if message.at_us is not None:
                yield WaitUntil(message.at_us)
            yield Send(message)


def _with_client_joined(messages: Messages) -> Iterator[Message]:
    """The messages with the client's fragments put together; a server's are sent as they came."""
    if all(message.final or message.direction == "server" for message in messages):
        yield from messages
        return
    whole = joined(message for message in messages if message.direction == "client")
    for message in messages:
        if message.direction == "server":
            yield message
        elif message.final:  # of each message of the client there is one entry that is final
            yield next(whole)


def recording_of(interaction: Interaction, given: Iterable[Step], ending: Ending) -> Interaction:
    """What a client got of steps, as a recording; `ending` is its own where no step failed."""
    head: Head | None = None
    now_us: int | None = None
    chunks: list[tuple[int | None, bytes]] = []
    messages: list[Message] = []
    for step in given:
        if isinstance(step, WaitUntil):
            now_us = step.at_us
        elif isinstance(step, Start):
            head = replace(step.head, at_us=now_us)
        elif isinstance(step, Emit):
            chunks.append((now_us, step.data))
        elif isinstance(step, Send | Receive):
            messages.append(step.message)
        elif isinstance(step, Fail):
            ending = step.error
    timed = all(at_us is not None for at_us, _ in chunks)
    body = Chunks.of(Chunk(at_us if timed else None, data) for at_us, data in chunks)
    if messages:
        now_us = messages[-1].at_us
    return replace(
        interaction,
        head=head,
        chunks=body,
        messages=Messages.of(messages),
        ending=replace(ending, at_us=now_us),
    )
