"""Every recording that paths, folders, tars and URLs name, one after the other.

    for location in recordings("cassettes/", "shards/", "s3://bucket/runs/"):
        cassette = streamtape.load(location)

A location is a `Path` or a StorePath: `str(location)` is its stable name, without credentials; it
pickles, and whoever gets it (a process, a worker on another machine) can load it. Memory holds
the names of one folder at a time, or of one list of a store.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from streamtape.errors import CassetteError
from streamtape.stores.locations import FileLocation, StrPath, location_of, relative_name
from streamtape.stores.urls import TAR

TAPE = ".tape"


def recordings(*names: StrPath, suffixes: tuple[str, ...] = (TAPE,)) -> Iterator[FileLocation]:
    """Iterate over the places of recordings, lazily, each once; files as they are named.

    Below folders, tars and folders of stores, those whose names end in one of `suffixes`, sorted,
    and those in the tars that lie there. CassetteError for a folder that can't be read, StoreError
    for a store; a file that is not there is found out when it is opened.
    """
    seen: set[str] | None = set() if len(names) > 1 else None
    for name in names:
        for location in _below(location_of(name), suffixes, named=True):
            if seen is not None:
                if str(location) in seen:
                    continue
                seen.add(str(location))
            yield location


def named_recordings(*names: StrPath) -> Iterator[tuple[str, FileLocation]]:
    """Iterate over recordings, each with its name below the folder, tar or store it was found in.

    In which tar of a folder a recording lies is no part of its name. Two may have one name.
    """
    seen: set[str] = set()
    for name in names:
        folder = location_of(name)
        for location in recordings(folder):
            if str(location) in seen:
                continue
            seen.add(str(location))
            *parts, last = relative_name(location, folder).split("/")
            whole = [part for part in parts if not part.lower().endswith(TAR)]
            yield "/".join([*whole, location.name if last in {"", "."} else last]), location


def _below(
    location: FileLocation, suffixes: tuple[str, ...], *, named: bool = False
) -> Iterator[FileLocation]:
    if isinstance(location, Path):
        if os.path.isdir(location):  # noqa: PTH112 - Path raises for long names
            yield from _in_folder(location, suffixes)
        elif named:
            yield location
        return
    if named and not location.is_dir():
        yield location
        return
    for found in location.rglob("*"):
        if found.name.endswith(suffixes):
            yield found
        elif found.name.lower().endswith(TAR):
            from streamtape.stores.store_path import StorePath
            from streamtape.stores.tar_store import TarStore

            if not isinstance(location.store, TarStore):  # tars do not nest
                yield from _below(StorePath(TarStore(found)), suffixes)


def _in_folder(folder: Path, suffixes: tuple[str, ...]) -> Iterator[FileLocation]:
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError as error:
        raise CassetteError(
            f"cannot read the folder {str(folder)!r}: {error.strerror}", path=folder
        ) from error
    for name, is_folder in found:
        path = folder / name
        if is_folder:
            yield from _in_folder(path, suffixes)
        elif name.endswith(suffixes):
            yield path
        elif name.lower().endswith(TAR):
            inside = location_of(path)
            if not isinstance(inside, Path):
                yield from _below(inside, suffixes)
