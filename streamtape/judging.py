"""What joins recordings and the rooms that judge streams: `check`, `stats`, `moderate`.

`check` sees events and never a cassette; here cassettes are opened and their interactions handed
down as what those rooms know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from streamtape.checks.expected.tables import expected_of
from streamtape.checks.finding import Finding
from streamtape.checks.profiles import Profile, known_rules, profile_for, profile_named
from streamtape.checks.run import check_answer, check_stream
from streamtape.checks.stream import Stream
from streamtape.dialects.generic import GENERIC
from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.dialects.registry import dialect_named
from streamtape.dialects.select import dialect_for, events_of
from streamtape.errors import ContentError, FramingError, UsageError
from streamtape.tape.model import Cassette, Interaction
from streamtape.tape.views import Event, Frame

Source = str | os.PathLike[str] | Cassette | Interaction
_RESUMES = re.compile(r"[?&]starting_after=\d")
_WHOLE_BODIES = ("application/json", "text/html", "text/plain", "application/problem+json")


def check(
    source: Source,
    *,
    profile: str | None = None,
    off: Collection[str] = (),
    dialect: str | None = None,
) -> list[Finding]:
    """What is wrong with the streams of a recording: a path, a cassette or one interaction.

    `profile` says whose rules count (chosen by the address otherwise), `off` names rules to leave
    out, `dialect` forces one by name. Errors come first. UsageError for an unknown name,
    CassetteError for a file that can't be loaded.
    """
    wanted = None if profile is None else profile_named(profile)
    without = known_rules(frozenset(off))
    name, interactions = opened(source)
    findings: list[Finding] = []
    for number, interaction in enumerate(interactions):
        one = wanted or profile_for(interaction.request.url)
        for found in _check_one(interaction, one, without, dialect):
            where = replace(found.where, interaction=number)
            findings.append(replace(found, where=where, source=name))
    return findings


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


def _check_one(
    interaction: Interaction, profile: Profile, off: frozenset[str], dialect: str | None
) -> list[Finding]:
    if interaction.head is None:
        return []
    stream = stream_of(interaction, profile, dialect)
    media = stream.content_type.partition(";")[0].strip().lower()
    if media in _WHOLE_BODIES and len(stream.frames) < 2:
        return check_answer(stream, profile, off)
    if interaction.head.status >= 400 and not stream.is_sse:
        return check_answer(stream, profile, off)
    return check_stream(stream, profile, off)


def stream_of(interaction: Interaction, profile: Profile, dialect: str | None = None) -> Stream:
    """An interaction as the rules see it; what can't be read is its `trouble`."""
    head = interaction.head
    assert head is not None
    frames: list[Frame] = []
    events: list[Event] = []
    trouble: str | None = None
    table = GENERIC
    try:
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
    )


def _kept(frames: Iterator[Frame], into: list[Frame]) -> Iterator[Frame]:
    for frame in frames:
        into.append(frame)
        yield frame


def _asked(body: bytes) -> dict[str, Any]:
    value = decode(body.decode("utf-8", "backslashreplace")) if body else NOT_JSON
    return value if isinstance(value, dict) else {}
