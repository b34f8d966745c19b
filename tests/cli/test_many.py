"""The same work over many items: in order, in one process or several, errors at their place."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial

import pytest

from streamtape.cli import parallel
from streamtape.errors import CassetteError, DamagedCassetteError, WorkerError
from tests.patience import PATIENCE_S


def doubled(number: int, *, bad: int = -1) -> tuple[int, int]:
    """Twice the number and the process that did it; an error for a bad one."""
    if number == bad:
        raise DamagedCassetteError(f"{number} is damaged", path=f"{number}.tape")
    return number * 2, os.getpid()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are worth their start after the first item."""
    monkeypatch.setattr(parallel, "LOOK_S", 0)
    monkeypatch.setattr(parallel, "WORTH_S", 0)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_little_work_stays_in_this_process(count: int) -> None:
    """Few quick items start no process, and come in their order."""
    found = list(parallel.each(doubled, range(count), jobs=4))
    assert found == [(n * 2, os.getpid()) for n in range(count)]


def test_much_work_is_shared(eager: None) -> None:
    """Processes do what this one has not begun; the order is that of the items."""
    found = list(parallel.each(doubled, range(100), jobs=2))
    assert [value for value, _ in found] == [n * 2 for n in range(100)]
    assert len({process for _, process in found} - {os.getpid()}) >= 1
    alone = list(parallel.each(doubled, range(5), jobs=1))
    assert {process for _, process in alone} == {os.getpid()}


def test_an_error_is_raised_at_its_place(eager: None) -> None:
    """What comes before it is given; it is the same error, with what it carries."""
    seen = []
    with pytest.raises(CassetteError, match="50 is damaged") as caught:
        for value, _ in parallel.each(partial(doubled, bad=50), range(100), jobs=2):
            seen.append(value)
    assert caught.value.path == "50.tape"
    assert len(seen) <= 50
    assert seen == [n * 2 for n in range(len(seen))]


def test_leaving_early_stops_the_processes(eager: None) -> None:
    """A loop that is left does not wait for what is still to do."""
    results = parallel.each(time.sleep, [0.0] * 2 + [2 * PATIENCE_S] * 20, jobs=2)
    assert isinstance(results, Iterator)
    next(results)
    start = time.monotonic()
    results.close()  # type: ignore[attr-defined]  # a generator, which callers need not know
    assert time.monotonic() - start < PATIENCE_S


def killed_elsewhere(number: int, *, here: int) -> int:
    """The number; a process other than `here` is killed at it."""
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_process_killed_from_outside_is_reported(eager: None) -> None:
    """It says what happened and the way out, as an error of ours."""
    work = partial(killed_elsewhere, here=os.getpid())
    with pytest.raises(WorkerError, match=r"killed from outside.*--jobs 1"):
        list(parallel.each(work, range(40), jobs=2))
