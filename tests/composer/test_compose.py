"""What is composed is valid, means what it was made from, and comes out the same every time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamtape
from streamtape import Call, Fail, MCPCall, Pace, Pause, Reasoning, Refuse, Say, Speak, Stop
from streamtape.composer.tokens import tokens
from streamtape.tape.model import Cassette, Interaction
from tests.composer.answers import CASES, DIALECTS, EVERYWHERE, IDS, spoken


def findings(interaction: Interaction) -> list[str]:
    """What the checks find, at the profile of the API's owner."""
    return [str(f) for f in streamtape.check(Cassette((interaction,)))]


@pytest.mark.parametrize(("dialect", "name", "parts"), CASES, ids=IDS)
def test_a_composed_stream_is_valid_and_says_what_it_should(
    dialect: str, name: str, parts: list[Any]
) -> None:
    """No findings, the text and the calls that were given, and the same answer in one piece."""
    made = streamtape.compose(dialect, parts)
    assert findings(made) == []
    transcript = made.transcript()
    whole = streamtape.compose(dialect, parts, stream=False).transcript()
    if not any(isinstance(part, Refuse | Speak) for part in parts):
        assert transcript.text == whole.text == spoken(parts)
    calls = [(p.name, p.arguments) for p in parts if isinstance(p, Call)]
    for found in (transcript, whole):
        functions = [c for c in found.tool_calls if c.name in {name for name, _ in calls}]
        assert [(c.name, c.parsed) for c in functions] == calls


@pytest.mark.parametrize("name", EVERYWHERE)
def test_responses_over_a_websocket(name: str) -> None:
    """The same events as messages of a dialogue, with a request before and a close behind them."""
    made = streamtape.compose("openai-responses", EVERYWHERE[name], websocket=True)
    assert findings(made) == []
    stream = streamtape.compose("openai-responses", EVERYWHERE[name])
    assert [e.payload for e in made.events() if e.direction == "server"] == [
        e.payload for e in stream.events()
    ]
    assert (made.messages[0].direction, made.messages[-1].code) == ("client", 1000)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_call_gives_the_same_bytes(dialect: str) -> None:
    """A seed decides ids, times and cuts; the text is no part of that."""
    parts = [Reasoning("Considering alternatives."), Say("Something considerable.")]
    pace = Pace(jitter=0.3)
    one, again, other = (streamtape.compose(dialect, parts, seed=s, pace=pace) for s in (1, 1, 2))
    assert one == again
    assert one.body != other.body
    assert [c.at_us for c in one.chunks] != [c.at_us for c in other.chunks]
    assert one.transcript().text == other.transcript().text


def test_pace_says_when_tokens_come() -> None:
    """The first token after ttft, the others at the rate; a pause moves what follows."""
    pace = Pace(ttft_ms=400, tokens_per_s=10)
    parts = [Say("one two three"), Pause(5000), Say(" four")]
    made = streamtape.compose("openai-chat", parts, pace=pace)
    text = [e.at_us for e in made.events() if _content(e.payload)]
    assert text == [400_000, 500_000, 600_000, 5_700_000]
    assert made.head is not None
    assert made.head.at_us == 240_000
    fast = streamtape.compose("openai-chat", parts, pace=Pace(ttft_ms=400, speed=2.0))
    assert fast.chunks[1].at_us == 200_000
    every = streamtape.compose("openai-chat", [Say("a b")], pace="rate=20ms")
    assert [c.at_us for c in every.chunks] == [0, 20_000, 40_000, 60_000, 80_000, 100_000]
    assert {c.at_us for c in streamtape.compose("ollama", parts, pace="at_once").chunks} == {0}


