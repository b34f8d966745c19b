"""A tar of recordings as a read-only Store, whose members are read in place.

The tar is a file on this machine, or lies in another store and is taken from there once, through
the cache. Its headers are read once for each version of it; bytes of members when they are read.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from streamtape.errors import CassetteError, UsageError
from streamtape.stores.local import Fetch, OpenFile, open_to_read
from streamtape.stores.store import StoreEntry
from streamtape.stores.store_path import StorePath
from streamtape.stores.tar_reading import TarError, members

_PIECE_BYTES = 1 << 20
_HEAD_BYTES = (
    64 << 10
)  # read at once while headers are looked for: small members lie close together
_KEPT = 8
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class TarEntry(StoreEntry):
    """The entry of a member, and where its bytes begin in the tar."""

    offset: int = 0


class TarStore:
    """The members of one tar. Names are theirs, without `./`; of equal ones the last counts."""

    def __init__(self, tar: Path | StorePath) -> None:
        self.tar = tar
        self._opened: tuple[Fetch, str] | None = None

    def __reduce__(self) -> tuple[type[TarStore], tuple[Path | StorePath]]:
        tar = self.tar
        if isinstance(tar, StorePath) and self._opened is not None:  # no need to ask for it again
            entry = tar.listed or StoreEntry(tar.key, self._opened[1])
            tar = StorePath(tar.store, tar.key, entry=entry)
        return TarStore, (tar,)

    def url_of(self, key: str) -> str:
        """The path or URL of a member."""
        tar = os.fspath(self.tar)
        if isinstance(self.tar, Path):
            return os.path.join(tar, *key.split("/")) if key else tar  # noqa: PTH118 - as it was given
        return f"{tar}/{key}" if key else tar

    def stat(self, name: str) -> StoreEntry | None:
        return self._index().get(name)

    def list(self, folder: str) -> Iterable[StoreEntry]:
        below = f"{folder}/" if folder else ""
        return [entry for name, entry in self._index().items() if name.startswith(below)]

    def is_folder(self, name: str) -> bool:
        """Whether anything is below a name; a tar is a folder, also an empty one."""
        return not name or any(found.startswith(f"{name}/") for found in self._index())

    def read(self, name: str) -> Iterator[bytes]:
        fetch, _ = self.open_member(StorePath(self, name))
        at = 0
        while piece := fetch(at, _PIECE_BYTES):
            yield piece
            at += len(piece)

    def open_member(self, path: StorePath) -> tuple[Fetch, str]:
        """What reads a member at places, and its version."""
        fetch, version = self._open()
        entry = path.listed
        if not isinstance(entry, TarEntry) or not entry.version.startswith(f"{version}:"):
            entry = self._index().get(path.key)
        if entry is None:
            raise FileNotFoundError(f"there is no {path.key!r} in {str(self.tar)!r}")
        start, size = entry.offset, entry.n_bytes or 0
        if size <= _PIECE_BYTES:
            whole = _exactly(fetch, start, size, str(path))
            return lambda offset, n: whole[offset : offset + n], entry.version

        def inside(offset: int, n: int) -> bytes:
            n = min(n, size - offset)
            return _exactly(fetch, start + offset, n, str(path)) if n > 0 else b""

        return inside, entry.version

    def check_writable(self, name: str) -> None:
        """UsageError: nothing can be put into a tar."""
        raise UsageError(
            f"cannot write {str(StorePath(self, name))!r}: a tar can't be changed; record to a "
            "folder and pack it again (`streamtape pack`)"
        )

    def write(self, name: str, data: BinaryIO, *, replaces: str | None) -> str:
        del data, replaces
        self.check_writable(name)
        raise AssertionError("nothing can be written")

    def _open(self) -> tuple[Fetch, str]:
        if isinstance(self.tar, StorePath):
            with _lock:
                if self._opened is None:
                    self._opened = self.tar.open()
                return self._opened
        found = self.tar.stat()
        version = f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"
        with _lock:
            if self._opened is None or self._opened[1] != version:
                self._opened = OpenFile(open_to_read(self.tar)).read, version
            return self._opened

    def _index(self) -> dict[str, TarEntry]:
        fetch, version = self._open()
        return _indexed(_Tar(os.fspath(self.tar), str(self.tar), version, fetch))


class _Tar:
    """A version of a tar, equal to itself however it was opened: what an index is kept by."""

    def __init__(self, name: str, shown: str, version: str, fetch: Fetch) -> None:
        self.key = name, version
        self.shown = shown
        self.version = version
        self.fetch = fetch

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tar) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=_KEPT)
def _indexed(tar: _Tar) -> dict[str, TarEntry]:
    found: dict[str, TarEntry] = {}
    try:
        for one in members(_Ahead(tar.fetch).read):
            version = f"{tar.version}:{one.offset}"
            found[one.name] = TarEntry(
                one.name, version, one.n_bytes, one.modified_at_us, one.offset
            )
    except TarError as error:
        raise CassetteError(f"cannot read {tar.shown!r}: {error}", path=tar.shown) from error
    return found


class _Ahead:
    """Reads a little more than requested, so that headers that lie close together cost one read."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._start, self._data = 0, b""

    def read(self, offset: int, size: int) -> bytes:
        if not self._start <= offset <= offset + size <= self._start + len(self._data):
            self._start, self._data = offset, self._fetch(offset, max(size, _HEAD_BYTES))
        return self._data[offset - self._start : offset - self._start + size]


def _exactly(fetch: Fetch, offset: int, size: int, name: str) -> bytes:
    data = fetch(offset, size)
    while len(data) < size:
        more = fetch(offset + len(data), size - len(data))
        if not more:
            raise CassetteError(f"cannot read {name!r}: the tar is cut off within it", path=name)
        data += more
    return data
