"""A parsed interaction: its frames, dialect, events and transcript as one value.

Use it for more than one of them, or to learn what could not be read. Everything is read once, when
it is first used, and the body is opened a single time. `Interaction.events` and similar methods
read the body during iteration, and keep nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from streamtape.dialects.generic import GENERIC
from streamtape.dialects.select import choose_for, dialect_named, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.errors import ContentError, FramingError
from streamtape.framing.select import open_frames

if TYPE_CHECKING:
    from typing import Self

    from streamtape.dialects.base import Dialect
    from streamtape.tape.events import Event, Frame, Transcript
    from streamtape.tape.model import Interaction


class ParsedResponse:
    """The response of one interaction, read lazily and once.

    `dialect` forces one by name; UsageError if the name is unknown. A response that can't be
    read to its end has the frames and events before the error, and the error itself as `error`.
    """

    def __init__(self, interaction: Interaction, dialect: str | None = None) -> None:
        self.interaction = interaction
        self._forced = None if dialect is None else dialect_named(dialect)

    def with_dialect(self, name: str) -> Self:
        """The response as another dialect reads it; what was read of its frames is shared."""
        other = type(self)(self.interaction, name)
        other._read = self._read
        return other

    @cached_property
    def _read(self) -> tuple[str, tuple[Frame, ...], ContentError | FramingError | None]:
        framing = ""
        frames: list[Frame] = []
        try:
            framing, found = open_frames(self.interaction)
            frames.extend(found)
        except (ContentError, FramingError) as error:
            return framing, tuple(frames), error
        return framing, tuple(frames), None

    @property
    def framing(self) -> str:
        """How the body is framed: sse, ndjson, eventstream, array; "" where it is one piece."""
        return self._read[0]

    @property
    def is_stream(self) -> bool:
        """Whether the body comes in frames; a document, a page or an empty body does not.

        The first bytes decide, or else the content type.
        """
        return bool(self.framing)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames of the body; a body that is no stream is one frame."""
        return self._read[1]

    @property
    def error(self) -> ContentError | FramingError | None:
        """The error that stopped reading before the end; None if there was none."""
        return self._read[2]

    @property
    def trouble(self) -> str | None:
        """The text of `error`."""
        return None if self.error is None else str(self.error)

    def or_raise(self) -> Self:
        """Return this value if the response could be read to its end; else raise `error`."""
        if self.error is not None:
            raise self.error
        return self

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect that was forced, or that fits the request and the first frames best."""
        if self._forced is not None:
            return self._forced
        if not self.frames and self.error is not None:
            return GENERIC
        return choose_for(self.interaction, self.frames)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events, in order; a body that is no stream is one event with all of it."""
        return tuple(events_of(iter(self.frames), self.dialect))

    @cached_property
    def transcript(self) -> Transcript:
        """The transcript of the stream, as far as it could be read."""
        return transcript_of(self.events, self.dialect)

    @property
    def transcript_if_made(self) -> Transcript | None:
        """The transcript if it was already made, else None."""
        return self.__dict__.get("transcript")

    @cached_property
    def content(self) -> bytes:
        """The body with its content-encoding undone; empty where it can't be undone."""
        try:
            return self.interaction.content
        except ContentError:
            return b""
