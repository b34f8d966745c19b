"""Transcripts of OpenAI Responses streams."""

import json
import sys
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.dialects.select import choose, dialects, events_of
from streamtape.dialects.transcript import growing, transcript_of
from streamtape.errors import UsageError
from streamtape.tape.events import Event, Transcript
from tests.streams import Writer, frames_of


def read(payloads: list[Any]) -> Transcript:
    """The transcript of these payloads."""
    frames = frames_of(payloads)
    table = choose("", "", frames)
    return transcript_of(events_of(iter(frames), table), table)


def test_everything_that_a_stream_said_is_there() -> None:
    """Text, tool calls, usage, status, model and id, in their places."""
    writer = Writer().message("Let me ", "look.").call("weather", '{"city": ', '"Paris"}')
    transcript = transcript_of(writer.end().events(), OPENAI_RESPONSES)
    assert transcript.text == "Let me look."
    assert (transcript.status, transcript.model, transcript.id) == (
        "completed",
        "gpt-4.1-2025-04-14",
        "resp_1",
    )
    assert transcript.usage is not None
    assert (transcript.usage["input_tokens"], transcript.usage["output_tokens"]) == (9, 8)
    assert transcript.finished
    (call,) = transcript.tool_calls
    assert (call.id, call.name, call.parsed) == ("call_1_1", "weather", {"city": "Paris"})
    assert call.complete
    assert [p.key for p in transcript.of("text")] == [(0, 0)]


def test_a_stream_that_is_cut_gives_what_there_was() -> None:
    """Arguments are parsed as far as they go, and nothing is finished."""
    writer = Writer().call("weather", '{"city": "Par', 'is", "days": 3}').end()
    cut = [e for e in writer.events() if e.index <= 3]
    transcript = transcript_of(cut, OPENAI_RESPONSES)
    assert transcript.tool_calls[0].parsed == {"city": "Par"}
    assert not transcript.tool_calls[0].complete
    assert not transcript.finished
    assert transcript.status == "in_progress"


def test_text_that_is_json_is_read_as_it_grows() -> None:
    """Structured output is there after every delta, as far as it goes."""
    events = Writer().message('{"steps": [', '"one", ', '"two"]}').end().events()
    seen = [t.parsed for t in growing(events, OPENAI_RESPONSES)]
    assert seen[4:7] == [{"steps": []}, {"steps": ["one"]}, {"steps": ["one", "two"]}]


def test_parsed_says_whether_it_is_whole() -> None:
    """Only an object or list is parsed, as far as it goes, and known to be whole or not."""
    for text, parsed, whole in [
        ('{"a": 1}', {"a": 1}, True),
        ('{"a": [1, "x', {"a": [1, "x"]}, False),
        ("[", [], False),
        ("plain", None, False),
        ("5", None, False),
        ("{]", None, False),
    ]:
        transcript = transcript_of(Writer().message(text).end().events(), OPENAI_RESPONSES)
        assert (transcript.parsed, transcript.parsed_complete) == (parsed, whole)


class City(pydantic.BaseModel):
    """A structured output."""

    name: str
    days: list[int] = []


def saying(text: str) -> Transcript:
    """The transcript of a stream that said a text."""
    return transcript_of(Writer().message(text).end().events(), OPENAI_RESPONSES)


def test_parsed_as_validates() -> None:
    """A model, a list of models and a plain type; what does not fit is pydantic's error."""
    assert saying('{"name": "Paris", "days": [1]}').parsed_as(City) == City(name="Paris", days=[1])
    assert saying('[{"name": "Paris"}]').parsed_as(list[City]) == [City(name="Paris")]
    assert saying('{"a": 1}').parsed_as(dict[str, int]) == {"a": 1}
    with pytest.raises(pydantic.ValidationError, match="name"):
        saying('{"days": []}').parsed_as(City)


def test_parsed_as_of_what_is_not_whole() -> None:
    """It is refused, unless a part will do; plain text is refused in either case."""
    half = saying('[{"name": "Paris"}, {"name": "Ro')
    with pytest.raises(UsageError, match=r"not whole: it ends with .*Ro.*partial=True"):
        half.parsed_as(list[City])
    assert half.parsed_as(list[City], partial=True) == [City(name="Paris"), City(name="Ro")]
    assert saying('[{"name": "Paris"}, {"da').parsed_as(list[City], partial=True) == [
        City(name="Paris")
    ]
    with pytest.raises(UsageError, match="not JSON: 'plain'"):
        saying("plain").parsed_as(City, partial=True)


def test_parsed_as_without_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(UsageError, match="pip install pydantic"):
        saying("{}").parsed_as(City)


def test_a_stream_without_deltas_is_read_from_its_whole_values() -> None:
    """Some servers send only the items, or only the last event."""
    events = Writer().message("Hello").call("f", "{}").end().events()
    for kept in ("response.output_item.done", "response.completed"):
        transcript = transcript_of([e for e in events if e.type == kept], OPENAI_RESPONSES)
        assert transcript.text == "Hello"
        assert [(c.name, c.arguments) for c in transcript.tool_calls] == [("f", "{}")]


def test_the_pieces_of_a_text_know_their_events() -> None:
    """Each character can be traced to the event that brought it."""
    transcript = transcript_of(Writer().message("ab", "", "cd").end().events(), OPENAI_RESPONSES)
    (part,) = transcript.of("text")
    assert [part.event_at(n) for n in range(4)] == [4, 4, 6, 6]
    assert part.first_event == 4


def test_halves_of_a_character_are_joined() -> None:
    """A surrogate pair that was cut between two deltas is one character again."""
    pair = "\U0001f600".encode("utf-16-be")
    high, low = (pair[:2].decode("utf-16-be", "surrogatepass"), pair[2:])
    events = Writer().message(high, low.decode("utf-16-be", "surrogatepass")).events()
    assert transcript_of(events, OPENAI_RESPONSES).text == "\U0001f600"


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"type": "error", "code": "x", "message": "no"}, "no"),
        ({"type": "error", "error": {"message": "no"}}, "no"),
        ({"type": "response.failed", "response": {"error": {"message": "no"}}}, "no"),
    ],
)
def test_the_error_is_reported_wherever_it_stands(payload: dict[str, Any], error: str) -> None:
    """An error event, bare or wrapped, and a failed response."""
    transcript = read([*Writer().payloads, payload])
    assert transcript.error["message"] == error
    assert transcript.finished


def test_images_are_reported_by_size_and_digest() -> None:
    """Base64 of an image is not kept; its bytes are counted and hashed."""
    item = {"type": "image_generation_call", "id": "ig_1", "result": "aGVsbG8="}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    transcript = read([*Writer().payloads, done])
    assert [(i.n_bytes, i.sha256[:8]) for i in transcript.images] == [(5, "2cf24dba")]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "delta", "item", "choices", "message", "content", "index", "id"]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@given(st.lists(JSON, max_size=5), st.sampled_from([d.name for d in dialects()]))
def test_any_payloads_give_a_transcript(payloads: list[Any], name: str) -> None:
    """No payload of any shape makes any dialect raise."""
    table = next(d for d in dialects() if d.name == name)
    frames = frames_of([json.dumps(p) for p in payloads])
    transcript = transcript_of(events_of(iter(frames), table), table)
    assert transcript.n_events == len(payloads)


@given(JSON, st.sampled_from(sorted({t for p in OPENAI_RESPONSES.deltas for t in p.types})))
def test_any_payload_of_a_known_type_is_taken(payload: Any, kind: str) -> None:
    """A known type with fields of any shape is no error."""
    transcript_of([Event(kind, payload)], OPENAI_RESPONSES)
