"""Bytes of newline-delimited JSON -> frames, one a line, incrementally.

Lines end with LF or CRLF; blank lines are no frames; a BOM at the start is dropped; bytes that are
not UTF-8 become U+FFFD. Whether a line is JSON is for those who read frames.
"""

from __future__ import annotations

from streamtape.errors import FrameTooLargeError, UsageError
from streamtape.framing.sse_frame import SSEFrame

MAX_FRAME_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"


class NDJSONParser:
    """Cuts a stream into lines: `feed` chunks, then `close`. A frame's `data` is the line.

    `max_frame_bytes` bounds one line: FrameTooLargeError, whose `frames` are those that the same
    call had found before.
    """

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        if max_frame_bytes < 1:
            raise UsageError(f"max_frame_bytes must be at least 1, got {max_frame_bytes!r}")
        self._max = max_frame_bytes
        self._pieces: list[bytes] = []  # the unfinished line, in pieces
        self._size = 0
        self._at_start = True
        self._failed = ""

    def feed(self, data: bytes) -> list[SSEFrame]:
        """Take the next bytes of the stream; get the frames that they complete."""
        if self._failed:
            raise FrameTooLargeError(self._failed, max_bytes=self._max)
        lines = data.split(b"\n")
        frames: list[SSEFrame] = []
        for line in lines[:-1]:
            self._add(line, frames)
            frame = self._line(complete=True)
            if frame:
                frames.append(frame)
        self._add(lines[-1], frames)
        return frames

    def close(self) -> SSEFrame | None:
        """End the stream: get the last line where no line end came, as an incomplete frame."""
        if self._failed:
            return None
        frame = self._line(complete=False)
        self._at_start = True
        return frame

    def _add(self, piece: bytes, frames: list[SSEFrame]) -> None:
        if not piece:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._max:
            self._pieces.clear()
            self._failed = (
                f"an NDJSON line is {self._size:,} bytes so far, over the bound of {self._max:,}; "
                "if that is right, raise the bound: NDJSONParser(max_frame_bytes=...)"
            )
            raise FrameTooLargeError(self._failed, max_bytes=self._max, frames=frames)

    def _line(self, *, complete: bool) -> SSEFrame | None:
        line = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        if not line.strip():
            return None
        text = line.removesuffix(b"\r").decode("utf-8", "replace")
        return SSEFrame(data=text, complete=complete)
