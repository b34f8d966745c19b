"""The recording of a session: one journal, and a recorder for each request.

A session has one `Take` for what becomes its cassette. A second one, which is discarded, is for
requests that are sent even in a replay: those to applications in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streamtape.errors import CassetteWriteError
from streamtape.session.decisions import OpenJournal
from streamtape.session.recorder import Recorder
from streamtape.session.upload_recording import CassetteStore
from streamtape.tape.journal import Uploaded
from streamtape.tape.model import Cassette, Interaction, Redaction, Request

StartedAt = int | Callable[[], int]  # Unix time in microseconds, or what tells it


@dataclass(frozen=True, slots=True)
class Taken:
    """A request without its secrets; `upload` is its body, where that was taken down before."""

    request: Request
    redactions: Iterable[Redaction] = ()
    upload: Uploaded | None = None


def _time(started_at: StartedAt) -> int:
    return started_at if isinstance(started_at, int) else started_at()


class Take:
    """Recordings by number, in the order of their requests."""

    def __init__(
        self,
        journal: OpenJournal,
        failed: Callable[[CassetteWriteError], None],
        recorders: list[Recorder],
    ) -> None:
        self.journal = journal
        self.recorders = recorders
        self._failed = failed
        self._whole: tuple[Interaction, ...] | None = None

    def open_upload(
        self, request: Request, redactions: Iterable[Redaction], started_at: StartedAt
    ) -> CassetteStore | None:
        """Begin to take down a request while its body comes in; it has a number once it is whole.

        None where its body must be known whole, or can't be written.
        """
        try:
            return self.journal.upload(request, _time(started_at), redactions)
        except CassetteWriteError as error:
            self._failed(error)
            return None

    def write_body(self, taken: Taken, started_at: StartedAt) -> tuple[Request, Taken]:
        """Take down a long body; get the request without it, and what `begin` is to be given."""
        request = taken.request
        bare = Request(request.method, request.url, request.headers)
        upload = None
        try:
            upload = self.journal.write_body(request, _time(started_at), taken.redactions)
        except CassetteWriteError as error:
            self._failed(error)
        return bare, Taken(bare, taken.redactions, upload)

    def begin(self, taken: Taken, started_at: StartedAt, *, cut: bool = False) -> Recorder:
        """Take down a request, and get the recorder of its answer.

        `cut`: where it can't be recorded, its client gets nothing of it.
        """
        number = len(self.recorders)
        recorder = Recorder(self.journal, number, self._failed)
        self.recorders.append(recorder)
        # The time last: chunks count from the sending, which follows at once, and the order
        # between interactions follows from both.
        started_at_us = _time(started_at)
        try:
            self.journal.request(
                number, taken.request, started_at_us, taken.redactions, taken.upload
            )
        except CassetteWriteError as error:
            recorder.detach(cut=cut)
            self._failed(error)
        return recorder

    def recorded(self) -> tuple[Interaction, ...]:
        """What is recorded so far; all of it after `end`."""
        return self.journal.so_far() if self._whole is None else self._whole

    def detach(self, *, cut: bool = False) -> None:
        """Record nothing more: streams that go on stay `unfinished`; see `Recorder.detach`."""
        for recorder in tuple(self.recorders):
            recorder.detach(cut=cut)

    def commit(self, keep: Iterable[Interaction] | None) -> Cassette:
        """Make the cassette: what is kept, then what was recorded."""
        cassette = self.journal.commit(keep=keep)
        self._whole = cassette.interactions[-len(self.recorders) :]
        return cassette

    def discard(self) -> None:
        """End without a cassette; what was recorded can still be looked at."""
        self._whole = self.recorded() if self.recorders else ()
        self.journal.discard()
