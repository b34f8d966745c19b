"""Which files are meant: cassettes as they are named, folders of them, and places for pages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from io import FileIO
from pathlib import Path

import click

from streamtape.errors import CassetteError, CassetteNotFoundError, UsageError

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


def tapes(paths: Iterable[str]) -> list[Path]:
    """The cassettes of files and folders, in order, each once; UsageError if there are none."""
    found: dict[Path, None] = {}
    named = list(paths)
    for name in named:
        path = Path(name)
        if not path.is_dir():
            found[path] = None
            continue
        try:
            found.update((tape, None) for tape in sorted(path.rglob("*.tape")))
        except OSError as error:
            raise CassetteError(f"cannot read the folder {name!r}: {error.strerror}") from error
    if not found:
        raise UsageError(f"no cassettes (*.tape) in {', '.join(map(repr, named))}")
    return list(found)


def short_names(paths: Sequence[str]) -> list[str]:
    """What to call some files: by their names, or by their whole paths where names are equal."""
    names = [Path(path).name for path in paths]
    return names if len(set(names)) == len(names) else list(paths)


def check_there(name: str) -> None:
    """CassetteNotFoundError, with the nearest names, where there is nothing at a path."""
    from streamtape.tape.store.nearest import missing

    if not os.path.lexists(name):
        raise CassetteNotFoundError(missing(Path(name)), path=name)


def named_file(name: str, option: str, example: str) -> Path:
    """The path that an option's value names; UsageError where no file can be meant by it.

    `example` is a file's name, to be put into a folder that was given in its place.
    """
    if not name:
        raise UsageError(f"{option} '': the name of a file is missing")
    if name == "-":
        raise UsageError(f"{option} -: this is written to a file, not to the standard output")
    if Path(name).is_dir() or name.endswith(_SEPARATORS):
        inside = str(Path(name) / example)
        raise UsageError(f"{option} {name}: that is a folder; name a file, as {inside!r}")
    return Path(name)


def page_path(name: str, option: str, example: str, *, force: bool) -> Path:
    """Where a page or a picture may be written: to a new file, or to one that we wrote.

    UsageError where there is another file, unless `force`; a cassette is never replaced by a page.
    """
    from streamtape.tape.container import HEAD
    from streamtape.tape.store.disk import path_of, reading
    from streamtape.tape.store.ordinary import open_to_read

    path = path_of(named_file(name, option, example))
    if not path.is_file():
        return path
    with reading(path), FileIO(open_to_read(path)) as file:
        beginning = file.read(_LOOKED_AT_BYTES) or b""
    if beginning.startswith(HEAD[:-2]):
        raise UsageError(f"{name!r} is a cassette: a page would replace it")
    if beginning and not force and not any(mark in beginning for mark in _MARKS):
        raise UsageError(
            f"{name!r} is there already, and streamtape did not write it: choose another name with "
            f"{option}, or replace it with --force"
        )
    return path


def write_page(path: Path, data: bytes) -> None:
    """Write a page or a picture, whole or not at all; CassetteWriteError where that fails."""
    from streamtape.tape.store.disk import writing
    from streamtape.tape.store.ordinary import write_whole

    with writing(path):
        write_whole(path, [data])
