"""Which events bring content, and when the first does: the one definition that all measures use.

Content is what a reader or a program waits for: text, refusal, reasoning, tool arguments, code,
audio and its transcript. An empty delta brings none; a value that repeats what was streamed brings
none either; a value that comes whole is content where no delta had brought it before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streamtape.tape.events import Part, Transcript

CONTENT = (
    "text", "refusal", "reasoning", "details", "arguments", "code", "transcript", "audio",
)  # fmt: skip


class Content(NamedTuple):
    """What one event brings: the channel of its first piece, and the characters of all."""

    event: int
    channel: str
    n_chars: int


def content_of(transcript: Transcript) -> list[Content]:
    """The events that bring content, in their order; none of a stream that says nothing."""
    found: dict[int, tuple[str, int]] = {}
    for part in transcript.parts:
        if part.channel in CONTENT:
            for event, size in _pieces(part):
                channel, before = found.get(event, (part.channel, 0))
                found[event] = channel, before + size
    return [Content(event, *found[event]) for event in sorted(found)]


def _pieces(part: Part) -> Iterable[tuple[int, int]]:
    """The events that brought a text, and how many characters each."""
    ends = [offset for offset, _ in part.cuts[1:]] + [len(part.text)]
    return ((e, end - at) for (at, e), end in zip(part.cuts, ends, strict=True) if end > at)
