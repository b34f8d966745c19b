"""What a stream said, assembled: the transcript, by a dialect's table.

A stream that is cut gives what there was; nothing here raises on what a stream holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from streamtape.dialects.base import Dialect
from streamtape.dialects.select import events_of, open_events
from streamtape.dialects.transcript_builder import Assembler
from streamtape.errors import UsageError
from streamtape.tape.events import Event, Transcript

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction


def transcript(
    interaction: Interaction, dialect: str | None = None, n_events: int | None = None
) -> Transcript:
    """What the stream of an interaction said, or had said after `n_events` events.

    `dialect` forces one by name. UsageError where `n_events` is negative.
    """
    if n_events is not None and n_events < 0:
        raise UsageError(f"n_events must be 0 or more, got {n_events}")
    table, frames = open_events(interaction, dialect)
    return transcript_of(islice(events_of(frames, table), n_events), table)


def transcript_of(events: Iterable[Event], dialect: Dialect | str) -> Transcript:
    """What a stream of events said."""
    assembler = Assembler(dialect)
    for event in events:
        assembler.feed(event)
    return assembler.transcript()


def growing(events: Iterable[Event], dialect: Dialect | str) -> Iterator[Transcript]:
    """What a stream had said after each of its events."""
    assembler = Assembler(dialect)
    for event in events:
        assembler.feed(event)
        yield assembler.transcript()
