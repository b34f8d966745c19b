"""A synthetic pace: time to first token, and tokens per second.

A token count is known for a whole stream (its usage) or estimated (four characters of content each)
and shared out over the events by the content that they add: text, reasoning, refusal, arguments.
Events that add nothing come with the one before them. A stream whose dialect knows no content
counts one token an event.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from streamtape.content.decode import decoder_for
from streamtape.playback.positions import EventCounter, NewFramer

if TYPE_CHECKING:
    from streamtape.dialects.parsed import ParsedResponse
    from streamtape.tape.events import Transcript
    from streamtape.tape.model import Head, Interaction

_CHARACTERS_A_TOKEN = 4
_COUNTS = (
    "output_tokens", "completion_tokens", "candidatesTokenCount", "eval_count",
)  # fmt: skip


def n_tokens(transcript: Transcript, n_characters: int) -> float:
    """How many tokens a stream has: what its usage says, else an estimate."""
    usage = transcript.usage or {}
    usage_count = next((usage[name] for name in _COUNTS if usage.get(name)), None)
    if isinstance(usage_count, int | float) and usage_count > 0:
        return float(usage_count)
    return n_characters / _CHARACTERS_A_TOKEN


def events_at_a_glance(parsed: ParsedResponse) -> tuple[list[int], list[int]]:
    """For each event: its recorded time, and how many characters of content it adds."""
    from streamtape.dialects.content import content_of

    sizes = [0] * len(parsed.events)
    for content in content_of(parsed.transcript):
        sizes[content.event] = content.n_chars
    return [event.at_us or 0 for event in parsed.events], sizes


class Schedule:
    """When chunks are due: the first content at `first_us`, then by tokens at `per_s`.

    A chunk is due with the last event that it completes.
    """

    def __init__(
        self,
        interaction: Interaction,
        new_framer: NewFramer,
        *,
        first_us: int | None,
        per_s: float | None,
    ) -> None:
        from streamtape.dialects.parsed import ParsedResponse

        parsed = ParsedResponse(interaction).or_raise()
        self._recorded, sizes = events_at_a_glance(parsed)
        self._new_framer = new_framer
        weights = sizes if any(sizes) else [1] * len(sizes)
        self._shares = list(accumulate(weights))
        self._first = next((n for n, weight in enumerate(weights) if weight), 0)
        recorded_us = self._recorded[self._first] if self._recorded else 0
        self._first_us = recorded_us if first_us is None else first_us
        self._us_a_share: float | None = None
        if per_s is not None and self._shares:
            n = n_tokens(parsed.transcript, self._shares[-1]) if any(sizes) else len(sizes)
            self._us_a_share = n / self._shares[-1] / per_s * 1e6

    def start(self, head: Head) -> None:
        """Take the head that the chunks belong to: the steps may have been decoded."""
        self._decoder = decoder_for(head.get("content-encoding"))
        self._counter = EventCounter(self._new_framer())
        self._n_complete = 0

    def at_us(self, data: bytes) -> int:
        """When the next chunk is due."""
        self._n_complete += len(self._counter.ends(self._decoder.feed(data)))
        return self.event_at_us(self._n_complete - 1)

    def event_at_us(self, event: int) -> int:
        """When an event is due; those before the first content no later than that."""
        event = min(event, len(self._recorded) - 1)
        if event < 0:
            return 0
        if event < self._first:
            return min(self._recorded[event], self._first_us)
        if self._us_a_share is None:
            return self._first_us + self._recorded[event] - self._recorded[self._first]
        share = self._shares[event] - self._shares[self._first]
        return self._first_us + round(share * self._us_a_share)
