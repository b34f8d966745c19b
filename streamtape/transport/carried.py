"""Requests of sessions and stores: sockets let them pass, and no inner seam records them again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from streamtape.stores.traffic import any_own, is_own
from streamtape.tape.http_values import split_url

_carried: ContextVar[bool] = ContextVar("streamtape_carried", default=False)
# A global: names are looked up in threads that know nothing of the context that asks.
_hosts: Counter[str] = Counter()
_lock = threading.Lock()


@contextmanager
def carried(host: str) -> Iterator[None]:
    """Mark what is sent to this host, in this context, as a session's own."""
    host = host.lower()
    token = _carried.set(True)
    with _lock:
        _hosts[host] += 1
    try:
        yield
    finally:
        with _lock:
            _hosts[host] -= 1
        _carried.reset(token)


def sent_past(url: str) -> AbstractContextManager[None]:
    """Mark what is sent to the host of a URL, so that no seam or socket looks at it."""
    return carried(split_url(url).hostname or "")


def is_carried() -> bool:
    """Whether a session's or a store's own request is being sent here and now."""
    return _carried.get() or is_own()


def carries(host: str) -> bool:
    """Whether a session is sending to this host, in whichever context."""
    return _hosts[host.lower()] > 0


def carries_look_up(host: str) -> bool:
    """Whether this look-up may be a session's or a store's: those know no context of their own."""
    return carries(host) or any_own()
