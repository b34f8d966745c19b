"""One request on its way, and its answer, as its session gets to know of them."""

from __future__ import annotations

from typing import Any

from streamtape.playback.clock import Clock
from streamtape.session.decisions import Record
from streamtape.session.recorder import Recorder
from streamtape.session.session import Session
from streamtape.tape.model import Request
from streamtape.transport.flavour import Flavour, head_of
from streamtape.transport.recording import AsyncRecordingStream, RecordingStream


class Watch:
    """One request on its way: the time since its sending, and what became of it.

    `recorder` is set once the session has been told of the request.
    """

    __slots__ = ("_clock", "_sent_us", "_session", "recorder")

    recorder: Recorder

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._sent_us = clock.now_us()

    def begin(self, request: Request, started_at_us: int) -> None:
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
            self.recorder.abandon(self.elapsed())

    def answered(self, response: Any, flavour: Flavour) -> Any:
        """Take down the head; the response's body is taken down as it is read."""
        stream = RecordingStream(response.stream, self.recorder, self.elapsed)
        return self._headed(response, flavour, flavour.sync_stream(stream))

    def answered_async(self, response: Any, flavour: Flavour) -> Any:
        """The same for an async client."""
        stream = AsyncRecordingStream(response.stream, self.recorder, self.elapsed)
        return self._headed(response, flavour, flavour.async_stream(stream))

    def _headed(self, response: Any, flavour: Flavour, stream: Any) -> Any:
        self._session.take_head(self.recorder, head_of(response, self.elapsed()))
        return flavour.module.Response(
            status_code=response.status_code,
            headers=response.headers,
            stream=stream,
            extensions=response.extensions,
        )
