"""What http.client reads a response from, in place of a socket's file: recorded, or played."""

from __future__ import annotations

import http.client
import io
import re
import sys
from collections.abc import Callable
from typing import Any

from streamtape.tape.model import Head, Headers, Interaction
from streamtape.transport.http_failures import CutError
from streamtape.transport.http_wire import (
    ResponseMessage,
    content_length,
    head_bytes,
    head_of,
    is_chunked,
)
from streamtape.transport.replayed_streams import ReplayingStream
from streamtape.transport.response_recorder import ResponseRecorder

_READ_BYTES = 1 << 16
_LONG_CHUNK_BYTES = 1 << 20
_LEFT = re.compile(r"(\d+) more expected")


class WireReader(io.BufferedIOBase):
    """A file that is read as a socket's is: it waits for no more than it needs, and has no end."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = b""
        self._at = 0

    def _next(self) -> bytes:
        """The next bytes as they come, b"" at the end."""
        raise NotImplementedError

    def _gave(self, n_bytes: int) -> None:
        """Take down that the client gets so many bytes of the buffer, from `_at` on."""

    def _fill(self) -> bool:
        """Have something in the buffer; False at the end."""
        if self._at >= len(self._buffer):
            self._buffer, self._at = self._next(), 0
        return self._at < len(self._buffer)

    def _take(self, n_bytes: int) -> bytes:
        n_bytes = min(n_bytes, len(self._buffer) - self._at)
        self._gave(n_bytes)
        data = self._buffer[self._at : self._at + n_bytes]
        self._at += n_bytes
        return data

    def readable(self) -> bool:
        return True

    def read1(self, size: int | None = -1, /) -> bytes:
        if size == 0 or not self._fill():
            return b""
        return self._take(len(self._buffer) if size is None or size < 0 else size)

    def read(self, size: int | None = -1, /) -> bytes:
        n_left = None if size is None or size < 0 else size
        pieces: list[bytes] = []
        while n_left is None or n_left > 0:
            piece = self.read1(-1 if n_left is None else n_left)
            if not piece:
                break
            pieces.append(piece)
            n_left = None if n_left is None else n_left - len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readinto1(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read1(len(view))
        view[: len(data)] = data
        return len(data)

    def peek(self, size: int = 0, /) -> bytes:
        del size
        return self._buffer[self._at :] if self._fill() else b""

    def readline(self, size: int | None = -1, /) -> bytes:
        limit = sys.maxsize if size is None or size < 0 else size
        pieces: list[bytes] = []
        while limit > 0 and self._fill():
            end = self._buffer.find(b"\n", self._at) + 1 or len(self._buffer)
            piece = self._take(min(limit, end - self._at))
            pieces.append(piece)
            limit -= len(piece)
            if piece.endswith(b"\n"):
                break
        return b"".join(pieces)


class RecordingReader(WireReader):
    """Records the response that is read through it from `inner`, a socket's own file."""

    def __init__(self, inner: Any, recording: ResponseRecorder, method: str) -> None:
        super().__init__()
        self._inner = inner
        self._recording = recording
        self._message = ResponseMessage(method, self._on_head, self._on_data)
        self._n_scanned = 0  # bytes of the buffer scanned beyond what the client has
        self._pieces: list[bytes] = []  # an incomplete HTTP chunk
        self._n_pieces_bytes = 0

    @property
    def raw(self) -> Any:
        """What the socket's own file reads from."""
        return self._inner.raw

    def _on_head(self, start: bytes, headers: Headers) -> None:
        self._recording.record_head(head_of(start, headers, self._recording.elapsed()))

    def _on_data(self, data: bytes) -> None:
        self._pieces.append(data)
        self._n_pieces_bytes += len(data)
        # urllib3 gives its client whole chunks, however they came.
        if self._message.state != "data" or not self._message.is_chunked or self._is_long:
            self._feed()

    @property
    def _is_long(self) -> bool:
        return self._n_pieces_bytes >= _LONG_CHUNK_BYTES

    def _feed(self) -> None:
        if self._pieces:
            self._recording.feed(b"".join(self._pieces))
            self._pieces.clear()
            self._n_pieces_bytes = 0

    def _next(self) -> bytes:
        try:
            data: bytes = self._inner.read1(_READ_BYTES)
        except BaseException as error:
            self._feed()
            self._recording.failed(error)
            raise
        if not data:
            self._feed()
            self._ended()
        return data

    def _gave(self, n_bytes: int) -> None:
        while self._n_scanned < n_bytes:
            start = self._at + self._n_scanned
            self._n_scanned += self._message.scan(self._buffer, start)
        self._n_scanned -= n_bytes
        if self._message.state == "done" and not self._n_scanned:
            self._recording.complete()

    def _ended(self) -> None:
        """The upstream has closed the connection."""
        message = self._message
        if message.state == "until close":
            self._recording.complete()
        elif message.is_empty:
            text = "Remote end closed connection without response"
            self._recording.failed(http.client.RemoteDisconnected(text))
        elif message.state != "done":
            n_bytes: Any = range(message.n_bytes)  # only its length is used
            left = message.remaining or None
            self._recording.failed(http.client.IncompleteRead(n_bytes, left))

    def drain(self) -> None:
        """Read the response to its end; nobody gets it."""
        try:
            while self._message.state != "done" and self.read1():
                pass
        except Exception:  # noqa: BLE001 - it is recorded, and played
            return
        finally:
            self.close()

    def fileno(self) -> int:
        return int(self._inner.fileno())

    def close(self) -> None:
        """Close the upstream; a body that was not read to its end is abandoned."""
        if self.closed:
            return
        during = sys.exception()
        try:
            self._inner.close()
        finally:
            self._feed()
            self._recording.abandon(during)
            super().close()


