"""One cassette's place on disk while it is recorded: TapeFile, which opens its journals.

A journal is a file of its own beside the cassette, locked as long as its recorder lives;
several recorders of one cassette have one each.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from streamtape.errors import CassetteWriteError, JournalLeftError, NotACassetteError
from streamtape.stores.locations import StrPath
from streamtape.tape.model import Cassette
from streamtape.tape.redact import Redactor
from streamtape.tape.store.disk import make_folder, open_locked, path_of, write_all, writing
from streamtape.tape.store.files import (
    JOURNAL_SUFFIX,
    check_replaceable,
    identity,
    load_known,
)
from streamtape.tape.store.ordinary import check_no_link

if TYPE_CHECKING:
    from streamtape.tape import journal
    from streamtape.tape.store.appending import Journal
    from streamtape.tape.store.targets import Target

_MOST_JOURNALS = 1000


class TapeFile:
    """One cassette's place on disk. What `load` finds is what a commit expects to find again.

    With a redactor, its journals take secrets out of the bodies and messages they are given;
    requests and heads are redacted by the caller, who matches by them. A body is recorded up to
    `max_body_bytes` and then ends as `unfinished`, cut by us; its client has all of it.
    """

    def __init__(
        self,
        path: StrPath,
        redactor: Redactor | None = None,
        *,
        max_body_bytes: int | None = None,
    ) -> None:
        self.path = path_of(path)
        with writing(self.path):
            self._location = self.path.absolute()  # even if the program changes its folder
        self._redactor = redactor
        self._max_body_bytes = max_body_bytes
        self._found: bytes | None = None  # the identity of the file when it was first read

    def load(self) -> Cassette | None:
        """Load the cassette; None if the file is missing. A damaged one raises."""
        try:
            cassette, self._found = load_known(self.path, reads_requests=False)
        except FileNotFoundError:
            self._found = b""
            return None
        return cassette

    def open_journal(self) -> Journal:
        """Begin a recording.

        JournalLeftError where one that died left a journal that holds something, NotACassetteError
        where another file has the cassette's place, CassetteWriteError where it can't be written.
        """
        from streamtape.tape.store.targets import FileTarget

        if self._found is None:
            check_replaceable(self._location)
            self._found = identity(self._location)
        make_folder(self._location)
        with writing(self.path):
            for suffix in ("", ".new", ".lock"):  # tell before anything is recorded
                check_no_link(self._location.with_name(self._location.name + suffix))
            real = Path(os.path.realpath(self._location.parent)) / self._location.name
        return begin_journal(
            real, FileTarget(real, self._found), self._redactor, self._max_body_bytes
        )


def begin_journal(
    place: Path, target: Target, redactor: Redactor | None, max_body_bytes: int | None
) -> Journal:
    """Begin a journal beside a place on this machine, of a recording that goes to `target`."""
    from streamtape.tape.store.appending import Journal  # a replay need not pay for it

    with writing(place):
        for n in range(1, _MOST_JOURNALS):
            infix = "" if n == 1 else f".{n}"
            location = place.with_name(place.name + infix + JOURNAL_SUFFIX)
            with writing(location):
                fd = open_locked(location)
            if fd is not None:
                numbering = _begun(fd, location, target.recover_options)
                return Journal(
                    target,
                    location,
                    fd,
                    numbering,
                    redactor=redactor,
                    max_body_bytes=max_body_bytes,
                )
    raise CassetteWriteError(
        f"{_MOST_JOURNALS} recordings write to {str(target.path)!r} at once", path=target.path
    )


def _begun(fd: int, location: Path, recover_options: str) -> journal.Numbering:
    """Begin a journal that nobody holds; JournalLeftError where it holds a recording."""
    from streamtape.tape import journal

    numbering = journal.Numbering(os.urandom(4))
    try:
        size = os.fstat(fd).st_size
        if not journal.is_beginning(os.read(fd, journal.HEAD_BYTES)):
            raise NotACassetteError(
                f"{str(location)!r} is not a journal, and a recording needs that name: "
                "move it away",
                path=location,
            )
        if size > journal.HEAD_BYTES:
            raise JournalLeftError(
                f"an interrupted recording left {str(location)!r}: "
                f"`streamtape recover {location}{recover_options}` makes a cassette of it; or "
                "delete it",
                path=location,
            )
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        write_all(fd, numbering.head)
    except BaseException:
        os.close(fd)
        raise
    return numbering
