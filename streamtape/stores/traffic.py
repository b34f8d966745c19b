"""Requests of stores, told apart from those of the program under test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_own: ContextVar[bool] = ContextVar("streamtape_store_traffic", default=False)
_lock = threading.Lock()
# A global: names are looked up in threads that know nothing of the context that asks.
_n_open = [0]


@contextmanager
def own_traffic() -> Iterator[None]:
    """Mark what is sent in this context as a store's; fsspec's loop takes the context over."""
    token = _own.set(True)
    with _lock:
        _n_open[0] += 1
    try:
        yield
    finally:
        with _lock:
            _n_open[0] -= 1
        _own.reset(token)


def is_own() -> bool:
    """Whether a store sends here and now."""
    return _own.get()


def any_own() -> bool:
    """Whether a store sends anywhere in this process: names are looked up without a context."""
    return _n_open[0] > 0
