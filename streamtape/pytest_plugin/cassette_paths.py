"""The path of a test's cassette, by its marks, its decoration and its name.

Known without opening anything, so that the end of a run can tell used files from orphans.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from streamtape.errors import StreamtapeError, UsageError
from streamtape.pytest_plugin import settings
from streamtape.stores.locations import FileLocation
from streamtape.transport.cassette_paths import cassette_path, name_of_test, snapshot_path
from streamtape.transport.decorator import CassetteSpec, spec_of_function

_FORBIDDEN_THERE = dict.fromkeys(map(ord, "<>?%*:|\"'/\\"), "-")


def spec_of_item(item: pytest.Function) -> CassetteSpec:
    """What the decoration and the marks of a test ask for, the nearest word counting."""
    spec = spec_of_function(item.obj) or CassetteSpec(
        explicit=not settings.TAPE_FIXTURES.isdisjoint(item._fixtureinfo.argnames)
    )
    own = [mark for mark in item.own_markers if mark.name == settings.MARKER]
    for mark in item.iter_markers(settings.MARKER):
        if len(mark.args) > 1:
            raise UsageError(
                f"@pytest.mark.streamtape takes one name and options, not {mark.args!r}"
            )
        name = None if mark.args in ((), (None,)) else str(mark.args[0])
        spec = spec.merge(CassetteSpec(name, dict(mark.kwargs)))
    explicit = spec.explicit or bool(own)
    return CassetteSpec(spec.cassette, spec.options, (spec, *spec.supersedes), explicit)


def path_for_item(item: pytest.Function, name: str | None, *, anew: bool = False) -> FileLocation:
    """Where the cassette of a test lies, by its own name or by the one that was given.

    `anew`: it is about to be recorded, so that a converted file in its stead does not count.
    """
    cassette_file = cassette_path(name, item.path, _own_name(item))
    if name is not None or anew or not isinstance(cassette_file, Path):
        return cassette_file
    return _converted(item, cassette_file) or cassette_file


def snapshot_path_for_item(item: pytest.Function, folder: str) -> Path:
    """Where the snapshots of a test lie."""
    return snapshot_path(item.path, _own_name(item), folder)


def _own_name(item: pytest.Function) -> str:
    names = [*(n.name for n in item.listchain() if isinstance(n, pytest.Class)), item.originalname]
    callspec: Any = getattr(item, "callspec", None)
    parameters = None if callspec is None else callspec.id
    parent = item.parent.obj if isinstance(item.parent, pytest.Class | pytest.Module) else None
    return name_of_test(names, parameters, _names_in(parent).get(names[-1].casefold(), []))


def _converted(item: pytest.Function, cassette_file: Path) -> Path | None:
    """The file under the name that pytest-recording or pytest-vcr gave it, where ours is not there.

    pytest-vcr keeps the cassettes of all modules in one folder. Tests may share a name of theirs,
    and another test's own file may have it. So it counts only where it was converted: a recording
    of ours is another test's.
    """
    if cassette_file.exists():
        return None
    theirs = item.name if item.cls is None else f"{item.cls.__name__}.{item.name}"
    plain = theirs.translate(_FORBIDDEN_THERE) + cassette_file.suffix
    names = [plain] if "/" in theirs else [plain, theirs + cassette_file.suffix]
    locations = [
        cassette_file.with_name(plain),
        *(cassette_file.parent.parent / name for name in names),
    ]
    for found in locations:
        # In this very case: some file systems find it in any.
        there = found.parent.is_dir() and any(p.name == found.name for p in found.parent.iterdir())
        if there and _is_converted(found):
            return found
    return None


def _is_converted(path: Path) -> bool:
    """Whether it was made of another format; a damaged file passes for it, and is reported."""
    from streamtape.tape.store import load

    try:
        return not all(interaction.cuts_known for interaction in load(path))
    except StreamtapeError:
        return True


@lru_cache(maxsize=1)
def _names_in(parent: object) -> dict[str, list[str]]:
    """The names beside a test, by what they are without regard to case; once a module or class."""
    found: dict[str, list[str]] = {}
    for name in dir(parent):
        found.setdefault(name.casefold(), []).append(name)
    return found


def location_of_item(item: pytest.Function) -> FileLocation:
    """Where the cassette of a marked or decorated test lies."""
    return path_for_item(item, spec_of_item(item).cassette)


def path_of_item(item: pytest.Function) -> str:
    """The path of a cassette as an absolute path; a URL stays one."""
    return str(location_of_item(item).absolute())
