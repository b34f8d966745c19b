"""A recording as frozen values: Cassette, Interaction, Request, Head, Ending.

Chunks and messages, of which a body consists, have modules of their own and are named here, too.

Times are integer microseconds from the sending of the request, on a monotonic clock; None where a
recording does not know them (a converted one). Bytes are as they were on the wire. Nothing here
touches a disk or reads a clock.

The reading methods of Interaction (`frames`, `events`, `sdk_events`, `transcript`) are a facade:
the readers are in rooms further down, and are imported when a method is called. But for how values
show themselves (`displayed`), this is where the package imports against its order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast, overload

from streamtape.content.decode import decode_content, encodings
from streamtape.content.pieces import joined
from streamtape.displayed import Displayed
from streamtape.tape.messages import NO_MESSAGES, Message, Messages
from streamtape.tape.segments import (
    SEGMENT_BYTES,
    SEGMENT_CHUNKS,
    Chunk,
    Chunks,
    Columns,
    LoadedSegment,
    Segment,
    within,
)
from streamtape.tape.structs import as_struct, set_field

if TYPE_CHECKING:
    from streamtape.tape.event_types import InteractionEvents
    from streamtape.tape.events import Event, Frame, Transcript

__all__ = [
    "SEGMENT_BYTES",
    "SEGMENT_CHUNKS",
    "Cassette",
    "Chunk",
    "Chunks",
    "Columns",
    "Edit",
    "Ending",
    "EndingKind",
    "Head",
    "Headers",
    "Interaction",
    "LoadedSegment",
    "Message",
    "Messages",
    "Redaction",
    "Request",
    "Segment",
    "StoredBody",
    "header",
]

T = TypeVar("T")
Headers = tuple[tuple[bytes, bytes], ...]
EndingKind = Literal["complete", "error", "abandoned", "unfinished"]


class StoredBody(Protocol):
    """The body of a request that is in a file."""

    @property
    def n_bytes(self) -> int: ...
    def pieces(self) -> Iterator[bytes]: ...


@as_struct
@dataclass(frozen=True, slots=True)
class Request:
    """A request: secrets already out. `headers` keep order and duplicates.

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

    def stored_body(self) -> StoredBody | None:
        """Where the body is read from, if it is not in memory."""
        body = _body.source(self)
        return None if isinstance(body, bytes) else body

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle it with its body, which another process could not read from the file."""
        return type(self), (self.method, self.url, self.headers, self.body)

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


@as_struct
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
        """The value of the first header of this name, in any case; None if there is none."""
        return header(self.headers, name)


@as_struct
@dataclass(frozen=True, slots=True)
class Ending:
    """How the body ended.

    `complete`: as the protocol says. `error`: with `exception` (the class's name), from the package
    `module`, with the classes it derives from in `bases`, and `message`. `abandoned`: the client
    stopped reading. `unfinished`: the recorder stopped before the stream did; `message` says why.

    Of a dialogue, `close_code` and `close_reason` are those of the first close that its client got
    (RFC 6455 section 7.1.5): 1005 for one without a code, 1006 where it got none, None where the
    recording does not know. A closing handshake makes it `complete`, whatever the code.
    """

    kind: EndingKind
    at_us: int | None = None
    exception: str | None = None
    message: str | None = None
    module: str | None = None
    bases: tuple[str, ...] = ()
    close_code: int | None = None
    close_reason: str = ""


@as_struct
@dataclass(frozen=True, slots=True)
class Redaction:
    """What was masked: `where` (`request.header:authorization`) and what `kind`; never the value.

    `digest` is keyed and short: it tells requests apart that differ only in what was masked.
    """

    where: str
    kind: str
    digest: str = ""


@as_struct
@dataclass(frozen=True, slots=True)
class Edit:
    """That a recording was edited: `what` (`text`, `usage`, `anonymised`), in how many places.

    It says nothing of what was there before, nor of what is there now.
    """

    what: str
    n_places: int = 1


@as_struct
@dataclass(frozen=True, slots=True)
class Interaction(Displayed):
    """One request and what came back. `head` is None where the request failed before a response.

    `started_at_us` is the wall clock at the sending of the request (Unix time in microseconds).
    `cuts_known` is False where the chunks are not as the transport cut them (converted recordings).
    A dialogue (WebSocket) has `messages` in both directions and no chunks: its request and head are
    the opening handshake. A handshake that was refused is an ordinary response. `edits` are what
    was changed after the recording, in order; empty where it is as it was recorded.
    """

    request: Request
    head: Head | None
    chunks: Chunks
    ending: Ending
    started_at_us: int | None = None
    cuts_known: bool = True
    redactions: tuple[Redaction, ...] = ()
    messages: Messages = NO_MESSAGES
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if type(self.chunks) is not Chunks:
            set_field(self, "chunks", Chunks.of(self.chunks))
        if type(self.messages) is not Messages:
            set_field(self, "messages", Messages.of(self.messages))

    @property
    def is_dialogue(self) -> bool:
        """Whether this is a WebSocket connection that was opened."""
        return bool(self.messages) or opens_dialogue(self.head)

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
            return b""  # whatever its encoding is declared as
        encoding = self.head.get("content-encoding") if self.head else None
        if not encodings(encoding):
            if self.chunks.allowance is not None:
                self.chunks.allowance.bytes(self.chunks.n_bytes)
            return self.chunks.join()
        allowed = (data for _, data in self.chunks.allowed_pieces())
        pieces = decode_content(allowed, encoding)
        return joined(within(pieces, self.chunks.allowance))

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

    def event(self, index: int, *, dialect: str | None = None) -> Event:
        """Get one event by its number, from 0, or from the end where it is negative.

        It equals `list(i.events())[index]` and takes less time: the events before it are not made.
        IndexError where there is no such event; errors of the bytes before it as in `events`.
        """
        from streamtape.dialects.select import event_at

        return event_at(self, index, dialect)

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

    def turns(self, *, dialect: str | None = None) -> Iterator[Interaction]:
        """Iterate over the turns of a dialogue: each response, with the messages that led to it.

        Each is an interaction of its own, with `events()` and `transcript()`; the body of its
        request is the client's last message before the answer. An ordinary interaction is its own
        only turn.
        """
        from streamtape.dialects.turns import turns

        return turns(self, dialect)

    def transcript(self, *, dialect: str | None = None, n_events: int | None = None) -> Transcript:
        """The transcript of the stream: text, refusal, reasoning, tool calls, usage, status.

        With `n_events`, that of the first so many events: `parsed` is then how far the JSON
        had grown.
        """
        from streamtape.dialects.transcript import transcript

        return transcript(self, dialect, n_events)


@dataclass(frozen=True, slots=True)
class Cassette(Displayed, Sequence[Interaction]):
    """A recording: a sequence of interactions in the order of their requests.

    It has a length, indices and iteration, as a tuple has. `path` is where it was loaded from.
    """

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
    """The value of the first header of this name, in any case; None if there is none."""
    name_bytes = name.lower().encode("ascii")
    for key, value in headers:
        if key.lower() == name_bytes:
            return value.decode("latin-1")
    return None


def opens_dialogue(head: Head | None) -> bool:
    """Whether a response opens a dialogue: 101 with `Upgrade: websocket` (RFC 6455 section 4)."""
    if head is None or head.status != 101:
        return False
    return (head.get("upgrade") or "").strip().lower() == "websocket"
