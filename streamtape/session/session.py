"""Record or replay? A session decides it for each request, and ends in a cassette or an error.

It knows no socket and no clock: transports hand it requests and times, and `open_journal` comes
from the file's own room. All methods may be called from several threads.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streamtape.errors import (
    CassetteNotFoundError,
    CassetteWriteError,
    MissError,
    NothingRecordedError,
    StreamtapeError,
)
from streamtape.session.decisions import OpenJournal, Place, Play, Record, Redactor
from streamtape.session.exchange import Exchange
from streamtape.session.inside import Inside
from streamtape.session.match import Tape, is_ignored
from streamtape.session.miss import miss_text
from streamtape.session.modes import Options, RecordMode
from streamtape.session.recorder import Recorder
from streamtape.session.verdict import StreamtapeWarning, drift, hidden, unstruck
from streamtape.tape.model import Cassette, Head, Interaction, Redaction, Request

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault


class Session(Inside):
    """One cassette in use. `name` is how messages call it; `blind_spots` what it could not see.

    `again` is the command that records it, where one is known; `clock` what its players wait on.
    """

    def __init__(
        self,
        options: Options,
        place: Place,
        redactor: Redactor,
        *,
        name: str,
        blind_spots: Callable[[], str] = str,
        expects_requests: bool = True,
        again: str = "",
        clock: Any = None,
    ) -> None:
        self.options = options
        self.exchanges: list[Exchange] = []
        self.clock = clock
        self.again = again
        self._marks: list[tuple[int, ...]] = []
        self._unmatched: list[str] = []
        self.name = name
        self.failure: CassetteWriteError | None = None
        self.misses: list[MissError] = []
        self.closed = False
        self.struck: list[Fault] = []
        self._place = place
        self._redactor = redactor
        self._blind_spots = blind_spots
        self._expects_requests = expects_requests and not options.allow_no_requests
        self._when_closed: list[Callable[[], None]] = []
        self._journal: OpenJournal | None = None
        self._recorders: list[Recorder] = []
        self._recorded: tuple[Interaction, ...] | None = None
        self._own_origins: tuple[str, ...] = ()
        self._at_exit = False
        self._lock = threading.RLock()
        loaded = None if options.mode == "all" else place.load()
        if loaded is None and self._needs_one():
            raise CassetteNotFoundError(
                f"there is no cassette {name!r}, and record mode {self.mode!r} makes none; "
                f"record it with mode 'once'{again and f': {again}'}",
                path=name,
            )
        self._found = loaded
        self._tape = Tape(loaded or (), options)
        self.cassette: Cassette = loaded or Cassette()
        if options.mode in {"all", "verify"} or (options.mode == "once" and loaded is None):
            # A folder that can't be written is better known before a request is paid for.
            self._journal = place.open_journal()

    @property
    def mode(self) -> RecordMode:
        """The record mode of this session."""
        return self.options.mode

    @property
    def records(self) -> bool:
        """Whether a request that nothing answers is sent and recorded."""
        if self.mode == "once":
            return self._found is None
        return self.mode in {"all", "new_episodes", "verify"}

    @property
    def never_plays(self) -> bool:
        """Whether every request is sent and recorded: there is nothing that could answer one."""
        return self.records and not self._tape.interactions

    def _needs_one(self) -> bool:
        # Whoever allows that nothing is asked needs no cassette before something is.
        return self.mode == "verify" or (self.mode == "none" and not self.options.allow_no_requests)

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """The interactions of the cassette: those to play, and those recorded so far."""
        if self._journal is None or self.closed or self.mode == "verify":
            return self.cassette.interactions
        return (*self.cassette.interactions, *self.recorded())

    def recorded(self) -> tuple[Interaction, ...]:
        """The interactions recorded so far, in the order of their requests."""
        if self._recorded is None and self._journal is not None:
            return self._journal.so_far()
        return self._recorded or ()

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The interactions that no request has asked for."""
        pairs = zip(self._tape.interactions, self._tape.plays, strict=True)
        return tuple(i for i, n in pairs if not n)

    @property
    def n_recorded(self) -> int:
        """How many interactions were recorded."""
        return len(self._recorders)

    def begin(self, request: Request, started_at_us: int) -> Play | Record:
        """Decide what happens with a request; a MissError where nothing may."""
        asked, redactions = self._redactor.redact_request(request)
        with self._lock:
            if self.mode != "all":
                drawn = self._tape.draw(asked, redactions)
                if drawn is None and self.mode == "verify":
                    self._unmatched.append(self._miss_text(asked))
                elif drawn is not None and self.mode != "verify":
                    interaction = self._tape.interactions[drawn[0]]
                    exchange = Exchange(asked, interaction)
                    self.exchanges.append(exchange)
                    return Play(interaction, exchange.progress, *drawn)
            if not self.records:
                raise self.refuse(self._miss_text(asked))
            recorder = self._record(asked, redactions, started_at_us)
            number = len(self._recorders) - 1
            self.exchanges.append(Exchange(asked, None, number, recorder.progress))
            return Record(recorder)

    def passes(self, url: str) -> bool:
        """Whether a request to this URL is none of this session's business."""
        options = self.options
        some = bool(options.ignore_hosts or options.ignore_localhost)
        return url.startswith(self._own_origins) or (some and is_ignored(url, options))

    def heard_at(self, *origins: str) -> None:
        """Say that a server plays and records for this session: what goes there passes here."""
        self._own_origins += tuple(f"{origin}/" for origin in origins)

    def would_play(self, request: Request) -> bool:
        """Whether `begin` would answer a request from the cassette."""
        if self.mode in {"all", "verify"}:
            return False
        asked, _ = self._redactor.redact_request(request)
        with self._lock:
            return self._tape.has_answer(asked)

    def _miss_text(self, asked: Request) -> str:
        return miss_text(
            asked,
            self._tape,
            name=self.name,
            mode=self.mode,
            again=self.again,
            missing=self._found is None,
        )

    def _record(
        self, asked: Request, redactions: tuple[Redaction, ...], started_at_us: int
    ) -> Recorder:
        if self._journal is None:
            self._journal = self._place.open_journal()
        number = len(self._recorders)
        recorder = Recorder(self._journal, number, self._write_failed)
        self._recorders.append(recorder)
        try:
            self._journal.request(number, asked, started_at_us, redactions)
        except CassetteWriteError as error:
            recorder.detach(cut=self._at_exit)
            self._write_failed(error)
        return recorder

    def take_head(self, recorder: Recorder, head: Head) -> None:
        """Have a recorder take down the head of a response, less its secrets."""
        recorder.head(*self._redactor.redact_head(head))

    def refuse(self, message: str) -> MissError:
        """A miss for what can't be recorded or replayed at all; the caller raises it."""
        miss = MissError(message)
        with self._lock:
            self.misses.append(miss)
        return miss

    def _write_failed(self, error: CassetteWriteError) -> None:
        with self._lock:
            self.failure = self.failure or error

    def close(self, error: BaseException | None = None) -> None:
        """End the session: what was recorded becomes the cassette.

        `error` is the exception that the program is leaving with, if any. CassetteWriteError where
        the recording could not be written, MissError where the program hides a miss behind an
        exception, NothingRecordedError where no request was seen. A forked process only lets go.
        """
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self.detach()
        if self._journal is not None and self._journal.inherited:
            self._journal.release()
            return
        try:
            problem = self.problem(error)
            self._finish(error)
            if error is None or isinstance(error, Exception):
                self._report(problem, error)
        finally:
            for callback in self._when_closed:
                callback()

    def detach(self) -> None:
        """Record no further; streams that go on are `unfinished`."""
        with self._lock:
            recorders = tuple(self._recorders)
        for recorder in recorders:
            recorder.detach(cut=self._at_exit)

    def close_at_exit(self) -> None:
        """End the session because the interpreter ends; streams that go on are cut.

        Threads may still be streaming. What they read from now on could not be recorded any more,
        so their next read raises SystemExit, which ends such a thread in silence.
        """
        self._at_exit = True
        self.close()

    def when_closed(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once, when the session ends."""
        self._when_closed.append(callback)

    def _finish(self, error: BaseException | None) -> None:
        journal = self._journal
        if journal is None:
            return
        if self.failure is not None:
            # What could be written stays in the journal, for `streamtape recover`.
            journal.release()
            return
        if self.mode == "verify":
            journal.discard()
            return
        if not self._recorders or (error is not None and not self._keeps(journal)):
            journal.discard()
            if self._recorders and error is not None:
                error.add_note(f"streamtape kept nothing of the recording of {self.name!r}")
            return
        keep = self._found if self.mode == "new_episodes" else None
        n_recorded = len(self._recorders)
        self.cassette = journal.commit(keep=keep)
        self._recorded = self.cassette.interactions[-n_recorded:]

    def _keeps(self, journal: OpenJournal) -> bool:
        """Whether a recording stays though the program failed: not in the place of a good one."""
        return self.options.record_on_exception and not (self.mode == "all" and journal.replaces)

    def problem(self, error: BaseException | None = None) -> StreamtapeError | None:
        """What is wrong with this session so far, that nobody has been told; None where nothing is.

        `error` is the exception that the program is leaving with, if any.
        """
        if self.failure is not None:
            return self.failure
        if self.misses and not isinstance(error, StreamtapeError):
            return self.misses[0]
        idle = not self.exchanges and not self.misses
        if error is None and idle and self.records and self._expects_requests:
            return NothingRecordedError(
                f"the session for {self.name!r} (mode {self.mode!r}) saw no request, so there is "
                f"nothing to record.{self._unheard()}{self._blind_spots()}"
            )
        if error is not None or self.mode != "verify":
            return None
        fresh, level = Cassette(self.recorded()), self.options.verify_level
        return drift(self.name, self.cassette, fresh, level, self._unmatched)

    def _unheard(self) -> str:
        if not self._own_origins:
            return ""
        return f" Nothing came to {self._own_origins[0]}: is it the base URL of the client?"

    def _report(self, problem: StreamtapeError | None, error: Exception | None) -> None:
        swallowed = isinstance(problem, MissError) and error is None
        if problem is not None and not swallowed:
            raise problem from error
        texts = [hidden(self.misses)] if swallowed else []
        read = any(exchange.progress.state == "complete" for exchange in self.exchanges)
        if error is None and read and self.options.faults and not self.struck:
            texts.append(unstruck(self.name, self.options.faults))
        for text in texts:
            warnings.warn(text, StreamtapeWarning, stacklevel=4)
