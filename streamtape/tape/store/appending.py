"""The journal: appends what is recorded, and becomes a cassette at the end.

Each chunk is in the journal `NAME.tape.part` before its client gets it: one write to the system, so
it outlives the process (SIGKILL), though not a power cut. At the end the cassette is made of the
journal and put in place; until then the old one is untouched, and if that fails the journal stays.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from streamtape.errors import CassetteError, CassetteWriteError, ContentLimitError, ForkedError
from streamtape.stores.local import OpenFile
from streamtape.tape import journal, recovery
from streamtape.tape.message_masks import MessageMasks
from streamtape.tape.model import (
    Cassette,
    Ending,
    Head,
    Interaction,
    Message,
    Redaction,
    Request,
    opens_dialogue,
)
from streamtape.tape.redact import Redactor
from streamtape.tape.store.body_writers import Body, body_of
from streamtape.tape.store.disk import (
    reading,
    reason,
    unlink_and_close,
    write_all,
    writing,
)
from streamtape.tape.store.targets import Target
from streamtape.tape.store.upload_writer import JournalUpload


class Journal:
    """What is recorded, appended as it comes. Thread-safe; a call is one write.

    After a write has failed (CassetteWriteError) nothing more is written, and every further call
    raises the same: what is in the journal is whole up to there. A process forked since has the
    file open, too, but only the one that opened it writes and ends it.
    """

    def __init__(
        self,
        target: Target,
        journal_path: Path,
        fd: int,
        numbering: journal.Numbering,
        *,
        redactor: Redactor | None = None,
        max_body_bytes: int | None = None,
    ) -> None:
        self.path = target.path
        self._target = target
        self.journal_path = journal_path
        self._fd = fd
        self._numbering = numbering
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._failure: str | None = None
        self._redactor = redactor
        self._bodies: dict[int, Body] = {}
        self._dialogues: dict[int, MessageMasks] = {}
        self._n_uploads = 0
        self._limit = sys.maxsize if max_body_bytes is None else max_body_bytes
        self._room: dict[int, int] = {}  # how many more bytes of a body may be written

    @property
    def inherited(self) -> bool:
        """Whether this process was forked from the one that opened the journal."""
        return os.getpid() != self._pid

    @property
    def replaces(self) -> bool:
        """Whether a cassette was in its place when the recording began."""
        return self._target.replaces

    @property
    def aside(self) -> str:
        """Where `set_aside` writes; "" where that is beside the cassette, as `NAME.failed`."""
        return self._target.aside

    def request(
        self,
        number: int,
        request: Request,
        started_at_us: int | None,
        redactions: Iterable[Redaction] = (),
        upload: journal.Uploaded | None = None,
    ) -> None:
        """Begin interaction `number`: numbers are given by the caller, and order the cassette.

        `upload` is the body, where it was taken down before. ForkedError in a process that was
        forked under the recording.
        """
        self._check_own()
        record = journal.request(number, request, started_at_us, upload)
        with self._lock:
            self._write(record + _redacted(number, redactions))
            for rest in () if upload is not None else journal.more(number, request):
                self._write(rest)

    def upload(
        self, request: Request, started_at_us: int | None, redactions: Iterable[Redaction] = ()
    ) -> JournalUpload | None:
        """Begin to take down a request whose body is coming in; None where it must come whole.

        The request has no body, and no secrets. ForkedError as for `request`.
        """
        masks = None if self._redactor is None else self._redactor.masks_of(request)
        if masks is None:
            return None
        self._check_own()
        with self._lock:
            number = journal.UPLOADS + self._n_uploads
            self._n_uploads += 1
            record = journal.request(number, request, started_at_us)
            self._write(record + _redacted(number, redactions))
        return JournalUpload(number, masks, self._append)

    def write_body(
        self, request: Request, started_at_us: int | None, redactions: Iterable[Redaction] = ()
    ) -> journal.Uploaded:
        """Take down the body of a request that has no secrets any more, piece by piece."""
        self._check_own()
        bare = Request(request.method, request.url, request.headers)
        with self._lock:
            number = journal.UPLOADS + self._n_uploads
            self._n_uploads += 1
            self._write(
                journal.request(number, bare, started_at_us) + _redacted(number, redactions)
            )
        n_bytes = 0
        for piece in request.body_pieces():
            if piece:
                self._append(*journal.piece(number, n_bytes, piece))
                n_bytes += len(piece)
        return journal.Uploaded(number, n_bytes)

    def _check_own(self) -> None:
        if self.inherited:
            raise ForkedError(
                f"this process was forked while {str(self.path)!r} was being recorded, and its "
                "requests can't be recorded there; open a session of its own in it (use_cassette: "
                "several processes record into one cassette), or record the whole program through "
                "a proxy: `streamtape record -o run.tape -- COMMAND`"
            )

    def head(self, number: int, head: Head, redactions: Iterable[Redaction] = ()) -> None:
        """Write the head of the response."""
        if self._redactor is not None and opens_dialogue(head):
            self._dialogues[number] = MessageMasks(number, self._redactor.search)
        elif self._redactor is not None:
            self._bodies[number] = body_of(number, head, self._redactor.search)
        self._append(journal.head(number, head) + _redacted(number, redactions))

    def chunk(self, number: int, at_us: int, data: bytes) -> None:
        """Write one chunk of the body, less its secrets."""
        with self._lock:
            if not self._has_room(number, at_us, len(data)):
                return
            body = self._bodies.get(number)
            try:
                record = (
                    journal.chunk(number, at_us, data) if body is None else body.feed(at_us, data)
                )
            except ContentLimitError as error:
                self._cut(number, at_us, str(error))
            else:
                self._write(*record)

    def message(self, number: int, message: Message) -> None:
        """Write one message of a dialogue, or a fragment of one, less its secrets."""
        with self._lock:
            if self._has_room(number, message.at_us or 0, len(message.data)):
                masks = self._dialogues.get(number)
                self._write(
                    *journal.message(number, message, message.data)
                    if masks is None
                    else masks.feed(message)
                )

    def _has_room(self, number: int, at_us: int, n_bytes: int) -> bool:
        """Count a chunk or message; the one that is too much ends the recording of its body."""
        room = self._room.get(number, self._limit)
        if room >= 0:
            self._room[number] = room - n_bytes
            if room < n_bytes:
                self._cut(number, at_us, f"longer than max_body_bytes={self._limit}")
        return self._room[number] >= 0

    def _cut(self, number: int, at_us: int, why: str) -> None:
        """End the recording of a body; its client has all of it."""
        self._room[number] = -1
        record = journal.ending(
            number, Ending("unfinished", at_us, message=f"cut by streamtape: {why}")
        )
        self._write(self._close_body(number) + record)

    def _close_body(self, number: int) -> bytes:
        """What is to be written of a body, or of the messages of a dialogue, at its end."""
        body = self._bodies.pop(number, None) or self._dialogues.pop(number, None)
        return b"" if body is None else body.close()

    def ending(self, number: int, ending: Ending, redactions: Iterable[Redaction] = ()) -> None:
        """Write how the body ended."""
        if self._redactor is not None:
            ending = self._redactor.redact_ending(ending)
        record = _redacted(number, redactions) + journal.ending(number, ending)
        with self._lock:
            if self._room.get(number, 0) < 0:
                return  # cut before
            self._write(self._close_body(number) + record)

    def so_far(self) -> tuple[Interaction, ...]:
        """What is recorded up to now; streams that go on are `unfinished`. Empty after the end."""
        with self._lock:
            if self._fd < 0:
                return ()
            file = OpenFile(os.dup(self._fd))
            with reading(self.journal_path):
                return recovery.scan(file.read, path=str(self.journal_path)).interactions

    def commit(self, *, keep: Iterable[Interaction] | None = None) -> Cassette:
        """Put the cassette in place: `keep` in front, then what was recorded, by number.

        If the file is not what it was when this session began, another session recorded into it:
        then all of its interactions and all of ours are there, in the order of their requests. The
        journal is gone afterwards; if the cassette can't be written it stays, and the error
        (CassetteWriteError) says how to recover it. Streams that go on are not recorded further.
        """
        with self._lock:
            if self._failure is None:  # of streams that go on
                going_on = [*self._bodies, *self._dialogues]
                if left := b"".join(map(self._close_body, going_on)):
                    self._write(left)
            self._failure = self._failure or "the recording has ended"
            fd, self._fd = self._fd, -1
        if fd < 0:
            raise CassetteWriteError(f"{str(self.path)!r} was committed before", path=self.path)
        kept = self.journal_path
        more = self._target.recover_options
        hint = f"; what was recorded is in {str(kept)!r} (streamtape recover {kept}{more})"
        file = OpenFile(os.dup(fd))
        try:
            cassette = self._commit(file, tuple(keep or ()), hint)
        except BaseException:
            os.close(fd)
            raise
        finally:
            file.close()
        unlink_and_close(fd, self.journal_path)
        return cassette

    def _commit(self, file: OpenFile, keep: tuple[Interaction, ...], hint: str) -> Cassette:
        with writing(self.journal_path, hint):
            found = recovery.scan(file.read, path=str(self.journal_path))
        if found.damage:
            raise CassetteWriteError(
                f"cannot write {str(self.path)!r}: its journal was altered: {found.damage}{hint}",
                path=self.path,
            )
        try:
            return self._target.put(keep, found.interactions)
        except CassetteError as error:
            raise CassetteWriteError(f"{error}{hint}", path=self.path) from error

    def discard(self) -> None:
        """End without a cassette: the journal is removed, the old cassette is as it was."""
        with self._lock:
            self._failure = self._failure or "the recording was discarded"
            fd, self._fd = self._fd, -1
        if fd >= 0:
            unlink_and_close(fd, self.journal_path)

    def set_aside(self) -> str:
        """Write what is recorded so far beside the cassette's place, as `NAME.tape.failed`.

        Get where it is. The cassette and the journal stay as they are.
        """
        return self._target.set_aside(self.so_far())

    def release(self) -> None:
        """Let go of the journal without a cassette: it stays, for `streamtape recover`."""
        with self._lock:
            self._failure = self._failure or "the recording has ended"
            fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _append(self, *record: journal.Data) -> None:
        with self._lock:
            self._write(*record)

    def _write(self, *record: journal.Data) -> None:
        """Write while holding the lock."""
        if self.inherited:
            self._failure = "this process was forked from the one that records"
        if self._failure is not None:
            raise CassetteWriteError(
                f"cannot write {str(self.journal_path)!r}: {self._failure}", path=self.path
            )
        try:
            write_all(self._fd, *self._numbering.seal(record))
        except OSError as error:
            self._failure = (
                f"{reason(error)}; the stream went on, and what was recorded before is in it "
                f"(streamtape recover {self.journal_path})"
            )
            raise CassetteWriteError(
                f"cannot write {str(self.journal_path)!r}: {self._failure}", path=self.path
            ) from error


def _redacted(number: int, redactions: Iterable[Redaction]) -> bytes:
    return b"".join(journal.redaction(number, redaction) for redaction in redactions)
