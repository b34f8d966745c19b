"""Recordings opened: each interaction as the `Stream` that rules and measures work on."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

from streamtape.checks.expected.tables import expected_of
from streamtape.checks.profiles import Profile
from streamtape.checks.stream import Stream
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.errors import StreamtapeError, UsageError
from streamtape.framing.media import media_type
from streamtape.framing.select import asks_to_stream
from streamtape.tape.model import Cassette, Interaction

Source = str | os.PathLike[str] | Cassette | Interaction
_RESUMES = re.compile(r"[?&]starting_after=\d")
_WHOLE_BODIES = ("application/json", "text/html", "text/plain", "application/problem+json")


def opened(source: Source, name: str = "") -> tuple[str, tuple[Interaction, ...]]:
    """The name and the interactions of a path, a cassette or one interaction.

    `name` is used for a source without a path. UsageError for anything else.
    """
    if isinstance(source, Interaction):
        return name, (source,)
    if isinstance(source, Cassette):
        return source.path or name, source.interactions
    if isinstance(source, str | os.PathLike):
        from streamtape.stores.locations import location_of
        from streamtape.tape.store import load

        return str(location_of(source)), load(source).interactions
    raise UsageError(
        f"can't open a {type(source).__name__}: give the path of a cassette, a Cassette or an "
        "Interaction"
    )


def open_or_explain(source: Source, name: str = "") -> tuple[str, tuple[Interaction, ...], str]:
    """The name and the interactions as from `opened`, and why they can't be read, or ""."""
    try:
        return *opened(source, name), ""
    except UsageError:
        raise
    except StreamtapeError as error:
        from streamtape.stores.locations import location_of

        location = location_of(source)  # type: ignore[arg-type]  # what can't be read has a path
        return str(location), (), str(error)


def stream_of(
    interaction: Interaction,
    profile: Profile,
    dialect: str | None = None,
    parsed: ParsedResponse | None = None,
) -> Stream:
    """An interaction as rules see it; if it can't be read to the end, `trouble` says why.

    A profile may replace the dialect of an API, unless one is forced by name. If the response is
    already read as that dialect, pass it as `parsed`.
    """
    head = interaction.head
    assert head is not None
    if parsed is None:
        parsed = ParsedResponse(interaction, dialect)
    if dialect is None and (own := dict(profile.dialects).get(parsed.dialect.name)) is not None:
        parsed = parsed.with_dialect(own)
    events = parsed.events
    if interaction.is_dialogue:  # what the client says is no matter of the server's rules
        from_server = (event for event in events if event.direction == "server")
        events = tuple(replace(event, index=number) for number, event in enumerate(from_server))
    return Stream(
        dialect=parsed.dialect,
        events=events,
        frames=parsed.frames,
        expected=expected_of(parsed.dialect),
        content=parsed.content,
        content_type=head.get("content-type") or "",
        status=head.status,
        ended=interaction.ending.kind,
        exception=interaction.ending.exception,
        cuts_known=interaction.cuts_known,
        request_body=_parsed_body(interaction.request.body),
        resumed=_RESUMES.search(interaction.request.url) is not None,
        trouble=parsed.trouble,
        framing=parsed.framing,
        method=interaction.request.method.upper(),
        requested_stream=asks_to_stream(interaction),
        profile=profile.name,
        assembled=parsed.transcript_if_made if events is parsed.events else None,
    )


def is_whole_body(stream: Stream) -> bool:
    """Whether a response is one document, not a stream."""
    media = media_type(stream.content_type)
    return media in _WHOLE_BODIES and len(stream.frames) < 2 and not stream.framing


def _parsed_body(body: bytes) -> dict[str, Any]:
    value = decode(body.decode("utf-8", "backslashreplace")) if body else NOT_JSON
    return value if isinstance(value, dict) else {}
