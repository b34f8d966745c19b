"""Which files are meant: cassettes as they are named, folders of them, and places for pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from streamtape.errors import CassetteError, UsageError


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


def page_place(name: str) -> Path:
    """Where a page may be written; UsageError where it would replace a cassette."""
    from streamtape.tape.container import HEAD

    place = Path(name)
    if place.is_file():
        with place.open("rb") as file:
            if file.read(len(HEAD)).startswith(HEAD[:-2]):
                raise UsageError(f"{name!r} is a cassette: a page would replace it")
    return place
