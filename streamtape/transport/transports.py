"""The transports: one class for httpx and httpx2, sync and async.

Neither library checks a transport's base class; what they check is the response's stream, which is
built for the library that the request belongs to. `TapeTransport` puts a session in front of
another transport; `RecordingTransport` and `ReplayTransport` open a session of their own.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from streamtape.errors import UsageError
from streamtape.playback.clock import Clock
from streamtape.session.options import OptionFields, Options
from streamtape.session.session import Session
from streamtape.tape.model import Cassette
from streamtape.tape.store.spool import Spool
from streamtape.transport import spooled_bodies
from streamtape.transport.carried import carried, sent_past
from streamtape.transport.client_library import (
    ClientLibrary,
    head_of,
    is_upgrade,
    library_of,
    read_timeout_of,
    request_of,
)
from streamtape.transport.clocks import SystemClock, wall_us
from streamtape.transport.in_process import is_in_process
from streamtape.transport.intercept import Call, intercept, passes_by
from streamtape.transport.response_recorder import ResponseRecorder
from streamtape.transport.session_factory import open_session
from streamtape.transport.upload_streams import Kept, Upload, aside

if TYPE_CHECKING:
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
        self._clock = clock

    def handle_request(self, request: Any) -> Any:
        """Answer a request of a sync client."""
        if self._passes(request):
            with self._passing(request):
                return self._inner.handle_request(request)
        stream, library = request.stream, library_of(request)
        try:
            return self._answer(request, spooled_bodies.read(request, library))
        finally:
            request.stream = stream  # a stream that can be sent only once stays one

    def _answer(self, request: Any, content: bytes | Spool) -> Any:
        flavour = library_of(request)
        call = self._intercept(request, content, flavour)
        if (recording := call.recording) is not None:
            with call.upstream():
                response = self._inner.handle_request(request)
            recording.record_head(head_of(response, recording.elapsed()))
            body = recording.stream(response.stream)
            if not call.must_rehearse:
                return flavour.recorded(response, flavour.sync_stream(body))
            recording.drain(body)
            call.play_back()
        player = call.player(read_timeout_of(request))
        return flavour.response(player.head(), flavour.sync_stream(player))

    def _intercept(self, request: Any, content: bytes | Spool, flavour: ClientLibrary) -> Call:
        return intercept(
            self.session,
            request_of(request, content),
            lambda ending, _started: flavour.exception(ending, request),
            clock=self._clock,
            in_process=is_in_process(self._inner),
            rehearses=self._rehearses,
        )

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a request of an async client."""
        if self._passes(request):
            with self._passing(request):
                return await self._inner.handle_async_request(request)
        stream, library = request.stream, library_of(request)
        try:
            body = await spooled_bodies.read_async(request, library)
            return await self._answer_async(request, body)
        finally:
            request.stream = stream

    async def _answer_async(self, request: Any, content: bytes | Spool) -> Any:
        flavour = library_of(request)
        if isinstance(content, Spool) and isinstance(self._clock, SystemClock):
            call = await aside(lambda: self._intercept(request, content, flavour))
        else:
            call = self._intercept(request, content, flavour)
        if call.recording is not None:
            if not call.must_rehearse:
                response, body = await self._recorded(request, call, call.recording)
                return flavour.recorded(response, flavour.async_stream(body))
            await call.rehearse(self._drain(request, call, call.recording))
        player = call.player_async(read_timeout_of(request))
        return flavour.response(await player.head_async(), flavour.async_stream(player))

    async def _recorded(self, request: Any, call: Call, recording: ResponseRecorder) -> Any:
        with call.upstream():
            response = await self._inner.handle_async_request(request)
        recording.record_head(head_of(response, recording.elapsed()))
        return response, recording.stream_async(response.stream)

    async def _drain(self, request: Any, call: Call, recording: ResponseRecorder) -> None:
        _, body = await self._recorded(request, call, recording)
        await recording.drain_async(body)

    async def handle_upload(self, request: Any, upload: Upload) -> Any:
        """Send on a request that nothing in the cassette can answer, its body as it comes.

        The rest of a body that the upstream did not want is read all the same, since the request
        is recorded whole; one that its sender breaks off is not recorded.
        """
        if self._passes(request):
            with self._passing(request):
                return await self._inner.handle_async_request(request)
        recording = ResponseRecorder(self.session, self._clock or SystemClock())
        started_at_us = wall_us()
        kept = Kept(self.session, request_of(request, b""), started_at_us)
        upload.keep(kept, lambda whole: recording.begin(whole, started_at_us))
        try:
            with carried(request.url.host):
                response = await self._inner.handle_async_request(request)
        except BaseException as error:
            if isinstance(error, Exception):
                await upload.rest()
            if upload.is_whole:
                recording.failed(error)
            raise
        try:
            await upload.rest()
        except BaseException:
            await response.stream.aclose()
            raise
        recording.record_head(head_of(response, recording.elapsed()))
        flavour = library_of(request)
        body = recording.stream_async(response.stream)
        return flavour.recorded(response, flavour.async_stream(body))

    def _passes(self, request: Any) -> bool:
        """Whether a request goes straight to the transport behind; a MissError where it may not."""
        url = str(request.url)
        if self._inner is None and self.session.passes(url):
            raise self.session.refuse(
                f"{request.method} {url} is ignored (ignore_hosts, ignore_localhost), but a "
                "ReplayTransport can't send it"
            )
        return passes_by(self.session, request.method, url, upgrade=is_upgrade(request))

    def _passing(self, request: Any) -> AbstractContextManager[None]:
        """While a request passes by; what an application in this process asks for does not."""
        return nullcontext() if is_in_process(self._inner) else sent_past(str(request.url))

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
    """Records every request sent through `inner` into a cassette, written when it is closed.

    `inner` is any transport of the client's own library. An existing cassette is replaced when the
    new one is complete. `options` are those of `streamtape.use_cassette`.
    """

    def __init__(
        self, cassette: str | os.PathLike[str], inner: Any, **options: Unpack[OptionFields]
    ) -> None:
        given = Options.of(**{"mode": "all", **options})
        super().__init__(open_session(cassette, given, expects_requests=False), inner)


class ReplayTransport(_Owning):
    """Answers from a cassette and never sends.

    `speed` 1.0 is the recorded pace, None is without waiting. MissError if no interaction answers,
    CassetteError if the file can't be read.
    """

    def __init__(
        self,
        cassette: str | os.PathLike[str] | Cassette,
        **options: Unpack[OptionFields],
    ) -> None:
        given = Options.of(**{"mode": "none", **options})
        if given.mode != "none":
            raise UsageError(
                f"a ReplayTransport cannot send requests, so its mode is 'none', not "
                f"{given.mode!r}; RecordingTransport or use_cassette has the other modes"
            )
        super().__init__(open_session(cassette, given, expects_requests=False), None)
