"""The frames of an interaction: which framer reads its body, and where each frame stands.

The content type chooses; where it names no stream (or there is none), the first bytes do: servers
mislabel streams. A body that is no stream is one frame with the whole body as `data`, or with None
where it is not text. The content-encoding is undone chunk by chunk, so that a frame has the time
and the index of the chunk that completed it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from streamtape.errors import FrameTooLargeError, FramingError
from streamtape.framing.eventstream import (
    PRELUDE_BYTES,
    EventStreamFrame,
    EventStreamParser,
    is_prelude,
)
from streamtape.framing.ndjson import NDJSONParser
from streamtape.framing.sse import MAX_FRAME_BYTES, SSEFrame, SSEParser
from streamtape.tape.decoding import decoder_for
from streamtape.tape.views import Frame

if TYPE_CHECKING:
    from streamtape.tape.decoding import Decoder
    from streamtape.tape.model import Chunks, Interaction

AnyFrame = SSEFrame | EventStreamFrame
_Piece = tuple[int, int | None, bytes]  # the chunk's index and time, and what it decodes to
_SSE_START = re.compile(rb"(?:data|event|id|retry)?:")
_SNIFF_BYTES = 64 << 10


class Framer(Protocol):
    """Cuts bytes into frames, incrementally."""

    def feed(self, data: bytes) -> Iterable[AnyFrame]: ...
    def close(self) -> AnyFrame | None: ...


class WholeBody:
    """Makes one frame of a body that is no stream; its `data` is None where it is not UTF-8."""

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max = max_frame_bytes
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[SSEFrame]:
        """Take the next bytes of the body; there is nothing to get before its end."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > self._max:
            raise FrameTooLargeError(
                f"a body that is no stream is {self._size:,} bytes so far, over the bound of "
                f"{self._max:,} for one frame; read it as interaction.content",
                max_bytes=self._max,
            )
        return []

    def close(self) -> SSEFrame | None:
        """End the body: get all of it, marked incomplete (only who knows the ending can tell)."""
        body = b"".join(self._pieces)
        if not body:
            return None
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            cut = error.reason == "unexpected end of data" and error.end == len(body)
            return SSEFrame(data=body.decode("utf-8", "replace") if cut else None, complete=False)
        return SSEFrame(data=text, complete=False)


# Content types that name a stream.
_FRAMERS: dict[str, Callable[[], Framer]] = {
    "text/event-stream": SSEParser,
    "application/vnd.amazon.eventstream": EventStreamParser,
    "application/x-ndjson": NDJSONParser,
    "application/ndjson": NDJSONParser,
    "application/jsonl": NDJSONParser,
    "application/x-jsonlines": NDJSONParser,
    "application/jsonlines": NDJSONParser,
    "application/stream+json": NDJSONParser,
}


def framer_for(content_type: str | None, first_bytes: bytes) -> Framer:
    """Get a new framer for a body: by its content type, and failing that by its first bytes."""
    return _framer(content_type, first_bytes, at_end=True) or WholeBody()


def _framer(content_type: str | None, first: bytes, *, at_end: bool) -> Framer | None:
    """Choose a framer, or None where more bytes could still change the choice."""
    named = _FRAMERS.get((content_type or "").partition(";")[0].strip().lower())
    if named:
        return named()
    if is_prelude(first):
        return EventStreamParser()
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if _SSE_START.match(start):
        return SSEParser()
    if start.startswith(b"{"):
        line, _, rest = start.partition(b"\n")
        if rest.strip():  # a JSON document ends with its last brace; a second line makes lines
            return NDJSONParser() if _is_json(line) else WholeBody()
        undecided = len(first) < _SNIFF_BYTES
    else:
        undecided = len(first) < PRELUDE_BYTES
    return None if undecided and not at_end else WholeBody()


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def frames(interaction: Interaction) -> Iterator[Frame]:
    """Iterate over the frames of a response body, lazily.

    FramingError and ContentError come where the bytes are at fault, after the frames before them.
    The last frame has `complete=False` where nothing ended it; a last line of NDJSON and a whole
    body are complete where the body ended as its protocol says.
    """
    head = interaction.head
    if head is None:
        return
    pieces = _decoded(interaction.chunks, decoder_for(head.get("content-encoding")))
    framer, first = _chosen(head.get("content-type"), pieces)
    numbers, place, at_us = count(), 0, None
    for place, at_us, data in chain(first, pieces):
        try:
            found = framer.feed(data)
        except FramingError as error:
            for frame in error.frames:
                yield _in_place(frame, at_us, place, next(numbers))
            raise
        for frame in found:
            yield _in_place(frame, at_us, place, next(numbers))
    last = framer.close()
    if isinstance(last, SSEFrame) and not isinstance(framer, SSEParser):
        last = replace(last, complete=interaction.ending.kind == "complete")
    if last is not None:
        yield _in_place(last, at_us, place, next(numbers))


def _in_place(frame: AnyFrame, at_us: int | None, place: int, number: int) -> Frame:
    if isinstance(frame, SSEFrame):
        where = (frame.complete, at_us, place, number)
        return Frame(frame.event, frame.data, frame.id, frame.retry, frame.comments, *where)
    return Frame(
        frame.event,
        frame.data,
        complete=frame.complete,
        at_us=at_us,
        chunk=place,
        index=number,
        headers=frame.headers,
    )


def _decoded(chunks: Chunks, decoder: Decoder) -> Iterator[_Piece]:
    """The pieces of a body, its content-encoding undone; those that decode to nothing left out."""
    feed = decoder.feed
    for place, (at_us, data) in enumerate(chunks):
        if content := feed(data):
            yield place, at_us, content


def _chosen(content_type: str | None, pieces: Iterator[_Piece]) -> tuple[Framer, list[_Piece]]:
    """The framer of a body, and the pieces that had to be read to choose it."""
    read: list[_Piece] = []
    first = bytearray()
    look_at = 1  # each look reads all of `first`, so they are made at doubling sizes
    for piece in pieces:
        read.append(piece)
        first += piece[2]
        if len(first) >= look_at:
            framer = _framer(content_type, bytes(first), at_end=False)
            if framer is not None:
                return framer, read
            look_at = 2 * len(first)
    return framer_for(content_type, bytes(first)), read
