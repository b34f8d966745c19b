"""Batches and executors: results in order, few under way, and lost workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamtape.cluster.executor import (
    AHEAD,
    MAX_TRIES,
    Sizes,
    WorkerLostError,
    batched,
    in_order,
)
from streamtape.cluster.process_pool import ProcessPool
from streamtape.errors import WorkerError


class Fake:
    """An executor that works when it is asked, and loses its workers at some submissions."""

    n_workers = 2

    def __init__(self, lost: set[int] = frozenset()) -> None:  # type: ignore[assignment]  # empty
        self.lost = lost
        self.n_submitted = 0
        self.under_way: set[object] = set()
        self.most_under_way = 0
        self.calls: list[str] = []

    def submit(self, work: Callable[[Any], Any], batch: Any) -> Any:
        executor, number = self, self.n_submitted
        self.n_submitted += 1

        class Result:
            def result(self) -> Any:
                executor.under_way.discard(self)
                if number in executor.lost:
                    raise WorkerLostError
                return work(batch)

        result = Result()
        self.under_way.add(result)
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        return result

    def restart(self) -> None:
        self.calls.append("restart")
        self.under_way.clear()

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


def squared(number: int) -> int:
    """The number by itself; an error for 13."""
    if number == 13:
        raise ValueError("unlucky")
    return number * number


@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_results_come_in_order_and_few_are_under_way(count: int) -> None:
    """However many there are: what is read ahead does not grow with them."""
    fake = Fake()
    numbers = [n for n in range(count) if n != 13]
    found = list(in_order(fake, squared, iter(numbers), way_out="none"))
    assert found == [n * n for n in numbers]
    assert fake.most_under_way <= fake.n_workers * AHEAD
    assert fake.calls == ["close"]


@pytest.mark.parametrize("lost", [{0}, {3}, {0, 5, 11}, {2, 9, 30}])
def test_a_lost_worker_costs_a_retry(lost: set[int]) -> None:
    """No result is missing, none comes twice, and the order stays."""
    fake = Fake(lost)
    found = list(in_order(fake, squared, range(12), way_out="none"))
    assert found == [n * n for n in range(12)]
    assert fake.calls[-1] == "close"
    assert "restart" in fake.calls


def test_workers_that_die_again_and_again_are_an_error() -> None:
    """After some tries without a result in between; the message has the way out."""
    fake = Fake(set(range(1000)))
    with pytest.raises(WorkerError, match=rf"killed from outside {MAX_TRIES} times.*; take care"):
        list(in_order(fake, squared, range(12), way_out="take care"))
    assert fake.calls == ["restart"] * (MAX_TRIES - 1) + ["stop"]


@pytest.mark.parametrize("how", ["error", "left"])
def test_leaving_early_stops_the_workers(how: str) -> None:
    """Whether the work raises or nobody reads on."""
    fake = Fake()
    results = in_order(fake, squared, range(20), way_out="none")
    if how == "error":
        with pytest.raises(ValueError, match="unlucky"):
            list(results)
    else:
        next(results)
        results.close()  # type: ignore[attr-defined]  # a generator
    assert fake.calls == ["stop"]


def mortal(mark: str) -> str:
    """The text of a file; the process that finds none writes it and is killed."""
    path = Path(mark)
    if not path.exists():
        path.write_text("once")
        os.kill(os.getpid(), signal.SIGKILL)
    return path.read_text()


def test_a_killed_process_costs_a_retry(tmp_path: Path) -> None:
    """A real one: the pool is made anew, and nothing of what was to do is lost."""
    marks = [str(tmp_path / name) for name in "aab"]
    pool = ProcessPool(1)
    assert list(in_order(pool, mortal, marks, way_out="none")) == ["once"] * 3


def sizes_of(n_items: int, n_workers: int) -> list[int]:
    """How many items each batch has."""
    sizes = Sizes(n_items, n_workers, most=100)
    return [len(batch) for batch in batched(range(n_items), sizes)]


@pytest.mark.parametrize("n_workers", [1, 2, 16])
@pytest.mark.parametrize("n_items", [0, 1, 5, 40, 1_000, 9_999])
def test_batches_are_large_at_first_and_small_at_the_end(n_items: int, n_workers: int) -> None:
    """So that they are few, and that no worker works on alone for long; the last is the rest."""
    sizes = sizes_of(n_items, n_workers)
    assert sum(sizes) == n_items
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes, default=0) <= 100
    assert all(sizes)
    if n_items >= 1_000:
        assert sizes[-1] <= 16
        assert min(sizes[:-1]) >= min(16, n_items // (n_workers * 32))


def test_batches_of_few_items() -> None:
    """As many as there are workers to take them."""
    assert sizes_of(3, 2) == [1, 1, 1]
    assert sizes_of(20, 2) == [2, 2, 2] + [1] * 14


def test_batches_are_in_order() -> None:
    """Whatever their sizes, also where there are more items than was known."""
    assert list(batched(range(5), Sizes(2, 1, most=2))) == [[0], [1], [2], [3], [4]]
    assert [one for batch in batched(range(50), Sizes(50, 2, 9)) for one in batch] == [*range(50)]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([1, 1, 1, 1, 1], [[1, 1, 1], [1, 1]]),
        ([9, 1, 1, 9, 1], [[9], [1, 1, 9], [1]]),
        ([2, 3, 4], [[2, 3], [4]]),
        ([0, 0, 0, 0], [[0, 0, 0], [0]]),
    ],
)
def test_long_items_make_small_batches(lengths: list[int], expected: list[list[int]]) -> None:
    """A batch ends with three items, or once they have five bytes together."""
    three = Sizes(1_000, 1, most=3)
    assert list(batched(lengths, three, max_bytes=5, n_bytes=int)) == expected
