"""Statistics: mean, median, percentiles; and two sets of values compared against a limit.

The interval is a percentile bootstrap of the change of the medians: both sides are drawn anew, with
replacement, from a generator that is made from the seed, so the same recordings give the same
interval. With few values there is no interval.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from statistics import median
from typing import Any, Literal, TypeVar

from streamtape.errors import UsageError
from streamtape.metrics.measures import MEASURES
from streamtape.units import UNITS_US, milliseconds

MIN_SIDE = 5  # recordings a side, below which no interval is worth its name
DRAWS = 2_000
CONFIDENCE = 0.95
T = TypeVar("T", int, float)
Outcome = Literal["within", "beyond", "unclear", "too few"]
_LIMIT = re.compile(r"(\w+)=\+?(\d+(?:\.\d+)?)(%|us|µs|ms|s)")


@dataclass(frozen=True, slots=True)
class Summary:
    """What many values are like."""

    n: int
    mean: float
    median: float
    p90: float
    p99: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Summary | None:
        """The summary of some values; None of no values."""
        return cls.of_ranked(sorted(values), len(values))

    @classmethod
    def of_ranked(cls, ranked: Iterable[float], n: int) -> Summary | None:
        """The summary of `n` values in ascending order, which need not be in memory."""
        if not n:
            return None
        ranks = {"p90": rank(n, 0.9), "p99": rank(n, 0.99), "least": 0, "most": n - 1}
        middle = (n - 1) // 2, n // 2
        needed = {*ranks.values(), *middle}
        found: dict[int, float] = {}

        def noted() -> Iterator[float]:
            for at, value in enumerate(ranked):
                if at in needed:
                    found[at] = value
                yield value

        mean = fsum(noted()) / n
        low, high = (found[at] for at in middle)
        center = high if n % 2 else (low + high) / 2
        return cls(n, mean, center, **{name: found[at] for name, at in ranks.items()})


def rank(n: int, share: float) -> int:
    """The place, from 0 on, of the value that a share of `n` values does not exceed."""
    return max(0, -(-int(share * 1000) * n // 1000) - 1)


def percentile(ranked: Sequence[T], share: float) -> T:
    """The value that a share of all values does not exceed (nearest rank)."""
    return ranked[rank(len(ranked), share)]


@dataclass(frozen=True, slots=True)
class Limit:
    """By how much a measure may grow: a share of the old median, or microseconds."""

    measure: str
    amount: float
    relative: bool

    def __str__(self) -> str:
        grown = f"{self.amount:.0%}" if self.relative else f"{self.amount / 1e3:g} ms"
        return f"{self.measure}=+{grown}"


def parse_limit(text: str) -> Limit:
    """The limit that a text names, `ttft=+20%` or `tpot=+5ms`; UsageError where it names none."""
    match = _LIMIT.fullmatch(text.strip())
    if match is None or match[1] not in MEASURES:
        raise UsageError(
            f"invalid limit {text!r}: write MEASURE=+20% or MEASURE=+50ms; "
            f"measures: {', '.join(MEASURES)}"
        )
    amount = float(match[2])
    if match[3] == "%":
        return Limit(match[1], amount / 100, relative=True)
    return Limit(match[1], amount * UNITS_US[match[3]], relative=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit applied to two sides. `low` and `high` bound the change, in the limit's terms.

    `within`: all of the interval is below the limit; `beyond`: all of it is above; `unclear`: the
    limit lies in it.
    """

    limit: Limit
    outcome: Outcome
    n_a: int
    n_b: int
    before_us: float | None = None
    after_us: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        sizes = f"{self.n_a} and {self.n_b} recordings"
        if self.outcome == "too few":
            return f"{self.limit}: too few to tell ({sizes}; {MIN_SIDE} a side are needed)"
        times = f"median {milliseconds(self.before_us)} → {milliseconds(self.after_us)}"
        span = f"{self._grown(self.low)} to {self._grown(self.high)}"
        outcome = {"within": "within", "beyond": "BEYOND", "unclear": "unclear"}[self.outcome]
        text = f"{self.limit}: {outcome}: {times}, {self._grown(self.change)}"
        return f"{text} (95 % interval {span}; {sizes})"

    def _grown(self, change: float | None) -> str:
        if change is None:
            return "?"
        return f"{change:+.1%}" if self.limit.relative else f"{change / 1e3:+.3g} ms"

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {**asdict(self), "limit": str(self.limit)}


def evaluate(a: Sequence[float], b: Sequence[float], limit: Limit, *, seed: int = 0) -> Gate:
    """Whether the values of `b` are beyond those of `a` by more than the limit allows."""
    if len(a) < MIN_SIDE or len(b) < MIN_SIDE:
        return Gate(limit, "too few", len(a), len(b))
    before, after = median(a), median(b)
    rng = random.Random(seed)  # noqa: S311 - a statistic, no secret
    drawn = sorted(
        _change(median(rng.choices(a, k=len(a))), median(rng.choices(b, k=len(b))), limit)
        for _ in range(DRAWS)
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = percentile(drawn, tail), percentile(drawn, 1 - tail)
    outcome: Outcome = "unclear"
    if high <= limit.amount:
        outcome = "within"
    elif low > limit.amount:
        outcome = "beyond"
    change = _change(before, after, limit)
    return Gate(limit, outcome, len(a), len(b), before, after, change, low, high)


def _change(before: float, after: float, limit: Limit) -> float:
    if not limit.relative:
        return after - before
    return (after - before) / before if before else float(after > before)
