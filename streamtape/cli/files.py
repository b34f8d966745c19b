"""Paths on the command line: cassettes, folders of them, and where pages are written."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from pathlib import Path

import click

from streamtape.errors import CassetteNotFoundError, UsageError
from streamtape.stores.locations import FileLocation, location_of

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
_LOOKED_AT_BYTES = 16_384
# What pages and pictures of ours have near their beginning: HTML, SVG, PNG, GIF and asciicast.
_MARKS = (
    b'<meta name="generator" content="streamtape">',
    b"<dc:title>streamtape</dc:title>",
    b"tEXtSoftware\0streamtape",
    b"!\xfe\x0astreamtape\0",
    b'"command": "streamtape play"',
)

with_force = click.option(
    "--force", is_flag=True, help="Replace a file that streamtape did not write."
)


def tapes(paths: Iterable[str]) -> list[FileLocation]:
    """The cassettes of files, folders, tars and URLs, in order, each once.

    UsageError if there are none.
    """
    from streamtape.stores.recordings import recordings

    named = list(paths)
    found = list(recordings(*named))
    if not found:
        raise UsageError(f"no cassettes (*.tape) in {shown_names(named)}")
    return found


class Tapes(Iterable[FileLocation]):
    """The cassettes of files, folders, tars and URLs, in order, each once, listed when needed.

    They may be very many: no list is kept, and each iteration looks anew. What stores listed to be
    counted is kept for the iteration after that, which empties it: a store gives a thousand names
    an answer. UsageError where there are none.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = list(paths)
        self._count: int | None = None
        self._listed: deque[FileLocation] = deque()

    def __iter__(self) -> Iterator[FileLocation]:
        from streamtape.stores.recordings import recordings

        if self._listed:
            listed, self._listed = self._listed, deque()
            return _emptied(listed)
        return recordings(*self._paths)

    def __len__(self) -> int:
        if self._count is None:
            if all(isinstance(location_of(path), Path) for path in self._paths):
                self._count = sum(1 for _ in self)
            else:
                self._listed = deque(self)
                self._count = len(self._listed)
        if not self._count:
            raise UsageError(f"no cassettes (*.tape) in {shown_names(self._paths)}")
        return self._count


def _emptied(locations: deque[FileLocation]) -> Iterator[FileLocation]:
    while locations:
        yield locations.popleft()


def shown_names(names: Iterable[str]) -> str:
    """Some paths and URLs as they are quoted in a message."""
    return ", ".join(repr(str(location_of(name))) for name in names)


def short_names(paths: Sequence[str]) -> list[str]:
    """What to call some files: by their names, or by their whole paths where names are equal."""
    locations = [location_of(path) for path in paths]
    names = [location.name for location in locations]
    return names if len(set(names)) == len(names) else [str(location) for location in locations]


def check_there(name: str) -> None:
    """CassetteNotFoundError, with the nearest names, where there is nothing at a path."""
    from streamtape.tape.store.nearest import missing

    location = location_of(name)
    if not isinstance(location, Path):
        if not location.exists():
            raise location.not_found()
    elif not os.path.lexists(name):
        raise CassetteNotFoundError(missing(Path(name)), path=name)


def named_file(name: str, option: str, example: str) -> FileLocation:
    """The place that an option's value names; UsageError where no file can be meant by it.

    `example` is a file's name, to be put into a folder that was given in its place.
    """
    if not name:
        raise UsageError(f"{option} '': the name of a file is missing")
    if name == "-":
        raise UsageError(f"{option} -: this is written to a file, not to the standard output")
    location = location_of(name)
    if name.endswith(_SEPARATORS) or (isinstance(location, Path) and location.is_dir()):
        inside = str(location / example)
        raise UsageError(f"{option} {location}: that is a folder; name a file, as {inside!r}")
    return location


def page_path(name: str, option: str, example: str, *, force: bool) -> FileLocation:
    """Where a page or a picture may be written: to a new file, or to one that we wrote.

    UsageError where there is another file, unless `force`; a cassette is never replaced by a page.
    """
    from streamtape.tape.container import HEAD
    from streamtape.tape.store.disk import path_of, reading
    from streamtape.tape.store.ordinary import open_to_read

    path = named_file(name, option, example)
    if isinstance(path, Path):
        path_of(path)
    if not path.is_file():
        return path
    if isinstance(path, Path):
        with reading(path), FileIO(open_to_read(path)) as file:
            beginning = file.read(_LOOKED_AT_BYTES) or b""
    else:
        beginning = path.open()[0](0, _LOOKED_AT_BYTES)
    if beginning.startswith(HEAD[:-2]):
        raise UsageError(f"{str(path)!r} is a cassette: a page would replace it")
    if beginning and not force and not any(mark in beginning for mark in _MARKS):
        raise UsageError(
            f"{str(path)!r} is there already, and streamtape did not write it: choose another name "
            f"with {option}, or replace it with --force"
        )
    return path


def write_page(path: FileLocation, data: bytes) -> None:
    """Write a page or a picture, whole or not at all; CassetteWriteError where that fails."""
    from streamtape.tape.store.disk import writing
    from streamtape.tape.store.ordinary import write_whole

    if not isinstance(path, Path):
        path.replace_with([data])
        return
    with writing(path):
        write_whole(path, [data])
