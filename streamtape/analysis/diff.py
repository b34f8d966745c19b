"""`diff`: two recordings opened and compared.

`compare` works on events and never sees a cassette; here cassettes are opened, their interactions
paired in the order of their requests, and each pair is compared at the requested level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from streamtape.analysis.pairing import address, body, pair
from streamtape.analysis.streams import Source, opened
from streamtape.choices import LEVELS, Level
from streamtape.compare.coalesce import Coalescer
from streamtape.compare.comparison import Change, Comparison, Location, short
from streamtape.compare.content_changes import compare_content
from streamtape.compare.event_changes import compare_events
from streamtape.compare.timing_changes import DEFAULT_TOLERANCE, Clocked, compare_timing
from streamtape.compare.value_diff import walk
from streamtape.compare.verdict import verdict_of
from streamtape.compare.wire_changes import compare_bytes, compare_frames
from streamtape.dialects.content import content_of
from streamtape.dialects.parsed import ParsedResponse
from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.dialects.transcript import transcript_of
from streamtape.dialects.turns import question_at_us, turns
from streamtape.errors import UsageError
from streamtape.tape.events import Event
from streamtape.tape.gc_paused import collector_paused
from streamtape.tape.messages import Messages
from streamtape.tape.model import Chunks, Interaction, Request
from streamtape.tape.texts import masked_value

MAX_NOTES = 6
_MOST_BINARY = 64 << 10  # bytes of a body that is not text, to be shown as one
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
    """Compare two recordings: paths, cassettes or single interactions.

    `level` is what to compare: `bytes`, the bodies; `frames`, as they are; `events`, ignoring ids,
    times and how deltas were cut; `content`, what the reader gets, with a verdict
    (`Comparison.verdict`, `.reasons`); `timing`, within `tolerance`. `dialect` forces a dialect by
    name. UsageError for an unknown level, CassetteError for a file that can't be loaded.
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
        if one.is_dialogue or other.is_dialogue:
            found, size_a, size_b = _by_turns(compare, one, other, level, dialect)
        else:
            parsed = ParsedResponse(one, dialect), ParsedResponse(other, dialect)
            found, size_a, size_b = compare(*parsed)
        n_a, n_b = n_a + size_a, n_b + size_b
        if level == "timing":
            untimed = [name for name, i in ((name_a, one), (name_b, other)) if not _is_timed(i)]
            n_timed += not untimed
            if untimed:
                notes.append(
                    f"nothing to compare: no times were recorded in {' and '.join(untimed)}"
                )
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
        recordings=(tuple(left), tuple(right)),
    )


def paired(
    a: Sequence[Interaction], b: Sequence[Interaction], dialect: str | None = None
) -> list[tuple[Interaction | None, Interaction | None]]:
    """The interactions of two recordings, as `diff` pairs them; None where one has no partner."""
    return [(one, other) for one, other, _ in pair(a, b, _answer_key(dialect))]


Compare = Callable[[ParsedResponse, ParsedResponse], Result]


def _by_turns(
    compare: Compare, one: Interaction, other: Interaction, level: Level, dialect: str | None
) -> Result:
    """The changes between two dialogues, turn by turn, each in its place in the whole."""
    changes: list[Change] = []
    n_a = n_b = 0
    for a, b in zip_longest(turns(one, dialect), turns(other, dialect)):
        if a is None or b is None:
            changes.append(_turn_alone(a, n_a) if a is not None else _turn_alone(b, n_b, new=True))
            size_a, size_b = _size(a, level, dialect), _size(b, level, dialect)
        else:
            parsed = ParsedResponse(a, dialect), ParsedResponse(b, dialect)
            inside, size_a, size_b = compare(*parsed)
            changes += (_later(change, n_a, n_b) for change in inside)
        n_a, n_b = n_a + size_a, n_b + size_b
    return tuple(changes), n_a, n_b


def _turn_alone(turn: Interaction | None, n_before: int, *, new: bool = False) -> Change:
    """The change for a turn that the other dialogue lacks."""
    assert turn is not None
    at = Location(n_before, question_at_us(turn))
    question = turn.request.body.decode("utf-8", "replace")
    if new:
        return Change("inserted", "turn", None, at, after=question)
    return Change("removed", "turn", at, None, before=question)


def _later(change: Change, n_a: int, n_b: int) -> Change:
    """A change within a turn, with its positions in the whole dialogue."""
    a = change.a and replace(change.a, index=change.a.index + n_a)
    b = change.b and replace(change.b, index=change.b.index + n_b)
    return replace(change, a=a, b=b)


