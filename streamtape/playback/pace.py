"""Pace as one value: what `pace=` and `--pace` say, and what becomes of a score.

    recorded          as it was recorded (the default of this text)
    at_once           no waiting
    2x                twice as fast; 0.5x half as fast
    idle=1s           no gap longer than this
    rate=20ms         a chunk every 20 ms; rate=50/s is the same
    ttft=800ms        the first content after 800 ms
    tokens=40/s       then 40 tokens a second, shared out by the content of the events
    jitter=5ms        each chunk earlier or later by up to 5 ms, by the seed; jitter=20% of its gap

Several are joined by commas (`ttft=800ms,tokens=40/s,jitter=10%`). They are applied in this order:
rate or tokens, idle, speed, jitter. A chunk that holds several events comes with the last of them;
with `rechunk="event"` each has its own time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamtape.errors import UsageError
from streamtape.playback.option_syntax import (
    duration_text,
    duration_us,
    fields,
    number,
    number_text,
)
from streamtape.playback.pacing import FixedRate, at_once, idle_limit, jittered, retimed, speed
from streamtape.playback.steps import Step

if TYPE_CHECKING:
    from streamtape.playback.positions import NewFramer
    from streamtape.tape.model import Interaction

_KNOWN = ("recorded", "at_once", "idle", "rate", "ttft", "tokens", "jitter")
_FACTOR = re.compile(r"\d{1,9}(\.\d{1,9})?x", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pace:
    """At what pace a score is played. `factor` None is at once; times in microseconds.

    `str()` of it is a text that `parse_pace` reads.
    """

    factor: float | None = 1.0
    idle_us: int | None = None
    rate_us: int | None = None
    ttft_us: int | None = None
    tokens_per_s: float | None = None
    jitter_us: int = 0
    jitter_share: float = 0.0

    def __str__(self) -> str:
        if self.factor is None:
            return "at_once"
        parts = []
        if self.factor != 1.0:
            parts.append(f"{number_text(self.factor)}x")
        for name, us in (("idle", self.idle_us), ("rate", self.rate_us), ("ttft", self.ttft_us)):
            if us is not None:
                parts.append(f"{name}={duration_text(us)}")
        if self.tokens_per_s is not None:
            parts.append(f"tokens={number_text(self.tokens_per_s)}/s")
        if self.jitter_us:
            parts.append(f"jitter={duration_text(self.jitter_us)}")
        if self.jitter_share:
            parts.append(f"jitter={number_text(self.jitter_share * 100)}%")
        return ",".join(parts) or "recorded"


def parse_pace(text: str | Pace) -> Pace:
    """Read a pace; UsageError says what there is, and what can't be combined."""
    if isinstance(text, Pace):
        return text
    if not isinstance(text, str):
        raise UsageError(f"pace must be a string, a Pace or None, got {text!r}")
    what = f"pace {text!r}"
    factors = [part.strip() for part in text.split(",") if _FACTOR.fullmatch(part.strip())]
    rest = ",".join(part for part in text.split(",") if part.strip() not in factors)
    given = fields(rest, "pace", _KNOWN) if rest or not factors else {}
    if len(factors) > 1 or (
        {"recorded", "at_once"} & given.keys() and len(given) + len(factors) > 1
    ):
        raise UsageError(
            f"{what}: recorded and at_once stand alone, and of a factor like 2x there is one"
        )
    if "rate" in given and given.keys() & {"ttft", "tokens"}:
        raise UsageError(f"{what}: rate=, and ttft= or tokens=, both say when chunks come")
    for name in ("recorded", "at_once"):
        if given.get(name):
            raise UsageError(f"{what}: {name} takes no value")
    if "at_once" in given:
        return Pace(None)
    jitter = given.get("jitter", "")
    share = jitter.endswith("%")
    return Pace(
        factor=number(factors[0][:-1], what) if factors else 1.0,
        idle_us=duration_us(given["idle"], what) if "idle" in given else None,
        rate_us=_gap_us(given["rate"], what) if "rate" in given else None,
        ttft_us=duration_us(given["ttft"], what) if "ttft" in given else None,
        tokens_per_s=_per_s(given["tokens"], what) if "tokens" in given else None,
        jitter_us=duration_us(jitter, what) if "jitter" in given and not share else 0,
        jitter_share=number(jitter[:-1], what) / 100 if share else 0.0,
    )


def _per_s(text: str, what: str) -> float:
    return number(text.removesuffix("/s"), what)


def _gap_us(text: str, what: str) -> int:
    return round(1e6 / _per_s(text, what)) if text.endswith("/s") else duration_us(text, what)


def at_pace(
    steps: Iterable[Step],
    pace: Pace,
    *,
    interaction: Interaction | None = None,
    new_framer: NewFramer | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Give the steps of an interaction at a pace."""
    if pace.factor is None:
        return at_once(steps)
    if pace.rate_us is not None:
        steps = retimed(steps, FixedRate(pace.rate_us))
    elif pace.ttft_us is not None or pace.tokens_per_s is not None:
        assert interaction is not None, "a schedule is made of what was recorded"
        assert new_framer is not None
        from streamtape.playback.token_schedule import Schedule

        times = Schedule(interaction, new_framer, first_us=pace.ttft_us, per_s=pace.tokens_per_s)
        steps = retimed(steps, times)
    if pace.idle_us is not None:
        steps = idle_limit(steps, pace.idle_us)
    steps = speed(steps, pace.factor)
    if pace.jitter_us or pace.jitter_share:
        return jittered(steps, by_us=pace.jitter_us, by_share=pace.jitter_share, seed=seed)
    return steps
