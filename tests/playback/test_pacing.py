"""Pace: when a replay waits, and when it does not."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.playback.pacing import (
    FixedRate,
    at_once,
    idle_limit,
    jittered,
    paced,
    retimed,
    speed,
)
from streamtape.playback.steps import Await, Emit, Fail, Start, Step, WaitUntil
from streamtape.tape.model import Ending, Head

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


def test_idle_limit_moves_what_is_waited_for() -> None:
    """A request that came late comes after the limit, and what was saved before is saved here."""
    score = [*SCORE[:3], Await(1, 9000, pushed=True), Await(2, 5200)]
    assert list(idle_limit(score, 1500))[3:] == [Await(1, 4000, pushed=True), Await(2, 2700)]


def test_a_limit_of_nothing_is_no_gap_and_a_negative_one_is_refused() -> None:
    """0 takes every gap out."""
    assert waits(idle_limit(SCORE, 0)) == [0, 0, 0]
    with pytest.raises(UsageError, match="-1e-06"):
        list(idle_limit(SCORE, -1))


@pytest.mark.parametrize("at_us", [5000, 0, None])
def test_a_stream_without_chunks_at_a_fixed_rate(at_us: int | None) -> None:
    """Its head comes when it came, and its end as long after the head."""
    start, fail = Start(Head(200, (), at_us)), Fail(Ending("error"))
    score: list[Step] = [WaitUntil(at_us or 0), start, WaitUntil(9000), fail]
    assert list(retimed(score, FixedRate(10))) == score
    assert list(retimed([start], FixedRate(10))) == [WaitUntil(0), start]


def test_what_follows_a_chunk_follows_it_as_closely() -> None:
    """An end keeps its distance from the last chunk; a request is waited for from then on."""
    start, fail = Start(Head(200, (), 5000)), Fail(Ending("error"))
    request = Await(1, 8000, pushed=True)
    score: list[Step] = [
        WaitUntil(5000), start, WaitUntil(6000), Emit(b"a"), WaitUntil(7000), Emit(b"b"),
        request, WaitUntil(9000), fail,
    ]  # fmt: skip
    assert list(retimed(score, FixedRate(10))) == [
        WaitUntil(5000), start, WaitUntil(5000), Emit(b"a"), WaitUntil(5010), Emit(b"b"),
        Await(1, 5010, pushed=True), WaitUntil(7010), fail,
    ]  # fmt: skip


def test_jitter_keeps_within_its_bounds_and_uses_them() -> None:
    """No deadline moves by more than the time and the share of its gap together."""
    assert list(jittered(SCORE, seed=3)) == SCORE
    moved = [waits(jittered(SCORE, by_us=100, by_share=0.5, seed=s)) for s in range(200)]
    for place, (recorded_us, bound_us) in enumerate([(1000, 600), (5000, 2100)]):
        by_us = [each[place] - recorded_us for each in moved]
        assert -bound_us <= min(by_us) < -bound_us * 0.9
        assert bound_us * 0.9 < max(by_us) <= bound_us
    assert all(each == sorted(each) for each in moved)


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
