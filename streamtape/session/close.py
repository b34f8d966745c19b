"""How a session ends: whether the recording is kept, and what is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streamtape.choices import RecordMode
from streamtape.errors import (
    CassetteWriteError,
    MissError,
    NothingRecordedError,
    StreamtapeError,
    UnseenConnectionError,
)
from streamtape.session.diagnostics import (
    Compare,
    faults_without_effect,
    out_of_order,
    renamed,
    swallowed_misses,
    taken_text,
    unfaulted,
    verify_error,
    warn,
)
from streamtape.session.inspection import SessionInspection
from streamtape.session.journal_recording import Take
from streamtape.session.options import Options
from streamtape.session.order import Order
from streamtape.session.playlist import Playlist
from streamtape.session.unseen import Unseen, noticed
from streamtape.tape.model import Cassette

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault


class Closing(SessionInspection):
    """The part of a Session that closes it; the state is the Session's."""

    options: Options
    cassette: Cassette
    closed: bool
    failure: CassetteWriteError | None
    misses: list[MissError]
    unseen: Counter[Unseen]
    struck: list[Fault]
    set_aside: str | None
    _take: Take | None
    _passing: Take | None
    _tape: Playlist
    _found: Cassette | None
    _lock: Any
    _at_exit: bool
    _remarked: bool
    _expects_requests: bool
    _blind_spots: Callable[[], str]
    _compare: Compare
    _when_closed: list[Callable[[], None]]
    _unmatched: list[str]
    _own_origins: tuple[str, ...]
    _taken_by: list[tuple[str, int]]
    differed: bool

    @property
    def mode(self) -> RecordMode:
        """The record mode."""
        raise NotImplementedError

    @property
    def records(self) -> bool:
        """Whether a request that nothing answers is sent and recorded."""
        raise NotImplementedError

    @property
    def order(self) -> Order:
        """The order in which interactions were requested."""
        return self._tape.order

    def close(self, error: BaseException | None = None) -> None:
        """End the session; what was recorded becomes the cassette.

        `error` is the exception that the program fails with, if any. CassetteWriteError if the
        recording can't be written, MissError if the program hid a miss behind another exception,
        NothingRecordedError if no request was seen. In a forked process, nothing is written.
        """
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self.detach()
        if self._take is not None and self._take.journal.inherited:
            self._take.journal.release()
            return
        try:
            problem = self.problem(error)
            self._finish(error)
            if error is None or isinstance(error, Exception):
                self._report(problem, error)
        finally:
            if self._passing is not None:
                self._passing.discard()
            for callback in self._when_closed:
                callback()

    def detach(self) -> None:
        """Record no further; streams that go on are `unfinished`."""
        with self._lock:
            takes = [take for take in (self._take, self._passing) if take is not None]
        for take in takes:
            take.detach(cut=self._at_exit)

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
        take = self._take
        if take is None:
            return
        if self.failure is not None:
            # What could be written stays in the journal, for `streamtape recover`.
            take.journal.release()
            return
        if self.mode == "verify" or not take.recorders:
            take.discard()
            return
        reason = None if error is None else self.spoiled(error)
        if error is not None and reason is not None:
            self._drop(take, error, reason)
            return
        keep = self._found if self.mode == "new_episodes" else None
        self.cassette = take.commit(keep)

    def _drop(self, take: Take, error: BaseException, reason: str) -> None:
        """Keep no cassette; set a recording with whole responses aside."""
        if self.options.record_on_exception == "whole" and any(
            i.chunks.n_bytes or i.messages for i in take.recorded()
        ):
            self.set_aside = take.journal.set_aside()
        take.discard()
        error.add_note(
            f"streamtape kept nothing of the recording of {self.name!r}: {reason}"
            + (f"; what came is in {self.set_aside!r}" if self.set_aside else "")
        )

    @property
    def aside(self) -> str:
        """The path that a recording is set aside to."""
        return (self._take is not None and self._take.journal.aside) or f"{self.name}.failed"

    def spoiled(self, error: BaseException) -> str | None:
        """Why the recording is dropped if the program fails with `error`; None if it is kept."""
        take, how = self._take, self.options.record_on_exception
        if take is None:
            return None
        if not how:
            return "record_on_exception is False"
        parts = self.differed and isinstance(error, AssertionError)
        if self.mode == "all" and take.journal.replaces and not parts:
            return "a run that failed replaces no cassette"
        if how is True:
            return None
        from streamtape.session.keep_policy import spoiled  # brings the framers: few runs fail

        return spoiled(take.recorded(), take.recorders, error)

    def problem(self, error: BaseException | None = None) -> StreamtapeError | None:
        """The error of this session that was not reported yet, or None.

        `error` is the exception that the program is leaving with, if any.
        """
        if self.failure is not None:
            return self.failure
        if self.misses and not isinstance(error, StreamtapeError):
            return self.misses[0]
        idle = not self.exchanges and not self.misses
        if error is None and idle and self.records and self._expects_requests:
            why = self.note_on_others() or self._unheard() + self._blind_spots()
            if self.unseen:
                why = f" {noticed(self.unseen, self.name)}.{why}"
            return NothingRecordedError(
                f"the session for {self.name!r} (mode {self.mode!r}) saw no request, so there is "
                f"nothing to record.{why}"
            )
        if error is None and self.unseen and self.options.unseen == "error":
            return UnseenConnectionError(noticed(self.unseen, self.name))
        if error is not None or self.mode != "verify":
            return None
        fresh = renamed(self.recorded(), self._tape.matcher.pairs)
        comparison = self._compare(self.cassette, fresh, self.options.verify_level)
        return verify_error(self.name, comparison, self._unmatched)

    def lost_to(self, name: str, n_requests: int) -> None:
        """Note that a session opened inside this one answered this many requests."""
        self._taken_by.append((name, n_requests))

    def note_on_others(self) -> str:
        """A sentence on requests that sessions inside this one answered; empty for none."""
        return taken_text(self._taken_by)

    def _unheard(self) -> str:
        if not self._own_origins:
            return ""
        return f" Nothing came to {self._own_origins[0]}: is it the base URL of the client?"

    def _report(self, problem: StreamtapeError | None, error: Exception | None) -> None:
        hides_a_miss = error is None and any(problem is miss for miss in self.misses)
        if problem is not None and not hides_a_miss:
            raise problem from error
        for text in () if error is not None else self.remarks():
            warn(text)

    def remarks(self) -> list[str]:
        """Warnings about a session that went well, each given once."""
        if self._remarked:
            return []
        self._remarked = True
        texts = [swallowed_misses(self.misses)] if self.misses else []
        if self.unseen:
            texts.append(noticed(self.unseen, self.name))
        replays = [e for e in self.exchanges if e.interaction is not None]
        read = any(exchange.progress.state == "complete" for exchange in replays)
        if read and self.options.faults and not self.struck:
            texts.append(faults_without_effect(self.name, self.options.faults))
        recorded = [e.request.url for e in self.exchanges if e.interaction is None]
        if self.options.faults and any(url.startswith(("ws:", "wss:")) for url in recorded):
            texts.append(unfaulted(self.name))
        if self.order.given_up:
            texts.append(out_of_order(self.name, self._tape.interactions, self.order.given_up))
        return texts
