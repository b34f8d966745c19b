"""The latest values, within a number and a size, since a mock may run for weeks.

The oldest are dropped first, and counted. The newest is kept, whatever its size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class History(Sequence[T]):
    """Values in the order in which they came: at most `max_items`, of `max_bytes` together.

    `n_bytes` is the size of those that are kept, `n_dropped` the number of those that are not.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._items: deque[tuple[T, int]] = deque()
        self.n_bytes = 0
        self.n_dropped = 0

    @property
    def n_total(self) -> int:
        """How many values came."""
        return len(self._items) + self.n_dropped

    def add(self, value: T, n_bytes: int) -> None:
        """Append a value of this size; drop the oldest ones that are too many or too long."""
        self._items.append((value, n_bytes))
        self.n_bytes += n_bytes
        while len(self._items) > self._max_items or self.n_bytes > self._max_bytes:
            if not self.drop_oldest():
                break

    def drop_oldest(self) -> bool:
        """Drop the oldest value, unless it is the only one; whether it was dropped."""
        if len(self._items) < 2:
            return False
        self.n_bytes -= self._items.popleft()[1]
        self.n_dropped += 1
        return True

    def remove_newest(self) -> None:
        """Take back the value that was added last."""
        self.n_bytes -= self._items.pop()[1]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter([value for value, _ in self._items.copy()])

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return list(self)[index] if isinstance(index, slice) else self._items[index][0]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return repr(list(self))
