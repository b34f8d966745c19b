"""aimock, a mock of the providers' APIs: recorded live, replayed, held against the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

import streamtape
from tests.interop.upstreams import NODE, aimock
from tests.tools_present import IN_CI

PRESENT = (NODE / "node_modules" / "@copilotkit" / "aimock").is_dir()
TEXT = "Hi there! 🛁 A longer answer, so that it comes in several chunks."
MODEL = "gpt-4.1"

pytestmark = [
    pytest.mark.skipif(not PRESENT and not IN_CI, reason=f"`npm install` has not run in {NODE}"),
    pytest.mark.xdist_group("aimock"),
]


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """The mock's address."""
    with aimock() as url:
        yield url


def bodies(word: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """A path and a body for each API that it mocks."""
    messages = [{"role": "user", "content": word}]
    body = {"model": MODEL, "stream": True}
    gemini = {"contents": [{"role": "user", "parts": [{"text": word}]}]}
    return {
        "responses": ("/v1/responses", {**body, "input": messages}),
        "chat": ("/v1/chat/completions", {**body, "messages": messages}),
        "messages": ("/v1/messages", {**body, "messages": messages, "max_tokens": 99}),
        "gemini": ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", gemini),
    }


def recorded(root: str, path: Path, api: str, word: str) -> streamtape.Interaction:
    """One stream, recorded live to its end."""
    where, body = bodies(word)[api]
    with (
        streamtape.use_cassette(path, mode="all"),
        httpx.stream("POST", f"{root}{where}", json=body) as answer,
    ):
        for _ in answer.iter_bytes():
            pass
    (one,) = streamtape.load(path)
    return one


@pytest.mark.parametrize("api", list(bodies("")))
def test_what_it_says_is_understood(api: str, root: str, tmp_path: Path) -> None:
    """Text and tool calls of every API that it mocks, as the fixtures say."""
    assert recorded(root, tmp_path / "x.tape", api, "hello").transcript().text == TEXT
    (call,) = recorded(root, tmp_path / "y.tape", api, "weather").transcript().tool_calls
    assert (call.name, call.parsed) == ("get_weather", {"city": "Paris", "unit": "celsius"})


def test_the_checks_find_its_known_defects(root: str, tmp_path: Path) -> None:
    """Live: it counts no tokens, mistypes a field of Responses, lacks some of Gemini's."""
    found = {}
    for api in bodies(""):
        recorded(root, tmp_path / f"{api}.tape", api, "hello")
        found[api] = {(f.rule, f.severity) for f in streamtape.check(tmp_path / f"{api}.tape")}
    assert found == {
        "responses": {("field", "warning"), ("sequence", "warning"), ("uncounted", "warning")},
        "chat": set(),
        "messages": {("uncounted", "warning")},
        "gemini": {("required", "error"), ("uncounted", "warning")},
    }


def test_the_sdk_sees_the_same_from_the_cassette(root: str, tmp_path: Path) -> None:
    """Recorded through the SDK and replayed: the same objects."""

    def seen() -> list[str]:
        with openai.OpenAI(base_url=f"{root}/v1", api_key="none") as client:
            stream = client.responses.create(model=MODEL, input="weather", stream=True)
            return [str(event) for event in stream]

    with streamtape.use_cassette(tmp_path / "x.tape"):
        live = seen()
    with streamtape.use_cassette(tmp_path / "x.tape", mode="none"):
        assert seen() == live
    assert len(live) > 5
