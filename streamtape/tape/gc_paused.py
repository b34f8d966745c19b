"""Pauses Python's cyclic garbage collector while many values are made.

Recordings and events are trees and hold no cycles; but the collector walks all of them again and
again while they are made, for longer than making them takes. What is no longer used is freed as
ever.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector, for a block or a decorated function; it is as it was afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
