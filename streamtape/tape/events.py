"""The values that are read from a recording: frames, events, the transcript. Values only.

A recording holds bytes. Rooms further down parse them; the values that they make are defined here,
so that every room can import them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

import streamtape
from streamtape.displayed import Displayed
from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.tape.structs import as_struct

T = TypeVar("T")
_LAST = 1 << 62  # later than any event


@as_struct
@dataclass(frozen=True, slots=True)
class Frame:
    """One unit of the wire format, with its position in a recording.

    For SSE the fields are those of the WHATWG text: `event` is "message" where the stream gives
    none, `data` is None where the block had no data field (nothing is dispatched), `id` is the last
    event id in force. An NDJSON line has `event` "message" and the line as `data`.

    `at_us` is when the chunk that completed the frame arrived (None if unknown), `chunk` is that
    chunk's index, `complete` is False for a last frame that was not terminated.

    Of a dialogue, each whole message of data is a frame: `chunk` is its index among the messages,
    `direction` says who sent it ("client" or "server"), and `event` is "binary" if the data is
    Base64 of bytes that are not JSON.
    """

    event: str
    data: str | None
    id: str = ""
    retry: int | None = None
    comments: tuple[str, ...] = ()
    complete: bool = True
    at_us: int | None = None
    chunk: int = 0
    index: int = 0
    headers: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    direction: str = "server"


@as_struct
@dataclass(frozen=True, slots=True)
class Event:
    """A frame as its provider means it.

    `type` is the provider's name of the event, `payload` the parsed JSON (or the text if it is not
    JSON). The payload's own fields can be read as attributes: `event.delta`, `event.item_id`.
    """

    type: str
    payload: Any
    at_us: int | None = None
    index: int = 0
    frame: Frame | None = field(default=None, repr=False, compare=False)

    @property
    def direction(self) -> str:
        """Who sent it: "server", or "client" for a client's message in a dialogue."""
        return "server" if self.frame is None else self.frame.direction

    def __getattr__(self, name: str) -> Any:
        """Read a field of the payload; AttributeError lists the fields."""
        if name.startswith("__"):
            raise AttributeError(name)
        payload = object.__getattribute__(self, "payload")
        if isinstance(payload, dict):
            if name in payload:
                return payload[name]
            known = ", ".join(sorted(map(str, payload))) or "none"
            raise AttributeError(f"event {self.type!r} has no field {name!r}; its fields: {known}")
        raise AttributeError(
            f"event {self.type!r} has no field {name!r}: its payload is not an object"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a stream, of a channel such as text, refusal, reasoning or code.

    `key` distinguishes it from others of the channel (an item's or a choice's index). `cuts` are
    the pieces that it came in: (offset in the text, index of the event).
    """

    channel: str
    text: str
    key: tuple[Any, ...] = ()
    cuts: tuple[tuple[int, int], ...] = field(default=((0, 0),), repr=False)

    @property
    def first_event(self) -> int:
        """The index of the event with its first character; empty deltas don't count."""
        return self.event_at(0) if self.text else self.cuts[0][1]

    def event_at(self, offset: int) -> int:
        """The index of the event with the character at an offset."""
        return self.cuts[max(bisect_right(self.cuts, (offset, _LAST)) - 1, 0)][1]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call: `arguments` as text, and `parsed` as far as that text goes (None: not JSON).

    `complete` is False if the arguments are not one whole JSON value.
    """

    id: str
    name: str
    arguments: str
    parsed: Any = None
    complete: bool = True
    kind: str = "function"
    key: tuple[Any, ...] = ()
    first_event: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the stream carried, described by its size and the SHA-256 of its bytes."""

    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Transcript(Displayed):
    """The content of a stream, assembled from its events.

    If a stream has several choices, `text`, `refusal` and `reasoning` are those of the first
    (`choices` has them all). `parsed` is the text parsed as a JSON object or list, as far as it
    goes, or None if it is neither; `parsed_complete` says whether it is whole. `error` is the error
    that the stream reported. `finished` is False if the stream was cut: it lacks any event that
    ends such streams.
    """

    dialect: str
    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    parsed: Any = None
    parsed_complete: bool = False
    annotations: tuple[Any, ...] = ()
    images: tuple[Image, ...] = ()
    usage: dict[str, Any] | None = None
    status: str | None = None
    finish_reason: str | None = None
    error: Any = None
    model: str | None = None
    id: str | None = None
    parts: tuple[Part, ...] = ()
    choices: tuple[Transcript, ...] = ()
    finished: bool = False
    n_events: int = 0

    def of(self, channel: str) -> tuple[Part, ...]:
        """The texts of one channel: `transcript.of("code")`."""
        return tuple(part for part in self.parts if part.channel == channel)

    @overload
    def parsed_as(self, model: type[T], *, partial: bool = False) -> T: ...
    @overload
    def parsed_as(self, model: Any, *, partial: bool = False) -> Any: ...
    def parsed_as(self, model: Any, *, partial: bool = False) -> Any:
        """`parsed`, validated by pydantic as a model or any other type that pydantic supports.

        UsageError if pydantic is not installed, if the text is not JSON, or if it is incomplete and
        `partial` is False; pydantic's ValidationError if it does not have that type. With
        `partial`, elements at the end of lists and objects may be missing: pydantic's
        `experimental_allow_partial` leaves out those that do not validate yet.
        """
        try:
            from pydantic import TypeAdapter
        except ImportError:
            raise UsageError(
                f"parsed_as needs pydantic; to install it: {install_command('pydantic')}"
            ) from None
        text = streamtape.masked_message(self.text)
        if self.parsed is None and not self.parsed_complete:
            raise UsageError(f"the text is not JSON: {text[:60]!r}")
        if not self.parsed_complete and not partial:
            raise UsageError(
                f"the JSON text is not whole: it ends with {text[-40:]!r}; parsed has what there "
                "is of it, and partial=True validates that"
            )
        adapter: TypeAdapter[Any] = TypeAdapter(model)
        if self.parsed_complete:
            return adapter.validate_python(self.parsed)
        return adapter.validate_python(self.parsed, experimental_allow_partial="trailing-strings")
