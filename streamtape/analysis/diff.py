"""Two recordings opened and compared: `diff`.

`compare` sees events and never a cassette; here cassettes are opened, their interactions paired in
the order of their requests, and each pair handed down at the level that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from streamtape.analysis.gc_paused import collector_paused
from streamtape.analysis.pairing import address, body, pair
from streamtape.analysis.streams import Source, opened
from streamtape.choices import LEVELS, Level
from streamtape.compare.coalesce import Coalescer
from streamtape.compare.comparison import Change, Comparison, Location, short
from streamtape.compare.content_changes import compare_content
from streamtape.compare.event_changes import compare_events
from streamtape.compare.json_diff import walk
from streamtape.compare.timing_changes import DEFAULT_TOLERANCE, Clocked, compare_timing
from streamtape.compare.verdict import verdict_of
from streamtape.compare.wire_changes import compare_bytes, compare_frames
from streamtape.dialects.json_codec import NOT_JSON, decode
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.transcript import transcript_of
from streamtape.errors import UsageError
from streamtape.tape.events import Event
from streamtape.tape.model import Interaction, Request
from streamtape.tape.texts import masked_value

MAX_NOTES = 6
Pair = tuple[Interaction, Interaction]
Result = tuple[tuple[Change, ...], int, int]


@collector_paused()
def diff(
    a: Source,
    b: Source,
    level: Level = "events",
    *,
    dialect: str | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Comparison:
    """What differs between two recordings: paths, cassettes or single interactions.

    `level` says what is looked at: `bytes` of the bodies; `frames` as they are; `events`, blind to
    ids, times and how deltas were cut; `content`, what the reader gets, with a verdict on it
    (`Comparison.verdict`, `.reasons`); `timing`, within `tolerance`. `dialect` forces one by name.
    UsageError for an unknown level, CassetteError for a file that can't be loaded.
    """
    if level not in LEVELS:
        raise UsageError(f"unknown level {level!r}; levels: {', '.join(LEVELS)}")
    (name_a, left), (name_b, right) = opened(a, "a"), opened(b, "b")
    compare = _comparer(level, tolerance)
    changes: list[Change] = []
    notes: list[str] = []
    n_a = n_b = n_timed = 0
    for number, (one, other, moved) in enumerate(pair(left, right, _answer_key(dialect))):
        if one is None or other is None:
            changes.append(_missing(one, other, number))
            n_a, n_b = n_a + _size(one, level, dialect), n_b + _size(other, level, dialect)
            continue
        parsed = ParsedResponse(one, dialect), ParsedResponse(other, dialect)
        found, size_a, size_b = compare(*parsed)
        n_a, n_b = n_a + size_a, n_b + size_b
        if level == "timing":
            untimed = [name for name, i in ((name_a, one), (name_b, other)) if not _is_timed(i)]
            n_timed += not untimed
            if untimed:
                notes.append(f"nothing to compare: no times are known of {' and '.join(untimed)}")
        else:
            ends = tuple(_endings(one, other, size_a, size_b))
            if ends:  # says more than that the stream itself did not come to its end
                found = tuple(change for change in found if change.what != "finished")
            found = (*_heads(one, other), *found, *ends)
        if moved:
            found = (_moved(one), *found)
        changes.extend(replace(change, interaction=number) for change in found)
        notes.extend(_request_notes(one.request, other.request))
    unit = {"bytes": "bytes", "frames": "frames"}.get(level, "events")
    if len(notes) > MAX_NOTES:
        notes[MAX_NOTES:] = [f"{len(notes) - MAX_NOTES} more differences between the requests"]
    verdict, reasons = verdict_of(changes) if level == "content" else (None, ())
    return Comparison(
        level,
        tuple(changes),
        tuple(dict.fromkeys(notes)),
        n_a,
        n_b,
        unit,
        name_a,
        name_b,
        verdict,
        reasons,
        comparable=level != "timing" or n_timed > 0,
    )


def _answer_key(dialect: str | None) -> Callable[[Interaction], Hashable]:
    """What an answer says, blind to ids, times and cuts, so that equal answers have equal keys."""

    def key(interaction: Interaction) -> Hashable:
        parsed = ParsedResponse(interaction, dialect)
        units = Coalescer(parsed.dialect, compact=True).units(_events(parsed))
        status = interaction.head.status if interaction.head else None
        return status, _ended(interaction), tuple(unit.token for unit in units)

    return key


def _size(interaction: Interaction | None, level: Level, dialect: str | None) -> int:
    """How much an interaction without a partner holds, in the level's units."""
    if interaction is None:
        return 0
    if level == "bytes":
        return interaction.chunks.n_bytes
    parsed = ParsedResponse(interaction, dialect).or_raise()
    return len(parsed.frames) if level == "frames" else len(_events(parsed))


