"""A stream as rules see it: events, frames, and the facts around them. Values only.

`Stream.of` is made by whoever opens recordings: the rules never see one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streamtape.checks.expected.base import NOTHING_EXPECTED, Expected
from streamtape.checks.repeats import repeats
from streamtape.dialects.base import Dialect
from streamtape.dialects.delta_finder import DeltaFinder
from streamtape.dialects.rule_index import Found
from streamtape.dialects.transcript import transcript_of
from streamtape.framing.media import SSE, media_type
from streamtape.tape.events import Event, Frame, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One response's stream.

    `ended` is how the body ended, in the words of a recording; rules about the end of a stream ask
    `finished`, since the server is not to blame if the client left or the recorder stopped.
    `request_body` is the request's body, where it was JSON; `resumed` says that the request asked
    for the rest of an earlier stream. `trouble` is what kept the readers from going on. `profile`
    names whose rules count. `assembled` is the transcript of the events, where one was made.
    """

    dialect: Dialect
    events: Sequence[Event]
    frames: Sequence[Frame] = ()
    expected: Expected = NOTHING_EXPECTED
    content: bytes = b""
    content_type: str = ""
    status: int = 200
    ended: str = "complete"
    exception: str | None = None
    cuts_known: bool = True
    request_body: Mapping[str, Any] = field(default_factory=dict)
    resumed: bool = False
    trouble: str | None = None
    method: str = "POST"
    requested_stream: bool = False
    framing: str = ""
    profile: str = ""
    assembled: Transcript | None = None
    _deltas: list[Sequence[Found]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _repeats: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)

    def transcript(self) -> Transcript:
        """The transcript of the events."""
        return (
            transcript_of(self.events, self.dialect) if self.assembled is None else self.assembled
        )

    def deltas(self) -> Iterator[tuple[Event, Sequence[Found]]]:
        """Each event, and the pieces of text that it adds: found once, for all rules."""
        if not self._deltas:
            self._deltas.extend(self._find_deltas())
        return zip(self.events, self._deltas, strict=True)

    def _find_deltas(self) -> Iterator[Sequence[Found]]:
        finder = DeltaFinder(self.dialect)
        for event, is_repeat in self.with_repeats():
            yield finder.deltas_of(event, is_repeat=is_repeat)

    def with_repeats(self) -> Iterator[tuple[Event, bool]]:
        """Each event, and whether it only goes on with what the one before it began."""
        if not self._repeats:
            self._repeats.extend(repeats(self.dialect, self.events))
        return zip(self.events, self._repeats, strict=True)

    def fresh(self) -> Iterator[Event]:
        """The events that do more than go on with what the one before them began."""
        return (event for event, is_repeat in self.with_repeats() if not is_repeat)

    @property
    def finished(self) -> bool:
        """Whether the server is responsible for how the stream ends."""
        return self.ended in {"complete", "error"} and self.trouble is None

    @property
    def owned(self) -> bool:
        """Whether the server belongs to the API's owner, whose streams are checked strictly."""
        return self.profile in self.expected.owners

    @property
    def is_sse(self) -> bool:
        """Whether the frames are server-sent events: by the bytes, where they were looked at."""
        if self.framing:
            return self.framing == "sse"
        return media_type(self.content_type) == SSE
