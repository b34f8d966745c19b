"""Pace as one value: what `pace=` and `--pace` say, and what becomes of a sequence of steps.

    recorded          as it was recorded (the default of this text)
    at_once           no waiting
    2x                twice as fast; 0.5x half as fast
    idle=1s           no gap longer than this
    rate=20ms         a chunk every 20 ms; rate=50/s is the same
    ttft=800ms        the first content after 800 ms
    tokens=40/s       then 40 tokens a second, shared out by the content of the events
    jitter=5ms        each chunk earlier or later by up to 5 ms, by the seed; jitter=20% of its gap
    seed=1            the seed of the jitter

Several are joined by commas (`ttft=800ms,tokens=40/s,jitter=10%`). They are applied in this order:
rate or tokens, idle, speed, jitter. A chunk that holds several events comes with the last of them;
with `rechunk="event"` each has its own time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from streamtape.errors import UsageError
from streamtape.playback.option_syntax import (
    count,
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

_KNOWN = ("recorded", "at_once", "idle", "rate", "ttft", "tokens", "jitter", "seed")
_FACTOR = re.compile(r"\d{1,9}(\.\d{1,9})?x", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At what pace a stream is played, or composed; `str()` of it is a text that is read back.

    ttft_ms: the first content comes after so many milliseconds. tokens_per_s: how many tokens a
    second come then. rate_ms: a chunk every so many milliseconds instead. jitter: each chunk comes
    earlier or later by up to this share of its gap; jitter_ms: by up to so many milliseconds.
    idle_ms: no gap is longer. speed: 2.0 is twice as fast, None at once. seed: of the jitter; None
    takes the one of what is played.

    UsageError for a value that is no pace.
    """

    ttft_ms: float | None = None
    tokens_per_s: float | None = None
    jitter: float = 0.0
    jitter_ms: float = 0.0
    rate_ms: float | None = None
    idle_ms: float | None = None
    speed: float | None = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("ttft_ms", "jitter", "jitter_ms", "rate_ms", "idle_ms"):
            value = getattr(self, name)
            if not (value is None or (_is_number(value) and value >= 0)):
                raise UsageError(f"pace: {name} must be a number, 0 or more, got {value!r}")
        for name in ("tokens_per_s", "speed"):
            value = getattr(self, name)
            if not (value is None or (_is_number(value) and value > 0)):
                raise UsageError(f"pace: {name} must be a number above 0 or None, got {value!r}")
        if self.rate_ms is not None and (self.ttft_ms, self.tokens_per_s) != (None, None):
            raise UsageError("pace: rate_ms can't be combined with ttft_ms or tokens_per_s")

    def __str__(self) -> str:
        if self.speed is None:
            return "at_once"
        parts = []
        if self.speed != 1.0:
            parts.append(f"{number_text(self.speed)}x")
        for name, ms in (("idle", self.idle_ms), ("rate", self.rate_ms), ("ttft", self.ttft_ms)):
            if ms is not None:
                parts.append(f"{name}={duration_text(to_us(ms))}")
        if self.tokens_per_s is not None:
            parts.append(f"tokens={number_text(self.tokens_per_s)}/s")
        if self.jitter_ms:
            parts.append(f"jitter={duration_text(to_us(self.jitter_ms))}")
        if self.jitter:
            parts.append(f"jitter={number_text(self.jitter * 100)}%")
        if self.seed is not None:
            parts.append(f"seed={self.seed}")
        return ",".join(parts) or "recorded"


def to_us(ms: float) -> int:
    """Whole microseconds of milliseconds."""
    return round(ms * 1000)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def parse_pace(text: str | Pace) -> Pace:
    """Parse a pace; UsageError lists the fields, and names those that can't be combined."""
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
            f"{what}: recorded and at_once can't be combined with others, and only one factor like "
            "2x is possible"
        )
    if "rate" in given and given.keys() & {"ttft", "tokens"}:
        raise UsageError(f"{what}: rate= can't be combined with ttft= or tokens=")
    for name in ("recorded", "at_once"):
        if given.get(name):
            raise UsageError(f"{what}: {name} takes no value")
    if "at_once" in given:
        return Pace(speed=None)
    jitter = given.get("jitter", "")
    share = jitter.endswith("%")
    return Pace(
        speed=number(factors[0][:-1], what) if factors else 1.0,
        idle_ms=_ms(given["idle"], what) if "idle" in given else None,
        rate_ms=_gap_us(given["rate"], what) / 1000 if "rate" in given else None,
        ttft_ms=_ms(given["ttft"], what) if "ttft" in given else None,
        tokens_per_s=_per_s(given["tokens"], what) if "tokens" in given else None,
        jitter_ms=_ms(jitter, what) if "jitter" in given and not share else 0.0,
        jitter=number(jitter[:-1], what) / 100 if share else 0.0,
        seed=count(given["seed"], what) if "seed" in given else None,
    )


def _ms(text: str, what: str) -> float:
    return duration_us(text, what) / 1000


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
    """The steps of an interaction at a pace."""
    if pace.speed is None:
        return at_once(steps)
    if pace.rate_ms is not None:
        steps = retimed(steps, FixedRate(to_us(pace.rate_ms)))
    elif pace.ttft_ms is not None or pace.tokens_per_s is not None:
        assert interaction is not None, "a schedule is made of what was recorded"
        assert new_framer is not None
        from streamtape.playback.token_schedule import Schedule

        first_us = None if pace.ttft_ms is None else to_us(pace.ttft_ms)
        times = Schedule(interaction, new_framer, first_us=first_us, per_s=pace.tokens_per_s)
        steps = retimed(steps, times)
    return with_limits(steps, pace, seed)


def with_limits(steps: Iterable[Step], pace: Pace, seed: int = 0) -> Iterator[Step]:
    """Give steps that have their times with the longest gap, speed and jitter of a pace."""
    if pace.speed is None:
        return at_once(steps)
    if pace.idle_ms is not None:
        steps = idle_limit(steps, to_us(pace.idle_ms))
    steps = speed(steps, pace.speed)
    if pace.jitter_ms or pace.jitter:
        by_us, seed = to_us(pace.jitter_ms), seed if pace.seed is None else pace.seed
        return jittered(steps, by_us=by_us, by_share=pace.jitter, seed=seed)
    return steps
