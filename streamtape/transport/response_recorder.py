"""One request on its way, and its answer, as its session gets to know of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from streamtape.playback.clock import Clock
from streamtape.session.decisions import Record
from streamtape.session.recorder import Recorder
from streamtape.session.session import Session
from streamtape.session.upload_recording import WholeUpload
from streamtape.tape.model import Head, Request
from streamtape.transport.recorded_streams import AsyncRecordingStream, RecordingStream


class ResponseRecorder:
    """One request on its way: the time since its sending, and what became of it.

    `recorder` is the session's; it is set later where the session learns of the request later.
    `sent_us` is the clock's time of the sending, by default now.
    """

    __slots__ = ("_clock", "_sent_us", "_session", "recorder")

    recorder: Recorder

    def __init__(
        self,
        session: Session,
        clock: Clock,
        recorder: Recorder | None = None,
        sent_us: int | None = None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._sent_us = clock.now_us() if sent_us is None else sent_us
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

    def record_head(self, head: Head) -> None:
        """Record the head of the response, less its secrets."""
        self._session.record_head(self.recorder, head)

    def stream(self, inner: Any) -> RecordingStream:
        """The body `inner` (an iterable with a `close`), recorded as it is read."""
        return RecordingStream(inner, self.recorder, self.elapsed)

    def stream_async(self, inner: Any) -> AsyncRecordingStream:
        """The body `inner` (an async iterable with an `aclose`), recorded as it is read."""
        return AsyncRecordingStream(inner, self.recorder, self.elapsed)

    def feed(self, data: bytes) -> None:
        """Record a piece of the body, where it is pushed; before the client gets it."""
        self.recorder.feed(data, self.elapsed())

    def complete(self) -> None:
        """Record that the body ended as the protocol says."""
        self.recorder.complete(self.elapsed())

    def failed(self, error: BaseException) -> None:
        """Record an exception of the client; one that is no `Exception` has it stop reading."""
        if isinstance(error, Exception):
            self.recorder.fail(error, self.elapsed())
        else:
            self.recorder.abandon(self.elapsed(), error)

    def abandon(self, during: BaseException | None = None) -> None:
        """Record that the client stopped reading, while it handled an exception, if it did."""
        self.recorder.abandon(self.elapsed(), during)

    @staticmethod
    def drain(body: RecordingStream) -> None:
        """Read all of a body, and close it; nobody gets it."""
        try:
            with suppress(Exception):  # recorded, and played
                for _ in body:
                    pass
        finally:
            body.close()

    @staticmethod
    async def drain_async(body: AsyncRecordingStream) -> None:
        """Read all of a body in an event loop, and close it."""
        try:
            with suppress(Exception):
                async for _ in body:
                    pass
        finally:
            await body.aclose()
