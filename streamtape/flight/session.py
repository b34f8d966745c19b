"""The session of a FlightRecorder: it records every request, with bounded memory.

An ordinary session remembers each exchange until it ends. This one never ends by itself, so it
remembers none; and whatever goes wrong in it is counted, and never reaches the program.
"""

from __future__ import annotations

from itertools import count

from streamtape.errors import CassetteWriteError
from streamtape.flight.memory_journal import MemoryJournal
from streamtape.session.decisions import OpenJournal, Record
from streamtape.session.diagnostics import Compared
from streamtape.session.journal_recording import StartedAt
from streamtape.session.options import Options
from streamtape.session.recorder import Recorder
from streamtape.session.session import Session
from streamtape.session.unseen import Unseen
from streamtape.session.upload_recording import Upload, WholeUpload
from streamtape.tape.long_bodies import is_long
from streamtape.tape.model import Cassette, Head, Request
from streamtape.tape.redact import Redactor


class _NoCassette:
    """There is no cassette to load, and no journal on disk."""

    def load(self) -> Cassette | None:
        return None

    def open_journal(self) -> OpenJournal:
        raise NotImplementedError("a flight recorder has its own journal")

    open_scratch = open_journal


def _compare(*_: object) -> Compared:
    raise NotImplementedError("nothing is compared")


class FlightSession(Session):
    """Takes down what is sent into the journal of a FlightRecorder."""

    def __init__(self, journal: MemoryJournal, options: Options, redactor: Redactor) -> None:
        super().__init__(
            options, _NoCassette(), redactor, name="flight recorder", compare=_compare, eager=False
        )
        self._journal = journal
        self._numbers = count()

    def open_upload(self, request: Request, started_at: StartedAt) -> Upload | None:
        """None: bodies are taken down whole."""
        return None

    def begin(
        self, request: Request | WholeUpload, started_at: StartedAt, *, in_process: bool = False
    ) -> Record:
        """Record, whatever it is. A body of more than 8 MiB is left out."""
        plain = request.request if isinstance(request, WholeUpload) else request
        if is_long(plain):
            plain = Request(plain.method, plain.url, plain.headers, b"")
        recorder = Recorder(self._journal, next(self._numbers), self._write_failed)
        started_at_us = started_at if isinstance(started_at, int) else started_at()
        self._journal.request(recorder.number, plain, started_at_us)
        return Record(recorder)

    def record_head(self, recorder: Recorder, head: Head) -> None:
        """Take a head down as it is; the writer masks it."""
        recorder.head(head)

    def note_unseen(self, unseen: Unseen) -> None:
        """Connections that no seam carries pass."""

    def close(self, error: BaseException | None = None) -> None:
        """End the session without messages."""
        self.closed = True

    def _write_failed(self, error: CassetteWriteError) -> None:
        """Nothing is written here."""
