"""Bytes of an event stream -> SSE frames, incrementally.

Feed chunks cut anywhere; each block that a blank line ends gives a frame when that line end
arrives. Line ends become LF on entry, the unfinished block waits in pieces that are never scanned
again, closed blocks are read many at a time where they look alike and line by line where they don't
(`sse_frame`). While chunks bring nothing but more of one run of blocks, the unfinished value alone
waits, and one split of the text takes a chunk apart. No I/O, no clock; any bytes give frames, and
no error but the bound's.
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import itemgetter

from streamtape.errors import FrameTooLargeError, UsageError
from streamtape.framing.sse_frame import (
    USUAL_RUN,
    USUAL_SHAPE,
    Found,
    Shape,
    SSEFrame,
    encode_sse,
    parse_block,
    shape_of,
)

__all__ = ["MAX_FRAME_BYTES", "SSEFrame", "SSEParser", "encode_sse"]

MAX_FRAME_BYTES = 64 << 20
_WINDOW_BYTES = 64 << 10  # the frames of more than this leave the processor's caches
_SMALL_BYTES = 16 << 10  # larger data gains nothing from being read as part of a run
_BOM = b"\xef\xbb\xbf"
_PAUSE = 64  # regions; to leave a run and begin another costs as much as reading an event
_ODD = itemgetter(-1)
# Bytes that come one by one wait in a list, at two thirds of the price of a bytearray.
_MAX_SINGLES = 256
_SINGLES = frozenset(bytes([byte]) for byte in range(256)) - {b"\r", b"\n"}


class SSEParser:
    """Cuts an event stream into frames: `feed` chunks, then `close`.

    `max_frame_bytes` bounds one frame (its lines, without the blank one): FrameTooLargeError, whose
    `frames` are those that the same call had found before.
    """

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        if max_frame_bytes < 1:
            raise UsageError(f"max_frame_bytes must be at least 1, got {max_frame_bytes!r}")
        self._max = max_frame_bytes
        self._window = min(max_frame_bytes, _WINDOW_BYTES)
        self._small = min(max_frame_bytes // 4, _SMALL_BYTES)
        self._id = ""
        self._retry: int | None = None
        self._shape = USUAL_SHAPE
        self._run = USUAL_RUN
        self._restart()

    def _restart(self) -> None:
        # The unfinished block is in pieces, a tail and single bytes that came one by one. It never
        # begins with a line end, and pieces are only where there is a tail.
        self._pieces: list[bytearray] = []
        self._tail = bytearray()
        self._singles: list[bytes] = []
        # In a run it is neither, but what is due before the next value begins (b"" within a value;
        # None outside of a run), and the value that has begun.
        self._due: bytes | None = None
        self._begun = ""
        self._pause = 0  # regions to be read before the next run may begin
        self._room: Iterator[int] = iter(())  # for more of them; the cheapest counter
        self._limit = self._window  # the size at which the tail becomes a piece
        self._start: bytes | None = b""  # bytes that may be a BOM; None past the start
        self._after_cr = False  # a LF would be the second half of a line end
        self._failed = ""
        self._careful = True  # one of the last three is to be looked at

    @property
    def last_event_id(self) -> str:
        """The last event id in force: what a client sends as Last-Event-ID to reconnect."""
        return self._id

    @property
    def retry(self) -> int | None:
        """The reconnection time in force, in milliseconds; None where the stream gave none.

        A `retry` line counts at its line end, before its block is dispatched.
        """
        lines = self._unfinished()
        end = lines.rfind(b"\n") + 1
        retry = parse_block(lines, "", end=end).retry if end else None
        return self._retry if retry is None else retry

    def feed(self, data: bytes) -> list[SSEFrame]:  # noqa: PLR0912 - a call more is a tenth more
        """Take the next bytes of the stream; get the frames that they complete."""
        due = self._due
        if due is None:
            for _ in self._room:
                if data in _SINGLES or (data == b"\n" and self._singles[-1] != data):
                    self._singles.append(data)  # no blank line
                    return []
                break
            if self._singles:
                data = b"".join((*self._singles, data))
                self._singles.clear()
                self._room = iter(())
        if self._careful or 13 in data:
            data = self._normalised(data)
        if due:  # between two values of a run
            values = data.removeprefix(due)
            value, _, rest = values.partition(b"\n")
            if rest == b"\n" and values != data and len(data) <= self._small:
                run = self._run
                self._due = run.start
                try:
                    return [SSEFrame(run.event, value.decode(), self._id)]
                except UnicodeDecodeError:  # the usual call has no arguments: 30 ns less
                    return [SSEFrame(run.event, value.decode("utf-8", "replace"), self._id)]
        if due is not None:
            frames = self._more(data, due)
            if frames:
                return frames
            self._leave_run()
        tail = self._tail
        if 10 in data:
            end = data.rfind(b"\n\n") + 2
            if end > 1 or (data[0] == 10 and tail.endswith(b"\n")):
                return self._closed(data, end)
            if not tail:
                data = data.lstrip(b"\n")
        elif len(data) == 1 and len(tail) + _MAX_SINGLES <= self._limit:
            self._singles.append(data)
            self._room = iter(range(1, _MAX_SINGLES))
            return []
        tail += data
        if len(tail) > self._limit:
            self._spill()
        return []

    def _more(self, data: bytes, due: bytes) -> list[SSEFrame] | None:
        """Read data as more of the run, up to the value that it ends in; None for anything else.

        One split gives all values. The last one is unfinished, or ends where the block does and
        has the beginning of the next block after it.
        """
        if len(data) > self._small:
            return None
        if due:
            if not data.startswith(due):
                return None
            data = data.removeprefix(due)
        run = self._run
        try:
            values = (self._begun + data.decode()).split(run.seam)
        except UnicodeDecodeError:  # also a character that is cut in two
            return None
        begun = values.pop()
        due = b""
        if "\n" in begun and "\n\n" in begun:
            value, _, head = begun.partition("\n\n")
            if not run.head.startswith(head):
                return None
            values.append(value)
            due = run.start.removeprefix(head.encode())
            begun = ""
        if not values or "\n" in "".join(values):
            return None
        self._due = due
        self._begun = begun
        event, last_event_id = run.event, self._id
        frames = []
        for value in values:  # a comprehension takes 150 ns more
            frames.append(SSEFrame(event, value, last_event_id))
        return frames

    def _enter_run(self) -> None:
        """Read on as a run, if all that waits is the beginning of its next block."""
        if self._pause:
            self._pause -= 1
            return
        start, tail = self._run.start, bytes(self._tail)
        if max(len(tail), len(start)) > self._small:
            return
        if start.startswith(tail):
            self._due = start.removeprefix(tail)
        elif tail.startswith(start) and tail.rfind(b"\n") < len(start):
            try:
                self._begun = tail.removeprefix(start).decode()
            except UnicodeDecodeError:
                return
            self._due = b""
        if self._due is not None:
            self._tail.clear()

    def _leave_run(self) -> None:
        self._tail += self._begun_block()
        self._due, self._begun, self._pause = None, "", _PAUSE

    def _begun_block(self) -> bytes:
        """Get what has come of a run's next block."""
        if self._due is None:
            return b""
        return self._run.start.removesuffix(self._due) + self._begun.encode()

    def feed_whole(self, chunks: Sequence[bytes]) -> list[SSEFrame] | None:
        """Take chunks at once that hold whole frames: each blank line in them completes one.

        None where that is not so for all of them; then nothing was taken.
        """
        if self._careful or self._tail or self._singles or self._begun_block():
            return None
        if not all(map(bytes.endswith, chunks, repeat(b"\n\n"))):
            return None
        region = b"".join(chunks)
        if region[:1] == b"\n" or 13 in region or b"\n\n\n" in region:
            return None
        self._due = None
        frames: list[SSEFrame] = []
        self._region(region, frames)
        return frames

    def pass_over(self, data: bytes, n_line_ends: int) -> int:
        """Take whole blocks of the run that was read last, and count them: none is made.

        0 where data, which has so many line ends, holds anything else; then nothing was taken.
        """
        run = self._run
        if self._careful or self._tail or self._singles or self._begun_block():
            return 0
        if len(data) > self._max or not (data.startswith(run.start) and data.endswith(b"\n\n")):
            return 0
        n_blocks = data.count(run.seam.encode()) + 1
        # Each has the line ends of its seam, unless a value has some, too.
        return n_blocks if n_line_ends == n_blocks * run.seam.count("\n") else 0

    def close(self) -> SSEFrame | None:
        """End the stream: get the last block where nothing ended it, as an incomplete frame.

        Its id does not come into force. What is fed after this is a new stream, as after a
        reconnection: the last event id and the retry stay.
        """
        self._retry = self.retry
        block = b"" if self._failed else self._unfinished() + (self._start or b"")
        self._restart()
        return parse_block(block, self._id, complete=False) if block else None

    def _normalised(self, data: bytes) -> bytes:
        """Drop a BOM at the start and make every line end LF, also one that is cut in two."""
        if self._failed:
            raise FrameTooLargeError(self._failed, max_bytes=self._max)
        if self._start is not None:
            data = self._start + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._start = data
                return b""
            self._start = None
            data = data.removeprefix(_BOM)
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if 13 in data:
            self._after_cr = data[-1] == 13
            data = data.replace(b"\r\n", b"\n")
            if 13 in data:
                data = data.replace(b"\r", b"\n")
        self._careful = self._after_cr
        return data

    def _closed(self, data: bytes, end: int) -> list[SSEFrame]:
        """Read the blocks of which the last is closed by data[:end]; keep what is after them."""
        tail, run, region = self._tail, self._run, data[:end]
        if not tail and end == len(data) <= self._small:
            value, _, blank = data.removeprefix(run.start).partition(b"\n")
            if blank == b"\n" and data.startswith(run.start):  # one event, of the type before
                self._enter_run()
                return [SSEFrame(run.event, value.decode("utf-8", "replace"), self._id)]
        if self._pieces:
            region = b"".join((*self._pieces, tail, region))
            self._pieces.clear()
            self._limit = self._window
        elif tail:
            region = bytes(tail) + region
        tail.clear()
        frames: list[SSEFrame] = []
        try:
            if len(region) <= self._window:
                frames = self._many(region)
            else:
                self._region(region, frames)
            tail += data[end:]
            if len(self._tail) > self._limit:
                self._spill()
        except FrameTooLargeError as error:
            error.frames = tuple(frames)
            raise
        if len(frames) > 1 and self._run is run and region.startswith(run.start):
            self._enter_run()
        return frames

    def _region(self, region: bytes, frames: list[SSEFrame]) -> None:
        """Read closed blocks, a window at a time."""
        start, size = 0, len(region)
        while size - start > self._window:
            blank = _blank_line(region, start)
            if blank + 1 - start > self._window:  # a block that is larger than a window
                frames.append(self._large(region, start, blank))
                start = blank + 2
            else:
                cut = region.rfind(b"\n\n", start, start + self._window + 1) + 2
                frames += self._many(region[start:cut])
                start = cut
        frames += self._many(region[start:])

    def _many(self, region: bytes) -> list[SSEFrame]:
        """Read whole blocks, none of which can be over the bound."""
        text = region.decode("utf-8", "replace")
        run = self._run.frames(text, self._id)
        if run is not None:
            return run
        shape = self._shape
        found = shape.pattern.findall(text)
        if any(map(_ODD, found)):
            other = shape_of(text) if found[0][-1] else shape
            if other and other is not shape:
                self._shape = shape = other
                found = shape.pattern.findall(text)
            return [self._one(shape, values) for values in found]
        frames = shape.frames(found, self._id)
        if frames:
            self._id = frames[-1].id
            self._run = shape.run(frames[-1].event) or self._run
        return frames

    def _one(self, shape: Shape, values: Found) -> SSEFrame:
        if values[-1]:
            return self._block(values[-1].encode())
        frame = shape.frame(values, self._id)
        self._id = frame.id
        return frame

    def _large(self, region: bytes, start: int, blank: int) -> SSEFrame:
        if region[start] == 10:  # a blank line before the block; there can be only one here
            start += 1
        size = blank + 1 - start
        if size > self._max:
            raise self._too_large(size)
        return self._block(region, start, blank)

    def _block(self, region: bytes, start: int = 0, end: int | None = None) -> SSEFrame:
        frame = parse_block(region, self._id, start=start, end=end)
        self._id = frame.id
        if frame.retry is not None:
            self._retry = frame.retry
        return frame

    def _spill(self) -> None:
        """Make a piece of a tail that has grown to its limit, if the bound allows it."""
        size = sum(map(len, self._pieces)) + len(self._tail)
        if size > self._max:
            raise self._too_large(size)
        last = self._tail[-1:]
        del self._tail[-1:]
        self._pieces.append(self._tail)
        self._tail = last
        self._limit = min(_WINDOW_BYTES, self._max - size + 1)

    def _unfinished(self) -> bytes:
        return b"".join((*self._pieces, self._tail, *self._singles, self._begun_block()))

    def _too_large(self, size: int) -> FrameTooLargeError:
        self._tail.clear()
        self._pieces.clear()
        self._careful = True
        self._failed = (
            f"an SSE frame is {size:,} bytes so far, over the bound of {self._max:,}: no blank "
            "line ends it; if that is right, raise the bound: SSEParser(max_frame_bytes=...)"
        )
        return FrameTooLargeError(self._failed, max_bytes=self._max)


def _blank_line(region: bytes, start: int) -> int:
    """Find the first of two LF in a row: by single LF, which is ten times as fast as by two."""
    at = region.find(b"\n", start)
    while region[at + 1] != 10:
        at = region.find(b"\n", at + 1)
    return at
