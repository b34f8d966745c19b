"""Every recording that paths, folders, tars and URLs name, one after the other.

    for place in recordings("cassettes/", "shards/", "s3://bucket/runs/"):
        cassette = streamtape.load(place)

A place is a `Path` or a StorePath: `str(place)` is its stable name, without credentials; it
pickles, and whoever gets it (a process, a worker on another machine) can load it. Memory holds
the names of one folder at a time, or of one list of a store.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from streamtape.errors import CassetteError
from streamtape.stores.places import Place, StrPath, place_of, relative_name
from streamtape.stores.urls import TAR

TAPE = ".tape"


def recordings(*names: StrPath, suffixes: tuple[str, ...] = (TAPE,)) -> Iterator[Place]:
    """Iterate over the places of recordings, lazily, each once; files as they are named.

    Below folders, tars and folders of stores, those whose names end in one of `suffixes`, sorted,
    and those in the tars that lie there. CassetteError for a folder that can't be read, StoreError
    for a store; a file that is not there is found out when it is opened.
    """
    seen: set[str] | None = set() if len(names) > 1 else None
    for name in names:
        for place in _below(place_of(name), suffixes, named=True):
            if seen is not None:
                if str(place) in seen:
                    continue
                seen.add(str(place))
            yield place


def named_recordings(*names: StrPath) -> Iterator[tuple[str, Place]]:
    """The same, each with its name below the folder, tar or store that it was found in.

    In which tar of a folder a recording lies is no part of its name. Two may have one name.
    """
    seen: set[str] = set()
    for name in names:
        folder = place_of(name)
        for place in recordings(folder):
            if str(place) in seen:
                continue
            seen.add(str(place))
            *parts, last = relative_name(place, folder).split("/")
            whole = [part for part in parts if not part.lower().endswith(TAR)]
            yield "/".join([*whole, place.name if last in {"", "."} else last]), place


def _below(place: Place, suffixes: tuple[str, ...], *, named: bool = False) -> Iterator[Place]:
    if isinstance(place, Path):
        if place.is_dir():
            yield from _in_folder(place, suffixes)
        elif named:
            yield place
        return
    if named and not place.is_dir():
        yield place
        return
    for found in place.rglob("*"):
        if found.name.endswith(suffixes):
            yield found
        elif found.name.lower().endswith(TAR):
            from streamtape.stores.store_path import StorePath
            from streamtape.stores.tar_store import TarStore

            if not isinstance(place.store, TarStore):  # tars do not nest
                yield from _below(StorePath(TarStore(found)), suffixes)


def _in_folder(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Place]:
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
            inside = place_of(path)
            if not isinstance(inside, Path):
                yield from _below(inside, suffixes)
