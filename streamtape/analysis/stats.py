"""`stats`: measures of recordings, and two sets of recordings compared against limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from streamtape.analysis.streams import Source, is_whole_body, opened, stream_of
from streamtape.checks.profiles import DEFAULT
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.turns import question_at_us, turns
from streamtape.displayed import Displayed
from streamtape.metrics.measures import DEFINITIONS, ERROR_STATUS, MEASURES, StreamMetrics, measure
from streamtape.metrics.statistics import Gate, Summary, evaluate, parse_limit
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Interaction


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was answered with an error status instead of a stream."""

    source: str
    interaction: int
    status: int


@dataclass(frozen=True, slots=True)
class Stats(Displayed):
    """The measures of many streams: `each` of them, and `summary` over all, by measure.

    `refused` are the requests that got an error status, of 400 or above, and no stream.
    """

    each: tuple[StreamMetrics, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def summary(self) -> dict[str, Summary | None]:
        """Mean, median, p90 and p99 of each measure, in microseconds; None if unknown.

        For `gap` and `itl` every gap of every stream counts; for the others, one value per stream.
        """
        return {name: Summary.of(self.values_us(name)) for name in MEASURES}

    def values_us(self, measure: str) -> list[float]:
        """Every value of a measure, in the order of the streams."""
        return [value for one in self.each for value in one.values_us(measure)]

    def medians_us(self, measure: str) -> list[float]:
        """One value per stream for a measure: for gaps, their median."""
        found = (one.values_us(measure) for one in self.each)
        return [median(values) for values in found if values]

    def to_dict(self) -> dict[str, Any]:
        """Everything, with the definition of each measure, as plain values for JSON."""
        summary_us = {name: found and asdict(found) for name, found in self.summary.items()}
        each = [one.to_dict() for one in self.each]
        refused = [asdict(one) for one in self.refused]
        facts = {"definitions": DEFINITIONS, "summary_us": summary_us}
        return {**facts, "streams": each, "refused": refused}


@collector_paused()
def stats(*sources: Source, dialect: str | None = None) -> Stats:
    """Measure every stream in some recordings: paths, cassettes or interactions.

    An interaction without events (a failed request, an ordinary response) is left out; those with
    an error status are in `refused`. Measures that end in `_us` are in microseconds.
    CassetteError for a file that can't be loaded.
    """
    each: list[StreamMetrics] = []
    refused: list[Refused] = []
    for source in sources:
        name, interactions = opened(source)
        for number, interaction in enumerate(interactions):
            if interaction.head is None:
                continue
            found = streams_measured(interaction, dialect)
            each += (replace(one, source=name, interaction=number) for one in found)
            status = interaction.head.status
            if not (found or interaction.is_dialogue) and status >= ERROR_STATUS:
                refused.append(Refused(name, number, status))
    return Stats(tuple(each), tuple(refused))


def streams_measured(
    interaction: Interaction, dialect: str | None = None, parsed: ParsedResponse | None = None
) -> list[StreamMetrics]:
    """The measures of an interaction's stream, or of each response of a dialogue.

    Empty for an interaction without events, or whose answer is one document. If the response is
    already read, pass it as `parsed`; the growth of its text is then left out.
    """
    if interaction.head is None:
        return []
    if interaction.is_dialogue:
        return [replace(found, status=101) for found in _of_turns(interaction, dialect)]
    stream = stream_of(interaction, DEFAULT, dialect, parsed)
    if not stream.events or is_whole_body(stream):
        return []
    found = measure(
        stream.events,
        stream.dialect,
        head_us=interaction.head.at_us,
        n_bytes=interaction.chunks.n_bytes,
        transcript=None if parsed is None else parsed.transcript,
        with_text=parsed is None,
    )
    return [replace(found, status=interaction.head.status)]


def _of_turns(interaction: Interaction, dialect: str | None) -> Iterator[StreamMetrics]:
    """The measures of each response of a dialogue, from the message that requested it."""
    for turn in turns(interaction, dialect):
        stream = stream_of(turn, DEFAULT, dialect)
        start_us = question_at_us(turn) or 0
        events = [
            replace(event, at_us=None if event.at_us is None else event.at_us - start_us)
            for event in stream.events
        ]
        if events:
            n_bytes = sum(len(m.data) for m in turn.messages if m.direction == "server")
            yield measure(events, stream.dialect, head_us=None, n_bytes=n_bytes)


def gates(a: Stats, b: Stats, limits: Collection[str], *, seed: int = 0) -> list[Gate]:
    """Test whether the streams of `b` are slower than those of `a` by more than each limit allows.

    A limit is `ttft=+20%` or `tpot=+5ms`: the change of the medians, with a bootstrap interval of
    95 %. Each gate's `outcome` is "within", "beyond", "unclear" (the limit lies in the interval) or
    "too few" (fewer than five streams on a side). UsageError for a limit of another form.
    """
    parsed_limits = [parse_limit(text) for text in limits]
    return [
        evaluate(a.medians_us(one.measure), b.medians_us(one.measure), one, seed=seed)
        for one in parsed_limits
    ]
