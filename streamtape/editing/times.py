"""Shifting times: answers later or earlier, and the date of the whole recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from streamtape.editing.opened import OpenInteraction
from streamtape.editing.runs import put, texts_in
from streamtape.errors import UsageError
from streamtape.tape.model import Chunk, Chunks, Edit, Interaction, Messages
from streamtape.units import duration, parse_us

_UNITS = ("us", "ms", "s", "m", "h", "d", "w")
# Names of moments in bodies: seconds or milliseconds since 1970, or texts of RFC 3339.
MOMENTS = frozenset({
    "created", "created_at", "completed_at", "expires_at", "createTime", "updated", "updated_at",
    "failed_at", "cancelled_at", "started_at", "createdAt", "create_time",
})  # fmt: skip
_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_FIRST_SECOND, _FIRST_MS = 10**8, 10**11


def parse_shift(text: str, option: str) -> int:
    """Read `2s`, `+500ms` or `-1d` as microseconds; UsageError where it is no duration."""
    sign = -1 if text.startswith("-") else 1
    us = parse_us(text.strip().lstrip("+-").strip(), _UNITS)
    if us is None:
        raise UsageError(f"{option} {text!r}: write a duration, as 500ms, 2s, -1s or 1d")
    return sign * round(us)


def shift_answers(interactions: Sequence[Interaction], by_us: int) -> list[Interaction]:
    """Let everything that came back come so much later (or earlier) after its request.

    A request that was sent after an earlier answer had ended is sent later, too, so that the order
    of what happened stays. UsageError where something would come before its request.
    """
    moved: list[Interaction] = []
    starts: list[int] = []
    for number, one in enumerate(interactions):
        ended = [n for n in range(number) if _ended(interactions[n], one)]
        later = max((starts[n] + by_us for n in ended), default=0)
        starts.append(later)
        start = one.started_at_us
        shifted = _later(one, number, by_us)
        moved.append(replace(shifted, started_at_us=None if start is None else start + later))
    return moved


def _ended(earlier: Interaction, one: Interaction) -> bool:
    """Whether an answer had ended when a request was sent."""
    if earlier.started_at_us is None or one.started_at_us is None or earlier.ending.at_us is None:
        return False
    return earlier.started_at_us + earlier.ending.at_us <= one.started_at_us


def _later(one: Interaction, number: int, by_us: int) -> Interaction:
    head = one.head
    first = one.ending.at_us if head is None else head.at_us
    if first is None:
        return one
    if first + by_us < 0:
        raise UsageError(
            f"interaction {number} was answered after {duration(first)}: the answer can't come "
            f"{duration(-by_us)} earlier"
        )

    def at(us: int | None) -> int | None:
        return None if us is None else us + by_us

    messages = [m._replace(at_us=at(m.at_us)) for m in one.messages]
    return replace(
        one,
        head=None if head is None else replace(head, at_us=at(head.at_us)),
        chunks=Chunks.of([Chunk(at(us), data) for us, data in one.chunks]),
        messages=Messages.of(messages),
        ending=replace(one.ending, at_us=at(one.ending.at_us)),
        edits=(*one.edits, Edit("times")),
    )


def shift_clock(one: OpenInteraction, by_us: int) -> None:
    """Move an interaction on the calendar: when it began, and the moments that its bodies name."""
    started = one.interaction.started_at_us
    if started is not None:
        one.interaction = replace(one.interaction, started_at_us=started + by_us)
    n_places = int(started is not None)
    for document in one.documents:
        n_places += move_moments(document.value, by_us)
        for steps, text in list(texts_in(document.value)):
            if steps and steps[-1] in MOMENTS and (new := moved_text(text, by_us)) != text:
                put(document, steps, new)
                n_places += 1
    if n_places:
        one.mark("clock", n_places)


def move_moments(value: object, by_us: int) -> int:
    """Move the moments of a JSON value that are numbers, in place; gives how many there were."""
    if isinstance(value, list):
        return sum(move_moments(one, by_us) for one in value)
    if not isinstance(value, dict):
        return 0
    n = 0
    for name, one in value.items():
        if name in MOMENTS and type(one) in (int, float):
            value[name] = moved_number(one, by_us)
            n += value[name] != one
        else:
            n += move_moments(one, by_us)
    return n


def moved_number(moment: float, by_us: int) -> float:
    """A moment in seconds or milliseconds since 1970, moved; any other number as it is."""
    if moment < _FIRST_SECOND:
        return moment
    scale = 10**3 if moment >= _FIRST_MS else 10**6
    return moment + (by_us // scale if type(moment) is int else by_us / scale)


def moved_text(text: str, by_us: int) -> str:
    """A moment as RFC 3339 spells it, moved; its digits and its zone stay. Else the text itself."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return text
    fraction = match[2] or ""
    try:
        moved = datetime.fromisoformat(match[1]) + timedelta(microseconds=by_us)
    except (ValueError, OverflowError):
        return text
    seconds = moved.strftime("%Y-%m-%d %H:%M:%S").replace(" ", match[1][10])
    return f"{seconds}{fraction}{match[3] or ''}"


def first_moment(values: Iterable[object]) -> int | None:
    """The first moment that JSON values name as a number, in microseconds since 1970."""
    for value in values:
        if isinstance(value, list):
            found = first_moment(value)
        elif isinstance(value, dict):
            numbers = [v for k, v in value.items() if k in MOMENTS and type(v) in (int, float)]
            seconds = next((n for n in numbers if n >= _FIRST_SECOND), None)
            found = first_moment(value.values()) if seconds is None else _microseconds(seconds)
        else:
            found = None
        if found is not None:
            return found
    return None


def _microseconds(moment: float) -> int:
    return int(moment * (1000 if moment >= _FIRST_MS else 10**6))