def _moved(one: Interaction) -> Change:
    named = " ".join(address(one.request))
    return Change("swapped", "interaction", Location(0), Location(0), "", None, named)


def _comparer(level: Level, tolerance: float) -> Callable[[ParsedResponse, ParsedResponse], Result]:
    def by_bytes(a: ParsedResponse, b: ParsedResponse) -> Result:
        one, other = a.interaction, b.interaction
        return compare_bytes(one.body, other.body), one.chunks.n_bytes, other.chunks.n_bytes

    def by_frames(a: ParsedResponse, b: ParsedResponse) -> Result:
        left = a.or_raise().frames
        if _same_answer(a.interaction, b.interaction):
            return (), len(left), len(left)
        right = b.or_raise().frames
        return compare_frames(left, right), len(left), len(right)

    def by_events(a: ParsedResponse, b: ParsedResponse) -> Result:
        left = _events(a)
        if _same_answer(a.interaction, b.interaction):
            return (), len(left), len(left)
        right = _events(b)
        return compare_events(left, right, a.dialect, b.dialect), len(left), len(right)

    def by_content(a: ParsedResponse, b: ParsedResponse) -> Result:
        left = _events(a)
        if _same_answer(a.interaction, b.interaction):
            return (), len(left), len(left)
        one = transcript_of(left, a.dialect)
        other = transcript_of(_events(b), b.dialect)
        return compare_content(one, other, a.dialect), one.n_events, other.n_events

    def by_timing(a: ParsedResponse, b: ParsedResponse) -> Result:
        one, other = _clocked(a), _clocked(b)
        found = compare_timing(one, other, tolerance=tolerance)
        return found, len(one.events_us), len(other.events_us)

    return {
        "bytes": by_bytes,
        "frames": by_frames,
        "events": by_events,
        "content": by_content,
        "timing": by_timing,
    }[level]


def _same_answer(a: Interaction, b: Interaction) -> bool:
    """Whether two interactions hold the same bytes, and would be read alike: nothing can differ."""
    if a.chunks.n_bytes != b.chunks.n_bytes or a.request.url != b.request.url:
        return False
    names = ("content-type", "content-encoding")
    one, other = ([i.head.get(n) if i.head else None for n in names] for i in (a, b))
    return one == other and a.body == b.body


def _events(parsed: ParsedResponse) -> Sequence[Event]:
    """The events; of a body without any, the body itself as one."""
    found = parsed.or_raise().events
    if found or not (content := parsed.interaction.content):
        return found
    text = content.decode("utf-8", "backslashreplace")
    value = decode(text)
    at_us = parsed.interaction.chunks[-1].at_us
    return [Event("body", text if value is NOT_JSON else value, at_us)]


def _is_timed(interaction: Interaction) -> bool:
    head = interaction.head
    times = [head and head.at_us, interaction.ending.at_us]
    return any(t is not None for t in (*times, *(chunk.at_us for chunk in interaction.chunks)))


def _clocked(parsed: ParsedResponse) -> Clocked:
    head, ending = parsed.interaction.head, parsed.interaction.ending
    times = [event.at_us for event in _events(parsed)]
    return Clocked(head.at_us if head else None, times, ending.at_us)


def _missing(one: Interaction | None, other: Interaction | None, number: int) -> Change:
    found = one or other
    assert found is not None
    named = " ".join(address(found.request))
    if one is not None:
        return Change("removed", "interaction", Location(0), None, "", named, None, (), number)
    return Change("inserted", "interaction", None, Location(0), "", None, named, (), number)


def _heads(one: Interaction, other: Interaction) -> Iterable[Change]:
    before = one.head.status if one.head else None
    after = other.head.status if other.head else None
    if before != after:
        yield Change("changed", "head", Location(0), Location(0), "status", before, after)


def _endings(one: Interaction, other: Interaction, n_a: int, n_b: int) -> Iterable[Change]:
    before, after = one.ending, other.ending
    if (before.kind, before.exception) != (after.kind, after.exception):
        places = Location(n_a, before.at_us), Location(n_b, after.at_us)
        yield Change("changed", "ending", *places, "", _ended(one), _ended(other))


def _ended(interaction: Interaction) -> str:
    ending = interaction.ending
    return f"{ending.kind}: {ending.exception}" if ending.exception else ending.kind


def _request_notes(one: Request, other: Request) -> Iterable[str]:
    if address(one) != address(other):
        yield f"request: {' '.join(address(one))} → {' '.join(address(other))}"
    old_body, new_body = body(one), body(other)
    if NOT_JSON in (old_body, new_body):
        if one.body != other.body:
            yield f"request body: {len(one.body)} → {len(other.body)} bytes"
        return
    for path, old, new in walk(old_body, new_body, ()):
        before, after = (short(masked_value(path, value)) for value in (old, new))
        yield f"request {'.'.join(path)}: {before} → {after}"
