"""The steps that one request gets: by its session's options, for a client so patient.

At once (no speed, no pace) no time passes: what is left of waits, a stall's, only tells whether the
client's read timeout would fire, and is not waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from streamtape.playback.pacing import at_once
from streamtape.playback.read_timeout import with_read_timeout
from streamtape.playback.steps import Step
from streamtape.session.decisions import Play
from streamtape.session.replay_steps import steps_for
from streamtape.session.session import Session

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault


def steps_for_request(
    session: Session, play: Play, read_timeout_s: float | None, struck: list[Fault]
) -> Iterator[Step]:
    """The steps for a client with this read timeout; faults that strike are put into `struck`."""
    options = replace(session.options, fault=()) if play.resumed else session.options

    def strike(fault: Fault) -> None:
        struck.append(fault)
        session.struck.append(fault)

    sequence = steps_for(
        play.interaction,
        options,
        attempt=play.attempt,
        number=play.number,
        on_fault=strike,
        others=play.others,
    )
    timed = options.speed is not None or options.pace is not None
    if read_timeout_s is not None and (timed or options.faults):
        sequence = with_read_timeout(sequence, round(read_timeout_s * 1e6))
    if not timed and options.faults and not play.interaction.is_dialogue:
        sequence = at_once(sequence)  # a client that talks WebSocket has timeouts of its own
    if options.faults or options.rechunk is not None or options.pace is not None:
        play.progress.given = []
        return _noted(sequence, play.progress.given)
    return sequence


def _noted(sequence: Iterator[Step], given: list[Step]) -> Iterator[Step]:
    for step in sequence:
        given.append(step)
        yield step
