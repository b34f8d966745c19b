"""The frames of an interaction: which framer reads its body, and where each frame is.

The first bytes choose, since servers mislabel what they send; the content type decides what they
leave open. A body that is no stream is one frame with the whole body as `data`, or with None
where it is not text. The content-encoding is undone chunk by chunk, so that a frame has the time
and the index of the chunk that completed it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count, islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec.structs import replace

from streamtape.content.decode import decoder_for
from streamtape.errors import CassetteError, ContentError, FrameTooLargeError, FramingError
from streamtape.framing.eventstream import (
    PRELUDE_BYTES,
    EventStreamFrame,
    EventStreamParser,
    is_prelude,
)
from streamtape.framing.json_array import JSONArrayParser
from streamtape.framing.media import STREAM_TYPES, media_type
from streamtape.framing.messages import message_frames
from streamtape.framing.ndjson import NDJSONParser
from streamtape.framing.sse import MAX_FRAME_BYTES, SSEFrame, SSEParser
from streamtape.tape.events import Frame

if TYPE_CHECKING:
    from streamtape.content.decode import Decoder
    from streamtape.tape.model import Interaction
    from streamtape.tape.segments import Allowance, Columns

AnyFrame = SSEFrame | EventStreamFrame
Piece = tuple[bytes, int | None, int]  # a chunk's decoded data, its time and its index
_NAMES: dict[type, str] = {
    SSEParser: "sse",
    NDJSONParser: "ndjson",
    EventStreamParser: "eventstream",
    JSONArrayParser: "array",
}
_SSE_START = re.compile(rb"(?:data|event|id|retry)?:")
_SNIFF_BYTES = 64 << 10
BATCH = 64  # pieces of an event stream that are read together
_MOST_PARSED_BYTES = 1 << 20  # the most JSON parsed to see how a body is framed
_LAST_OF_PRELUDES = b"\x04"  # a message begins with its length in four bytes, at most 64 MiB


class Framer(Protocol):
    """Cuts bytes into frames, incrementally."""

    def feed(self, data: bytes) -> Iterable[AnyFrame]: ...
    def close(self) -> AnyFrame | None: ...


MESSAGES = "messages"


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
                f"a body that is not a stream is {self._size:,} bytes so far, over the bound of "
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
_PARSERS: dict[str, Callable[[], Framer]] = {name: parser for parser, name in _NAMES.items()}
_FRAMERS = {media: _PARSERS[framing] for media, framing in STREAM_TYPES.items()}
_ASKS_TO_STREAM = re.compile(r"stream", re.IGNORECASE)


def framer_for(
    content_type: str | None, first_bytes: bytes, *, stream_requested: bool = False
) -> Framer:
    """Get a new framer for a body: by its first bytes, and failing that by its content type.

    `stream_requested`: whether the request asks for a stream, so that a JSON array is one.
    """
    named = _FRAMERS.get(media_type(content_type), WholeBody)
    return (
        _framer(content_type, first_bytes, at_end=True, stream_requested=stream_requested)
        or named()
    )


def asks_to_stream(interaction: Interaction) -> bool:
    """Whether a request asks for a stream, by its address or its `stream: true`."""
    request = interaction.request
    return bool(_ASKS_TO_STREAM.search(request.url.partition("?")[0])) or bool(
        re.search(rb'"stream"\s*:\s*true', request.body)
    )


def _framer(
    content_type: str | None, first: bytes, *, at_end: bool, stream_requested: bool = False
) -> Framer | None:
    """Choose a framer, or None where more bytes could still change the choice.

    The bytes count for more than the type, since servers mislabel: errors as JSON where a stream
    was requested, streams as JSON. A type that names a stream decides what they leave open.
    """
    named = _FRAMERS.get(media_type(content_type))
    if first[:1] <= _LAST_OF_PRELUDES:  # no text begins so, and a message does, whatever the type
        if is_prelude(first):
            return EventStreamParser()
        if len(first) < PRELUDE_BYTES and not at_end:
            return None
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if _SSE_START.match(start):
        return SSEParser()
    if named in (EventStreamParser, NDJSONParser) and len(first) < PRELUDE_BYTES and not at_end:
        return None
    start = start.lstrip(b" \t\r\n")
    if start.startswith(b"{"):
        return _of_objects(start, named, at_end=at_end)
    if start.startswith(b"["):
        return _of_array(start, named, at_end=at_end, stream_requested=stream_requested)
    if named is SSEParser and start.startswith(b"<"):
        return WholeBody()  # a page in place of the stream
    if named:
        return named()
    return None if len(first) < PRELUDE_BYTES and not at_end else WholeBody()


def _of_objects(start: bytes, named: Callable[[], Framer] | None, *, at_end: bool) -> Framer | None:
    """The framer of a body that begins with an object: lines, or one document."""
    line, _, rest = start.partition(b"\n")
    if named is NDJSONParser:
        return WholeBody() if line.strip() == b"{" else NDJSONParser()
    rest = rest.lstrip(b"\r\n\t ")
    if rest:  # a JSON document ends with its last brace; a second line makes lines
        if not _is_json(line):
            return WholeBody()
        return SSEParser() if _SSE_START.match(rest) else NDJSONParser()
    return None if len(start) < _SNIFF_BYTES and not at_end else WholeBody()


def _of_array(
    start: bytes, named: Callable[[], Framer] | None, *, at_end: bool, stream_requested: bool
) -> Framer | None:
    """The framer of a body that begins with a list: one that grows, or one document.

    It grows where a stream was requested, and where the bytes that came end between two elements;
    a first piece of more than a MiB is a document.
    """
    first = start[1:].lstrip()
    if not first and not at_end:
        return None
    if not first.startswith(b"{"):
        return named() if named else WholeBody()
    if stream_requested or named:
        return JSONArrayParser()
    if len(start) > _MOST_PARSED_BYTES:
        return WholeBody()
    array = JSONArrayParser()
    grows = bool(array.feed(start)) and array.between_elements
    return JSONArrayParser() if grows else WholeBody()


def _is_json(line: bytes) -> bool:
    if len(line) > _MOST_PARSED_BYTES:
        return line.rstrip().endswith(b"}")
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
    yield from open_frames(interaction)[1]


def open_frames(interaction: Interaction) -> tuple[str, Iterator[Frame]]:
    """Open a body: how it is framed (as `framing_of` says), and its frames, lazily.

    ContentError and FramingError as from `frames`; an unknown content-encoding is raised here.
    """
    if interaction.is_dialogue:
        return MESSAGES, message_frames(interaction.messages)
    framer, pieces = open_body(interaction)
    return _NAMES.get(type(framer), ""), read_frames(interaction, framer, pieces, Start())


class Start(NamedTuple):
    """What was read of a body before: the last chunk's index and time, bytes, and frames."""

    chunk_index: int = 0
    at_us: int | None = None
    n_bytes: int = 0
    n_frames: int = 0


