"""Fetches objects of stores into the cache in parallel, before they are read one by one.

A store answers each request late, and many at once as fast as one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from streamtape.errors import StreamtapeError
from streamtape.stores.store_path import StorePath

AT_ONCE = 16


def fetch_ahead(items: Iterable[object]) -> None:
    """Open the paths of stores among some items, or in them, so that they are in the cache.

    What can't be opened is passed over: whoever opens it next gets the reason. Members of tars are
    passed over, too: their tar is fetched as one.
    """
    from concurrent.futures import ThreadPoolExecutor

    paths = [path for item in items for path in _paths(item) if not hasattr(path.store, "tar")]
    if len(paths) > 1:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(_open, paths))


def _paths(item: object) -> list[StorePath]:
    inside = item if isinstance(item, tuple | list) else (item,)
    return [one for one in inside if isinstance(one, StorePath)]


def _open(path: StorePath) -> None:
    with contextlib.suppress(StreamtapeError):
        path.open()
