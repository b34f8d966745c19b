"""One request on its way, and its answer, as its session gets to know of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from streamtape.playback.clock import Clock
from streamtape.session.decisions import Record
from streamtape.session.recorder import Recorder
from streamtape.session.session import Session
from streamtape.session.upload_recording import WholeUpload
from streamtape.tape.model import Request
from streamtape.transport.client_library import Flavour, head_of
from streamtape.transport.recorded_streams import AsyncRecordingStream, RecordingStream


class Watch:
    """One request on its way: the time since its sending, and what became of it.

    `recorder` is the session's; it is set later where the session is told of the request later.
    """

    __slots__ = ("_clock", "_sent_us", "_session", "recorder")

    recorder: Recorder

    def __init__(self, session: Session, clock: Clock, recorder: Recorder | None = None) -> None:
        self._session = session
        self._clock = clock
        self._sent_us = clock.now_us()
        if recorder is not None:
            self.recorder = recorder

    def begin(self, request: Request | WholeUpload, started_at_us: int) -> None:
        """Tell the session of the request."""
        decision = self._session.begin(request, started_at_us)
        assert isinstance(decision, Record), "the session never plays"
        self.recorder = decision.recorder

    def elapsed(self) -> int:
        """Microseconds since the request was sent."""
        return self._clock.now_us() - self._sent_us

    def failed(self, error: BaseException) -> None:
        """Take down that there was no response."""
        if isinstance(error, Exception):
            self.recorder.fail(error, self.elapsed())
        else:
            self.recorder.abandon(self.elapsed(), error)

    def answered(self, response: Any, flavour: Flavour) -> Any:
        """Take down the head; the response's body is taken down as it is read."""
        stream = RecordingStream(response.stream, self.recorder, self.elapsed)
        return self._headed(response, flavour, flavour.sync_stream(stream))

    def answered_async(self, response: Any, flavour: Flavour) -> Any:
        """The same for an async client."""
        stream = AsyncRecordingStream(response.stream, self.recorder, self.elapsed)
        return self._headed(response, flavour, flavour.async_stream(stream))

    def drain(self, response: Any) -> None:
        """Take down the whole answer, and how it ended; nobody gets it."""
        self._session.take_head(self.recorder, head_of(response, self.elapsed()))
        stream = RecordingStream(response.stream, self.recorder, self.elapsed)
        try:
            with suppress(Exception):  # taken down, and played
                for _ in stream:
                    pass
        finally:
            stream.close()

    async def drain_async(self, response: Any) -> None:
        """The same for an async client."""
        self._session.take_head(self.recorder, head_of(response, self.elapsed()))
        stream = AsyncRecordingStream(response.stream, self.recorder, self.elapsed)
        try:
            with suppress(Exception):
                async for _ in stream:
                    pass
        finally:
            await stream.aclose()

    def _headed(self, response: Any, flavour: Flavour, stream: Any) -> Any:
        self._session.take_head(self.recorder, head_of(response, self.elapsed()))
        return flavour.module.Response(
            status_code=response.status_code,
            headers=response.headers,
            stream=stream,
            extensions=response.extensions,
        )
