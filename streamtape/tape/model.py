"""A recording as frozen values: Cassette, Interaction, Request, Head, Chunk, Ending.

Times are integer microseconds from the sending of the request, on a monotonic clock; None where a
recording does not know them (a converted one). Bytes are as they were on the wire. Nothing here
touches a disk or reads a clock.

The reading methods of Interaction (`frames`, `events`, `sdk_events`, `transcript`) are a facade:
the readers are in rooms further down, and are imported when a method is called. This is the one
place where the package imports against its order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar, cast, overload

from streamtape.content.decode import decode_content
from streamtape.content.limits import Allowance, within

if TYPE_CHECKING:
    from streamtape.tape.event_types import InteractionEvents
    from streamtape.tape.events import Event, Frame, Transcript

T = TypeVar("T")
Headers = tuple[tuple[bytes, bytes], ...]
EndingKind = Literal["complete", "error", "abandoned", "unfinished"]
SEGMENT_BYTES = 1 << 20
SEGMENT_CHUNKS = 1 << 15


class Chunk(NamedTuple):
    """Bytes as the transport delivered them, and when."""

    at_us: int | None
    data: bytes


class Columns(NamedTuple):
    """A run of chunks, by columns: `times_us` is None where times are unknown."""

    times_us: Sequence[int] | None
    sizes: Sequence[int]
    data: bytes

    def chunks(self) -> Iterator[Chunk]:
        """Cut the data into its chunks."""
        times: Iterable[int | None] = self.times_us or repeat(None)
        return map(Chunk, times, self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Cut the data into the bytes of its chunks."""
        data, start = self.data, 0
        for end in accumulate(self.sizes):
            yield data[start:end]
            start = end


class Segment(Protocol):
    """A run of chunks that is in memory, or that can be fetched."""

    @property
    def n_chunks(self) -> int: ...
    @property
    def n_bytes(self) -> int: ...
    def columns(self) -> Columns: ...


@dataclass(frozen=True, slots=True)
class LoadedSegment:
    """A run of chunks in memory."""

    loaded: Columns

    @property
    def n_chunks(self) -> int:
        return len(self.loaded.sizes)

    @property
    def n_bytes(self) -> int:
        return len(self.loaded.data)

    def columns(self) -> Columns:
        return self.loaded


class Chunks(Sequence[Chunk]):
    """The chunks of one body, in order. Long ones are fetched from the file as they are read."""

    __slots__ = ("_first", "_recent", "allowance", "segments")

    def __init__(
        self, segments: Iterable[Segment] = (), *, allowance: Allowance | None = None
    ) -> None:
        self.allowance = allowance  # how much may be read of it, if its file is not trusted
        self.segments = tuple(s for s in segments if s.n_chunks)
        self._first = [0, *accumulate(s.n_chunks for s in self.segments)]
        self._recent: tuple[int, list[Chunk]] | None = None

    @classmethod
    def of(cls, chunks: Iterable[Chunk]) -> Chunks:
        """Make columns of loose chunks; either all of them have a time or none has."""
        if isinstance(chunks, Chunks):
            return chunks
        return cls(map(LoadedSegment, _columns(chunks)))

    @property
    def n_bytes(self) -> int:
        """How many bytes all chunks hold."""
        return sum(s.n_bytes for s in self.segments)

    def join(self) -> bytes:
        """All bytes, joined."""
        return b"".join(s.columns().data for s in self.segments)

    def pieces(self) -> Iterator[bytes]:
        """The bytes of each chunk, in order."""
        for segment in self.segments:
            yield from segment.columns().pieces()

    def __len__(self) -> int:
        return self._first[-1]

    def __iter__(self) -> Iterator[Chunk]:
        for segment in self.segments:
            yield from segment.columns().chunks()

    @overload
    def __getitem__(self, index: int) -> Chunk: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Chunk]: ...
    def __getitem__(self, index: int | slice) -> Chunk | Sequence[Chunk]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"chunk {index} of {len(self)}")
        number = bisect_right(self._first, position) - 1
        recent = self._recent  # read once: another thread may fetch another segment meanwhile
        if recent is None or recent[0] != number:
            recent = self._recent = number, list(self.segments[number].columns().chunks())
        return recent[1][position - self._first[number]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(_same, self, other))

    def __hash__(self) -> int:
        return hash((len(self), self.n_bytes))

    def __repr__(self) -> str:
        return f"<{len(self)} chunks, {self.n_bytes} bytes>"


def _same(one: Chunk, other: Chunk) -> bool:
    return one == other


def _columns(chunks: Iterable[Chunk]) -> Iterator[Columns]:
    times: list[int] = []
    pieces: list[bytes] = []
    untimed = n_bytes = 0
    for at_us, data in chunks:
        if at_us is None:
            untimed += 1
        else:
            times.append(at_us)
        pieces.append(data)
        n_bytes += len(data)
        if times and untimed:
            raise ValueError("either every chunk of an interaction has a time or none has")
        if n_bytes >= SEGMENT_BYTES or len(pieces) >= SEGMENT_CHUNKS:
            yield Columns(times or None, tuple(map(len, pieces)), b"".join(pieces))
            times, pieces, n_bytes = [], [], 0
    if pieces:
        yield Columns(times or None, tuple(map(len, pieces)), b"".join(pieces))


