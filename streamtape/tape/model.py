"""A recording as frozen values: Cassette, Interaction, Request, Head, Ending.

Chunks and messages have modules of their own and are re-exported here.

Times are integer microseconds from the sending of the request, on a monotonic clock; None if
unknown, as in converted recordings. Bytes are those on the wire. Nothing here touches a disk or
reads a clock.

The reading methods of Interaction (`frames`, `events`, `sdk_events`, `transcript`) are a facade:
the readers are in rooms further down, and are imported when a method is called. Besides
`displayed`, this is the only place where the package imports against its order.
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
    """The body of a request that stays in its file."""

    @property
    def n_bytes(self) -> int: ...
    def pieces(self) -> Iterator[bytes]: ...


@as_struct
@dataclass(frozen=True, slots=True)
class Request:
    """A request, with its secrets masked.

    `headers` keep order and duplicates. A long `body` may stay in the file: then it is read again
    each time it is accessed.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    @classmethod
    def stored(cls, method: str, url: str, headers: Headers, body: StoredBody) -> Request:
        """Make a request whose body is read from a file when it is accessed."""
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
        """Copy and pickle it with its body, since another process can't read that from the file."""
        return type(self), (self.method, self.url, self.headers, self.body)

    def body_pieces(self) -> Iterator[bytes]:
        """Iterate over the body without having all of it in memory where it is in a file."""
        body = _body.source(self)
        yield from (body,) if isinstance(body, bytes) else body.pieces()


class _Body:
    """The descriptor of `Request.body`: bytes, read from the file if they are not in memory."""

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

    `recoded` is True if the recorder masked something in a compressed body, and compressed it
    again.
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
    stopped reading. `unfinished`: the recorder stopped before the end of the stream; `message` says
    why.

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
    """A mask: `where` it is (`request.header:authorization`), and the `kind` of secret.

    The secret itself is not kept. `digest` is short and keyed: it distinguishes requests that
    differ only in masked values.
    """

    where: str
    kind: str
    digest: str = ""


@as_struct
@dataclass(frozen=True, slots=True)
class Edit:
    """A note on an edit: `what` (`text`, `usage`, `anonymised`) and in how many places."""

    what: str
    n_places: int = 1


@as_struct
@dataclass(frozen=True, slots=True)
class Interaction(Displayed):
    """One request and its response. `head` is None if the request failed before a response.

    `started_at_us` is the wall clock at the sending of the request (Unix time in microseconds).
    `cuts_known` is False if the chunks are not those of the transport (converted recordings). A
    dialogue (WebSocket) has `messages` in both directions and no chunks: its request and head are
    the opening handshake. A handshake that was refused is an ordinary response. `edits` lists the
    changes made after the recording, in order; empty if there are none.
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
        """The wire bytes of the response, joined; still compressed if the response was."""
        return self.chunks.join()

    @property
    def content(self) -> bytes:
        """The body with its content-encoding undone.

        ContentError where the encoding is unknown or the body is not what it says, and
        ContentLimitError where a small file unfolds to more than a recording does. A cut body gives
        as much as can be decoded.
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

            `dialect` names the dialect to use; by default it is chosen by the request and the first
            frames.
            """
            from streamtape.dialects.select import events

            return events(self, types, dialect)

    def event(self, index: int, *, dialect: str | None = None) -> Event:
        """Get one event by its index, which may be negative.

        It equals `list(i.events())[index]` but takes less time, since the events before it are not
        made. IndexError if there is no such event; errors in the bytes before it as for `events`.
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

        The OpenAI or Anthropic SDK, which must be installed, parses the recorded bytes. Its
        exceptions for an error event or a cut pass through. UsageError if there is no such SDK, or
        no stream.
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

        `n_events` limits it to the first events: `parsed` is then the JSON as far as it had
        arrived.
        """
        from streamtape.dialects.transcript import transcript

        return transcript(self, dialect, n_events)


@dataclass(frozen=True, slots=True)
class Cassette(Displayed, Sequence[Interaction]):
    """A recording: a sequence of interactions in the order of their requests.

    It has a length, indices and iteration, like a tuple. `path` is the file that it was loaded
    from.
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
