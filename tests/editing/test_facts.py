"""Models, reasons to finish, counts of tokens, arguments of tools, times."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import streamtape
from streamtape.tape.model import Cassette, Interaction
from tests.editing import streams
from tests.editing.streams import ALL, GEMINI_URL
from tests.streams import Writer

NAMING = [name for name in ALL if name not in {"plain", "unknown", "converse"}]
CALLING = ["responses", "anthropic", "gemini", "invoke", "websocket"]


@pytest.mark.parametrize("name", NAMING)
def test_the_model(name: str) -> None:
    """It is named in the request, in every event, and in the address where that names it."""
    (edited,) = streamtape.edit(ALL[name](), model="new-model")
    assert edited.transcript().model == "new-model"
    before = ALL[name]().transcript().model
    assert before is not None
    assert before not in edited.content.decode("utf-8", "replace") + edited.request.url


@pytest.mark.parametrize(
    ("name", "reason", "word"),
    [
        ("responses", "length", "max_output_tokens"),
        ("responses", "content_filter", "content_filter"),
        ("websocket", "length", "max_output_tokens"),
        ("chat", "length", "length"),
        ("chat", "content_filter", "content_filter"),
        ("gzipped", "length", "length"),
        ("anthropic", "length", "max_tokens"),
        ("anthropic", "MAX_TOKENS", "max_tokens"),
        ("invoke", "length", "max_tokens"),
        ("gemini", "length", "MAX_TOKENS"),
        ("gemini_array", "content_filter", "SAFETY"),
        ("ollama", "length", "length"),
        ("converse", "length", "max_tokens"),
        ("whole_chat", "length", "length"),
    ],
)
def test_the_reason_to_finish(name: str, reason: str, word: str) -> None:
    """One word is understood for all APIs; each says it in its own, and its status follows."""
    (edited,) = streamtape.edit(ALL[name](), finish=reason)
    transcript = edited.transcript()
    assert transcript.finish_reason == word
    assert transcript.finished
    if transcript.status is not None:
        assert transcript.status == "incomplete"
        *_, last = edited.events()
        assert last.type == "response.incomplete"


def test_and_back() -> None:
    """A response that was incomplete is complete."""
    one = Writer().message("Hi").end("incomplete").interaction()
    (edited,) = streamtape.edit(one, finish="stop", allow_findings=True)
    assert edited.transcript().status == "completed"


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("responses", {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}),
        ("chat", {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5,
                  "prompt_tokens_details": {"cached_tokens": 3}}),
        ("anthropic", {"input_tokens": 3, "output_tokens": 2}),
        ("gemini", {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5,
                    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}]}),
        ("ollama", {"prompt_eval_count": 3, "eval_count": 2}),
        ("converse", {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}),
        ("invoke", {"input_tokens": 3, "output_tokens": 2}),
        ("whole_chat", {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}),
    ],
)  # fmt: skip
def test_usage(name: str, counts: dict[str, Any]) -> None:
    """Totals, details and counts so far agree with the new counts."""
    (edited,) = streamtape.edit(ALL[name](), usage="input=3,output=2")
    usage = edited.transcript().usage or {}
    assert {key: usage[key] for key in counts} == counts
    (same,) = streamtape.edit(ALL[name](), usage={"prompt_tokens": 3, "completion_tokens": 2})
    assert same.body == edited.body


@pytest.mark.parametrize("name", CALLING)
@pytest.mark.parametrize("argument", ["city", "get_weather.city", "get_weather[0].city"])
def test_arguments_of_tools(name: str, argument: str) -> None:
    """In deltas, in what is done, as a text or as an object."""
    (edited,) = streamtape.edit(ALL[name](), tool_argument={argument: 'Tromsø "x"'})
    (call,) = edited.transcript().tool_calls
    assert call.parsed == {"city": 'Tromsø "x"'}
    assert edited.transcript().text == streams.TEXT


def test_arguments_that_came_as_patches() -> None:
    """Gemini streams a value in pieces, each with its place."""

    def patch(**fields: Any) -> dict[str, Any]:
        return streams.gemini_chunk({"functionCall": {"partialArgs": [fields]}}, 1)

    named = streams.gemini_chunk({"functionCall": {"name": "f", "willContinue": True}}, 1)
    pieces = [patch(jsonPath="$.town", stringValue=piece) for piece in ("Os", "lo")]
    last = streams.gemini_chunk({"text": ""}, 2, finishReason="STOP")
    frames = streams.sse(named, *pieces, patch(jsonPath="$.n", numberValue=3), last)
    one = streams.recording(frames, url=f"{GEMINI_URL}?alt=sse")
    (edited,) = streamtape.edit(one, tool_argument={"town": "Longyearbyen", "n": "4"})
    (call,) = edited.transcript().tool_calls
    assert call.parsed == {"town": "Longyearbyen", "n": 4}
    assert len(edited.chunks) == len(one.chunks)


def calls(*arguments: dict[str, Any]) -> Interaction:
    """Calls of one tool."""
    writer = Writer()
    for one in arguments:
        text = json.dumps(one)
        writer.call("find", text[:5], text[5:])
    return writer.end().interaction()


def test_arguments_that_are_no_texts() -> None:
    """They keep their type; what lies deeper has a path."""
    one = calls({"n": 3, "where": {"towns": ["Oslo", "Bergen"]}, "deep": True})
    (edited,) = streamtape.edit(
        one, tool_argument={"n": "4.5", "where.towns[1]": "Bodø", "deep": "false"}
    )
    (call,) = edited.transcript().tool_calls
    assert call.parsed == {"n": 4.5, "where": {"towns": ["Oslo", "Bodø"]}, "deep": False}


def test_one_of_two_equal_calls() -> None:
    """The other one stays as it is, in the last event, too."""
    one = calls({"town": "Oslo"}, {"town": "Oslo"})
    (edited,) = streamtape.edit(one, tool_argument={"find[1].town": "Bergen"})
    assert [c.parsed["town"] for c in edited.transcript().tool_calls] == ["Oslo", "Bergen"]
    assert streamtape.check(edited) == streamtape.check(one)


def test_a_later_request_that_repeats_the_call() -> None:
    """As a client sends it back, whatever its spaces."""
    first = calls({"town": "Oslo"})
    again = {"type": "function_call", "call_id": "call_1_0", "arguments": '{"town":"Oslo"}'}
    body = json.dumps({"model": "gpt-4.1", "input": [again]}).encode()
    second = replace(first, request=replace(first.request, body=body))
    edited = streamtape.edit(
        Cassette((first, second)), tool_argument={"town": "Bergen"}, index=None
    )
    assert b'{\\"town\\":\\"Bergen\\"}' in edited[1].request.body


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"twon": "x"}, "argument 'twon' was not found; did you mean 'town'? (arguments: town, n; "
                        "tools: find)"),
        ({"find.n": "x"}, "argument 'find.n' is 1: give JSON, not 'x'"),
        ({"n": '"x"'}, "argument 'n' is 1: '\"x\"' has another type"),
        ({"town": "x"}, "argument 'town' is in 2 calls that differ: name one: "
                        'find[0].town is "Oslo"; find[1].town is "Bergen"'),
        ({"a[": "x"}, "invalid name of an argument 'a[': write city, tool.city or a.b[0]"),
    ],
)  # fmt: skip
def test_arguments_that_are_refused(given: dict[str, str], message: str) -> None:
    """What is missing, ambiguous or of another type."""
    one = calls({"town": "Oslo", "n": 1}, {"town": "Bergen", "n": 1})
    with pytest.raises(streamtape.UsageError) as info:
        streamtape.edit(one, tool_argument=given)
    assert str(info.value) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"finish": "done"}, "openai-chat has no finish reason 'done'; known: stop, length"),
        ({"usage": "foo=1"}, "unknown count of tokens 'foo'; write input=10,output=5"),
        ({"usage": "input=x"}, "input must be a number from 0 on, not 'x'"),
        ({"usage": "input=1,prompt_tokens=2"}, "input is given twice"),
        ({"usage": "reasoning=1"}, "no response has this count"),
        ({"model": ""}, "the name of the model is empty"),
        ({"shift_times": "1"}, "write a duration"),
        (
            {"shift_times": "-1s"},
            "interaction 0 was answered after 500 µs: the answer can't come 1.000 s",
        ),
        ({"drop": [1]}, "drop 1: the recording has interactions 0 to 0"),
        ({"drop": [0]}, "nothing would be left"),
        ({"index": 3, "model": "x"}, "index 3: the recording has interactions 0 to 0"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    """Each says what was wrong, and what would be right."""
    with pytest.raises(streamtape.UsageError) as info:
        streamtape.edit(streams.chat(), **changes)
    assert message in str(info.value)


@pytest.mark.parametrize("changes", [{"finish": "length"}, {"usage": "output=3"}])
def test_what_several_responses_have_needs_a_number(changes: dict[str, Any]) -> None:
    """Which one is meant is not guessed."""
    cassette = Cassette((streams.chat(), streams.chat()))
    with pytest.raises(streamtape.UsageError, match="2 responses have it; choose one"):
        streamtape.edit(cassette, **changes)
    edited = streamtape.edit(cassette, index=-1, **changes)
    assert [len(one.edits) for one in edited] == [0, 1]


def test_the_address_names_the_model() -> None:
    """Gemini has it there."""
    (edited,) = streamtape.edit(streams.gemini(), model="gemini-9")
    assert edited.request.url == f"{GEMINI_URL.replace('gemini-2.5-flash', 'gemini-9')}?alt=sse"


@pytest.mark.parametrize("make", [streams.chat, streams.websocket])
def test_answers_come_later(make: Callable[[], Interaction]) -> None:
    """The head, the chunks or messages, and the end; what was sent after them as well."""
    first = make()
    second = replace(first, started_at_us=(first.started_at_us or 0) + 10_000_000)
    edited = streamtape.edit(Cassette((first, second)), shift_times="1.5s")
    assert edited[0].head is not None
    assert first.head is not None
    assert edited[0].head.at_us == (first.head.at_us or 0) + 1_500_000
    assert edited[0].ending.at_us == (first.ending.at_us or 0) + 1_500_000
    assert edited[1].started_at_us == (second.started_at_us or 0) + 1_500_000
    for before, after in zip(first.frames(), edited[0].frames(), strict=True):
        assert after.at_us == (before.at_us or 0) + 1_500_000


def test_another_day() -> None:
    """Moments in bodies move along, as numbers and as texts."""
    (edited,) = streamtape.edit(streams.chat(), shift_clock="1d")
    assert edited.started_at_us == 1_700_000_000_000_000 + 86_400_000_000
    assert next(edited.events()).payload["created"] == 1_700_000_000 + 86_400
    (ollama,) = streamtape.edit(streams.ollama(), shift_clock="-1d")
    assert next(ollama.events()).payload["created_at"] == "2026-01-04T10:00:00.5Z"


def test_interactions_left_out_and_added() -> None:
    """In the order in which they were sent."""
    early = replace(streams.ollama(), started_at_us=1)
    cassette = Cassette((streams.chat(), streams.gemini()))
    edited = streamtape.edit(cassette, drop=[0], merge=[early])
    assert [one.request.url for one in edited] == [early.request.url, cassette[1].request.url]
    assert [one.edits for one in edited] == [(), ()]
