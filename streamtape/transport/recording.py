"""A body on its way from the upstream to the client, taken down as it passes.

Each chunk goes to the recorder, then to the client, as it arrives; nothing is read ahead. What the
client does to the stream (stop, cancel, close) reaches the upstream at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from streamtape.session.recorder import Recorder

Elapsed = Callable[[], int]
Saw = Callable[[BaseException], None]


class RecordingStream:
    """The sync side: `inner` is the upstream's stream, `elapsed` gives µs since the sending."""

    __slots__ = ("_elapsed", "_inner", "_recorder", "_saw")

    def __init__(self, inner: Any, recorder: Recorder, elapsed: Elapsed, saw: Saw) -> None:
        self._inner = inner
        self._recorder = recorder
        self._elapsed = elapsed
        self._saw = saw

    def __iter__(self) -> Iterator[bytes]:
        recorder, elapsed = self._recorder, self._elapsed
        try:
            for data in self._inner:
                recorder.feed(data, elapsed())
                yield data
        except Exception as error:
            recorder.fail(error, elapsed())
            self._saw(error)
            raise
        except BaseException:
            recorder.abandon(elapsed())
            raise
        recorder.complete(elapsed())

    def close(self) -> None:
        """Close the upstream; a body that was not read to its end is abandoned."""
        try:
            self._inner.close()
        finally:
            self._recorder.abandon(self._elapsed())


class AsyncRecordingStream:
    """The async side of the same."""

    __slots__ = ("_elapsed", "_inner", "_recorder", "_saw")

    def __init__(self, inner: Any, recorder: Recorder, elapsed: Elapsed, saw: Saw) -> None:
        self._inner = inner
        self._recorder = recorder
        self._elapsed = elapsed
        self._saw = saw

    async def __aiter__(self) -> AsyncIterator[bytes]:
        recorder, elapsed = self._recorder, self._elapsed
        try:
            async for data in self._inner:
                recorder.feed(data, elapsed())
                yield data
        except Exception as error:
            recorder.fail(error, elapsed())
            self._saw(error)
            raise
        except BaseException:
            recorder.abandon(elapsed())
            raise
        recorder.complete(elapsed())

    async def aclose(self) -> None:
        """Close the upstream; a body that was not read to its end is abandoned."""
        try:
            await self._inner.aclose()
        finally:
            self._recorder.abandon(self._elapsed())
