"""An interaction read once for a report: dialect, events, transcript, and what could not be read.

A report of a damaged or foreign stream still says what there is: an error of the readers is kept
as `trouble`, with the events before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from streamtape.dialects.base import Dialect
from streamtape.dialects.content import content_of
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.errors import ContentError, FramingError
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.scanning import mask
from streamtape.tape.search import default_search
from streamtape.tape.views import Event, Transcript


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report needs of one interaction."""

    interaction: Interaction
    dialect: Dialect
    events: tuple[Event, ...]
    transcript: Transcript
    trouble: str | None = None

    @property
    def is_stream(self) -> bool:
        """Whether the body came in events; one that is no stream is one event with all of it."""
        if len(self.events) != 1:
            return True
        frame = self.events[0].frame
        if frame is None or frame.data is None:
            return True
        return frame.data.strip() != self.interaction.content.decode("utf-8-sig", "replace").strip()

    @property
    def first_content_us(self) -> int | None:
        """When the first content came, as `stats` measures it; None where none did."""
        content = content_of(self.transcript)
        if not content or content[0].event >= len(self.events):
            return None
        return self.events[content[0].event].at_us

    @property
    def gaps_us(self) -> list[int]:
        """The times between neighbouring events."""
        times = [event.at_us for event in self.events if event.at_us is not None]
        return [later - earlier for earlier, later in pairwise(times)]

    def timing(self) -> dict[str, int | None]:
        """The measures, in microseconds from the sending of the request; None: not known."""
        head, ending, gaps = self.interaction.head, self.interaction.ending, self.gaps_us
        return {
            "head_us": head.at_us if head else None,
            "first_event_us": self.events[0].at_us if self.events else None,
            "first_content_us": self.first_content_us,
            "ending_us": ending.at_us,
            "median_gap_us": round(median(gaps)) if gaps else None,
            "longest_gap_us": max(gaps) if gaps else None,
        }


def read(interaction: Interaction, dialect: str | None = None) -> Reading:
    """Read an interaction; UsageError for an unknown dialect, and no other error.

    A secret that a stream spells out in pieces is masked in them: its text is shown in one.
    """
    reading = _read(interaction, dialect)
    text = "\n".join(part.text for part in reading.transcript.parts if part.text)
    if text and default_search().find(text.encode("utf-8", "surrogatepass")):
        return _read(mask(Cassette((interaction,)))[0], dialect)
    return reading


def _read(interaction: Interaction, dialect: str | None) -> Reading:
    events: list[Event] = []
    trouble: str | None = None
    try:
        table = dialect_for(interaction, dialect)
    except (ContentError, FramingError) as error:
        from streamtape.dialects.generic import GENERIC

        return Reading(interaction, GENERIC, (), transcript_of((), GENERIC), str(error))
    try:
        events.extend(events_of(interaction.frames(), table))
    except (ContentError, FramingError) as error:
        trouble = str(error)
    return Reading(interaction, table, tuple(events), transcript_of(events, table), trouble)
