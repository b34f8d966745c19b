"""How the text of a stream arrived: how much of it at which event and time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from streamtape.dialects.base import Dialect
from streamtape.dialects.rule_index import Template, plan_for, template_for
from streamtape.tape.events import Event


@dataclass(frozen=True, slots=True)
class Arrival:
    """The text of a stream as it came: `cuts` are (characters by then, event, time)."""

    text: str
    cuts: tuple[tuple[int, int, int | None], ...]

    @classmethod
    def of(cls, events: Sequence[Event], dialect: Dialect) -> Arrival:
        """The text that events brought, of all targets in the order in which it came."""
        pieces: list[str] = []
        cuts: list[tuple[int, int, int | None]] = []
        size = 0
        alike: Template | None = None  # the last event's, if it does nothing but add text
        kind = ""
        for event in events:
            texts = alike.texts(event.payload) if alike and event.type == kind else None
            if texts in (None, [""]):  # where one field of a text says nothing, another one may
                deltas = [*plan_for(dialect, event.type).find_deltas(event.payload, event.index)]
                texts = [found.value for found in deltas if found.rule.channel == "text"]  # type: ignore[union-attr]  # find_deltas gives pieces
                one = len(deltas) == len(texts) == 1
                alike = template_for(dialect, event.payload, deltas) if one else None
                kind = event.type
            for text in filter(None, texts):
                pieces.append(text)
                size += len(text)
                cuts.append((size, event.index, event.at_us))
        return cls("".join(pieces), tuple(cuts))

    def shown_by(self, n_chars: int) -> tuple[int, int, int | None]:
        """What had arrived when a number of characters had: (characters, event, time)."""
        at = bisect_right(self.cuts, n_chars - 1, key=lambda cut: cut[0])
        return self.cuts[min(at, len(self.cuts) - 1)]

    def chars_at(self, at_us: int) -> int:
        """How many characters had arrived by a time."""
        by_then = [size for size, _, us in self.cuts if us is not None and us <= at_us]
        return by_then[-1] if by_then else 0
