"""Calls that are due together share one timer of the loop, in the order of their times."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.server.schedule import Schedule


class Timer:
    """A timer of a loop: when it fires, and whether it was cancelled."""

    def __init__(self, when: float, function: Callable[[], None]) -> None:
        self.when, self.function, self.is_cancelled = when, function, False

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop:
    """A loop whose clock stands until a timer fires; firing may be `late`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, function: Callable[[], None]) -> Timer:
        self.timers.append(Timer(when, function))
        return self.timers[-1]

    @property
    def waiting(self) -> list[Timer]:
        """The timers that will fire."""
        return [timer for timer in self.timers if not timer.is_cancelled]

    def fire(self, late: float = 0.0) -> None:
        """Let the earliest timer fire."""
        timer = min(self.waiting, key=lambda one: one.when)
        self.timers.remove(timer)
        self.now = max(self.now, timer.when) + late
        timer.function()


def scheduled() -> tuple[Schedule, Any]:
    """A schedule, and the loop that it is of."""
    loop: Any = Loop()
    return Schedule(loop), loop


TIMES = st.lists(st.floats(0, 10), min_size=1, max_size=20)


@given(times=TIMES, late=st.sampled_from([0.0, 0.0001, 0.3]))
def test_calls_are_made_in_the_order_of_their_times_and_never_early(
    times: list[float], late: float
) -> None:
    """Whatever the order in which they were put in; those of one time in the order of asking."""
    schedule, loop = scheduled()
    made: list[tuple[int, float]] = []

    def note(number: int) -> None:
        made.append((number, loop.now))

    for number, when in enumerate(times):
        schedule.call_at(when, partial(note, number))
        assert len(loop.waiting) == 1, "the loop has one timer, whatever is in the schedule"
    while loop.waiting:
        loop.fire(late)
    assert [number for number, _ in made] == sorted(range(len(times)), key=times.__getitem__)
    assert all(now >= times[number] for number, now in made)


def test_what_is_due_together_is_called_in_one_turn() -> None:
    """A thousand clients whose chunks are due within a quarter of a millisecond: one timer."""
    schedule, loop = scheduled()
    made: list[int] = []
    for number in range(1000):
        schedule.call_at(1.0 + number * 2e-7, partial(made.append, number))
    loop.fire()
    assert made == [0]
    loop.fire()
    assert made == list(range(1000))
    assert not loop.waiting


def test_a_call_made_in_a_turn_waits_for_its_time() -> None:
    """As each chunk asks for the next; one that is due already is made in the same turn."""
    schedule, loop = scheduled()
    made: list[str] = []

    def first() -> None:
        made.append("first")
        schedule.call_at(0.5, partial(made.append, "past"))
        schedule.call_at(2.0, partial(made.append, "later"))

    schedule.call_at(1.0, first)
    loop.fire()
    assert made == ["first", "past"]
    assert [timer.when for timer in loop.waiting] == [2.0]
    loop.fire()
    assert made == ["first", "past", "later"]


def test_an_earlier_call_moves_the_timer() -> None:
    """What waits for an hour holds up nobody."""
    schedule, loop = scheduled()
    made: list[str] = []
    schedule.call_at(3600.0, partial(made.append, "late"))
    schedule.call_at(1.0, partial(made.append, "soon"))
    assert [timer.when for timer in loop.waiting] == [1.0]
    loop.fire()
    assert made == ["soon"]


@given(times=TIMES, data=st.data())
def test_a_cancelled_call_is_not_made_nor_kept(times: list[float], data: st.DataObject) -> None:
    """The others are, in their order; to cancel what was made changes nothing."""
    schedule, loop = scheduled()
    made: list[int] = []
    calls = [
        schedule.call_at(when, partial(made.append, number)) for number, when in enumerate(times)
    ]
    gone = data.draw(st.sets(st.sampled_from(range(len(times)))))
    for number in gone:
        schedule.cancel(calls[number])
    while loop.waiting:
        loop.fire()
    kept = [number for number in range(len(times)) if number not in gone]
    assert made == sorted(kept, key=times.__getitem__)
    for call in calls:
        schedule.cancel(call)


def test_an_error_in_a_call_holds_up_no_other() -> None:
    """It is raised where the loop reports it, and the rest is called by the next timer."""
    schedule, loop = scheduled()
    made: list[str] = []

    def fail() -> None:
        raise ValueError("damaged")

    schedule.call_at(1.0, fail)
    schedule.call_at(1.0, partial(made.append, "next"))
    with pytest.raises(ValueError, match="damaged"):
        loop.fire()
    loop.fire()
    assert made == ["next"]


def test_a_loop_has_one_schedule() -> None:
    """All answers of a server share it; another loop has its own."""

    async def of_this_loop() -> Schedule:
        loop = asyncio.get_running_loop()
        assert Schedule.of(loop) is Schedule.of(loop)
        return Schedule.of(loop)

    assert asyncio.run(of_this_loop()) is not asyncio.run(of_this_loop())
