"""What a classifier says of a stream while it is still coming: prefixes out, verdicts in.

The classifier is the user's. Here are the texts that it is to judge, in order, for one way
of asking (after every event, sentence, or N characters; all of the text so far or a window of it),
and what its verdicts amount to: when it first flags, how much of the text had reached the reader by
then, and what holding text back would have spared. No calls, no clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from streamtape.errors import UsageError
from streamtape.metrics.arrival import Arrival
from streamtape.tape.texts import shortened

Every = int | str
WAYS: tuple[Every, ...] = ("event", "sentence", 100)
HOLD_BACK_CHARS = (0, 20, 50, 100, 200, 500)
HOLD_BACK_MS = (0, 100, 250, 500, 1000, 2000)
# An end of a sentence that something follows, or a line's end.
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’)\]]*(?=\s)|\n")


def parse_every(text: str) -> Every:
    """A way of asking: `event`, `sentence` or a number of characters; UsageError otherwise."""
    if text in ("event", "sentence"):
        return text
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageError(f"every {text!r}: give event, sentence or a number of characters above 0")


def prefixes(arrival: Arrival, every: Every) -> list[int]:
    """The lengths at which the classifier is called, one way; the whole text is always the last."""
    total = len(arrival.text)
    if every == "event":
        ends = [size for size, _, _ in arrival.cuts]
    elif every == "sentence":
        ends = [match.end() for match in _SENTENCE.finditer(arrival.text)]
    else:
        step = parse_every(str(every))
        assert isinstance(step, int)
        ends = list(range(step, total, step))
    return sorted({*ends, total}) if total else []


def flagged(verdict: Any, threshold: float) -> bool:
    """Whether a verdict flags: true, a score of at least the threshold, or any label.

    Labels are names, scores or truths, alone or several; in a mapping its values count. UsageError
    for anything else.
    """
    if isinstance(verdict, bool) or verdict is None:
        return bool(verdict)
    if isinstance(verdict, int | float):
        if math.isnan(verdict):
            raise UsageError("the classifier returned NaN, which is not a score")
        return verdict >= threshold
    if isinstance(verdict, str):
        return verdict != ""
    if isinstance(verdict, Mapping):
        return any(flagged(value, threshold) for value in verdict.values())
    if isinstance(verdict, Sequence | set | frozenset):
        return any(flagged(value, threshold) for value in verdict)
    shown = shortened(repr(verdict), 80)
    raise UsageError(f"the classifier returned {shown}: return a bool, a score or labels")


@dataclass(frozen=True, slots=True)
class CheckPoint:
    """One way of asking, and when it first flagged.

    `first` is how long the text was that was flagged, `shown` how many characters had reached the
    reader by then, `event` and `at_us` when; None where nothing was flagged. `calls` is how often
    the classifier was called.
    """

    every: Every
    calls: int
    first: int | None = None
    shown: int | None = None
    event: int | None = None
    at_us: int | None = None


@dataclass(frozen=True, slots=True)
class HoldBack:
    """What one way of holding text back leaks: characters that the reader saw before the flag.

    `chars` or `ms` is what is held back; `delay_ms` is what the reader waits for it, where the
    recording has times.
    """

    leaked: int
    chars: int | None = None
    ms: int | None = None
    delay_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ModerationResult:
    """One stream, moderated. `agrees`: whether the verdicts on the parts are that on the whole.

    `held` is the trade-off at the first checkpoint rule.
    """

    text: str
    whole: bool
    ways: tuple[CheckPoint, ...]
    held: tuple[HoldBack, ...] = ()
    source: str = ""
    interaction: int = 0

    @property
    def agrees(self) -> bool:
        """Whether every way flagged something exactly where the whole is flagged."""
        return all((checkpoint.first is not None) is self.whole for checkpoint in self.ways)

    @property
    def flagged(self) -> bool:
        """Whether the whole text, or any part of it, was flagged."""
        return self.whole or any(checkpoint.first is not None for checkpoint in self.ways)

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {**asdict(self), "agrees": self.agrees, "flagged": self.flagged}


def judge(arrival: Arrival, every: Every, verdicts: Sequence[bool]) -> CheckPoint:
    """What a way's verdicts amount to; they may end with the first that flags."""
    for calls, (length, bad) in enumerate(zip(prefixes(arrival, every), verdicts, strict=False), 1):
        if bad:
            shown, event, at_us = arrival.shown_by(length)
            return CheckPoint(every, calls, length, shown, event, at_us)
    return CheckPoint(every, len(verdicts))


def trade_off(arrival: Arrival, checkpoint: CheckPoint) -> tuple[HoldBack, ...]:
    """What reaches the reader before the flag when text is held back, by characters and by time."""
    if checkpoint.first is None or checkpoint.shown is None:
        return ()
    found = [
        HoldBack(max(0, checkpoint.shown - chars), chars=chars, delay_ms=_delay_ms(arrival, chars))
        for chars in HOLD_BACK_CHARS
    ]
    if checkpoint.at_us is not None:
        found += [
            HoldBack(
                checkpoint.shown if ms == 0 else arrival.chars_at(checkpoint.at_us - ms * 1000),
                ms=ms,
                delay_ms=ms,
            )
            for ms in HOLD_BACK_MS
        ]
    return tuple(found)


def _delay_ms(arrival: Arrival, chars: int) -> float | None:
    """How long a number of characters takes to come, at the pace of this stream."""
    first, last = arrival.cuts[0], arrival.cuts[-1]
    if first[2] is None or last[2] is None or last[0] == first[0]:
        return None
    return chars * (last[2] - first[2]) / (last[0] - first[0]) / 1000
