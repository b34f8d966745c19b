"""Recordings packed into tars (shards), and taken out again; the same ones give the same bytes.

A shard is an ordinary tar, as WebDataset has them: members in the order of their names, without
times, owners or rights. Shards are made in a folder of their own and put in place when all of them
are whole; what fails leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, NamedTuple

from streamtape.errors import CassetteWriteError, UsageError
from streamtape.stores.local import Fetch, OpenFile, open_to_read
from streamtape.stores.locations import FileLocation
from streamtape.stores.tar_reading import BLOCK
from streamtape.stores.urls import TAR

DEFAULT_BYTES = 256_000_000
_PIECE_BYTES = 1 << 20
_END_BYTES = 2 * BLOCK  # the zeros at the end of a tar
_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}  # fmt: skip


class Shard(NamedTuple):
    """One tar that was made: its place, and how much is in it."""

    path: FileLocation
    n_recordings: int
    n_bytes: int


def parse_size(text: str) -> int:
    """The bytes that a size means: `256MB`, `1GiB`, `4096`; UsageError for anything else."""
    digits = text.rstrip("BbIiKkMmGgTt ")
    unit = _SIZES.get(text[len(digits) :].strip().upper())
    try:
        n_bytes = int(float(digits) * (unit or 0))
    except (ValueError, OverflowError):
        n_bytes = 0
    if n_bytes <= 0:
        raise UsageError(f"invalid size {text!r}: give bytes, or a number with KB, MB, GB or MiB")
    return n_bytes


class Packer:
    """Makes shards in a folder: add the recordings in their order, then close.

    A shard has at most `n_bytes` bytes, or one recording; None is for one tar of everything.
    """

    def __init__(self, folder: Path, n_bytes: int | None) -> None:
        self.shards: list[Shard] = []
        self._folder = folder
        self._limit = n_bytes
        self._out: BinaryIO | None = None
        self._n_recordings = 0

    def add(self, name: str, location: FileLocation) -> None:
        """Add one recording under a name."""
        fetch, size = _opened(location)
        header = _header(name, size)
        padding = bytes(-size % BLOCK)
        whole = len(header) + size + len(padding) + _END_BYTES
        if self._out is not None and self._limit and self._out.tell() + whole > self._limit:
            self._end()
        if self._out is None:
            self._out = (self._folder / f"shard-{len(self.shards):06d}{TAR}").open("wb")
        self._out.write(header)
        left = size
        at = 0
        while left:
            piece = fetch(at, min(left, _PIECE_BYTES))
            if not piece:
                raise CassetteWriteError(f"{str(location)!r} became shorter while it was read")
            self._out.write(piece)
            at, left = at + len(piece), left - len(piece)
        self._out.write(padding)
        self._n_recordings += 1

    def close(self) -> list[Shard]:
        """End the last shard; gives all of them, in the folder where they were made."""
        if self._out is not None:
            self._end()
        return self.shards

    def _end(self) -> None:
        assert self._out is not None
        self._out.write(bytes(_END_BYTES))
        n_bytes = self._out.tell()
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self.shards.append(Shard(Path(self._out.name), self._n_recordings, n_bytes))
        self._out, self._n_recordings = None, 0

    def abort(self) -> None:
        """Let go of the file that is being written."""
        if self._out is not None:
            self._out.close()
            self._out = None


@contextmanager
def packer(target: FileLocation, n_bytes: int | None) -> Iterator[Packer]:
    """A Packer whose shards lie beside their place, and are gone where they were not put there."""
    near = None
    if isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
        near = target.parent
    folder = Path(tempfile.mkdtemp(prefix=".streamtape-pack-", dir=near))
    made = Packer(folder, n_bytes)
    try:
        yield made
    finally:
        made.abort()
        shutil.rmtree(folder, ignore_errors=True)


def put_shards(shards: Iterable[Shard], target: FileLocation, *, one: bool) -> list[Shard]:
    """Put shards in a folder, or the one that there is in its place; gives where they are.

    Shards of a former packing that there are beyond these are removed: their recordings would be
    there twice. A store of one's own without `remove` keeps them. StoreConflictError where
    another writer replaced one meanwhile.
    """
    former = {} if one else {old: _version(old) for old in former_shards(target)}
    done = []
    for shard in shards:
        assert isinstance(shard.path, Path)
        location = target if one else target / shard.path.name
        if isinstance(location, Path):
            location.parent.mkdir(parents=True, exist_ok=True)
            shard.path.replace(location)
        else:
            with shard.path.open("rb") as file:
                location.put(
                    iter(lambda: file.read(_PIECE_BYTES), b""), replaces=_version(location)
                )
        done.append(Shard(location, shard.n_recordings, shard.n_bytes))
    put = {str(shard.path) for shard in done}
    for old, version in former.items():
        if str(old) in put:
            continue
        if isinstance(old, Path):
            old.unlink(missing_ok=True)
        elif version is not None:
            old.remove(version)
    return done


def former_shards(target: FileLocation) -> list[FileLocation]:
    """The shards that are in a folder already."""
    found = [location for location in target.rglob("shard-*.tar") if location.parent == target]
    return sorted(found, key=str)


def unpack(name: str, location: FileLocation, folder: Path) -> Path:
    """Write one recording below a folder, under its name, in the place of nothing.

    UsageError for a name that leads elsewhere on this system, or that is taken.
    """
    path = folder / name
    if os.name == "nt" and (PureWindowsPath(name).drive or "\\" in name or ":" in name):
        raise UsageError(f"{name!r} can't be a file's name on this system")
    path.parent.mkdir(parents=True, exist_ok=True)
    fetch, size = _opened(location)
    new = path.with_name(f"{path.name[:200]}.{os.urandom(4).hex()}.new")
    try:
        with new.open("xb") as out:
            for at in range(0, size, _PIECE_BYTES):
                out.write(fetch(at, min(_PIECE_BYTES, size - at)))
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return path


def _opened(location: FileLocation) -> tuple[Fetch, int]:
    if isinstance(location, Path):
        fd = open_to_read(location)
        return OpenFile(fd).read, os.fstat(fd).st_size
    return location.open()[0], location.entry().n_bytes or len(location.read_bytes())


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _version(location: FileLocation) -> str | None:
    """What a store calls what it has there now; None where there is nothing, and for files."""
    found = None if isinstance(location, Path) else location.current()
    return None if found is None else found.version
