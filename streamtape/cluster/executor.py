"""Batches given to an executor, and their results in order, whatever becomes of its workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from streamtape.errors import WorkerError

T = TypeVar("T")
R = TypeVar("R")

MAX_TRIES = 3  # for a batch whose worker died
AHEAD = 3  # batches for each worker: one is worked at, the others wait


class WorkerLostError(Exception):
    """A worker died before it gave its result; the batch can be done again."""


class Pending(Protocol):
    """What will be the result of a batch."""

    def result(self) -> Any:
        """Wait for it; what the work raised is raised. WorkerLostError where its worker died."""
        ...


class Executor(Protocol):
    """Workers that take batches: processes of this machine, or those of a cluster."""

    @property
    def n_workers(self) -> int:
        """How many batches are worked at at the same time."""
        ...

    def submit(self, work: Callable[[Any], Any], batch: Any) -> Pending:
        """Give a batch to the next worker that is free."""
        ...

    def restart(self) -> None:
        """Get new workers after some were lost; what was submitted before is forgotten."""
        ...

    def stop(self) -> None:
        """Leave at once: what is under way is not waited for, and nothing is left behind."""
        ...

    def close(self) -> None:
        """Leave when all is done."""
        ...


def in_order(
    executor: Executor, work: Callable[[T], R], batches: Iterable[T], *, way_out: str
) -> Iterator[R]:
    """The results of `work` over the batches, in their order.

    A batch whose worker died is done again, at most MAX_TRIES times without any other result in
    between: then WorkerError, which ends with `way_out`.
    """
    waiting: deque[tuple[T, Pending]] = deque()
    left = iter(batches)
    tries = 0
    try:
        while True:
            while len(waiting) < executor.n_workers * AHEAD:
                try:
                    batch = next(left)
                except StopIteration:
                    break
                waiting.append((batch, executor.submit(work, batch)))
            if not waiting:
                break
            try:
                result = waiting[0][1].result()
            except WorkerLostError:
                tries += 1
                if tries >= MAX_TRIES:
                    raise WorkerError(
                        f"a worker process was killed from outside {MAX_TRIES} times, perhaps out "
                        f"of memory; {way_out}"
                    ) from None
                executor.restart()
                waiting = deque((one, executor.submit(work, one)) for one, _ in waiting)
                continue
            tries = 0
            waiting.popleft()
            yield result
    except BaseException:
        executor.stop()
        raise
    executor.close()


class Sizes(NamedTuple):
    """How many items each batch has: many at first, fewer towards the end.

    A batch has its price, so there should be few; at the end, small ones let all workers finish
    at the same time.
    """

    n_items: int  # as far as known
    n_workers: int
    most: int
    least: int = 16  # the smallest batch, unless very few items are left

    def next(self, n_done: int) -> int:
        """The size of the batch that comes after so many items."""
        least = max(1, min(self.least, self.n_items // (self.n_workers * 32)))
        left = self.n_items - n_done
        return min(self.most, max(least, left // (self.n_workers * 4)))


def batched(
    items: Iterable[T],
    sizes: Sizes,
    *,
    max_bytes: int = 0,
    n_bytes: Callable[[T], int] | None = None,
) -> Iterator[Sequence[T]]:
    """The items in batches of `sizes`; the last one may be smaller.

    With `n_bytes`, which gives the size of an item, a batch also ends once its items have at least
    `max_bytes` together.
    """
    batch: list[T] = []
    total = n_done = 0
    size = sizes.next(0)
    for item in items:
        batch.append(item)
        if n_bytes is not None:
            total += n_bytes(item)
        if len(batch) >= size or (n_bytes is not None and total >= max_bytes):
            yield batch
            n_done += len(batch)
            size = sizes.next(n_done)
            batch, total = [], 0
    if batch:
        yield batch
