"""Whoever wants to see how far the list of a store has been read: it may take minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
# Takes where a list is from; entered before the store is called, it gives what counts the names.
Watch = Callable[[str], AbstractContextManager[Callable[[int], None]]]

_watch: ContextVar[Watch | None] = ContextVar("streamtape_watched_lists", default=None)


def watch_lists(watch: Watch | None) -> None:
    """Watch the lists that are read in this context; None watches them no more."""
    _watch.set(watch)


def watched(read: Callable[[str], Iterable[T]], key: str, where: str) -> Iterator[T]:
    """Iterate over the list that `read(key)` gives, watched from the call to its end."""
    watch = _watch.get()
    if watch is None:
        yield from read(key)
        return
    with watch(where) as count:
        for number, entry in enumerate(read(key), 1):
            count(number)
            yield entry
