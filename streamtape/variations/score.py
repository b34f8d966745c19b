"""A stream as a list of events that may be changed, doubled and added to, and written again. Pure.

What is added looks like what is there: an event is a copy of another one in other words, so that
names, line ends and spaces are those of the stream. Sequence numbers are counted anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from streamtape.dialects.base import Dialect
from streamtape.editing.documents import Document
from streamtape.editing.facts import family_of
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.placed_frames import Line, PlacedFrame
from streamtape.editing.stretches import Stretch
from streamtape.tape.events import Event
from streamtape.tape.model import Interaction

ADDABLE = ("sse", "ndjson")  # framings into which frames can be put


@dataclass(slots=True, eq=False)
class Beat:
    """One event: its type and what it says. `document` is where it is, None where it is new.

    A new one is written as `like` is. `raw` are bytes that are put in as they are.
    """

    type: str
    value: Any
    document: Document | None = None
    like: Document | None = None
    raw: bytes = b""
    edits: list[str] = field(default_factory=list)


class Score:
    """The events of one interaction, in order."""

    def __init__(self, interaction: Interaction) -> None:
        self.opened = OpenInteraction(interaction)
        self.framing = self.opened.parsed.framing
        self.beats = [
            Beat(document.event.type, document.value if document.is_json else None, document)
            for document in self.opened.documents
        ]

    @property
    def dialect(self) -> Dialect:
        """The dialect of the stream."""
        return self.opened.dialect

    @property
    def family(self) -> str:
        """The API whose events these are: openai-responses, openai-chat, anthropic, gemini ..."""
        return family_of(self.dialect)

    @property
    def addable(self) -> bool:
        """Whether events can be added: not to binary streams, lists and single documents."""
        return self.framing in ADDABLE and not self.dialect.wrapped

    def objects(self) -> list[Beat]:
        """The events of the server that say an object."""
        return [
            beat
            for beat in self.beats
            if isinstance(beat.value, dict)
            and (beat.document is None or (beat.document.is_answer and beat.document.is_json))
        ]

    def insert(self, before: int, like: Beat, value: Any, event_type: str = "") -> Beat:
        """Add an event before another one; `like` is the event that it is written as."""
        beat = Beat(event_type or like.type, value, like=like.document or like.like)
        self.beats.insert(before, beat)
        return beat

    def insert_raw(self, before: int, raw: bytes) -> None:
        """Add bytes before an event: a comment, or an empty line."""
        self.beats.insert(before, Beat("", None, raw=raw))

    def copies(self, beats: Iterable[Beat]) -> list[Beat]:
        """Copies of events, which are nowhere yet."""
        return [
            Beat(beat.type, deepcopy(beat.value), like=beat.document or beat.like) for beat in beats
        ]

    def write(self, what: str) -> Interaction:
        """The interaction that these events make; `what` names what was done to it."""
        self._renumber()
        opened = self.opened
        for document in opened.documents:
            document.write()
        pending = b""
        for beat in self.beats:
            placed = None if beat.document is None else beat.document.placed
            if placed is None:
                pending += beat.raw or _cloned(beat, self.framing)
            elif pending:
                at = placed.start
                opened.stretch.change(at, at, pending)
                pending = b""
        if pending:
            end = len(opened.stretch.content)
            opened.stretch.change(end, end, pending)
        opened.mark(f"varied: {what}")
        return opened.sealed()

    def _renumber(self) -> None:
        """Count the sequence numbers anew, where events have them."""
        name = self.dialect.sequence
        if not name or all(beat.document is not None for beat in self.beats):
            return
        numbered = [beat for beat in self.objects() if type(beat.value.get(name)) is int]
        first = next((b.value[name] for b in numbered if b.document is not None), 0)
        for number, beat in enumerate(numbered, first):
            beat.value[name] = number


def _cloned(beat: Beat, framing: str) -> bytes:
    """The bytes of a new event, written as the one that it is like."""
    like = beat.like
    assert like is not None, "a new event is like another one"
    start = like.placed.start
    raw = like.stretch.content[start : like.placed.end]
    stretch = Stretch([raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"])
    placed = PlacedFrame(
        0,
        len(raw),
        tuple((a - start, b - start) for a, b in like.placed.data),
        tuple(Line(n, a - start, b - start) for n, a, b in like.placed.lines),
    )
    document = Document(stretch, placed, Event(like.event.type, None), framing)
    document.value = beat.value
    if beat.type != like.event.type:
        document.rename(beat.type)
    document.write()
    return b"".join(stretch.result())
