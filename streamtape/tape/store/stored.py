"""Cassettes put into stores: written to a file of this machine first, then put there whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

from streamtape.errors import CassetteWriteError

if TYPE_CHECKING:
    from streamtape.stores.store_path import StorePath

_MEMORY_BYTES = 8 << 20


def replace_stored(path: StorePath, pieces: Iterable[bytes]) -> str:
    """Put pieces of bytes in the place of what a store has now; gives the version.

    StoreConflictError where another writer comes in between.
    """
    found = path.current()
    return put(path, pieces, replaces=None if found is None else found.version)


def put(path: StorePath, pieces: Iterable[bytes], *, replaces: str | None) -> str:
    """Put pieces of bytes into a store as one; gives the version.

    StoreConflictError where it has another version than `replaces` (None: nothing) by now;
    CassetteWriteError where it can't be written. The store is then as it was.
    """
    with tempfile.SpooledTemporaryFile(_MEMORY_BYTES, prefix="streamtape-") as file:
        try:
            for piece in pieces:
                file.write(piece)
        except OSError as error:
            raise CassetteWriteError(
                f"cannot write {str(path)!r}: no room for it on this machine: {error.strerror}",
                path=str(path),
            ) from error
        file.seek(0)
        return path.write(file, replaces=replaces)  # type: ignore[arg-type]  # it is a BinaryIO