def read_frames(
    interaction: Interaction, framer: Framer, pieces: Iterator[Piece], start: Start
) -> Iterator[Frame]:
    """Iterate over the frames of a body, from a framer's position on."""
    allowance = interaction.chunks.allowance
    chunk_index, at_us, n_bytes, number = start
    for batch in batches(pieces, BATCH if isinstance(framer, SSEParser) else 1):
        whole = _whole_frames(framer, batch, number, n_bytes, allowance)
        if whole is not None:
            for frame, (_, at_us, chunk_index) in _with_pieces(whole, batch):
                yield _located(frame, at_us, chunk_index, number)
                number += 1
            n_bytes += sum([len(data) for data, _, _ in batch])
            continue
        for data, at_us, chunk_index in batch:
            n_bytes += len(data)
            if allowance is not None:
                allowance.bytes(n_bytes)
            error = None
            try:
                found = framer.feed(data)
            except FramingError as failed:
                found, error = failed.frames, failed
            for each in found:
                if allowance is not None:
                    allowance.frames(number + 1)
                yield _located(each, at_us, chunk_index, number)
                number += 1
            if error is not None:
                raise error
    last = framer.close()
    if isinstance(last, SSEFrame) and isinstance(framer, NDJSONParser | WholeBody):
        last = replace(last, complete=interaction.ending.kind == "complete")
    if last is not None:
        if allowance is not None:
            allowance.frames(number + 1)
        yield _located(last, at_us, chunk_index, number)


