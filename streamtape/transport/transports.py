"""The transports: one class for httpx and httpx2, sync and async.

Neither library checks a transport's base class; what they check is the response's stream, which is
built for the library that the request belongs to. `TapeTransport` puts a session before another
transport; `RecordingTransport` and `ReplayTransport` bring a session of their own.
"""

from __future__ import annotations

import os
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from streamtape.errors import UsageError
from streamtape.playback.clock import Clock
from streamtape.session.decisions import Play, Record
from streamtape.session.diagnostics import StreamtapeWarning
from streamtape.session.options import OptionFields, Options
from streamtape.session.session import Session
from streamtape.tape.model import Cassette, Ending, Interaction
from streamtape.transport import network_guard
from streamtape.transport.client_library import Flavour, flavour_of, is_upgrade, request_of
from streamtape.transport.clocks import SystemClock, wall_us
from streamtape.transport.in_process import is_in_process
from streamtape.transport.rehearsal import rehearsed
from streamtape.transport.replayed_streams import AsyncReplayingStream, ReplayingStream
from streamtape.transport.request_steps import scored
from streamtape.transport.response_recorder import Watch
from streamtape.transport.session_factory import open_session
from streamtape.transport.upload_streams import Kept, Upload

if TYPE_CHECKING:
    from streamtape.playback.faults import Fault

    # Either library's clients take it, which no class of either library can say to a type checker.
    _Anything: Any = object
else:
    _Anything = object


