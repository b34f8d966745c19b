"""Real streams against themselves: as another run would differ, and with one event altered."""

import random
from functools import cache
from pathlib import Path

import pytest

from streamtape.compare.content_changes import compare_content
from streamtape.compare.event_changes import compare_events
from streamtape.dialects.base import Dialect
from streamtape.dialects.select import dialect_for, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.tape.events import Event
from tests.mutations import MUTATIONS, another_run, mutated, recut, renumbered
from tests.real import CORE, bodies, recording
from tests.shared import needs_corpus

pytestmark = needs_corpus
STREAMS = bodies(CORE)


@cache
def read(path: Path) -> tuple[Dialect, list[Event]]:
    """The dialect and the events of a stream."""
    recorded = recording(path)
    table = dialect_for(recorded)
    return table, renumbered(list(events_of(recorded.frames(), table)))


@pytest.mark.parametrize("path", STREAMS, ids=lambda p: str(p.relative_to(CORE)))
def test_another_run_of_the_same_answer_is_the_same(path: Path) -> None:
    """Other ids, times, padding and cuts: no change at level events or content."""
    table, a = read(path)
    dice = random.Random(path.name)
    b = another_run(recut(a, table, dice), table, dice)
    assert compare_events(a, b, table, table) == ()
    one, other = transcript_of(a, table), transcript_of(b, table)
    assert compare_content(one, other, table) == ()


@pytest.mark.parametrize("kind", MUTATIONS)
def test_one_altered_event_is_found_alone(kind: str) -> None:
    """At its place, whatever it is and wherever it stands."""
    dice = random.Random(kind)
    n_tried = 0
    while n_tried < 15:
        table, a = read(dice.choice(STREAMS))
        altered = mutated(a, table, kind, dice) if len(a) > 2 else None
        if altered is None:
            continue
        n_tried += 1
        b, places = altered
        (change,) = compare_events(a, b, table, table)
        expected = {p.index for p in (change.a, change.b) if p}
        assert any(abs(t - p) <= 1 for t in expected for p in places), change
    assert n_tried == 15
