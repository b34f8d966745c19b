"""Pace: when a replay waits, and when it does not."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.playback.pacing import at_once, idle_limit, paced, speed
from streamtape.playback.steps import Emit, Step, WaitUntil

SCORE: list[Step] = [WaitUntil(1000), Emit(b"a"), WaitUntil(5000), Emit(b"b"), WaitUntil(5100)]


def waits(steps: Iterable[Step]) -> list[int]:
    """The deadlines of a score."""
    return [s.at_us for s in steps if isinstance(s, WaitUntil)]


def test_at_once_has_no_waits() -> None:
    """A replay at once gives the same chunks without waiting."""
    assert list(at_once(SCORE)) == [Emit(b"a"), Emit(b"b")]


def test_speed_divides_every_deadline() -> None:
    """Twice as fast halves each deadline; they stay absolute."""
    assert waits(speed(SCORE, 2.0)) == [500, 2500, 2550]
    assert waits(speed(SCORE, 0.5)) == [2000, 10000, 10200]


def test_idle_limit_caps_gaps_and_moves_the_rest_up() -> None:
    """A gap over the limit shrinks to it, and what follows keeps its own gaps."""
    assert waits(idle_limit(SCORE, 1500)) == [1000, 2500, 2600]


def test_paced_caps_before_it_speeds_up() -> None:
    """The limit is in recorded time; the factor comes after it."""
    assert waits(paced(SCORE, factor=2.0, idle_limit_s=0.0015)) == [500, 1250, 1300]
    assert waits(paced(SCORE, factor=None, idle_limit_s=0.001)) == []


@pytest.mark.parametrize("factor", [0, -1.0])
def test_a_speed_must_be_positive(factor: float) -> None:
    """A speed of nothing is refused with the value."""
    with pytest.raises(UsageError, match=f"{factor!r}"):
        list(speed(SCORE, factor))


@given(st.lists(st.integers(0, 10**9), max_size=30), st.integers(0, 10**8))
def test_no_gap_is_over_the_limit(times: list[int], limit_us: int) -> None:
    """Whatever the recording, no two deadlines are further apart than the limit."""
    deadlines = waits(idle_limit([WaitUntil(t) for t in sorted(times)], limit_us))
    assert deadlines == sorted(deadlines)
    assert all(b - a <= limit_us for a, b in zip([0, *deadlines], deadlines, strict=False))
