"""Moderation of partial output: when a classifier would have flagged a stream as it came."""

import asyncio
import math
from typing import Any

import pytest

import streamtape
from streamtape.checks.moderation import HoldBack, flagged, parse_every, prefixes
from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.errors import UsageError
from streamtape.metrics.arrival import Arrival
from tests.streams import Writer

# The early part misleads: what is said at first is taken back at the end.
MISLEADING = ("Mix bleach ", "with vinegar", " for shine? ", "Never do ", "that: it makes ",
              "chlorine gas.")  # fmt: skip


def harmful(text: str) -> bool:
    """Flags a recipe, unless the text warns of it."""
    return "bleach with vinegar" in text and "Never" not in text


def stream(*deltas: str) -> Any:
    """A recording of a message that came in these pieces."""
    return Writer().message(*deltas).end().interaction()


def test_an_early_part_that_misleads_is_reported() -> None:
    """Event by event it is flagged, sentence by sentence it is flagged, as a whole it is fine."""
    (one,) = streamtape.moderate(stream(*MISLEADING), harmful)
    assert not one.whole
    assert not one.agrees
    by_event, by_sentence, by_100 = one.ways
    assert (by_event.every, by_event.first, by_event.shown) == ("event", 23, 23)
    assert by_event.at_us == 5_000
    assert (by_sentence.first, by_sentence.shown) == (34, 35)
    assert by_100.first is None
    assert one.flagged


def test_holding_text_back_keeps_it_from_the_reader() -> None:
    """What leaks before the flag shrinks with what is held back, by characters and by time."""
    (one,) = streamtape.moderate(stream(*MISLEADING), harmful, every=("event",))
    by_chars = {stored.chars: stored.leaked for stored in one.held if stored.chars is not None}
    assert by_chars == {0: 23, 20: 3, 50: 0, 100: 0, 200: 0, 500: 0}
    by_time = {stored.ms: stored.leaked for stored in one.held if stored.ms is not None}
    assert by_time[0] == 23
    assert by_time[100] == 0
    assert all(isinstance(stored, HoldBack) for stored in one.held)


def test_what_only_the_whole_shows_is_reported() -> None:
    """A window that is too small never sees it; the whole does: they do not agree."""
    (one,) = streamtape.moderate(
        stream("bleach ", "and then ", "vinegar"),
        lambda text: "bleach" in text and "vinegar" in text,
        every=("event",),
        window=10,
    )
    assert one.whole
    assert one.ways[0].first is None
    assert not one.agrees
    assert one.held == ()


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (True, True), (False, False), (None, False), (0.7, True), (0.3, False), (["hate"], True),
        ([], False), ({"hate": 0.9}, True), ({"hate": 0.1, "harm": False}, False), ("hate", True),
        ("", False), ([False, False], False), ((False, 0.7), True), ([0.1, 0.2], False),
    ],
)  # fmt: skip
def test_verdicts_are_bools_scores_or_labels(verdict: Any, expected: bool) -> None:
    """A score counts from the threshold on, labels where there are any."""
    assert flagged(verdict, 0.5) is expected


def test_a_verdict_of_another_kind_is_refused() -> None:
    """An object that is none of these is no verdict."""
    with pytest.raises(UsageError, match="returned <object object"):
        flagged(object(), 0.5)


@pytest.mark.parametrize("verdict", [math.nan, {"hate": math.nan}, [object()]])
def test_a_score_that_is_none_is_refused(verdict: Any) -> None:
    """What can't be held against a threshold is no clean bill."""
    with pytest.raises(UsageError, match="the classifier returned"):
        flagged(verdict, 0.5)


def test_async_classifiers_are_waited_for() -> None:
    """Also where a loop is running already."""

    async def classify(text: str) -> bool:
        await asyncio.sleep(0)
        return "vinegar" in text

    async def inside() -> bool:
        return streamtape.moderate(stream(*MISLEADING), classify)[0].whole

    assert streamtape.moderate(stream(*MISLEADING), classify)[0].whole
    assert asyncio.run(inside())


def test_a_text_is_asked_about_once() -> None:
    """The ways share their answers: a classifier may cost money."""
    requests: list[str] = []

    def classify(text: str) -> bool:
        requests.append(text)
        return False

    streamtape.moderate(stream("One. ", "Two. "), classify)
    assert len(requests) == len(set(requests))


def test_the_ways_of_asking() -> None:
    """After events, sentences or characters; the whole text always comes last."""
    events = Writer().message("One. Tw", "o! Three").end().events()
    arrival = Arrival.of(events, OPENAI_RESPONSES)
    assert prefixes(arrival, "event") == [7, 15]
    assert prefixes(arrival, "sentence") == [4, 9, 15]
    assert prefixes(arrival, 6) == [6, 12, 15]
    assert parse_every("40") == 40
    for slip in ("word", "0", "-3", "1.5"):
        with pytest.raises(UsageError, match="give event, sentence or"):
            parse_every(slip)


def test_a_stream_without_text_is_left_out() -> None:
    """A call alone says nothing to moderate."""
    calls = Writer().call("wash", "{}").end().interaction()
    assert streamtape.moderate(calls, harmful) == []


def test_one_way_of_asking_may_stand_alone() -> None:
    """`every` is one way or several; what is none is refused before anything is read."""
    cassette = stream(*MISLEADING)
    for every in ("sentence", 5):
        (way,) = streamtape.moderate(cassette, lambda text: False, every=every)[0].ways
        assert way.every == every
    wrong: Any
    for wrong in ("bogus", 0, ("event", -1)):
        with pytest.raises(UsageError, match="give event, sentence or a number"):
            streamtape.moderate("nowhere.tape", harmful, every=wrong)
    with pytest.raises(UsageError, match=r"window must be .*, got 0"):
        streamtape.moderate("nowhere.tape", lambda text: False, window=0)
