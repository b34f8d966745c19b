"""`check`: recordings checked against the rules of their providers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from streamtape.analysis.streams import Source, is_whole_body, opened, stream_of
from streamtape.checks.finding import Finding
from streamtape.checks.profiles import Profile, known_rules, profile_for, profile_named
from streamtape.checks.run import check_answer, check_stream
from streamtape.checks.stream import Stream
from streamtape.checks.wire import has_no_body
from streamtape.dialects.ends import ends
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.turns import numbered_turns
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.model import Interaction


@collector_paused()
def check(
    source: Source,
    *,
    profile: str | None = None,
    off: Collection[str] = (),
    dialect: str | None = None,
) -> list[Finding]:
    """Check the streams of a recording: a path, a cassette or one interaction; get the findings.

    `profile` names the profile whose rules apply (by default the request's URL decides), `off` the
    rules to skip; `dialect` forces a dialect by name. Findings are sorted by severity, errors
    first. UsageError for an unknown name, CassetteError for a file that can't be loaded.
    """
    chosen = None if profile is None else profile_named(profile)
    without = known_rules(frozenset(off))
    name, interactions = opened(source)
    findings: list[Finding] = []
    for number, interaction in enumerate(interactions):
        one = chosen or profile_for(interaction.request.url)
        for found in _check_one(interaction, one, without, dialect):
            where = replace(found.where, interaction=number)
            findings.append(replace(found, where=where, source=name))
    return findings


@collector_paused()
def check_response(parsed: ParsedResponse, *, dialect: str | None = None) -> list[Finding]:
    """Check one parsed response; `dialect` is the dialect it was forced to, if any."""
    profile = profile_for(parsed.interaction.request.url)
    return _check_one(parsed.interaction, profile, frozenset(), dialect, parsed)


def _check_one(
    interaction: Interaction,
    profile: Profile,
    off: frozenset[str],
    dialect: str | None,
    parsed: ParsedResponse | None = None,
) -> list[Finding]:
    if interaction.head is None:
        return []
    if interaction.is_dialogue:
        return list(_check_turns(interaction, profile, off, dialect))
    stream = stream_of(interaction, profile, dialect, parsed)
    if has_no_body(stream):
        return []
    if is_whole_body(stream):
        return check_answer(stream, profile, off)
    if interaction.head.status >= 400 and not stream.is_sse:
        return check_answer(stream, profile, off)
    return check_stream(stream, profile, off)


# Rules about the wire of HTTP, which a dialogue has not.
_NOT_OF_DIALOGUES = frozenset({"content-type", "event-name", "empty"})


def _is_response(stream: Stream) -> bool:
    """Whether a turn of a dialogue holds a response, whole or cut, and not just notifications."""
    opens = {
        name for scope in stream.dialect.scopes if scope.within is None for name in scope.opens
    }
    return any(event.type in opens or ends(stream.dialect, event) for event in stream.events)


def _check_turns(
    interaction: Interaction, profile: Profile, off: frozenset[str], dialect: str | None
) -> Iterator[Finding]:
    """Check each response of a dialogue; no rules apply to events between responses."""
    for turn in numbered_turns(interaction, dialect):
        stream = stream_of(turn.interaction, profile, dialect)
        if not _is_response(stream):
            continue
        events = ParsedResponse(turn.interaction, dialect).events
        numbers = [
            number
            for number, event in zip(turn.numbers, events, strict=True)
            if event.direction == "server"
        ]
        for found in check_stream(stream, profile, off | _NOT_OF_DIALOGUES):
            at = found.where.event
            known = at is not None and 0 <= at < len(numbers)
            place = numbers[at] if known and at is not None else at
            yield replace(found, where=replace(found.where, event=place))
