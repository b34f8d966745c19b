"""Where the files of an export go: a place on disk, or a store. Whole or not at all, both of them.

On disk, files are written beside their place and renamed at the end. A store has no rename, so in a
folder of it each file is put under a name of this run as soon as it is whole, and the manifest,
which names them all, last and on one condition: that nobody put another one there meanwhile. Until
then the former export is what readers find; its files are removed afterwards, and so are those that
no manifest names: a killed run left them. Another run that is still under way may own some of them,
but it began before this manifest came, so its own is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from streamtape.errors import StreamtapeError, UsageError
from streamtape.stores.failures import calling
from streamtape.stores.store_path import StorePath
from streamtape.tabular.schema import TABLES
from streamtape.tabular.store.manifest import MANIFEST, file_names, is_export, read_manifest
from streamtape.tape.store.disk import make_folder, writing
from streamtape.tape.store.ordinary import check_no_link

if TYPE_CHECKING:
    from streamtape.stores.locations import FileLocation

_PIECE_BYTES = 1 << 20
_PART = re.compile(r"part-\d{5,}-[0-9a-f]{8}\.parquet")


class Destination(Protocol):
    """What takes the files of an export."""

    def begin(self) -> None:
        """Make room for the first file."""
        ...

    def path(self, name: str) -> Path:
        """Where on this machine to write the file of that name."""
        ...

    def keep(self, name: str) -> str:
        """Take a file that is whole; gives the name that it has in the export."""
        ...

    def finish(self, manifest: dict[str, Any]) -> None:
        """Put all of it in its place."""
        ...

    def discard(self) -> None:
        """Remove what was written."""
        ...


def destination(target: FileLocation, *, is_file: bool, force: bool) -> Destination:
    """The destination that a path or a URL means.

    UsageError where something is there already that may not be replaced.
    """
    if isinstance(target, Path):
        return _OnDisk(target, is_file=is_file, force=force)
    return _InStore(target, is_file=is_file, force=force)


class _OnDisk:
    def __init__(self, target: Path, *, is_file: bool, force: bool) -> None:
        _check_replaceable(target, is_file=is_file, force=force)
        self._target = target
        self._is_file = is_file
        self._new = target.with_name(f"{target.name[:200]}.{os.urandom(4).hex()}.new")

    def begin(self) -> None:
        make_folder(self._target)

    def path(self, name: str) -> Path:
        return self._new if self._is_file else self._new / name

    def keep(self, name: str) -> str:
        return name

    def finish(self, manifest: dict[str, Any]) -> None:
        if self._is_file:
            check_no_link(self._target)
            self._new.replace(self._target)
            return
        (self._new / MANIFEST).write_bytes(_manifest_bytes(manifest))
        _put_folder(self._new, self._target)

    def discard(self) -> None:
        if self._new.is_dir():
            shutil.rmtree(self._new, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._new.unlink(missing_ok=True)


class _InStore:
    def __init__(self, target: StorePath, *, is_file: bool, force: bool) -> None:
        target.check_writable()
        self._target = target
        self._is_file = is_file
        self._marker = target if is_file else target / MANIFEST
        found = self._marker.current()
        if found is not None and not force:
            raise UsageError(f"{str(target)!r} exists already; --force replaces it")
        if found is None and target.is_dir():
            if is_file or not _holds_parts_alone(target):
                raise UsageError(_not_ours(target, is_file=is_file))
            if not force:
                raise UsageError(
                    f"{str(target)!r} holds files of an export that did not end, or is under way; "
                    "--force replaces them"
                )
        if not is_file and target.is_file():
            raise UsageError(f"{str(target)!r} is a file: name a folder, or a file *.parquet")
        self._replaces = None if found is None else found.version
        self._force = force
        self._run = os.urandom(4).hex()
        self._put: list[StorePath] = []
        self._local: Path | None = None

    def begin(self) -> None:
        self._local = Path(tempfile.mkdtemp(prefix="streamtape-export-"))

    def path(self, name: str) -> Path:
        assert self._local is not None
        return self._local / name

    def keep(self, name: str) -> str:
        if self._is_file:
            return name
        pure = PurePosixPath(name)
        kept = str(pure.with_name(f"{pure.stem}-{self._run}{pure.suffix}"))
        location = self._target / kept
        self._put.append(location)  # even if the put fails, since it may have arrived
        location.put(_pieces(self.path(name)), replaces=None)
        self.path(name).unlink()
        return kept

    def finish(self, manifest: dict[str, Any]) -> None:
        if self._is_file:
            self._target.put(_pieces(self.path(self._target.name)), replaces=self._replaces)
        else:
            former = () if self._replaces is None else file_names(read_manifest(self._target))
            old = {self._target / name for name in former}
            if self._force:  # listed before the manifest is written: later files are not old
                old |= {part for part in self._target.rglob("*") if _is_part(part, self._target)}
            new = set(self._put)
            self._marker.put([_manifest_bytes(manifest)], replaces=self._replaces)
            self._put = []
            _remove(sorted(old - new))
        self._remove_local()

    def discard(self) -> None:
        _remove(self._put)
        self._remove_local()

    def _remove_local(self) -> None:
        if self._local is not None:
            shutil.rmtree(self._local, ignore_errors=True)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _is_part(location: StorePath, target: StorePath) -> bool:
    """Whether a file has a name that exports into stores give, and nobody else is likely to."""
    *folders, name = location.relative_to(target).parts
    if not _PART.fullmatch(name) or not 1 <= len(folders) <= 2:
        return False
    return folders[0] in TABLES and all(
        folder.startswith(("date=", "month=")) for folder in folders[1:]
    )


def _holds_parts_alone(target: StorePath) -> bool:
    """Whether all that is in a folder are files of an export."""
    with calling(target, "list"):
        found = (StorePath(target.store, one.name) for one in target.store.list(target.key))
        return all(_is_part(location, target) for location in found)


def _remove(locations: Iterable[StorePath]) -> None:
    """Remove files of a store; what stays is named by no manifest, and so it is not read."""
    for location in locations:
        with contextlib.suppress(StreamtapeError, FileNotFoundError):
            location.remove()


def _manifest_bytes(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest, indent=1).encode() + b"\n"


def _not_ours(target: FileLocation, *, is_file: bool) -> str:
    if is_file:
        return f"{str(target)!r} is a folder: name a file *.parquet, or another folder"
    return f"{str(target)!r} is a folder that streamtape did not export: choose another name"


def _check_replaceable(target: Path, *, is_file: bool, force: bool) -> None:
    if not os.path.lexists(target):
        return
    if target.is_dir():
        if not is_file and (not any(target.iterdir()) or (is_export(target) and force)):
            return
        if is_file or not is_export(target):
            raise UsageError(_not_ours(target, is_file=is_file))
    if not is_file and target.is_file():
        raise UsageError(f"{str(target)!r} is a file: name a folder, or a file *.parquet")
    if is_file and force:
        with writing(target):
            check_no_link(target)
        return
    raise UsageError(f"{str(target)!r} exists already; --force replaces it")


def _put_folder(new: Path, target: Path) -> None:
    """Put a folder in its place; the one that was there is removed once it is."""
    if not target.exists():
        new.replace(target)
        return
    old = new.with_suffix(".old")
    target.replace(old)
    try:
        new.replace(target)
    except BaseException:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
