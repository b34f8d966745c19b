"""Stores and dialects that a process has registered; a test takes back what it registers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamtape.dialects import select as dialects
from streamtape.stores import registry as stores


def registered() -> dict[str, dict[str, Any]]:
    """The registered stores by scheme, and the registered dialects by name."""
    return {"stores": dict(stores._registered), "dialects": dict(dialects._users)}


@contextmanager
def registries_restored() -> Iterator[None]:
    """Forget at the end what was registered meanwhile, and have again what was replaced."""
    before = registered()
    try:
        yield
    finally:
        for registry, kept in ((stores._registered, "stores"), (dialects._users, "dialects")):
            registry.clear()
            registry.update(before[kept])
        stores._made.cache_clear()
