"""What sessions themselves send: the sockets let it pass, and no inner seam records it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from streamtape.transport import network_guard

_carried: ContextVar[bool] = ContextVar("streamtape_carried", default=False)


@contextmanager
def carried(host: str) -> Iterator[None]:
    """Mark what is sent to this host, in this context, as a session's own."""
    token = _carried.set(True)
    try:
        with network_guard.let(host):
            yield
    finally:
        _carried.reset(token)


def is_carried() -> bool:
    """Whether a session's own request is being sent here and now."""
    return _carried.get()