def _with_pieces(frames: list[SSEFrame], batch: list[Piece]) -> Iterable[tuple[SSEFrame, Piece]]:
    """Put each frame beside the piece that it came in: as many as the piece has blank lines."""
    if len(frames) == len(batch):  # no piece is without one
        return zip(frames, batch, strict=True)
    each_piece = [repeat(piece, piece[0].count(b"\n\n")) for piece in batch]
    return zip(frames, chain.from_iterable(each_piece), strict=True)


def _whole_frames(
    framer: Framer, batch: list[Piece], number: int, n_bytes: int, allowance: Allowance | None
) -> list[SSEFrame] | None:
    """The frames of pieces that hold whole ones, one for each blank line in a piece.

    None where they have to be read one by one, as they do where not all may be allowed.
    """
    if len(batch) == 1 or not isinstance(framer, SSEParser):
        return None
    data = [piece for piece, _, _ in batch]
    size = sum(map(len, data))
    if allowance is not None and (
        n_bytes + size > allowance.n_bytes or number + size // 3 > allowance.n_frames
    ):  # no frame is shorter than three bytes
        return None
    return framer.feed_whole(data)


def batches(pieces: Iterator[Piece], most: int) -> Iterator[list[Piece]]:
    """The pieces in lists, the first alone; those before an error come before it."""
    batch: list[Piece] = []
    size = 1
    try:
        while True:
            batch.extend(islice(pieces, size))  # an error leaves those before it in the list
            if not batch:
                return
            yield batch
            batch, size = [], most
    except (ContentError, CassetteError):
        if batch:
            yield batch
        raise


def _located(frame: AnyFrame, at_us: int | None, chunk_index: int, number: int) -> Frame:
    if isinstance(frame, SSEFrame):
        where = (frame.complete, at_us, chunk_index, number)
        return Frame(frame.event, frame.data, frame.id, frame.retry, frame.comments, *where)
    return Frame(
        frame.event,
        frame.data,
        complete=frame.complete,
        at_us=at_us,
        chunk=chunk_index,
        index=number,
        headers=frame.headers,
    )


def undone(
    runs: Iterable[Columns], decoder: Decoder | None, first_index: int = 0
) -> Iterator[Piece]:
    """Iterate over the pieces of runs of chunks, their content-encoding undone.

    Those that decode to nothing are left out.
    """
    numbers = count(first_index)
    # The data comes first: where it ends, no number is taken.
    rows = chain.from_iterable(
        zip(run.pieces(), run.times(), numbers, strict=False) for run in runs
    )
    if decoder is None:
        return filter(itemgetter(0), rows)
    return ((content, at, n) for data, at, n in rows if (content := decoder.feed(data)))


def _chosen(
    content_type: str | None, pieces: Iterator[Piece], *, stream_requested: bool
) -> tuple[Framer, list[Piece]]:
    """The framer of a body, and the pieces that had to be read to choose it."""
    read: list[Piece] = []
    first = bytearray()
    look_at = 1  # each look reads all of `first`, so they are made at doubling sizes
    for piece in pieces:
        read.append(piece)
        first += piece[0]
        if len(first) >= look_at:
            framer = _framer(
                content_type, bytes(first), at_end=False, stream_requested=stream_requested
            )
            if framer is not None:
                return framer, read
            look_at = 2 * len(first)
    return framer_for(content_type, bytes(first), stream_requested=stream_requested), read


def framing_of(interaction: Interaction) -> str:
    """How a body is framed: "sse", "ndjson", "eventstream", "array", or "" where it is one piece.

    The messages of a dialogue are "messages". ContentError where its content-encoding can't be
    undone.
    """
    if interaction.is_dialogue:
        return MESSAGES
    return _NAMES.get(type(open_body(interaction)[0]), "")


def open_body(interaction: Interaction) -> tuple[Framer, Iterator[Piece]]:
    """The framer of a body, and all of its pieces, those that had to be read to choose it too."""
    head = interaction.head
    if head is None:
        return WholeBody(), iter(())
    decoder = decoder_for(head.get("content-encoding")) if is_encoded(interaction) else None
    pieces = undone(interaction.chunks.allowed_runs(), decoder)
    framer, first = _chosen(
        head.get("content-type"), pieces, stream_requested=asks_to_stream(interaction)
    )
    return framer, chain(first, pieces)


def is_encoded(interaction: Interaction) -> bool:
    """Whether a response names a content-encoding, which has to be undone before it is read."""
    return interaction.head is not None and bool(interaction.head.get("content-encoding"))
