"""An interaction as a score: the steps that every player obeys.

A score is an iterator, so that a long recording is never in memory whole. Pacing, re-chunking and
faults are functions from steps to steps; the sync stream, the async stream and the server only
obey. Times are microseconds from the arrival of the request at the player.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait until this long after the request arrived (an absolute deadline: no drift)."""

    at_us: int


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until interaction `number` has been asked for, which was at `at_us` when recorded.

    Where that is later than recorded, all that follows is later by as much. `pushed` says that it
    is a stream which a server pushes, and which may well be silent for long.
    """

    number: int
    at_us: int
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Give the client the head of the response."""

    head: Head


@dataclass(frozen=True, slots=True)
class Emit:
    """Give the client these bytes, as one chunk."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Fail:
    """End here, as `error` says: the client's own exception, or ours for an early end."""

    error: Ending


Step = WaitUntil | Await | Start | Emit | Fail


def steps(interaction: Interaction) -> Iterator[Step]:
    """Give the steps that play an interaction as it was recorded.

    A complete recording ends with its last step; every other one with a Fail.
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
    if ending.kind == "complete":
        if ending.at_us is not None:
            yield WaitUntil(ending.at_us)
    else:
        # An abandoned stream was cut by its reader: whoever reads on is told so at once.
        if ending.kind == "error" and ending.at_us is not None:
            yield WaitUntil(ending.at_us)
        yield Fail(ending)


def steps_at_once(interaction: Interaction) -> Iterator[Step]:
    """Give the same steps without their waits, which nobody wants to see: twice as fast."""
    if interaction.head is not None:
        yield Start(interaction.head)
    yield from map(Emit, interaction.chunks.pieces())
    if interaction.ending.kind != "complete":
        yield Fail(interaction.ending)


def recording_of(interaction: Interaction, given: Iterable[Step], ending: Ending) -> Interaction:
    """What a client got of steps, as a recording; `ending` is its own where no step failed."""
    head: Head | None = None
    now_us: int | None = None
    chunks: list[tuple[int | None, bytes]] = []
    for step in given:
        if isinstance(step, WaitUntil):
            now_us = step.at_us
        elif isinstance(step, Start):
            head = replace(step.head, at_us=now_us)
        elif isinstance(step, Emit):
            chunks.append((now_us, step.data))
        elif isinstance(step, Fail):
            ending = step.error
    timed = all(at_us is not None for at_us, _ in chunks)
    body = Chunks.of(Chunk(at_us if timed else None, data) for at_us, data in chunks)
    return replace(interaction, head=head, chunks=body, ending=replace(ending, at_us=now_us))
