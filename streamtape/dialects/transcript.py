"""What a stream said, assembled: the transcript, by a dialect's table.

A stream that is cut gives what there was; nothing here raises on what a stream holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streamtape.dialects.assembler import Assembler
from streamtape.dialects.base import Dialect
from streamtape.dialects.select import dialect_for, events_of
from streamtape.tape.views import Event, Transcript

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction


def transcript(interaction: Interaction, dialect: str | None = None) -> Transcript:
    """What the stream of an interaction said; `dialect` forces one by name."""
    table = dialect_for(interaction, dialect)
    return transcript_of(events_of(interaction.frames(), table), table)


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
