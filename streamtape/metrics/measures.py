"""The measures of one stream: times to first event and content, gaps, speed, sizes. Pure.

All times are microseconds from the sending of the request; None: not known (a converted recording),
or not there. DEFINITIONS says what each measure is, for whoever prints them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from streamtape.dialects.base import Dialect
from streamtape.dialects.content import content_of
from streamtape.dialects.payload import get, parse_path
from streamtape.dialects.transcript import transcript_of
from streamtape.metrics.arrival import Arrival
from streamtape.tape.events import Event, Transcript

# Where usage has the tokens that were made, as the providers spell it.
_TOKENS = ("output_tokens", "completion_tokens", "candidatesTokenCount", "outputTokens",
           "eval_count")  # fmt: skip
# And those that were read.
_INPUT_TOKENS = ("input_tokens", "prompt_tokens", "promptTokenCount", "inputTokens",
                 "prompt_eval_count")  # fmt: skip
DEFINITIONS = {
    "ttfb": "sending of the request to the response head",
    "ttfe": "sending of the request to the first event",
    "ttft": "sending of the request to the first content: text, refusal, reasoning, code, audio or "
    "tool arguments",
    "total": "sending of the request to the last event",
    "gap": "between neighbouring events",
    "itl": "between neighbouring events with content",
    "tpot": "(total - ttft) / (output tokens - 1), where usage tells more than one",
}
MEASURES = tuple(DEFINITIONS)
ERROR_STATUS = 400  # from here on, an HTTP status says that a request failed


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMetrics:
    """The measures of one stream.

    `first` is the channel of its first content, `text` how its text grew: (time, characters).
    """

    source: str = ""
    interaction: int = 0
    dialect: str = ""
    model: str | None = None
    status: int | None = None
    ttfb_us: int | None = None
    ttfe_us: int | None = None
    ttft_us: int | None = None
    total_us: int | None = None
    tpot_us: float | None = None
    first: str | None = None
    gaps_us: tuple[int, ...] = ()
    itl_us: tuple[int, ...] = ()
    n_bytes: int = 0
    n_events: int = 0
    n_output_tokens: int | None = None
    text: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    def values_us(self, measure: str) -> tuple[float, ...]:
        """The values of a measure, none where it is not known; of gaps, all of them."""
        if measure == "gap":
            return self.gaps_us
        if measure == "itl":
            return self.itl_us
        value = getattr(self, f"{measure}_us")
        return () if value is None else (value,)

    def to_dict(self) -> dict[str, Any]:
        """All but the growing text, ready for JSON."""
        fields = asdict(self)
        del fields["text"]
        return fields


def measure(
    events: Sequence[Event],
    dialect: Dialect,
    *,
    head_us: int | None,
    n_bytes: int,
    transcript: Transcript | None = None,
    with_text: bool = True,
) -> StreamMetrics:
    """The measures of a stream of events; `transcript` is theirs, where it is made already.

    Without `with_text`, how the text grew is left out.
    """
    times = [event.at_us for event in events if event.at_us is not None]
    content = content_of(transcript or transcript_of(events, dialect))
    at_us = {event.index: event.at_us for event in events}
    content_us = [us for one in content if (us := at_us.get(one.event)) is not None]
    first_us = content_us[0] if content_us else None
    tokens = output_tokens(events, dialect)
    tpot: float | None = None
    if first_us is not None and tokens is not None and tokens > 1:
        tpot = (times[-1] - first_us) / (tokens - 1)
    return StreamMetrics(
        dialect=dialect.name,
        model=_model(events, dialect),
        ttfb_us=head_us,
        ttfe_us=times[0] if times else None,
        ttft_us=first_us,
        total_us=times[-1] if times else None,
        tpot_us=tpot,
        first=content[0].channel if content else None,
        gaps_us=tuple(b - a for a, b in pairwise(times)),
        itl_us=tuple(b - a for a, b in pairwise(content_us)),
        n_bytes=n_bytes,
        n_events=len(events),
        n_output_tokens=tokens,
        text=_growth(events, dialect) if with_text else (),
    )


def _growth(events: Sequence[Event], dialect: Dialect) -> tuple[tuple[int, int], ...]:
    return tuple((us, n) for n, _, us in Arrival.of(events, dialect).cuts if us is not None)


def input_tokens(events: Sequence[Event], dialect: Dialect) -> int | None:
    """The last count of input tokens that usage gave; None where it gave none."""
    return _last_count(events, dialect, _INPUT_TOKENS)


def output_tokens(events: Sequence[Event], dialect: Dialect) -> int | None:
    """The last count of output tokens that usage gave; None where it gave none."""
    return _last_count(events, dialect, _TOKENS)


def _last_count(events: Sequence[Event], dialect: Dialect, names: Sequence[str]) -> int | None:
    paths = [parse_path(path) for path in dialect.usage]
    for event in reversed(events):
        for path in paths:
            found = get(event.payload, path)
            for name in names if isinstance(found, dict) else ():
                if isinstance(found.get(name), int):
                    return int(found[name])
    return None


def _model(events: Sequence[Event], dialect: Dialect) -> str | None:
    paths = [*map(parse_path, dialect.model)]
    for event in events:
        payload = event.payload
        for path in paths:
            found = get(payload, path)
            if found and isinstance(found, str):
                return found
    return None
