"""The example cassettes replay into the SDKs that made them."""

from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest

import streamtape
from tests.shared import REPO
from tools.record.cassettes import PROMPT, SCRIPTS

FOLDER = REPO / "cassettes"


def origin(tape: Path) -> str:
    """The server that a cassette was recorded from."""
    url = httpx2.URL(streamtape.load(tape)[0].request.url)
    return f"http://{url.netloc.decode()}"


def openai_client(tape: Path) -> openai.OpenAI:
    """The SDK, on a cassette."""
    transport = streamtape.ReplayTransport(tape)
    return openai.OpenAI(
        base_url=f"{origin(tape)}/v1",
        api_key="none",
        http_client=httpx2.Client(transport=transport),
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_embedded_ones(name: str) -> None:
    """Each script's recording gives the SDK typed events, and ends as its script does."""
    tape = FOLDER / "embedded" / f"{name}.tape"
    types: list[str] = []
    client = openai_client(tape)
    expected = {"error": "error", "incomplete": "response.incomplete"}
    for event in client.responses.create(input=PROMPT, stream=True, **SCRIPTS[name]):
        assert type(event).__name__.startswith("Response")
        types.append(event.type)
    assert types[0] == "response.created"
    assert types[-1] == expected.get(name, "response.completed")


def test_the_responses_of_llama() -> None:
    """The real Responses stream: deltas, then the finished text, which they add up to."""
    client = openai_client(FOLDER / "llama.cpp" / "responses.tape")
    stream = client.responses.create(
        model="gemma-3-270m", input=PROMPT, stream=True, max_output_tokens=120
    )
    text, done = "", ""
    for event in stream:
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type == "response.output_text.done":
            done = event.text
    assert text == done
    assert len(text) > 100


def test_the_chat_completions_of_llama() -> None:
    """The real Chat Completions stream, up to its usage."""
    client = openai_client(FOLDER / "llama.cpp" / "chat_completions.tape")
    chunks = list(
        client.chat.completions.create(
            model="gemma-3-270m",
            messages=PROMPT,
            stream=True,
            stream_options={"include_usage": True},
            max_tokens=120,
        )
    )
    usage: Any = chunks[-1].usage
    assert usage.completion_tokens == 120


def test_the_messages_of_llama() -> None:
    """The real Messages stream, through Anthropic's SDK."""
    tape = FOLDER / "llama.cpp" / "messages.tape"
    client = anthropic.Anthropic(
        base_url=origin(tape),
        api_key="none",
        http_client=httpx2.Client(transport=streamtape.ReplayTransport(tape)),
    )
    events = list(
        client.messages.create(model="gemma-3-270m", messages=PROMPT, stream=True, max_tokens=120)
    )
    assert events[0].type == "message_start"
    assert events[-1].type == "message_stop"


@pytest.mark.parametrize("tape", sorted(FOLDER.glob("*/*.tape")), ids=lambda p: p.stem)
def test_they_keep_real_timing_and_no_key(tape: Path) -> None:
    """Each has times that grow, and what was masked is listed."""
    interactions = streamtape.load(tape)
    assert interactions
    for interaction in interactions:
        times = [chunk.at_us or 0 for chunk in interaction.chunks]
        assert times == sorted(times)
        assert times[-1] > 100_000
        assert [r.where for r in interaction.redactions] == ["request.header:authorization"]