def _answer_key(dialect: str | None) -> Callable[[Interaction], Hashable]:
    """A key of a response that ignores ids, times and cuts: equal responses have equal keys."""

    def key(interaction: Interaction) -> Hashable:
        parsed = ParsedResponse(interaction, dialect)
        units = Coalescer(parsed.dialect, compact=True).units(_events(parsed))
        status = interaction.head.status if interaction.head else None
        return status, _ended(interaction), tuple(unit.token for unit in units)

    return key


def _size(interaction: Interaction | None, level: Level, dialect: str | None) -> int:
    """The size of an unpaired interaction, in the level's units."""
    if interaction is None:
        return 0
    if level == "bytes":
        return interaction.chunks.n_bytes + interaction.messages.n_bytes
    parsed = ParsedResponse(interaction, dialect).or_raise()
    return len(parsed.frames) if level == "frames" else len(_events(parsed))


def _moved(one: Interaction) -> Change:
    named = " ".join(address(one.request))
    return Change("swapped", "interaction", Location(0), Location(0), "", None, named)


def _comparer(level: Level, tolerance: float) -> Callable[[ParsedResponse, ParsedResponse], Result]:
    def by_bytes(a: ParsedResponse, b: ParsedResponse) -> Result:
        left, right = _rows_of(a.interaction), _rows_of(b.interaction)
        found: tuple[Change, ...] = ()
        if not left.holds_same_bytes(right):
            found = compare_bytes(left.join(), right.join())
        return found, left.n_bytes, right.n_bytes

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


def _rows_of(interaction: Interaction) -> Chunks | Messages:
    return interaction.messages if interaction.is_dialogue else interaction.chunks


def _same_answer(a: Interaction, b: Interaction) -> bool:
    """Whether two responses have equal bytes, URL and content type: then nothing can differ."""
    if (
        a.is_dialogue
        or b.is_dialogue
        or a.chunks.n_bytes != b.chunks.n_bytes
        or a.request.url != b.request.url
    ):
        return False
    names = ("content-type", "content-encoding")
    one, other = ([i.head.get(n) if i.head else None for n in names] for i in (a, b))
    return one == other and a.chunks.holds_same_bytes(b.chunks)


def _events(parsed: ParsedResponse) -> Sequence[Event]:
    """The events; a body without events is a single event."""
    found = parsed.or_raise().events
    if found or not (content := parsed.interaction.content):
        return found
    text = _text_of(content)
    value = decode(text)
    *_, (at_us, _) = parsed.interaction.chunks.shape()
    return [Event("body", text if value is NOT_JSON else value, at_us)]


def _text_of(content: bytes) -> str:
    """A body as text; a long binary body as its size and digest."""
    if len(content) > _MOST_BINARY:
        try:
            return content.decode()
        except UnicodeDecodeError:
            digest = hashlib.sha256(content).hexdigest()
            return f"{len(content):,} bytes that are not text, SHA-256 {digest}"
    return content.decode("utf-8", "backslashreplace")


def _is_timed(interaction: Interaction) -> bool:
    head = interaction.head
    times = [head and head.at_us, interaction.ending.at_us]
    rows = chain(interaction.chunks.shape(), interaction.messages.shape())
    return any(t is not None for t in chain(times, (at_us for at_us, _ in rows)))


def _clocked(parsed: ParsedResponse) -> Clocked:
    head, ending = parsed.interaction.head, parsed.interaction.ending
    times = [event.at_us for event in _events(parsed)]
    if parsed.interaction.is_dialogue:  # from the question on
        start_us = question_at_us(parsed.interaction) or 0
        answered_us = [event.at_us for event in _events(parsed) if event.direction == "server"]
        since = [None if at_us is None else at_us - start_us for at_us in answered_us]
        return Clocked(
            None, since, since[-1] if since else None, _first_content_us(parsed, start_us)
        )
    return Clocked(head.at_us if head else None, times, ending.at_us, _first_content_us(parsed))


def _first_content_us(parsed: ParsedResponse, start_us: int = 0) -> int | None:
    """When the first content arrived, counted from `start_us`; None without content or times."""
    events = _events(parsed)
    content = content_of(transcript_of(events, parsed.dialect))
    at_us = events[content[0].event].at_us if content else None
    return None if at_us is None else at_us - start_us


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
    if (before.kind, before.exception, before.close_code) != (
        after.kind,
        after.exception,
        after.close_code,
    ):
        places = Location(n_a, before.at_us), Location(n_b, after.at_us)
        yield Change("changed", "ending", *places, "", _ended(one), _ended(other))


def _ended(interaction: Interaction) -> str:
    ending = interaction.ending
    code = "" if ending.close_code is None else f" ({ending.close_code})"
    return (f"{ending.kind}: {ending.exception}" if ending.exception else ending.kind) + code


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
