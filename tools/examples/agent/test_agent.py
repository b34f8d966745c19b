"""A suite for the agent: no key, no network, no recorded file."""

import json
from pathlib import Path

import agent
import openai
import pytest

import streamtape
from streamtape import Call, MockTest


def test_it_calls_the_tool_and_answers(tape_mock: MockTest) -> None:
    """Two turns: a call with its arguments, then words."""
    weather = Call("get_weather", {"city": "Oslo"})
    tape_mock.reply([weather], contains="weather", then="It is 12 °C in Oslo.")
    assert agent.run("How is the weather?") == "It is 12 °C in Oslo."
    assert len(tape_mock.asked) == 2


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    """A recording of one answer, made of what it means."""
    items = [{"role": "user", "content": "Hello?"}]
    request = {"model": "gpt-4.1", "input": items, "tools": agent.TOOLS, "stream": True}
    made = streamtape.compose("openai-responses", ["Good morning to you."], request=request)
    url = "https://api.openai.com/v1/responses"
    assert (made.request.url, json.loads(made.request.body)) == (url, request)
    path = tmp_path / "answer.tape"
    streamtape.save(streamtape.Cassette((made,)), path)
    return path


def test_it_tries_again_when_the_provider_is_overloaded(
    answer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 429 first, then the answer."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    with streamtape.use_cassette(answer, fault="http=429,retry_after=0"):
        assert agent.run("Hello?") == "Good morning to you."


def test_no_cut_passes_for_an_answer(answer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut before any event, it raises, or has the whole answer; never a part of it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    failed = 0
    for replay in streamtape.sweep(answer, faults="cut@event"):
        with replay:
            try:
                assert agent.run("Hello?") == "Good morning to you.", replay
            except (agent.IncompleteStreamError, openai.APIConnectionError):
                failed += 1
    assert failed > 5
