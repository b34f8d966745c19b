"""One request at a seam of any library: the session decides, then it is recorded or played.

A seam is the place where a client of some library is about to send a request. It handles the
library's own classes; modes, matching, pace, faults and clocks are handled here:

    call = intercept(session, request, failure)
    if call.recording is not None:
        with call.upstream():                   # its exceptions are recorded, and raised
            response = ...                      # the library sends as usual
        call.recording.record_head(head)          # a `tape.Head` of the library's response
        body = call.recording.stream(...)       # the library's body, recorded as it is read
        if not call.must_rehearse:
            return ...                          # the library's response, with that body
        call.recording.drain(body)              # all of it is recorded before the client gets any
        call.play_back()
    player = call.player(read_timeout_s)
    head = player.head()                        # `player` is the body: an iterator of bytes
    return ...                                  # a response of the library

In event loops `stream_async` and `player_async` are the same, and `await call.rehearse(...)` runs
the coroutine that sends and drains. A library that pushes its bytes feeds `call.recording.recorder`
itself: `feed`, then `complete`, `fail` or `abandon`, each with `call.recording.elapsed()`.

`failure(ending, started)` makes the library's exception of a recorded one; `started` says that the
client has the head. `playback.failures` says what the names of other libraries mean. At the end of
an abandoned or unfinished recording, a player raises ReplayEndError.

Call `passes_by` first: it says whether the session ignores a request. Such a request is sent within
`carried.sent_past(url)`, so that the watch at the sockets lets it pass, too.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from streamtape.errors import ReplayEndError
from streamtape.playback.clock import Clock
from streamtape.playback.steps import Step
from streamtape.session.decisions import Play, Record
from streamtape.session.diagnostics import warn
from streamtape.session.dialogue_player import DialoguePlayer
from streamtape.session.exchange import Exchange
from streamtape.session.order import Order
from streamtape.session.session import Session
from streamtape.tape.model import Ending, Interaction, Request
from streamtape.transport.carried import sent_past
from streamtape.transport.clocks import SystemClock, wall_us
from streamtape.transport.rehearsal import rehearsed
from streamtape.transport.replayed_streams import AsyncReplayingStream, ReplayingStream
from streamtape.transport.request_steps import steps_for_request
from streamtape.transport.response_recorder import ResponseRecorder

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault

Failure = Callable[[Ending, bool], Exception]
P = TypeVar("P", bound=ReplayingStream)


def passes_by(session: Session, method: str, url: str, *, upgrade: bool = False) -> bool:
    """Whether a request is sent untouched: to an ignored host, or, with a warning, to leave HTTP.

    `upgrade`: the request asks for another protocol (WebSocket). MissError where it may not be
    sent.
    """
    if session.passes(url):
        return True
    if not upgrade:
        return False
    what = session.masked(f"{method} {url.partition('?')[0]} asks for a protocol upgrade")
    if not session.records:
        raise session.refuse(
            f"{what}, which no cassette can hold as a stream; record mode {session.mode!r} lets "
            "nothing through to the network"
        )
    warn(f"{what}: it is sent unrecorded")
    return True


def intercept(
    session: Session,
    request: Request,
    failure: Failure,
    *,
    clock: Clock | None = None,
    in_process: bool = False,
    rehearses: bool = True,
) -> Call:
    """Decide whether to replay or record a request; MissError if neither is possible.

    `clock` replaces the session's. `in_process` says that what would answer runs in this process.
    `rehearses` False hands on a stream while it is recorded, also where the session would have it
    recorded whole and then played.
    """
    playing_clock = clock or session.clock or SystemClock()
    # What is recorded has the real times, whatever clock replays are played by.
    recording_clock = clock or SystemClock()
    start_us, sent_us = playing_clock.now_us(), 0

    def sent_at() -> int:
        # One moment for both: the order of requests and chunks follows from their sum.
        nonlocal sent_us
        sent_us = recording_clock.now_us()
        return wall_us()

    decision = session.begin(request, sent_at, in_process=in_process)
    call = Call(session, request, failure, playing_clock, start_us, in_process=in_process)
    if isinstance(decision, Record):
        call.recording = ResponseRecorder(session, recording_clock, decision.recorder, sent_us)
        call.rehearsal = decision.rehearsal if rehearses else None
    else:
        call.play = decision
    return call


class Call:
    """One request on its way. `recording` takes its answer down; None where it is only played."""

    __slots__ = (
        "_clock", "_failure", "_in_process", "_request", "_session", "_start_us", "play",
        "recording", "rehearsal",
    )  # fmt: skip

    def __init__(
        self,
        session: Session,
        request: Request,
        failure: Failure,
        clock: Clock,
        start_us: int,
        *,
        in_process: bool = False,
    ) -> None:
        self.recording: ResponseRecorder | None = None
        self.rehearsal: Exchange | None = None
        self.play: Play | None = None
        self._session = session
        self._request = request
        self._failure = failure
        self._clock = clock
        self._start_us = start_us
        self._in_process = in_process

    @property
    def must_rehearse(self) -> bool:
        """Whether all of the answer is recorded before the client gets what is then played."""
        return self.rehearsal is not None

    @contextmanager
    def upstream(self) -> Iterator[None]:
        """Send the request inside this: seams further in let it pass, and a failure is recorded.

        What an application in this process asks for meanwhile is its own, and goes to the session.
        """
        assert self.recording is not None, "nothing is sent in a replay"
        try:
            with nullcontext() if self._in_process else sent_past(self._request.url):
                yield
        except BaseException as error:
            self.recording.failed(error)
            raise

    def play_back(self) -> None:
        """Go on with a replay of what has just been recorded to its end."""
        assert self.rehearsal is not None, "only a rehearsal is played back"
        self.play = self._session.play_back(self.rehearsal)

    async def rehearse(self, recording: Coroutine[Any, Any, None]) -> None:
        """Run the coroutine that sends and drains to its end, then go on with a replay."""
        await rehearsed(recording, self._clock)
        self.play_back()

    def player(self, read_timeout_s: float | None = None) -> ReplayingStream:
        """The replay, for a client that waits so long for the next bytes (None: for ever)."""
        return self._player(ReplayingStream, read_timeout_s)

    def player_async(self, read_timeout_s: float | None = None) -> AsyncReplayingStream:
        """The replay in an event loop, for a client with this read timeout (None: no timeout)."""
        return self._player(AsyncReplayingStream, read_timeout_s)

    def dialogue(self) -> Dialogue:
        """The replay where a dialogue was opened, or refused: for a client that talks WebSocket."""
        play = self.play
        assert play is not None, "what is recorded is not played"
        struck: list[Fault] = []
        played = [play]  # the last one is what the client has

        def steps_of(other: Play) -> Iterator[Step]:
            played.append(other)
            return steps_for_request(self._session, other, None, struck)

        player = self._session.dialogue(play, steps_of(play), steps_of)

        def failed(ending: Ending, started: bool) -> Exception:
            return self._exception(ending, started, played[-1].interaction, struck)

        return Dialogue(player, self._clock, self._start_us, failed, self._session.order)

    def _player(self, kind: type[P], read_timeout_s: float | None) -> P:
        play = self.play
        assert play is not None, "what is recorded is not played"
        struck: list[Fault] = []
        steps = steps_for_request(self._session, play, read_timeout_s, struck)

        def failed(ending: Ending, started: bool) -> Exception:
            return self._exception(ending, started, play.interaction, struck)

        return kind(
            steps, self._clock, self._start_us, failed, play.progress, order=self._session.order
        )

    def _exception(
        self, ending: Ending, started: bool, interaction: Interaction, struck: list[Fault]
    ) -> Exception:
        session = self._session
        index = next((n for n, i in enumerate(session.cassette) if i is interaction), 0)
        where = f"interaction {index} of {session.name}"
        if ending.kind != "error":
            error: Exception = ReplayEndError(_early_end(ending, where))
        else:
            error = self._failure(ending, started)
            if not struck:
                error.add_note(f"replayed by streamtape: {where} was recorded with it")
        for fault in struck:
            error.add_note(f"streamtape broke this replay on request: {fault}")
        return error


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A dialogue to be played: by whom, by which clock, and what a failure is to its client."""

    player: DialoguePlayer
    clock: Clock
    start_us: int
    failed: Failure
    order: Order

    def now_us(self) -> int:
        """Microseconds since the handshake arrived."""
        return self.clock.now_us() - self.start_us


def _early_end(ending: Ending, where: str) -> str:
    if ending.kind == "abandoned" and ending.message:  # a player's own, with its place
        return ending.message
    if ending.kind == "abandoned":
        return (
            f"the client read past the end of {where}: when it was recorded, its client stopped "
            "reading here, so what came next is not known; record it again with a client that "
            "reads on"
        )
    why = f" ({ending.message})" if ending.message else ""
    return (
        f"the client read past the end of {where}: its recording is unfinished{why}, so nobody "
        "knows what came next; record it again to its end"
    )
