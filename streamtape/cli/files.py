"""Which files are meant: cassettes as they are named, folders of them, and places for pages."""

from __future__ import annotations

from collections.abc import Iterable
from io import FileIO
from pathlib import Path

from streamtape.errors import CassetteError, CassetteWriteError, UsageError


def tapes(paths: Iterable[str]) -> list[Path]:
    """The cassettes of files and folders, in order, each once; UsageError where there are none."""
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
        raise UsageError(f"there are no cassettes (*.tape) in {', '.join(map(repr, named))}")
    return list(found)


def write_page(name: str, data: bytes) -> Path:
    """Write a page or a picture, whole or not at all; gives its path.

    UsageError where it would replace a cassette, CassetteWriteError where it can't be written.
    """
    from streamtape.tape.container import HEAD
    from streamtape.tape.store.disk import place_of, reason
    from streamtape.tape.store.ordinary import open_to_read, write_whole

    place = place_of(name)
    try:
        if place.is_file():
            with FileIO(open_to_read(place)) as file:
                if (file.read(len(HEAD)) or b"").startswith(HEAD[:-2]):
                    raise UsageError(f"{name!r} is a cassette: a page would replace it")
        write_whole(place, [data])
    except OSError as error:
        raise CassetteWriteError(
            f"cannot write {name!r}: {reason(error)} (`-` writes to the standard output)",
            path=place,
        ) from error
    return place
