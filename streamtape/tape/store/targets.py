"""Where a recording goes when it ends: a file, put in its place in one atomic step.

Between the beginning of a recording and its end another one may have been put there. Then the
interactions of both are there in the end, in the order of their requests: none is lost. How that
goes in a store, `stored` knows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from streamtape.tape.codec import encode
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store.disk import locked, make_folder, replace
from streamtape.tape.store.files import identity, load

FAILED_SUFFIX = ".failed"  # the suffix of a recording that was not kept as the cassette


class Target(Protocol):
    """The place of one cassette, as it was when its recording began."""

    @property
    def path(self) -> str | Path:
        """Where it is: what errors carry as their `path`."""
        ...

    @property
    def replaces(self) -> bool:
        """Whether a cassette was there when the recording began."""
        ...

    @property
    def aside(self) -> str:
        """Where `set_aside` writes; "" where that is beside it, as `NAME.failed`."""
        ...

    @property
    def recover_options(self) -> str:
        """What `streamtape recover` needs beside a journal to put it there."""
        ...

    def put(self, kept: tuple[Interaction, ...], recorded: tuple[Interaction, ...]) -> Cassette:
        """Put what was kept and what was recorded in place; gives what is there then."""
        ...

    def set_aside(self, interactions: Iterable[Interaction]) -> str:
        """Write a recording that is not kept in its place; gives where it is."""
        ...


class FileTarget:
    """A file; `found` is its identity when the recording began, b"" where there was none."""

    aside = recover_options = ""

    def __init__(self, path: Path, found: bytes) -> None:
        self._path = path
        self._found = found

    @property
    def path(self) -> Path:
        return self._path

    @property
    def replaces(self) -> bool:
        return self._found != b""

    def put(self, kept: tuple[Interaction, ...], recorded: tuple[Interaction, ...]) -> Cassette:
        make_folder(self._path)
        with locked(self._path):
            whole = (*kept, *recorded)
            if (now := identity(self._path)) and now != self._found:
                whole = merged(load(self._path), recorded)
            replace(self._path, encode(whole))
            self._path.with_name(self._path.name + FAILED_SUFFIX).unlink(missing_ok=True)
            # It was just written of what is here: it needs no limit on what it may hold.
            return load(self._path, max_bytes=sys.maxsize)

    def set_aside(self, interactions: Iterable[Interaction]) -> str:
        return write_aside(self._path, interactions)


def write_aside(path: Path, interactions: Iterable[Interaction]) -> str:
    """Write a recording as `NAME.tape.failed` beside a path; gives where it is."""
    aside = path.with_name(path.name + FAILED_SUFFIX)
    make_folder(aside)
    replace(aside, encode(interactions))
    return str(aside)


def merged(there: Cassette, recorded: tuple[Interaction, ...]) -> tuple[Interaction, ...]:
    """The interactions of two recordings, in the order of their requests."""
    return tuple(sorted((*there, *recorded), key=lambda one: one.started_at_us or 0))
