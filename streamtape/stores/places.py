"""The one place where a path or a URL becomes something that can be read.

`place_of` gives a `pathlib.Path` for what lies on this machine, and a StorePath for a URL, a tar of
recordings, and what is in one. Both can be listed, named and read alike, so that whoever takes
paths need not tell them apart.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.request import url2pathname

from streamtape.stores.urls import TAR, is_url

if TYPE_CHECKING:
    from streamtape.stores.store_path import StorePath

Place: TypeAlias = "Path | StorePath"
StrPath = str | os.PathLike[str]


def place_of(name: StrPath) -> Place:
    """The place that a path or a URL names. Nothing is opened, but a tar on this machine looked at.

    UsageError for a URL of a scheme that nobody knows, or whose library is missing.
    """
    if hasattr(name, "store"):  # a StorePath, which need not be imported to know it
        return cast("StorePath", name)
    text = os.fspath(name)
    if is_url(text):
        from streamtape.stores.registry import path_of_url

        scheme, _, rest = text.partition("://")
        if scheme.lower() in {"file", "local"}:
            host, _, inside = rest.partition("/")
            return place_of(url2pathname(f"/{inside}") if host in {"", "localhost"} else rest)
        return path_of_url(text)
    path = name if isinstance(name, Path) else Path(text)
    if TAR in text and (found := _in_tar(path)) is not None:
        return found
    return path


def relative_name(place: Place, folder: Place) -> str:
    """The name that a place has below a folder, with `/`; of what is in a tar, with the tar's."""
    if isinstance(place, Path) and isinstance(folder, Path):
        return place.relative_to(folder).as_posix()
    return str(place)[len(str(folder)) :].replace(os.sep, "/").strip("/")


def _in_tar(path: Path) -> StorePath | None:
    """The place in a tar on this machine that a path names; None where no part of it is a tar."""
    parts = path.parts
    for n, part in enumerate(parts, 1):
        tar = Path(*parts[:n])
        if part.lower().endswith(TAR) and tar.is_file():
            from streamtape.stores.store_path import StorePath
            from streamtape.stores.tar_store import TarStore

            return StorePath(TarStore(tar), "/".join(parts[n:]))
    return None
