"""The transcript of a stream: its texts and calls assembled, by a dialect's table.

A cut stream gives a partial transcript; no content of a stream raises an error.
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
    """The transcript of an interaction's stream, or of its first `n_events` events.

    `dialect` forces one by name. UsageError where `n_events` is negative.
    """
    if n_events is not None and n_events < 0:
        raise UsageError(f"n_events must be 0 or more, got {n_events}")
    table, frames = open_events(interaction, dialect)
    return transcript_of(islice(events_of(frames, table), n_events), table)


def transcript_of(events: Iterable[Event], dialect: Dialect | str) -> Transcript:
    """The transcript of a stream of events."""
    assembler = Assembler(dialect)
    for event in events:
        assembler.feed(event)
    return assembler.transcript()


def growing(events: Iterable[Event], dialect: Dialect | str) -> Iterator[Transcript]:
    """The transcript of a stream after each of its events."""
    assembler = Assembler(dialect)
    for event in events:
        assembler.feed(event)
        yield assembler.transcript()
