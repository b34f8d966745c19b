"""The protocol of a store of recordings, which anybody may implement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoreEntry:
    """What a store knows of a name without reading it.

    `version` changes whenever the bytes do (an ETag, a generation, a checksum); "" where the store
    can't tell, and nothing is cached then. `n_bytes` and `modified_at_us` (Unix time in
    microseconds) may be None.
    """

    name: str
    version: str
    n_bytes: int | None = None
    modified_at_us: int | None = None


class Store(Protocol):
    """A user-defined store of names and bytes. `register_store` gives it a scheme for URLs.

    Names have parts joined by `/`, without one at either end. Methods may be called from several
    threads. Errors are OSErrors (FileNotFoundError, PermissionError, ...) or StreamtapeErrors; any
    other exception is shown as "cannot read NAME" with its text. An attribute `url`, where it has
    one, is the URL of the store: paths are shown below it, and what is read is cached by it. A
    method `remove(name)`, where it has one, removes what is no longer needed: the files of an
    export that was replaced or that failed, shards of a former packing. Where another writer may
    have replaced them, `remove_version(name, version)` is called if there is that, too:
    StoreConflictError where the name has another version; otherwise it is compared just before.
    """

    def stat(self, name: str) -> StoreEntry | None:
        """The entry of a name; None if nothing has that name."""
        ...

    def read(self, name: str) -> Iterable[bytes]:
        """The bytes of a name, in pieces; FileNotFoundError if nothing has that name."""
        ...

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        """Put the bytes of an open file under a name, whole or not at all; gives their version.

        `replaces` is the version that may be replaced, None where nothing may be there yet:
        StoreConflictError where the store has something else by now, and nothing is written.
        """
        ...

    def list(self, folder: str) -> Iterable[StoreEntry]:
        """The entries of all names below a folder (`""`: all), in any order."""
        ...
