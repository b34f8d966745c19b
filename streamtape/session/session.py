"""A session decides for each request whether to record or replay it.

It has no socket and no clock: transports pass it requests and times, and its cassette store opens
the journal. All methods may be called from several threads.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamtape.choices import RecordMode
from streamtape.errors import (
    CassetteNotFoundError,
    CassetteWriteError,
    MissError,
    UnseenConnectionError,
)
from streamtape.playback.steps import Step
from streamtape.session.close import Closing
from streamtape.session.decisions import CassetteStore, Play, Record, Redactor
from streamtape.session.diagnostics import Compare
from streamtape.session.dialogue_player import DialoguePlayer
from streamtape.session.exchange import Exchange
from streamtape.session.journal_recording import StartedAt, Take, Taken
from streamtape.session.matching import is_ignored
from streamtape.session.miss import miss_text
from streamtape.session.openings import Openings
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.session.recorder import Recorder
from streamtape.session.unseen import Unseen, refused
from streamtape.session.upload_recording import Upload, WholeUpload
from streamtape.tape.long_bodies import is_long
from streamtape.tape.messages import Message
from streamtape.tape.model import Cassette, Head, Interaction, Request, header

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault


class Session(Closing):
    """One cassette in use. `name` is its name in messages; `blind_spots` tells what it can't see.

    `compare` compares two cassettes at a level, for mode `verify`.
    `again` is the command that records the cassette, if known; `clock` is what players wait on.
    With `eager` False, the journal is opened with the first request that is recorded. After the end
    of the session, `set_aside` is the path of a recording that was not kept as the cassette.
    """

    def __init__(
        self,
        options: Options,
        store: CassetteStore,
        redactor: Redactor,
        *,
        name: str,
        compare: Compare,
        blind_spots: Callable[[], str] = str,
        expects_requests: bool = True,
        again: str = "",
        clock: Any = None,
        eager: bool = True,
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
        self.unseen: Counter[Unseen] = Counter()  # connections that bypassed it
        self.closed = False
        self.struck: list[Fault] = []
        self._store = store
        self._redactor = redactor
        self._blind_spots = blind_spots
        self._compare = compare
        self._expects_requests = expects_requests and not options.allow_no_requests
        self._when_closed: list[Callable[[], None]] = []
        self._take: Take | None = None
        self._recorders: list[Recorder] = []  # the recorders of the take
        self._passing: Take | None = None  # requests sent in a replay, and not kept
        self.set_aside: str | None = None
        self.differed = False  # from a snapshot
        self._remarked = False
        self._taken_by: list[tuple[str, int]] = []
        self._own_origins: tuple[str, ...] = ()
        self._at_exit = False
        self._lock = threading.RLock()
        loaded = None if options.mode == "all" else store.load()
        if loaded is None and self._needs_one():
            raise CassetteNotFoundError(
                f"no cassette {name!r}, and record mode {self.mode!r} does not make one; "
                f"record it with mode 'once'{again and f': {again}'}",
                path=name,
            )
        self._found = loaded
        if options.match_up is None and options.mode == "verify":
            options = replace(options, match_up=True)
        self._tape = Playlist(loaded or (), options)
        self._openings = Openings(self._tape)
        self._rehearsed: Playlist | None = None  # recorded just now, to be played at once
        self.cassette: Cassette = loaded or Cassette()
        if eager and (
            options.mode in {"all", "verify"} or (options.mode == "once" and loaded is None)
        ):
            # A folder that can't be written is better known before a request is paid for.
            self._take = Take(store.open_journal(), self._write_failed, self._recorders)

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
    def records_everything(self) -> bool:
        """Whether every request is sent and recorded, since no interaction could answer one."""
        return self.records and not self._tape.interactions

    @property
    def plays_back(self) -> bool:
        """Whether streams are recorded whole before they are played with pace, cuts, faults."""
        options = self.options
        return self.alters or not (isinstance(options.clock, str) and options.clock == "system")

    @property
    def alters(self) -> bool:
        """Whether a replay differs from the recording by more than its speed."""
        options = self.options
        changed = options.rechunk is not None or options.pace is not None
        return bool(options.faults) or changed

    def _needs_one(self) -> bool:
        # With `allow_no_requests` a missing cassette is an error only once a request comes.
        return self.mode == "verify" or (self.mode == "none" and not self.options.allow_no_requests)

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """The interactions of the cassette, and those recorded so far."""
        if self._take is None or self.closed or self.mode == "verify":
            return self.cassette.interactions
        return (*self.cassette.interactions, *self.recorded())

    def recorded(self) -> tuple[Interaction, ...]:
        """The interactions recorded so far, in the order of their requests."""
        return () if self._take is None else self._take.recorded()

    def passing(self) -> tuple[Interaction, ...]:
        """Interactions sent in a replay but not kept: those of applications in this process."""
        return () if self._passing is None else self._passing.recorded()

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The interactions that answered no request."""
        pairs = zip(self._tape.interactions, self._tape.plays, strict=True)
        return tuple(i for i, n in pairs if not n)

    @property
    def n_recorded(self) -> int:
        """How many interactions were recorded."""
        return len(self._recorders)

    def open_upload(self, request: Request, started_at: StartedAt) -> Upload | None:
        """Begin to record a request whose body arrives piece by piece.

        None where its body must be known whole: the cassette may answer it, or what is secret in
        it is seen only then.
        """
        if not self.records_everything or self.plays_back or self.mode == "verify":
            return None
        requested, redactions = self._redactor.redact_request(request)
        with self._lock:
            take = self._taking(kept=True)
            store = take.open_upload(requested, redactions, started_at)
        return None if store is None else Upload(requested, redactions, store, self._write_failed)

    def begin(
        self, request: Request | WholeUpload, started_at: StartedAt, *, in_process: bool = False
    ) -> Play | Record:
        """Decide whether to replay or record a request; MissError if neither is possible.

        `started_at` is the time of day in microseconds, or tells it. `in_process` says that the
        server runs in this process: it is called in every run, unless `replay_in_process` is set.
        """
        store, uploaded = None, isinstance(request, WholeUpload)
        if isinstance(request, WholeUpload):
            requested, redactions, store = request.request, request.redactions, request.store
        else:
            requested, redactions = self._redactor.redact_request(request)
        sent = in_process and not self.options.replay_in_process
        with self._lock:
            if self._rehearsed is not None:
                again = self._rehearsed.draw(requested, redactions)
                if again is not None:
                    return self._play(requested, self._rehearsed, *again)
            if not sent and (resumed := self._resumed(requested)) is not None:
                return resumed
            drawn = self._tape.draw(requested, redactions)
            if drawn is None and self.mode == "verify":
                self._unmatched.append(self._miss_text(requested))
            elif drawn is not None and self.mode != "verify" and not sent:
                return self._play(requested, self._tape, *drawn)
            kept = self.records and (drawn is None or self.mode == "verify")
            if not kept and not sent:
                raise self.refuse(self._miss_text(requested))
            taken = Taken(requested, redactions, store)
            take = self._taking(kept=kept)
            if is_long(requested):
                requested, taken = take.write_body(taken, started_at)
                uploaded = True
            recorder = take.begin(taken, started_at, cut=self._at_exit)
            exchange = Exchange(
                requested, None, recorder.number, recorder.progress, kept, uploaded=uploaded
            )
            self.exchanges.append(exchange)
            played = self.alters if sent else self.plays_back
            return Record(recorder, exchange if played else None)

    def _resumed(self, requested: Request) -> Play | None:
        """The rest of a recorded stream, where the request names the event that it saw last."""
        if self.mode in {"all", "verify"} or header(requested.headers, "last-event-id") is None:
            return None
        from streamtape.session.last_event_id import rest_after_event

        found = rest_after_event(self._tape, [requested])
        if found is None:
            return None
        index, rest = found
        self._tape.resume(index)
        exchange = Exchange(requested, rest)
        self.exchanges.append(exchange)
        return Play(rest, exchange.progress, self._tape.numbers[index], resumed=True)

    def _play(self, requested: Request, tape: Playlist, index: int, attempt: int) -> Play:
        interaction = tape.interactions[index]
        if is_long(requested):  # the body that it equals is in the cassette
            requested = _with_body_of(interaction.request, requested)
        exchange = Exchange(requested, interaction)
        self.exchanges.append(exchange)
        others = tape.order.others(index)
        return Play(interaction, exchange.progress, tape.numbers[index], attempt, others=others)

    def dialogue(
        self, play: Play, steps: Iterator[Step], steps_of: Callable[[Play], Iterator[Step]]
    ) -> DialoguePlayer:
        """The player of the server's side of a dialogue; `steps_of` gives the steps of another one.

        Of dialogues with equal handshakes a client has the one that it opens as.
        """
        drawn, connection = self._tape.numbers.index(play.number), object()
        self._openings.remember(connection, drawn)

        def choose(fits: Callable[[Message], bool]) -> tuple[Iterator[Step], str] | None:
            with self._lock:
                chosen = self._openings.choose(connection, fits)
                if chosen == drawn:
                    return None
                other = self._play_instead(play, chosen)
            return steps_of(other), self._place(other)

        return DialoguePlayer(
            steps,
            self._tape.matcher,
            self._redactor,
            play.progress,
            where=self._place(play),
            order=self.order,
            refuse=self.refuse,
            choose=choose,
            has_equals=bool(self._tape.equal_to(drawn)),
        )

    def _place(self, play: Play) -> str:
        requested = play.interaction.request
        return f"interaction {play.number} of {self.name}: {requested.method} {requested.url}"

    def _play_instead(self, play: Play, index: int) -> Play:
        """Answer a request with another interaction than the one first chosen."""
        tape = self._tape
        interaction, others = tape.interactions[index], tape.order.others(index)
        self.exchanges[:] = [
            replace(one, interaction=interaction) if one.progress is play.progress else one
            for one in self.exchanges
        ]
        number = tape.numbers[index]
        return Play(interaction, play.progress, number, play.attempt, others=others)

    def play_back(self, exchange: Exchange) -> Play:
        """The decision to replay an exchange that has just been recorded to its end."""
        with self._lock:
            recorded = self.recorded() if exchange.kept else self.passing()
            assert exchange.number is not None, "it was recorded"
            interaction = recorded[exchange.number]
            played = Exchange(exchange.request, interaction)
            # In its place: requests are listed in the order in which they were made.
            self.exchanges[self.exchanges.index(exchange)] = played
            number = exchange.number + (len(self.cassette) if self.mode == "new_episodes" else 0)
            if self._rehearsed is None:
                self._rehearsed = Playlist((), self.options)
            self._rehearsed.add_played(interaction, number)
            return Play(interaction, played.progress, number)

    def passes(self, url: str) -> bool:
        """Whether requests to this URL are neither recorded nor replayed."""
        options = self.options
        some = bool(options.ignore_hosts or options.ignore_localhost)
        return url.startswith(self._own_origins) or (some and is_ignored(url, options))

    def add_own_origin(self, *origins: str) -> None:
        """Register the origin of a server that plays for this session; requests to it pass here."""
        self._own_origins += tuple(f"{origin}/" for origin in origins)

    def would_play(self, request: Request) -> bool:
        """Whether `begin` would answer a request from the cassette."""
        if self.mode in {"all", "verify"}:
            return False
        requested = self._redactor.redact_for_matching(request)
        with self._lock:
            return self._tape.has_answer(requested)

    def _miss_text(self, requested: Request) -> str:
        return miss_text(
            requested,
            self._tape,
            name=self.name,
            mode=self.mode,
            again=self.again,
            missing=self._found is None,
        )

    def _taking(self, *, kept: bool) -> Take:
        """The journal recording, opened with the first request."""
        take = self._take if kept else self._passing
        if take is None:
            if kept:
                journal, recorders = self._store.open_journal(), self._recorders
                take = self._take = Take(journal, self._write_failed, recorders)
            else:
                take = self._passing = Take(self._store.open_scratch(), self._write_failed, [])
        return take

    def record_head(self, recorder: Recorder, head: Head) -> None:
        """Record the head of a response, with secrets masked."""
        recorder.head(*self._redactor.redact_head(head))

    def masked(self, text: str) -> str:
        """A text without the secrets in it, for messages that name a URL."""
        return self._redactor.redact_text(text)

    def refuse(self, message: str) -> MissError:
        """The MissError of a request that can't be recorded or replayed; the caller raises it."""
        miss = MissError(self.masked(message))
        with self._lock:
            self.misses.append(miss)
        return miss

    @property
    def refuses_unseen(self) -> bool:
        """Whether a connection that this session does not see is refused."""
        return not self.records and self.options.unseen in {None, "error"}

    def note_unseen(self, unseen: Unseen) -> None:
        """Note a connection that this session does not see; UnseenConnectionError if refused."""
        with self._lock:
            if not self.refuses_unseen:
                self.unseen[unseen] += 1
                return
            text = self.masked(refused(unseen, self.mode))
            self.misses.append(error := UnseenConnectionError(text))
        raise error

    def _write_failed(self, error: CassetteWriteError) -> None:
        with self._lock:
            self.failure = self.failure or error


def _with_body_of(other: Request, request: Request) -> Request:
    stored = other.stored_body()
    if stored is None:
        return Request(request.method, request.url, request.headers, other.body)
    return Request.stored(request.method, request.url, request.headers, stored)
