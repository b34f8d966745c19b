"""What can be read out of a recording: frames, events, the transcript. Values only.

A recording holds bytes. Rooms further down read meaning out of them, and a room may import only
from rooms above it; so the values stand here, and the readers are handed in by `provide`, once,
by the package itself. Nothing in this module knows how a frame is found in bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from streamtape.tape.model import Interaction


@dataclass(frozen=True, slots=True)
class Frame:
    """One unit of the wire format, in its place in a recording.

    For SSE the fields are those of the WHATWG text: `event` is "message" where the stream gives
    none, `data` is None where the block had no data field (nothing is dispatched), `id` is the last
    event id in force. An NDJSON line has `event` "message" and the line as `data`.

    `at_us` is when the chunk that completed the frame arrived (None where the recording does not
    know), `chunk` is that chunk's index, `complete` is False for a last frame that nothing ended.
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


@dataclass(frozen=True, slots=True)
class Event:
    """A frame with its provider's meaning.

    `type` is the provider's name of the event, `payload` the parsed JSON (or the text where it is
    not JSON). The payload's own fields can be read as attributes: `event.delta`, `event.item_id`.
    """

    type: str
    payload: Any
    at_us: int | None = None
    index: int = 0
    frame: Frame | None = field(default=None, repr=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        """Read a field of the payload; AttributeError names the fields that there are."""
        if name.startswith("__"):
            raise AttributeError(name)
        payload = object.__getattribute__(self, "payload")
        if isinstance(payload, dict):
            if name in payload:
                return payload[name]
            known = ", ".join(sorted(map(str, payload))) or "none"
            raise AttributeError(f"event {self.type!r} has no field {name!r}; its fields: {known}")
        raise AttributeError(f"event {self.type!r} has no field {name!r}: its payload is no object")


class Views(Protocol):
    """The readers that the package hands in: each takes an interaction."""

    def frames(self, interaction: Interaction) -> Iterator[Frame]: ...
    def events(
        self, interaction: Interaction, types: tuple[str, ...], dialect: str | None
    ) -> Iterator[Event]: ...
    def transcript(self, interaction: Interaction, dialect: str | None) -> Any: ...


_provider: list[Callable[[], Views]] = []


def provide(views: Callable[[], Views]) -> None:
    """Say where the readers come from; called once, when the package is imported."""
    _provider[:] = [views]


def views() -> Views:
    """Get the readers."""
    return _provider[0]()
