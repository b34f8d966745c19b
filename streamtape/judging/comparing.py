"""Two recordings opened and compared: `diff`.

`compare` sees events and never a cassette; here cassettes are opened, their interactions paired in
the order of their requests, and each pair handed down at the level that was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, get_args

from streamtape.compare.align import gaps
from streamtape.compare.comparison import Change, Comparison, Place, short
from streamtape.compare.content import compare_content
from streamtape.compare.events import compare_events
from streamtape.compare.timing import DEFAULT_TOLERANCE, Clocked, compare_timing
from streamtape.compare.values import walk
from streamtape.compare.wire import compare_bytes, compare_frames
from streamtape.dialects.payload import NOT_JSON, canonical, decode
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.errors import UsageError
from streamtape.judging.collecting import collector_paused
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Cassette, Interaction, Request
from streamtape.tape.views import Event

Level = Literal["bytes", "frames", "events", "content", "timing"]
LEVELS: tuple[Level, ...] = get_args(Level)
Source = str | os.PathLike[str] | Cassette | Interaction
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
    ids, times and how deltas were cut; `content`, what the reader gets; `timing`, within
    `tolerance`. `dialect` forces one by name. UsageError for an unknown level, CassetteError for a
    file that can't be loaded.
    """
    if level not in LEVELS:
        raise UsageError(f"unknown level {level!r}; levels: {', '.join(LEVELS)}")
    (name_a, left), (name_b, right) = _opened(a, "a"), _opened(b, "b")
    compare = _comparer(level, dialect, tolerance)
    changes: list[Change] = []
    notes: list[str] = []
    n_a = n_b = 0
    for number, (one, other) in enumerate(_paired(left, right)):
        if one is None or other is None:
            changes.append(_missing(one, other, number))
            continue
        found, size_a, size_b = compare(one, other)
        n_a, n_b = n_a + size_a, n_b + size_b
        if level == "timing":
            untimed = [name for name, i in ((name_a, one), (name_b, other)) if not _is_timed(i)]
            if untimed:
                notes.append(f"nothing to compare: no times are known of {' and '.join(untimed)}")
        else:
            found = (*_heads(one, other), *found, *_endings(one, other, size_a, size_b))
        changes.extend(replace(change, interaction=number) for change in found)
        notes.extend(_request_notes(one.request, other.request))
    unit = {"bytes": "bytes", "frames": "frames"}.get(level, "events")
    if len(notes) > MAX_NOTES:
        notes[MAX_NOTES:] = [f"{len(notes) - MAX_NOTES} more differences between the requests"]
    return Comparison(level, tuple(changes), tuple(notes), n_a, n_b, unit, name_a, name_b)


def _opened(source: Source, name: str) -> tuple[str, tuple[Interaction, ...]]:
    if isinstance(source, Interaction):
        return name, (source,)
    if isinstance(source, Cassette):
        return source.path or name, source.interactions
    if isinstance(source, str | os.PathLike):
        from streamtape.tape.store import load

        return os.fspath(source), load(source).interactions
    raise UsageError(
        f"can't compare a {type(source).__name__}: give the path of a cassette, a Cassette or an "
        "Interaction"
    )


def _comparer(
    level: Level, dialect: str | None, tolerance: float
) -> Callable[[Interaction, Interaction], Result]:
    def by_bytes(a: Interaction, b: Interaction) -> Result:
        return compare_bytes(a.body, b.body), a.chunks.n_bytes, b.chunks.n_bytes

    def by_frames(a: Interaction, b: Interaction) -> Result:
        left = list(a.frames())
        if _same_answer(a, b):
            return (), len(left), len(left)
        right = list(b.frames())
        return compare_frames(left, right), len(left), len(right)

    def by_events(a: Interaction, b: Interaction) -> Result:
        left = _events(a, dialect)
        if _same_answer(a, b):
            return (), len(left), len(left)
        table_a, table_b = dialect_for(a, dialect), dialect_for(b, dialect)
        right = _events(b, dialect)
        return compare_events(left, right, table_a, table_b), len(left), len(right)

    def by_content(a: Interaction, b: Interaction) -> Result:
        left = _events(a, dialect)
        if _same_answer(a, b):
            return (), len(left), len(left)
        table = dialect_for(a, dialect)
        one = transcript_of(left, table)
        other = transcript_of(_events(b, dialect), dialect_for(b, dialect))
        return compare_content(one, other, table), one.n_events, other.n_events

    def by_timing(a: Interaction, b: Interaction) -> Result:
        one, other = _clocked(a, dialect), _clocked(b, dialect)
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


