"""Order between interactions: data that followed another request waits for that request.

A client that talks over two connections sends a request on one and gets the answer on the other
(the SSE transport of MCP: a long GET, and POSTs beside it). Played at once, or to a client that is
slower than the recorded one, the answer would come before its question. Times tell the order: an
interaction's start by the clock on the wall, and its chunks from there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from streamtape.framing.media import SSE, media_type
from streamtape.playback.steps import Await, Fail, Step, WaitUntil
from streamtape.tape.model import Interaction


class Starts:
    """When the requests of one cassette began; `first` is the number of its first interaction."""

    def __init__(self, interactions: Sequence[Interaction], first: int = 0) -> None:
        self._interactions = interactions
        self._first = first
        begun = (
            (one.started_at_us, first + n)
            for n, one in enumerate(interactions)
            if one.started_at_us is not None
        )
        self._starts = sorted(begun)

    def __len__(self) -> int:
        return len(self._interactions)

    def within(self, number: int) -> tuple[Await, ...]:
        """The requests that began while an interaction went on, in their order.

        Empty where its times or its cuts are not known (a converted recording).
        """
        one = self._interactions[number - self._first]
        start_us = one.started_at_us
        if start_us is None or not one.cuts_known:
            return ()
        last_us = start_us + _duration_us(one)
        begin = bisect_right(self._starts, start_us, key=_start)
        end = bisect_right(self._starts, last_us, key=_start)
        pushed = _is_pushed(one)
        return tuple(Await(n, at_us - start_us, pushed) for at_us, n in self._starts[begin:end])


def _is_pushed(interaction: Interaction) -> bool:
    """Whether a server pushes events to whoever listens: silence is the normal state of that."""
    head = interaction.head
    kind = (head.get("content-type") or "") if head is not None else ""
    return interaction.request.method == "GET" and media_type(kind) == SSE


def _start(pair: tuple[int, int]) -> int:
    return pair[0]


def _duration_us(interaction: Interaction) -> int:
    """How long an interaction went on, as far as is known: to its ending, or to its last chunk."""
    ending, head = interaction.ending, interaction.head
    if ending.at_us is not None:
        return ending.at_us
    if interaction.chunks:
        return interaction.chunks[-1].at_us or 0
    return head.at_us or 0 if head is not None else 0


def ordered(steps: Iterable[Step], others: Iterable[Await]) -> Iterator[Step]:
    """Give the steps, each behind a wait for the requests that had begun when it was recorded."""
    left = list(others)[::-1]
    for step in steps:
        while left and _is_behind(step, left[-1]):
            yield left.pop()
        yield step


def _is_behind(step: Step, other: Await) -> bool:
    """Whether a step comes after a request: what a client did not read to its end has no time."""
    return isinstance(step, Fail) or (isinstance(step, WaitUntil) and other.at_us <= step.at_us)
