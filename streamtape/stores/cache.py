"""A cache on this machine of what was read from stores, by version.

A file of the cache is named by a digest of URL and version, so a changed object has another one,
and nothing old is ever taken for new. Files are written beside their place and renamed; only this
user may read them. The oldest go where they are more than LIMIT_BYTES together. STREAMTAPE_CACHE
names another folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from streamtape.stores.local import Fetch, OpenFile, open_to_read

if TYPE_CHECKING:
    from streamtape.stores.store import Store, StoreEntry

LIMIT_BYTES = 4 << 30
MEMORY_BYTES = 1 << 20  # files up to this size are read whole
_EACH = 256  # the total size is checked after one in this many writes
_PIECE_BYTES = 1 << 20


def folder() -> Path:
    """Where the cache lies."""
    if named := os.environ.get("STREAMTAPE_CACHE"):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("streamtape", appauthor=False) / "stores"


def opened(store: Store, url: str, entry: StoreEntry, key: str) -> tuple[Fetch, str]:
    """What reads a name of a store, from the cache where that has its version; and that version."""
    file = _file(url, entry.version)
    if file is not None and (fetch := _fetch(file)) is not None:
        return fetch, entry.version
    read_sized = getattr(store, "read_sized", None)  # saves a request, in stores that have it
    pieces = store.read(key) if read_sized is None else read_sized(key, entry.n_bytes)
    return _kept(file, pieces, entry), entry.version


def keep(url: str, version: str, data: BinaryIO) -> None:
    """Keep what was just written; a cache that can't be written is done without."""
    file = _file(url, version)
    if file is not None:
        with contextlib.suppress(OSError):
            _write(file, iter(lambda: data.read(_PIECE_BYTES), b""))


def _file(url: str, version: str) -> Path | None:
    """The file for a version; None where there is nothing to know it by, or it is in memory."""
    if not version or "://" not in url or url.startswith("memory://"):
        return None
    digest = hashlib.sha256(f"{url}\0{version}".encode("utf-8", "surrogatepass")).hexdigest()
    return folder() / digest[:2] / digest


def _fetch(file: Path) -> Fetch | None:
    """What reads a file of the cache; None if the cache has no such file."""
    try:
        fd = open_to_read(file)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.utime(file)  # it was used: others go first
    found = OpenFile(fd)
    size = os.fstat(fd).st_size
    if size > MEMORY_BYTES:
        return found.read
    whole = found.read(0, size)
    found.close()
    return lambda offset, n: whole[offset : offset + n]


def _kept(file: Path | None, pieces: Iterable[bytes], entry: StoreEntry) -> Fetch:
    """Take what a store gives into the cache, or into a file without a name where that fails."""
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            file = None
    if file is None and (entry.n_bytes is None or entry.n_bytes > MEMORY_BYTES):
        spool = tempfile.TemporaryFile(prefix="streamtape-")  # noqa: SIM115 - closed by OpenFile
        with spool:
            for piece in pieces:
                spool.write(piece)
            spool.flush()
            return OpenFile(os.dup(spool.fileno())).read
    if file is None:
        whole = b"".join(pieces)
        return lambda offset, n: whole[offset : offset + n]
    _write(file, pieces)
    fetch = _fetch(file)
    if fetch is None:
        raise FileNotFoundError(f"{file} was removed while it was read")
    return fetch


def _write(file: Path, pieces: Iterable[bytes]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd, new = tempfile.mkstemp(dir=file.parent, prefix="new-")  # readable by this user alone
    try:
        with open(fd, "wb") as out:  # noqa: PTH123 - a descriptor
            out.writelines(pieces)
        os.replace(new, file)  # noqa: PTH105 - mkstemp gives a text
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)  # noqa: PTH108 - mkstemp gives a text
        raise
    if zlib.crc32(file.name.encode()) % _EACH == 0:  # names are digests: one of so many, by chance
        prune()


def prune(limit_bytes: int | None = None) -> None:
    """Remove the files that were not used for longest, where all are more than the limit."""
    limit = LIMIT_BYTES if limit_bytes is None else limit_bytes
    found: list[tuple[float, int, Path]] = []
    for file in folder().rglob("*"):
        with contextlib.suppress(OSError):
            stat = file.stat()
            if file.is_file():
                found.append((stat.st_mtime, stat.st_size, file))
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if total <= limit:
            return
        with contextlib.suppress(OSError):
            file.unlink()
        total -= size
