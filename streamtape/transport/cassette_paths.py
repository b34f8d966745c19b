"""Where the cassette of a test lies: `cassettes/<module>/<test>.tape` beside the test.

A name is the test's own wherever every file system takes it as it is. Where one would not (odd or
too many characters, a name that Windows keeps for itself, letters that differ only in case), the
readable part is kept and a short digest of the exact name is added: so two tests never share a
file by accident, and a test's name does not depend on which other tests run. No disk is touched,
unless a test names another tool's cassette.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from streamtape.choices import FOREIGN_SUFFIXES
from streamtape.stores.locations import FileLocation, location_of
from streamtape.stores.urls import is_url
from streamtape.transport import run_defaults

FOLDER = "cassettes"
SUFFIX = ".tape"
# Bytes of a name before its digest: file systems take 255, encrypted ones 143, and a journal and a
# lock add their own endings.
MOST_BYTES = 100
# Compiled by `re` when a name is made: a test run that has no cassettes makes none.
_SAFE = r"[A-Za-z0-9_.,=+@#()\[\]-]+"
_UNSAFE = r"[^A-Za-z0-9_.,=+@#()\[\]-]+"
_RESERVED = r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\[|$)"


def safe_name(name: str, *, differs_by_case: bool = False) -> str:
    """A file name for `name`: the same where it is safe, else readable and with a digest.

    `told_apart_by_case` says that another name differs from this one only in case.
    """
    good = re.fullmatch(_SAFE, name) and len(name) <= MOST_BYTES and not re.match(_RESERVED, name)
    if good and not differs_by_case and name[-1] not in ". ":
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = re.sub(_UNSAFE, "-", name)[:MOST_BYTES].rstrip(".-")
    return f"{'_' if re.match(_RESERVED, readable) else ''}{readable}~{digest}"


def name_of_test(names: list[str], parameters: str | None, siblings: list[str]) -> str:
    """The name of a test's cassette, without its suffix.

    `names` are its classes and its function, `parameters` the id of its parameters, `siblings` the
    other names beside the function. Letters of parameters count as distinct by case where there
    are capitals: which other parameters there are, is not known to a single test.
    """
    base = ".".join(names)
    name = base if parameters is None else f"{base}[{parameters}]"
    capitals = parameters is not None and parameters != parameters.lower()
    twins = any(s != names[-1] and s.casefold() == names[-1].casefold() for s in siblings)
    return safe_name(name, differs_by_case=capitals or twins)


def cassette_path(cassette: str | None, file: Path, default: str) -> FileLocation:
    """Where a cassette lies that a test in `file` asks for, by name or (None) by its own name.

    A bare name lies with the module's other cassettes; one with a folder in it (`./run.tape`, too)
    is meant from the test's own folder; an absolute one and a URL are what they are. UsageError for
    no name at all, and for the name of another tool's cassette (`x.yaml`), unless `x.yaml.tape` is
    there.
    """
    defaults = run_defaults.current()
    home = (
        _home(file, FOLDER)
        if not defaults.store
        else _home_in_store(file, defaults.store, defaults.root)
    )
    if cassette is None:
        return home / f"{default}{SUFFIX}"
    if is_url(cassette):
        return location_of(cassette)
    path = Path(cassette)
    if path.name in {"", ".."}:
        from streamtape.errors import UsageError  # a run without cassettes needs none

        raise UsageError(
            f"invalid name of a cassette: {cassette!r}; give the name of a file or None"
        )
    base = file.parent if os.path.dirname(cassette) else home  # noqa: PTH120 - a Path forgets the `./`
    if path.suffix == SUFFIX:
        return base / path
    location = base / path.with_name(path.name + SUFFIX)
    if path.suffix.lower() in FOREIGN_SUFFIXES and not location.exists():
        refuse_foreign(cassette, base / path)
    return location


def snapshot_path(file: Path, name: str, folder: str) -> Path:
    """Where the snapshots of a test in `file` lie, which are always beside it."""
    return _home(file, folder) / f"{name}.txt"


def refuse_foreign(cassette: str, path: FileLocation) -> NoReturn:
    """Raise a UsageError for a cassette that has the name of another tool's, with the way out."""
    from streamtape.errors import UsageError

    ours = cassette.removesuffix(path.suffix) + SUFFIX
    here = Path.cwd()
    near = path
    if isinstance(path, Path) and path.is_relative_to(here):
        near = path.relative_to(here)
    hint = f"name {ours!r}"
    if path.exists():
        hint = f"`streamtape convert {near} {near.with_suffix(SUFFIX)}` converts it; then {hint}"
    raise UsageError(
        f"{cassette!r} is a file of another tool; the names of cassettes end in {SUFFIX!r}: " + hint
    )


@lru_cache(maxsize=8)
def _home(file: Path, folder: str) -> Path:
    return file.parent / folder / safe_name(file.stem)


@lru_cache(maxsize=8)
def _home_in_store(file: Path, store: str, root: str) -> FileLocation:
    """The folder of a module's cassettes in a store: where its file lies below the root."""
    beyond = Path(os.path.relpath(file.parent, root or file.parent))
    parts = [part for part in beyond.parts if part not in {"..", "."}]
    return location_of(store) / "/".join([*map(safe_name, parts), safe_name(file.stem)])