def _events(interaction: Interaction, dialect: str | None) -> list[Event]:
    """The events; of a body that is no stream, the body itself as one."""
    found = list(events_of(interaction.frames(), dialect_for(interaction, dialect)))
    if found:
        return found
    content = interaction.content
    if not content:
        return []
    text = content.decode("utf-8", "backslashreplace")
    value = decode(text)
    at_us = interaction.chunks[-1].at_us
    return [Event("body", text if value is NOT_JSON else value, at_us)]


def _is_timed(interaction: Interaction) -> bool:
    head = interaction.head
    times = [head and head.at_us, interaction.ending.at_us]
    return any(t is not None for t in (*times, *(chunk.at_us for chunk in interaction.chunks)))


def _clocked(interaction: Interaction, dialect: str | None) -> Clocked:
    head_us = interaction.head.at_us if interaction.head else None
    times = [event.at_us for event in _events(interaction, dialect)]
    return Clocked(head_us, times, interaction.ending.at_us)


def _paired(
    a: tuple[Interaction, ...], b: tuple[Interaction, ...]
) -> Iterable[tuple[Interaction | None, Interaction | None]]:
    """Interactions that answer the same request, in order; what has no partner stands alone."""
    if len(a) == len(b) == 1:
        return [(a[0], b[0])]
    pairs: list[tuple[Interaction | None, Interaction | None]] = []
    i = j = 0
    for gap in gaps([_asked(x.request) for x in a], [_asked(x.request) for x in b]):
        pairs.extend(zip(a[i : gap.a1], b[j : gap.b1], strict=True))
        pairs.extend(_paired_by_address(a[gap.a1 : gap.a2], b[gap.b1 : gap.b2]))
        i, j = gap.a2, gap.b2
    pairs.extend(zip(a[i:], b[j:], strict=True))
    return pairs


def _paired_by_address(
    a: tuple[Interaction, ...], b: tuple[Interaction, ...]
) -> Iterable[tuple[Interaction | None, Interaction | None]]:
    i = j = 0
    for gap in gaps([_address(x.request) for x in a], [_address(x.request) for x in b]):
        yield from zip(a[i : gap.a1], b[j : gap.b1], strict=True)
        yield from ((x, None) for x in a[gap.a1 : gap.a2])
        yield from ((None, x) for x in b[gap.b1 : gap.b2])
        i, j = gap.a2, gap.b2
    yield from zip(a[i:], b[j:], strict=True)


def _address(request: Request) -> tuple[str, str]:
    return request.method, split_url(request.url).path


def _asked(request: Request) -> tuple[str, str, bytes]:
    value = _body(request)
    return (*_address(request), request.body if value is NOT_JSON else canonical(value))


def _body(request: Request) -> Any:
    return decode(request.body.decode("utf-8", "backslashreplace")) if request.body else NOT_JSON


def _missing(one: Interaction | None, other: Interaction | None, number: int) -> Change:
    found = one or other
    assert found is not None
    told = " ".join(_address(found.request))
    if one is not None:
        return Change("removed", "interaction", Place(0), None, "", told, None, (), number)
    return Change("inserted", "interaction", None, Place(0), "", None, told, (), number)


def _heads(one: Interaction, other: Interaction) -> Iterable[Change]:
    before = one.head.status if one.head else None
    after = other.head.status if other.head else None
    if before != after:
        yield Change("changed", "head", Place(0), Place(0), "status", before, after)


def _endings(one: Interaction, other: Interaction, n_a: int, n_b: int) -> Iterable[Change]:
    before, after = one.ending, other.ending
    if (before.kind, before.exception) != (after.kind, after.exception):
        places = Place(n_a, before.at_us), Place(n_b, after.at_us)
        yield Change("changed", "ending", *places, "", _ended(one), _ended(other))


def _ended(interaction: Interaction) -> str:
    ending = interaction.ending
    return f"{ending.kind}: {ending.exception}" if ending.exception else ending.kind


def _request_notes(one: Request, other: Request) -> Iterable[str]:
    if _address(one) != _address(other):
        yield f"request: {' '.join(_address(one))} → {' '.join(_address(other))}"
    before, after = _body(one), _body(other)
    if NOT_JSON in (before, after):
        if one.body != other.body:
            yield f"request body: {len(one.body)} → {len(other.body)} bytes"
        return
    for path, old, new in walk(before, after, ()):
        yield f"request {'.'.join(path)}: {short(old)} → {short(new)}"
