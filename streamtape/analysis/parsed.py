"""Recordings opened: each interaction as the stream that rules and measures look at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from streamtape.checks.expected.tables import expected_of
from streamtape.checks.profiles import Profile
from streamtape.checks.stream import Stream
from streamtape.dialects.generic import GENERIC
from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.dialects.registry import dialect_named
from streamtape.dialects.select import dialect_for, events_of
from streamtape.errors import ContentError, FramingError, UsageError
from streamtape.framing.select import asks_to_stream, framing_of
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.views import Event, Frame

Source = str | os.PathLike[str] | Cassette | Interaction
_RESUMES = re.compile(r"[?&]starting_after=\d")
_WHOLE_BODIES = ("application/json", "text/html", "text/plain", "application/problem+json")


def opened(source: Source) -> tuple[str, tuple[Interaction, ...]]:
    """The name and the interactions of a path, a cassette or one interaction."""
    if isinstance(source, Interaction):
        return "", (source,)
    if isinstance(source, Cassette):
        return source.path or "", source.interactions
    if isinstance(source, str | os.PathLike):
        from streamtape.tape.store import load

        return os.fspath(source), load(source).interactions
    raise UsageError(
        f"can't open a {type(source).__name__}: give the path of a cassette, a Cassette or an "
        "Interaction"
    )


def stream_of(interaction: Interaction, profile: Profile, dialect: str | None = None) -> Stream:
    """An interaction as the rules see it; what can't be read is its `trouble`."""
    head = interaction.head
    assert head is not None
    frames: list[Frame] = []
    events: list[Event] = []
    trouble: str | None = None
    table, framing = GENERIC, ""
    try:
        framing = framing_of(interaction)
        table = dialect_for(interaction, dialect)
        if dialect is None:
            table = dialect_named(dict(profile.dialects).get(table.name, table.name))
        events.extend(events_of(_kept(interaction.frames(), frames), table))
    except (ContentError, FramingError) as error:
        trouble = str(error)
    try:
        content = interaction.content
    except ContentError:
        content = b""
    return Stream(
        dialect=table,
        events=events,
        frames=frames,
        expected=expected_of(table),
        content=content,
        content_type=head.get("content-type") or "",
        status=head.status,
        ended=interaction.ending.kind,
        exception=interaction.ending.exception,
        cuts_known=interaction.cuts_known,
        asked=_asked(interaction.request.body),
        resumed=_RESUMES.search(interaction.request.url) is not None,
        trouble=trouble,
        framing=framing,
        method=interaction.request.method.upper(),
        asked_to_stream=asks_to_stream(interaction),
        profile=profile.name,
    )


def is_whole_body(stream: Stream) -> bool:
    """Whether an answer is one document and no stream."""
    media = stream.content_type.partition(";")[0].strip().lower()
    return media in _WHOLE_BODIES and len(stream.frames) < 2 and not stream.framing


def _kept(frames: Iterator[Frame], into: list[Frame]) -> Iterator[Frame]:
    for frame in frames:
        into.append(frame)
        yield frame


def _asked(body: bytes) -> dict[str, Any]:
    value = decode(body.decode("utf-8", "backslashreplace")) if body else NOT_JSON
    return value if isinstance(value, dict) else {}
