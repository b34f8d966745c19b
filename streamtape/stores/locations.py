"""Where files and folders are: the only module in which a path or a URL becomes a FileLocation.

`location_of` gives a `pathlib.Path` for what is on this machine, and a StorePath for a URL, for a
tar of recordings, and for what is in one. Both are listed, named and read alike, so that callers
need not tell them apart.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.request import url2pathname

from streamtape.errors import CassetteError
from streamtape.stores.urls import TAR, is_url

if TYPE_CHECKING:
    from streamtape.stores.store_path import StorePath

FileLocation: TypeAlias = "Path | StorePath"
StrPath = str | os.PathLike[str]


def location_of(name: StrPath) -> FileLocation:
    """The location that a path or a URL names. Nothing is opened but a tar on this machine.

    UsageError for a URL whose scheme is unknown, or whose library is missing; CassetteError for a
    path that no file can have.
    """
    if hasattr(name, "store"):  # a StorePath, which need not be imported to know it
        return cast("StorePath", name)
    text = os.fspath(name)
    if is_url(text):
        from streamtape.stores.registry import path_of_url

        scheme, _, rest = text.partition("://")
        if scheme.lower() in {"file", "local"}:
            host, _, inside = rest.partition("/")
            return location_of(url2pathname(f"/{inside}") if host in {"", "localhost"} else rest)
        return path_of_url(text)
    path = checked_path(name if isinstance(name, Path) else Path(text))
    if TAR in text and (found := _in_tar(path)) is not None:
        return found
    return path


def checked_path(path: Path) -> Path:
    """The path; CassetteError where no file can have that name."""
    try:
        holds_nul = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        holds_nul = True
    if holds_nul:
        raise CassetteError(f"invalid name of a file: {str(path)!r}", path=path)
    return path


def relative_name(location: FileLocation, folder: FileLocation) -> str:
    """The name of a location below a folder, with `/`; of what is in a tar, with the tar's."""
    if isinstance(location, Path) and isinstance(folder, Path):
        return location.relative_to(folder).as_posix()
    return str(location)[len(str(folder)) :].replace(os.sep, "/").strip("/")


def _in_tar(path: Path) -> StorePath | None:
    """The location in a tar on this machine that a path names; None if no part of it is a tar."""
    parts = path.parts
    for n, part in enumerate(parts, 1):
        tar = Path(*parts[:n])
        if part.lower().endswith(TAR) and os.path.isfile(tar):  # noqa: PTH113 - Path raises for long names
            from streamtape.stores.store_path import StorePath
            from streamtape.stores.tar_store import TarStore

            return StorePath(TarStore(tar), "/".join(parts[n:]))
    return None