class PlayedReader(WireReader):
    """Gives what a player plays as HTTP/1.1.

    `headers` gives those of the recorded head that can be kept. `partial` says which of the chunks
    was cut, and how many bytes are missing.
    """

    def __init__(
        self,
        player: ReplayingStream,
        headers: Callable[[Head], Headers],
        partial: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self._player = player
        self._pieces = iter(player)
        self._headers = headers
        self._partial = partial
        self._n_chunks = 0
        self._is_chunked = self._is_framed = False
        self._has_head = self._has_ended = False

    def _next(self) -> bytes:
        if self._has_ended:
            return b""
        try:
            return self._body() if self._has_head else self._head()
        except StopIteration:
            self._has_ended = True
            return b"0\r\n\r\n" if self._is_chunked else b""
        except CutError as error:
            self._has_ended = True
            if self._is_framed:
                return b""
            # The end of the connection would be the end of the body.
            incomplete = http.client.IncompleteRead(b"")
            for note in getattr(error, "__notes__", ()):
                incomplete.add_note(note)
            raise incomplete from None
        except BaseException:
            self._has_ended = True
            raise

    def _head(self) -> bytes:
        head = self._player.head()
        headers = self._headers(head)
        self._is_chunked = is_chunked(headers)
        self._is_framed = self._is_chunked or content_length(headers) is not None
        self._has_head = True
        return head_bytes(head, headers)

    def _body(self) -> bytes:
        data = next(self._pieces)
        while not data:  # an empty chunk would be the last one
            data = next(self._pieces)
        if not self._is_chunked:
            return data
        number, n_missing = self._partial or (-1, 0)
        self._n_chunks += 1
        if self._n_chunks == number + 1:
            return b"%x\r\n%b" % (len(data) + n_missing, data)
        return b"%x\r\n%b\r\n" % (len(data), data)

    def close(self) -> None:
        """Stop playing."""
        if not self.closed:
            self._player.close()
            super().close()


def partial_chunk(interaction: Interaction) -> tuple[int, int] | None:
    """Which HTTP chunk of a recording was cut, and how many bytes are missing; None if none was."""
    ending = interaction.ending
    found = _LEFT.search(ending.message or "")
    if ending.exception != "IncompleteRead" or found is None or not interaction.chunks:
        return None
    return len(interaction.chunks) - 1, int(found[1])
