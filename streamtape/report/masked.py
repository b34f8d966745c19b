"""An interaction parsed for a report: with secrets in its streams masked, and its timing.

A report of a damaged or foreign stream still says what there is: see `ParsedResponse.trouble`.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from streamtape.dialects.content import content_of
from streamtape.dialects.parsed import ParsedResponse
from streamtape.secrets.scanner import default_search
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.scanning import mask


def timing(parsed: ParsedResponse) -> dict[str, int | None]:
    """The measures, in microseconds from the sending of the request; None: not known."""
    head, ending, gaps = parsed.interaction.head, parsed.interaction.ending, _gaps_us(parsed)
    return {
        "head_us": head.at_us if head else None,
        "first_event_us": parsed.events[0].at_us if parsed.events else None,
        "first_content_us": first_content_us(parsed),
        "ending_us": ending.at_us,
        "median_gap_us": round(median(gaps)) if gaps else None,
        "longest_gap_us": max(gaps) if gaps else None,
    }


def first_content_us(parsed: ParsedResponse) -> int | None:
    """When the first content came, as `stats` measures it; None where none did."""
    content = content_of(parsed.transcript)
    if not content or content[0].event >= len(parsed.events):
        return None
    return parsed.events[content[0].event].at_us


def _gaps_us(parsed: ParsedResponse) -> list[int]:
    """The times between neighbouring events."""
    times = [event.at_us for event in parsed.events if event.at_us is not None]
    return [later - earlier for earlier, later in pairwise(times)]


def read(interaction: Interaction, dialect: str | None = None) -> ParsedResponse:
    """Read an interaction; UsageError for an unknown dialect, and no other error.

    A secret that a stream spells out in pieces is masked in them: its text is shown in one.
    """
    parsed = ParsedResponse(interaction, dialect)
    text = "\n".join(part.text for part in parsed.transcript.parts if part.text)
    if text and default_search().find(text.encode("utf-8", "surrogatepass")):
        return ParsedResponse(mask(Cassette((interaction,)))[0], dialect)
    return parsed
