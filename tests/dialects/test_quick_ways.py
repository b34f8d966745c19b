"""What is read the quick way, by the event before, is what reading every event anew gives."""

import json
from itertools import accumulate
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.checks.repeats import repeats
from streamtape.dialects.delta_finder import DeltaFinder
from streamtape.dialects.rule_index import plan_for
from streamtape.dialects.select import dialect_named, events_of
from streamtape.dialects.transcript import transcript_of
from streamtape.dialects.transcript_builder import _Alike
from streamtape.metrics.arrival import Arrival
from streamtape.tape.events import Event
from tests.streams import frames_of

_TEXTS = st.sampled_from(["", "a", "bc", None])
_ODD = st.sampled_from(["", "a", None, 7, {"a": "b"}, ["a"]])
_DELTAS = st.fixed_dictionaries(
    {"content": _TEXTS},
    optional={
        "reasoning": _TEXTS,
        "reasoning_content": _ODD,
        "reasoning_details": st.just([]) | st.lists(
            st.fixed_dictionaries(
                {"type": st.just("reasoning.text"), "text": _TEXTS, "index": st.integers(0, 1)}
            ),
            min_size=1,
            max_size=2,
        ),
    },
)  # fmt: skip
_CHUNKS = st.fixed_dictionaries(
    {
        "id": st.just("gen-1"),
        "object": st.just("chat.completion.chunk"),
        "choices": st.lists(
            st.fixed_dictionaries({"index": st.integers(0, 1), "delta": _DELTAS}),
            min_size=1,
            max_size=2,
        ),
    }
)
_FREE = {"content", "reasoning", "reasoning_content", "text"}


@st.composite
def _runs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some chunks of one shape, whose texts differ."""
    shape = draw(_CHUNKS)
    return [_varied(shape, draw) for _ in range(draw(st.integers(1, 4)))]


def _varied(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, list):
        return [_varied(one, draw) for one in value]
    if isinstance(value, dict):
        return {
            name: draw(st.sampled_from(["", "a", "bc"]))
            if name in _FREE and isinstance(one, str)
            else _varied(one, draw)
            for name, one in value.items()
        }
    return value


_STREAMS = st.lists(_runs(), max_size=3)
_DIALECTS = st.sampled_from(["openai-chat", "openrouter-chat", "groq-chat"])


def _events(chunks: list[list[dict[str, Any]]], dialect: str) -> list[Event]:
    payloads = [one for run in chunks for one in run]
    return [*events_of(iter(frames_of(payloads)), dialect_named(dialect))]


@settings(max_examples=50)
@given(_STREAMS, _DIALECTS)
def test_texts_grow_as_if_every_event_were_read_by_its_rules(
    chunks: list[list[dict[str, Any]]], dialect: str
) -> None:
    """Texts in several fields, fields that mirror each other, and fields that say nothing."""
    events = _events(chunks, dialect)
    with patch.object(_Alike, "of", return_value=None):
        expected = transcript_of(events, dialect)
    assert transcript_of(events, dialect) == expected


def _delta(**fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": fields}
    return {"id": "gen-1", "object": "chat.completion.chunk", "choices": [choice]}


@pytest.mark.parametrize("other", [7, "b", {"a": "b"}])
def test_a_field_that_falls_silent_leaves_its_text_to_another(other: Any) -> None:
    """Of the fields of one text, the first that says something counts, event by event."""
    stream = [_delta(reasoning_content=text, reasoning=other) for text in ("a", "", "c")]
    found = transcript_of(_events([stream], "openai-chat"), "openai-chat")
    text = other if isinstance(other, str) else json.dumps(other)
    assert found.reasoning == f"a{text}c"


@pytest.mark.parametrize("other", [7, "b"])
def test_a_text_arrives_by_the_field_that_says_it(other: Any) -> None:
    """The same of how a text grew."""
    stream = [{"message": {"content": text}, "response": other} for text in ("a", "", "c")]
    events = _events([stream], "ollama")
    expected = f"a{other}c"
    assert transcript_of(events, "ollama").text == expected
    assert Arrival.of(events, dialect_named("ollama")).text == expected


@settings(max_examples=50)
@given(_STREAMS, _DIALECTS)
def test_texts_arrive_as_if_every_event_stood_alone(
    chunks: list[list[dict[str, Any]]], dialect: str
) -> None:
    """The cuts of a whole stream are those of its events."""
    table, events = dialect_named(dialect), _events(chunks, dialect)
    sizes = accumulate(len(Arrival.of([event], table).text) for event in events)
    expected = dict(zip((event.index for event in events), sizes, strict=True))
    whole = Arrival.of(events, table)
    assert {event: n for n, event, _ in whole.cuts}.items() <= expected.items()
    assert len(whole.text) == max(expected.values(), default=0)


@settings(max_examples=50)
@given(_STREAMS, _DIALECTS)
def test_deltas_stand_where_they_stood_in_the_event_before(
    chunks: list[list[dict[str, Any]]], dialect: str
) -> None:
    """As each event's own rules find them: the fields, their targets, and which one counts."""
    table, events = dialect_named(dialect), _events(chunks, dialect)
    finder = DeltaFinder(table)
    for event, is_repeat in zip(events, repeats(table, events), strict=True):
        expected = [*plan_for(table, event.type).find_deltas(event.payload, event.index)]
        assert [*finder.deltas_of(event, is_repeat=is_repeat)] == expected


def test_two_texts_of_one_event_both_grow() -> None:
    """Reasoning that stands in two fields: both have a piece an event."""
    details = [{"type": "reasoning.text", "text": "so ", "index": 0}]
    delta = {"content": "", "reasoning": "so ", "reasoning_details": details}
    chunk = {"id": "gen-1", "choices": [{"index": 0, "delta": delta}]}
    transcript = transcript_of(_events([[chunk] * 3], "openrouter-chat"), "openrouter-chat")
    assert transcript.reasoning == "so so so "
    assert [(part.channel, len(part.cuts)) for part in transcript.parts if part.text] == [
        ("reasoning", 3),
        ("details", 3),
    ]
