"""A body on its way from the upstream to the client, taken down as it passes.

Each chunk goes to the recorder, then to the client, as it arrives; nothing is read ahead. What the
client does to the stream (stop, cancel, close) reaches the upstream at once. These are iterators,
not generators: an event loop has nothing to clean up after them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Self

from streamtape.session.recorder import Recorder

Elapsed = Callable[[], int]


class RecordingStream:
    """The sync side: `inner` is the upstream's stream, `elapsed` gives µs since the sending."""

    __slots__ = ("_elapsed", "_inner", "_next", "_recorder")

    def __init__(self, inner: Any, recorder: Recorder, elapsed: Elapsed) -> None:
        self._inner = inner
        self._next: Callable[[], bytes] | None = None
        self._recorder = recorder
        self._elapsed = elapsed

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._next is None:
            self._next = iter(self._inner).__next__
        try:
            data = self._next()
        except StopIteration:
            self._recorder.complete(self._elapsed())
            raise
        except Exception as error:
            self._recorder.fail(error, self._elapsed())
            raise
        except BaseException as error:
            self._recorder.abandon(self._elapsed(), error)
            raise
        self._recorder.feed(data, self._elapsed())
        return data

    def close(self) -> None:
        """Close the upstream; a body that was not read to its end is abandoned."""
        during = sys.exception()
        try:
            self._inner.close()
        finally:
            self._recorder.abandon(self._elapsed(), during)


class AsyncRecordingStream:
    """The async side of `RecordingStream`."""

    __slots__ = ("_elapsed", "_inner", "_next", "_recorder")

    def __init__(self, inner: Any, recorder: Recorder, elapsed: Elapsed) -> None:
        self._inner = inner
        self._next: Callable[[], Any] | None = None
        self._recorder = recorder
        self._elapsed = elapsed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._next is None:
            self._next = self._inner.__aiter__().__anext__
        try:
            data: bytes = await self._next()
        except StopAsyncIteration:
            self._recorder.complete(self._elapsed())
            raise
        except Exception as error:
            self._recorder.fail(error, self._elapsed())
            raise
        except BaseException as error:
            self._recorder.abandon(self._elapsed(), error)
            raise
        self._recorder.feed(data, self._elapsed())
        return data

    async def aclose(self) -> None:
        """Close the upstream; a body that was not read to its end is abandoned."""
        during = sys.exception()
        try:
            await self._inner.aclose()
        finally:
            self._recorder.abandon(self._elapsed(), during)
