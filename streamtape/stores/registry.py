"""The store for a URL's scheme: a registered one, or one of fsspec's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO

from streamtape.errors import UsageError
from streamtape.stores.failures import calling
from streamtape.stores.urls import TAR

if TYPE_CHECKING:
    from streamtape.stores.store import Store, StoreEntry
    from streamtape.stores.store_path import StorePath

Factory = Callable[[str], "Store"]
ENTRY_POINTS = "streamtape_stores"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+")
# A global, as the schemes of URLs are: they are registered for the process.
_registered: dict[str, Factory] = {}


def register_store(scheme: str, factory: Factory) -> None:
    """Register a store for the URLs of a scheme, in this process.

    `factory("redis://localhost:6379")` makes the store of `redis://localhost:6379/runs/a.tape`, in
    which the name is `runs/a.tape`; it is called once for each scheme and host. A package registers
    one for every process, the command line's too, by an entry point of the group
    `streamtape_stores`: the name is the scheme, the object the factory. UsageError for an invalid
    scheme.
    """
    if not _SCHEME.fullmatch(scheme):
        raise UsageError(f"invalid scheme of URLs {scheme!r}: letters, digits, + . and -, no ://")
    _registered[scheme.lower()] = factory
    _made.cache_clear()


def path_of_url(url: str) -> StorePath:
    """The path that a URL means; a tar in it is taken for a folder.

    UsageError for a scheme that nobody knows, or where the library that it needs is missing.
    """
    from streamtape.stores.store_path import StorePath
    from streamtape.stores.tar_store import TarStore

    tar, inside = _split_at_tar(url)
    if tar is not None:
        return StorePath(TarStore(_plain(tar)), inside)
    return _plain(url)


def _split_at_tar(url: str) -> tuple[str | None, str]:
    scheme, _, rest = url.partition("://")
    parts = rest.split("/")
    for n, part in enumerate(parts, 1):
        if part.lower().endswith(TAR):
            return f"{scheme}://{'/'.join(parts[:n])}", "/".join(parts[n:]).strip("/")
    return None, ""


def _plain(url: str) -> StorePath:
    from streamtape.stores.store_path import StorePath

    scheme, _, rest = url.partition("://")
    factory = _factory(scheme.lower())
    if factory is None:
        from streamtape.stores.fsspec_store import path_of_url as fsspec_path

        return fsspec_path(url)
    host, _, key = rest.partition("/")
    return StorePath(_made(factory, f"{scheme}://{host}"), key.strip("/"))


class RegisteredStore:
    """A store of a scheme, which pickles as what it was made of: it may hold connections."""

    def __init__(self, factory: Factory, url: str) -> None:
        self.url = url
        self._factory = factory
        with calling(url, "open"):
            self._store = factory(url)

    def __reduce__(self) -> tuple[Callable[..., RegisteredStore], tuple[Factory, str]]:
        return _made, (self._factory, self.url)

    def stat(self, name: str) -> StoreEntry | None:
        return self._store.stat(name)

    def read(self, name: str) -> Iterable[bytes]:
        return self._store.read(name)

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        return self._store.write(name, data, replaces=replaces)

    @property
    def remove(self) -> Callable[[str], None] | None:
        """What removes a name, where the store has that."""
        return getattr(self._store, "remove", None)

    @property
    def remove_version(self) -> Callable[[str, str], None] | None:
        """What removes a version of a name, where the store has that."""
        return getattr(self._store, "remove_version", None)

    def list(self, folder: str) -> Iterable[StoreEntry]:
        return self._store.list(folder)


@lru_cache(maxsize=64)
def _made(factory: Factory, url: str) -> RegisteredStore:
    return RegisteredStore(factory, url)


def _factory(scheme: str) -> Factory | None:
    if scheme in _registered:
        return _registered[scheme]
    from importlib.metadata import entry_points

    for found in entry_points(group=ENTRY_POINTS, name=scheme):
        factory: Factory = found.load()
        _registered[scheme] = factory
        return factory
    return None
