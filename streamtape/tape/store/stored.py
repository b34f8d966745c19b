"""Cassettes in stores: StoredTape, which records into one, as TapeFile does into a file.

What is recorded is in a journal on this machine, in a folder of this user's, until it ends. Then
the cassette is written to a file of this machine, and put into the store whole, on the condition
that the store still has what was there at the beginning. Where it has not, another recording came
first: its interactions are read, and both are put there, on the same condition again.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from streamtape.errors import (
    CassetteNotFoundError,
    StoreConflictError,
)
from streamtape.stores.store import StoreEntry
from streamtape.stores.store_path import StorePath
from streamtape.tape.codec import encode
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.store.disk import make_folder
from streamtape.tape.store.files import check_replaceable, load_known
from streamtape.tape.store.recording import begin_journal
from streamtape.tape.store.targets import FAILED_SUFFIX, merged, write_aside

if TYPE_CHECKING:
    from streamtape.tape.redact import Redactor
    from streamtape.tape.store.appending import Journal

_MOST_NAME = 100
_ATTEMPTS = 12  # for a put while other writers keep coming first
_PAUSE_S = 0.02


def journal_folder() -> Path:
    """Where journals of cassettes in stores lie; STREAMTAPE_JOURNALS names another folder."""
    if named := os.environ.get("STREAMTAPE_JOURNALS"):
        return Path(named)
    from platformdirs import user_state_path

    return user_state_path("streamtape", appauthor=False) / "journals"


class StoredTape:
    """One cassette's place in a store. What `load` finds is what a commit expects to find again."""

    def __init__(
        self,
        path: StorePath,
        redactor: Redactor | None = None,
        *,
        max_body_bytes: int | None = None,
    ) -> None:
        self.path = path
        self._redactor = redactor
        self._max_body_bytes = max_body_bytes
        self._found: str | None = None  # the version when it was first read
        self._looked = False

    def load(self) -> Cassette | None:
        """Load the cassette; None if the file is missing. A damaged one raises."""
        self._looked = True
        try:
            cassette, version = load_known(self.path)
        except CassetteNotFoundError:
            self._found = None
            return None
        self._found = version.decode()
        return cassette

    def open_journal(self) -> Journal:
        """Begin a recording; errors as those of TapeFile, and StoreError."""
        if not self._looked:
            entry = self.path.current()
            self._found = None if entry is None else entry.version
            self._looked = True
            if entry is not None:
                check_replaceable(self.path)
        self.path.check_writable()  # before anything that costs something
        name = self.path.name[-_MOST_NAME:].replace(os.sep, "_")
        digest = hashlib.sha256(self.path.url.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        place = journal_folder() / digest / name
        make_folder(place)
        target = StoreTarget(self.path, self._found, place)
        return begin_journal(place, target, self._redactor, self._max_body_bytes)


class StoreTarget:
    """A name in a store; `found` is its version when the recording began, None without one."""

    def __init__(self, path: StorePath, found: str | None, place: Path) -> None:
        self._path = path
        self._found = found
        self._place = place

    @property
    def path(self) -> str:
        return str(self._path)

    @property
    def replaces(self) -> bool:
        return self._found is not None

    @property
    def aside(self) -> str:
        return str(self._place) + FAILED_SUFFIX

    @property
    def recover_options(self) -> str:
        return f" -o {shlex.quote(self.path)}"

    def put(self, kept: tuple[Interaction, ...], recorded: tuple[Interaction, ...]) -> Cassette:
        whole, version = (*kept, *recorded), self._found
        for attempt in range(_ATTEMPTS):
            try:
                version = self._path.put(encode(whole), replaces=version)
            except StoreConflictError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(_PAUSE_S * attempt)
                whole, version = self._with_others(kept, recorded)
            else:
                # What was just written: another one may be there by now.
                entry = StoreEntry(self._path.key, version) if version else None
                written = StorePath(self._path.store, self._path.key, entry=entry)
                return load_known(written, max_bytes=sys.maxsize)[0]
        raise AssertionError("the last attempt returns or raises")

    def _with_others(
        self, kept: tuple[Interaction, ...], recorded: tuple[Interaction, ...]
    ) -> tuple[tuple[Interaction, ...], str | None]:
        """What is to be put where another recording came first, and the version that has it."""
        try:
            there, version = load_known(self._path)
        except CassetteNotFoundError:
            return (*kept, *recorded), None
        if version.decode() == self._found:
            return (*kept, *recorded), self._found
        return merged(there, recorded), version.decode()

    def set_aside(self, interactions: Iterable[Interaction]) -> str:
        return write_aside(self._place, interactions)