class TapeTransport(_Anything):  # type: ignore[misc]  # see above
    """Sends what its session says through `inner`, and plays the rest from the cassette.

    `rehearses` False hands on a stream while it is recorded, also where the session would have it
    recorded whole and then played.
    """

    def __init__(
        self,
        session: Session,
        inner: Any,
        clock: Clock | None = None,
        *,
        rehearses: bool = True,
    ) -> None:
        self.session = session
        self._rehearses = rehearses
        self._inner = inner
        self._clock = clock or session.clock or SystemClock()
        # What is recorded has the real times, whatever clock replays are played by.
        self._recording_clock = clock or SystemClock()

    def handle_request(self, request: Any) -> Any:
        """Answer a request of a sync client."""
        if self._passes(request):
            return self._inner.handle_request(request)
        body = request.stream
        try:
            request.read()
            return self._answer(request)
        finally:
            request.stream = body  # what can be sent once only is not made to be sent again

    def _answer(self, request: Any) -> Any:
        start_us = self._clock.now_us()
        decision = self._begin(request)
        flavour = flavour_of(request)
        if isinstance(decision, Record):
            watch = Watch(self.session, self._recording_clock, decision.recorder)
            try:
                with network_guard.let(request.url.host):
                    response = self._inner.handle_request(request)
            except BaseException as error:
                watch.failed(error)
                raise
            if decision.rehearsal is None or not self._rehearses:
                return watch.answered(response, flavour)
            watch.drain(response)
            decision = self.session.play_back(decision.rehearsal)
        player = ReplayingStream(
            *self._score(decision, request, flavour, start_us), order=self.session.order
        )
        return flavour.response(player.head(), flavour.sync_stream(player))

    def _begin(self, request: Any) -> Play | Record:
        here = is_in_process(self._inner)
        return self.session.begin(request_of(request), wall_us, in_process=here)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a request of an async client."""
        if self._passes(request):
            return await self._inner.handle_async_request(request)
        body = request.stream
        try:
            await request.aread()
            return await self._answer_async(request)
        finally:
            request.stream = body

    async def _answer_async(self, request: Any) -> Any:
        start_us = self._clock.now_us()
        decision = self._begin(request)
        flavour = flavour_of(request)
        if isinstance(decision, Record):
            watch = Watch(self.session, self._recording_clock, decision.recorder)
            if decision.rehearsal is None or not self._rehearses:
                return watch.answered_async(await self._watched(request, watch), flavour)
            await rehearsed(self._rehearse(request, watch), self._clock)
            decision = self.session.play_back(decision.rehearsal)
        player = AsyncReplayingStream(
            *self._score(decision, request, flavour, start_us), order=self.session.order
        )
        return flavour.response(await player.head_async(), flavour.async_stream(player))

    async def _rehearse(self, request: Any, watch: Watch) -> None:
        await watch.drain_async(await self._watched(request, watch))

    async def _watched(self, request: Any, watch: Watch) -> Any:
        try:
            return await self._send_async(request)
        except BaseException as error:
            watch.failed(error)
            raise

    async def handle_upload(self, request: Any, upload: Upload) -> Any:
        """Send on a request that nothing in the cassette can answer, its body as it comes.

        The rest of a body that the upstream did not want is read all the same, since the request
        is recorded whole; one that its sender breaks off is not recorded.
        """
        if self._passes(request):
            return await self._inner.handle_async_request(request)
        watch, started_at_us = Watch(self.session, self._recording_clock), wall_us()
        kept = Kept(self.session, request_of(request, b""), started_at_us)
        upload.keep(kept, lambda whole: watch.begin(whole, started_at_us))
        try:
            response = await self._send_async(request)
        except BaseException as error:
            if isinstance(error, Exception):
                await upload.rest()
            if upload.is_whole:
                watch.failed(error)
            raise
        try:
            await upload.rest()
        except BaseException:
            await response.stream.aclose()
            raise
        return watch.answered_async(response, flavour_of(request))

    async def _send_async(self, request: Any) -> Any:
        with network_guard.let(request.url.host):
            return await self._inner.handle_async_request(request)

    def _score(self, play: Play, request: Any, flavour: Flavour, start_us: int) -> Any:
        struck: list[Fault] = []
        score = scored(self.session, play, request, struck)

        def failure(ending: Ending) -> Exception:
            where = _where(self.session, play.interaction)
            error = flavour.exception(ending, request, where)
            if not struck and ending.kind == "error":
                error.add_note(f"replayed by streamtape: {where} was recorded with it")
            for fault in struck:
                error.add_note(f"streamtape broke this replay as asked: {fault}")
            return error

        return score, self._clock, start_us, failure, play.progress

    def _passes(self, request: Any) -> bool:
        """Whether a request goes straight to the transport behind; a MissError where it may not."""
        if self.session.passes(str(request.url)):
            if self._inner is None:
                raise self.session.refuse(
                    f"{request.method} {request.url} is to pass by (ignore_hosts, "
                    "ignore_localhost), and a ReplayTransport has nothing to send it through"
                )
            return True
        if not is_upgrade(request):
            return False
        url = request.url.copy_with(query=None)
        what = self.session.masked(f"{request.method} {url} asks for a protocol upgrade")
        if not self.session.records:
            raise self.session.refuse(
                f"{what}, which is no stream that a cassette can hold; record mode "
                f"{self.session.mode!r} lets nothing through to the network"
            )
        warnings.warn(f"{what}: it passes by unrecorded", StreamtapeWarning, stacklevel=3)
        return True

    def close(self) -> None:
        """Close the transport behind this one."""
        self._inner.close()

    async def aclose(self) -> None:
        """Close the transport behind this one."""
        await self._inner.aclose()

    def __enter__(self) -> Self:
        if self._inner is not None:
            self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        try:
            if self._inner is not None:
                self._inner.__exit__(kind, error, trace)
        finally:
            self._leave(error)

    async def __aenter__(self) -> Self:
        if self._inner is not None:
            await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        try:
            if self._inner is not None:
                await self._inner.__aexit__(kind, error, trace)
        finally:
            self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        """A session that was brought along goes on after its client."""


class _Owning(TapeTransport):
    """A transport whose session ends with it."""

    def _leave(self, error: BaseException | None) -> None:
        self.session.close(error)

    def close(self) -> None:
        """Close the transport behind this one, and end the session."""
        try:
            if self._inner is not None:
                self._inner.close()
        finally:
            self.session.close()

    async def aclose(self) -> None:
        """Close the transport behind this one, and end the session."""
        try:
            if self._inner is not None:
                await self._inner.aclose()
        finally:
            self.session.close()


class RecordingTransport(_Owning):
    """Records everything that goes through `inner` into a cassette, written when it is closed.

    `inner` is any transport of the client's own library. A cassette that is there is replaced when
    the new one is whole. `options` are those of `streamtape.use_cassette`.
    """

    def __init__(
        self, cassette: str | os.PathLike[str], inner: Any, **options: Unpack[OptionFields]
    ) -> None:
        wanted = Options.of(**{"mode": "all", **options})
        super().__init__(open_session(cassette, wanted, expects_requests=False), inner)


class ReplayTransport(_Owning):
    """Answers from a cassette and never sends. `speed` 1.0 is the recorded pace, None at once.

    MissError where no interaction answers, CassetteError where the file can't be read.
    """

    def __init__(
        self,
        cassette: str | os.PathLike[str] | Cassette,
        **options: Unpack[OptionFields],
    ) -> None:
        wanted = Options.of(**{"mode": "none", **options})
        if wanted.mode != "none":
            raise UsageError(
                f"a ReplayTransport has nothing to send through, so its mode is 'none', not "
                f"{wanted.mode!r}; RecordingTransport or use_cassette has the other modes"
            )
        super().__init__(open_session(cassette, wanted, expects_requests=False), None)


def _where(session: Session, interaction: Interaction) -> str:
    index = next((n for n, i in enumerate(session.cassette) if i is interaction), 0)
    return f"interaction {index} of {session.name}"