def _content(payload: Any) -> bool:
    choices = payload.get("choices") if isinstance(payload, dict) else None
    return bool(choices and choices[0]["delta"].get("content"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_usage_is_counted_or_given(dialect: str) -> None:
    """Usage follows the tokens of the text, unless counts are given."""
    given_counts = {"input_tokens": 1234, "output_tokens": 77}
    made = streamtape.compose(dialect, "Hello there.", usage=given_counts)
    numbers = set(_numbers(made.transcript().usage))
    assert {1234, 77} <= numbers
    short = streamtape.compose(dialect, "Hello.").transcript().usage
    long = streamtape.compose(dialect, "Hello " * 50).transcript().usage
    assert max(_counts(long)) > max(_counts(short))


def _numbers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [n for one in value.values() for n in _numbers(one)]
    return [value] if isinstance(value, int) else []


def _counts(usage: Any) -> list[int]:
    return [v for k, v in usage.items() if isinstance(v, int) and "duration" not in k]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_failure_in_the_middle(dialect: str) -> None:
    """What was said stays, nothing closes it, and the checks only report the error itself."""
    made = streamtape.compose(dialect, [Say("Half of"), Fail("overloaded_error", "Too busy.")])
    transcript = made.transcript()
    assert transcript.text == "Half of"
    assert "Too busy." in json.dumps(transcript.error)
    assert {f.rule for f in streamtape.check(Cassette((made,)))} == {"reported-error"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_failure_with_a_status(dialect: str) -> None:
    """An HTTP error in the provider's shape, with Retry-After."""
    made = streamtape.compose(dialect, [Fail(status=429, retry_after_s=2)])
    assert made.head is not None
    assert (made.head.status, made.head.get("retry-after")) == (429, "2")
    assert "error" in json.loads(made.body)


@pytest.mark.parametrize(
    ("dialect", "items", "words"),
    [
        ("cohere", ["x"], "openai-chat"),
        ("gemini", [MCPCall("s", "t")], "openai-responses, anthropic"),
        ("openai-chat", [7], "got 7"),
        ("openai-chat", [Stop("length"), Say("x")], "last item"),
        ("anthropic", [Fail(), Say("x")], "nothing comes after"),
        ("anthropic", [Say("x"), Fail(status=500)], "only item"),
        ("gemini", [Call("f", "{not json")], "must be a JSON object"),
    ],
)
def test_what_cannot_be_said_is_refused(dialect: str, items: list[Any], words: str) -> None:
    """The message names what there is instead."""
    with pytest.raises(streamtape.UsageError, match=words):
        streamtape.compose(dialect, items)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Say("\ud800"),
        lambda: Call("", {}),
        lambda: Call("f", 3),  # type: ignore[arg-type]  # refused
        lambda: Fail(status=200),
        lambda: Fail(retry_after_s=1),
        lambda: Pause(-1),
        lambda: Reasoning("x", form="other"),  # type: ignore[arg-type]  # refused
        lambda: Pace(ttft_ms=-1),
        lambda: Pace(tokens_per_s=0),
        lambda: Pace(rate_ms=1, ttft_ms=1),
        lambda: streamtape.compose("ollama", "x", usage={"tokens": 1}),
        lambda: streamtape.compose("ollama", "x", usage={"input_tokens": -1}),
        lambda: streamtape.compose("ollama", "x", tokens_per_delta=0),
        lambda: streamtape.compose("ollama", "x", websocket=True),
    ],
)
def test_wrong_values_are_refused(make: Any) -> None:
    """Each says what the value must be."""
    with pytest.raises(streamtape.UsageError, match=r"must be|can't be|needs|unknown"
                       r"|is for"):  # fmt: skip
        make()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXTS, st.integers(0, 99))
def test_tokens_join_to_the_text(text: str, number: int) -> None:
    """No token is empty, and how many there are depends on the text alone."""
    found = tokens(text, lambda limit: number % limit)
    assert "".join(found) == text
    assert all(found)
    assert len(found) == len(tokens(text, lambda limit: 0))


@settings(max_examples=12)
@given(st.sampled_from(DIALECTS), TEXTS, TEXTS, st.integers(1, 9))
def test_any_text_is_valid(dialect: str, thought: str, text: str, step: int) -> None:
    """Whatever characters are said and thought."""
    parts = [Reasoning(thought), Say(text), Call("f", {"x": text})]
    made = streamtape.compose(dialect, parts, tokens_per_delta=step, prompt=thought)
    assert findings(made) == []
    assert made.transcript().text == text
    assert [c.parsed for c in made.transcript().tool_calls] == [{"x": text}]
