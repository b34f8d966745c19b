"""One answer in other spelling: servers and proxies write the same thing in several ways."""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamtape.compare.events import compare_events
from streamtape.dialects.base import Dialect
from streamtape.dialects.paths import bind, parse_path
from streamtape.dialects.plan import plan_for
from streamtape.dialects.registry import dialect_named
from streamtape.dialects.select import dialect_for, events_of
from streamtape.tape.views import Event
from tests.mutations import deltas, put, renumbered
from tests.real import CORE, bodies, recording
from tests.shared import needs_corpus
from tests.streams import frames_of

Spell = Callable[[Any, random.Random], Any]


def shuffled(value: Any, dice: random.Random) -> Any:
    """The fields of every object in another order."""
    if isinstance(value, dict):
        fields = list(value.items())
        dice.shuffle(fields)
        return {name: shuffled(one, dice) for name, one in fields}
    return [shuffled(one, dice) for one in value] if isinstance(value, list) else value


def without_nulls(value: Any, dice: random.Random) -> Any:
    """Fields that are null left out."""
    if isinstance(value, dict):
        return {k: without_nulls(v, dice) for k, v in value.items() if v is not None}
    return [without_nulls(one, dice) for one in value] if isinstance(value, list) else value


def as_floats(value: Any, dice: random.Random) -> Any:
    """Numbers that are no places with a point: 1.0 for 1."""
    if isinstance(value, dict):
        return {k: v if "ndex" in k else as_floats(v, dice) for k, v in value.items()}
    if isinstance(value, list):
        return [as_floats(one, dice) for one in value]
    return float(value) if type(value) is int and abs(value) < 2**50 else value


def read(path: Path) -> tuple[Dialect, list[Event]]:
    """The dialect and the events of a stream."""
    one = recording(path)
    table = dialect_for(one)
    return table, renumbered(list(events_of(one.frames(), table)))


@needs_corpus
@pytest.mark.parametrize("spell", [shuffled, without_nulls, as_floats])
def test_other_spelling_is_no_change(spell: Spell) -> None:
    """In every real stream: the order of fields, null or nothing, 1 or 1.0."""
    n_tried = 0
    for path in bodies(CORE):
        table, a = read(path)
        if table.name == "openai-assistants" and spell is shuffled:
            continue  # two texts in one event, told apart by the order of its fields
        if spell is without_nulls and any(_has_null_piece(event, table) for event in a):
            continue  # an event without the place of a text is another event
        dice = random.Random(path.name)
        b = renumbered([Event(e.type, spell(e.payload, dice)) for e in a])
        assert compare_events(a, b, table, table) == (), path
        n_tried += 1
    assert n_tried > 60


@needs_corpus
def test_an_empty_piece_of_text_may_be_null() -> None:
    """`{"content": null}` and `{"content": ""}` say the same nothing, in every real stream."""
    n_changed = 0
    for path in bodies(CORE):
        table, a = read(path)
        b = [_with_nulls(event, table) for event in a]
        n_changed += a != b
        assert compare_events(a, renumbered(b), table, table) == (), path
    assert n_changed > 30


def _has_null_piece(event: Event, table: Dialect) -> bool:
    found = plan_for(table, event.type).find_nulls(event.payload, event.index)
    return isinstance(event.payload, dict) and any(True for _ in found)


def _with_nulls(event: Event, table: Dialect) -> Event:
    found = [piece for piece in deltas(event, table) if not piece.value]
    if not found or not isinstance(event.payload, dict):
        return event
    payload = copy.deepcopy(event.payload)
    for piece in found:
        put(payload, bind(parse_path(piece.rule.path), piece.bound), None)
    return Event(event.type, payload, event.at_us, event.index)


def test_arguments_are_the_users_own() -> None:
    """There, an empty text and null are two values."""

    def called(value: str | None) -> list[Event]:
        call = {"name": "f", "args": {"city": value}}
        part = {"content": {"role": "model", "parts": [{"functionCall": call}]}, "index": 0}
        return list(events_of(iter(frames_of([{"candidates": [part]}])), GEMINI))

    (change,) = compare_events(called(""), called(None), GEMINI, GEMINI)
    assert (change.before, change.after) == ("", None)


GEMINI = dialect_named("gemini")