class StoredBody(Protocol):
    """The body of a request that is in a file."""

    @property
    def n_bytes(self) -> int: ...
    def pieces(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: secrets already out. `headers` keep order and duplicates.

    A long `body` may be in a file: then each look at it reads it anew, and keeps nothing.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    @classmethod
    def stored(cls, method: str, url: str, headers: Headers, body: StoredBody) -> Request:
        """Make a request whose body is read from a file when somebody looks at it."""
        return cls(method, url, headers, cast(bytes, body))

    @property
    def n_body_bytes(self) -> int:
        """The length of the body in bytes; nothing is read for it."""
        body = _body.source(self)
        return len(body) if isinstance(body, bytes) else body.n_bytes

    def body_pieces(self) -> Iterator[bytes]:
        """Iterate over the body without having all of it in memory where it is in a file."""
        body = _body.source(self)
        yield from (body,) if isinstance(body, bytes) else body.pieces()


class _Body:
    """`Request.body`, which is bytes for everybody, wherever they are."""

    def __init__(self, slot: Any) -> None:
        self.source: Callable[[Request], bytes | StoredBody] = slot.__get__
        self._set: Callable[[Request, bytes | StoredBody], None] = slot.__set__

    def __get__(self, request: Request | None, owner: type | None = None) -> Any:
        if request is None:
            return self
        body = self.source(request)
        return body if isinstance(body, bytes) else b"".join(body.pieces())

    def __set__(self, request: Request, value: bytes | StoredBody) -> None:
        self._set(request, value)


_body = _Body(Request.__dict__["body"])
type.__setattr__(Request, "body", _body)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of the response: status line and headers, and when it arrived.

    `recoded` says that the body was compressed again by us, after something in it was masked.
    """

    status: int
    headers: Headers = ()
    at_us: int | None = None
    http_version: str = "HTTP/1.1"
    reason: str = ""
    recoded: bool = False

    def get(self, name: str) -> str | None:
        """The value of the first header of this name, in any case; None where there is none."""
        return header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the body ended.

    `complete`: as the protocol says. `error`: with `exception` (the class's name), from the package
    `module`, with the classes it derives from in `bases`, and `message`. `abandoned`: the client
    stopped reading. `unfinished`: the recorder stopped before the stream did; `message` says why.
    """

    kind: EndingKind
    at_us: int | None = None
    exception: str | None = None
    message: str | None = None
    module: str | None = None
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was masked: `where` (`request.header:authorization`) and what `kind`; never the value.

    `digest` is keyed and short: it tells requests apart that differ only in what was masked.
    """

    where: str
    kind: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One request and what came back. `head` is None where the request failed before a response.

    `started_at_us` is the wall clock at the sending of the request (Unix time in microseconds).
    `cuts_known` is False where the chunks are not as the transport cut them (converted recordings).
    """

    request: Request
    head: Head | None
    chunks: Chunks
    ending: Ending
    started_at_us: int | None = None
    cuts_known: bool = True
    redactions: tuple[Redaction, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "chunks", Chunks.of(self.chunks))

    @property
    def body(self) -> bytes:
        """The wire bytes of the response, joined; still compressed if they came compressed."""
        return self.chunks.join()

    @property
    def content(self) -> bytes:
        """The body with its content-encoding undone.

        ContentError where the encoding is unknown or the body is not what it says, and
        ContentLimitError where a small file unfolds to more than a recording does. A body that was
        cut gives what can be decoded of it.
        """
        if not self.chunks.n_bytes:
            return b""  # whatever it is said to be encoded as
        encoding = self.head.get("content-encoding") if self.head else None
        pieces = decode_content((c.data for c in self.chunks), encoding)
        return b"".join(within(pieces, self.chunks.allowance))

    def frames(self) -> Iterator[Frame]:
        """Iterate over the frames of the body (SSE, NDJSON), lazily."""
        from streamtape.framing.select import frames

        return frames(self)

    if TYPE_CHECKING:

        @property
        def events(self) -> InteractionEvents:
            """Iterate over the events, or only those of the given types: typed where known."""
    else:

        def events(self, *types: str, dialect: str | None = None) -> Iterator[Event]:
            """Iterate over the typed events, or only those of the given types, lazily.

            `dialect` forces one by name instead of choosing it from the request and the first
            frames.
            """
            from streamtape.dialects.select import events

            return events(self, types, dialect)

    @overload
    def sdk_events(self, *, dialect: str | None = None) -> Iterator[Any]: ...
    @overload
    def sdk_events(self, kind: type[T], *, dialect: str | None = None) -> Iterator[T]: ...
    def sdk_events(
        self, kind: type[Any] | None = None, *, dialect: str | None = None
    ) -> Iterator[Any]:
        """Iterate over the events as objects of the owner's SDK, or only those of one class.

        They are what the OpenAI or Anthropic SDK makes of these bytes; it has to be installed.
        What it raises for an error event or a cut is raised here, too. UsageError where there is
        no such SDK, or no stream.
        """
        from streamtape.sdk_events import sdk_events

        return sdk_events(self, kind, dialect)

    def transcript(self, *, dialect: str | None = None, n_events: int | None = None) -> Transcript:
        """What the stream said, assembled: text, refusal, reasoning, tool calls, usage, status.

        With `n_events`, what it had said after so many events: `parsed` is then how far the JSON
        had grown.
        """
        from streamtape.dialects.transcript import transcript

        return transcript(self, dialect, n_events)


@dataclass(frozen=True, slots=True)
class Cassette(Sequence[Interaction]):
    """Interactions in the order of their requests; `path` is where they were loaded from."""

    interactions: tuple[Interaction, ...] = ()
    path: str | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.interactions)

    @overload
    def __getitem__(self, index: int) -> Interaction: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Interaction, ...]: ...
    def __getitem__(self, index: int | slice) -> Interaction | tuple[Interaction, ...]:
        return self.interactions[index]


def header(headers: Headers, name: str) -> str | None:
    """The value of the first header of this name, in any case; None where there is none."""
    wanted = name.lower().encode("ascii")
    for key, value in headers:
        if key.lower() == wanted:
            return value.decode("latin-1")
    return None
