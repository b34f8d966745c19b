"""The SDKs over WebSocket, against aimock: recorded live, and replayed with the mock stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from google import genai
from websockets.sync.client import connect

import streamtape
from tests.dialogues import client, dialogue, server
from tests.interop.upstreams import NODE, aimock
from tests.patience import PATIENCE_S
from tests.tools_present import IN_CI

PRESENT = (NODE / "node_modules" / "@copilotkit" / "aimock").is_dir()
TEXT = "Hi there! 🛁 A longer answer, so that it comes in several chunks."
KEY = "sk-none-" + "0" * 16

pytestmark = [
    pytest.mark.skipif(not PRESENT and not IN_CI, reason=f"`npm install` has not run in {NODE}"),
    pytest.mark.xdist_group("aimock"),
    # openai's threading client calls the newest websockets in a way that is out of date there.
    pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager"),
]


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """The mock's address."""
    with aimock() as url:
        yield url


def responses(root: str) -> list[Any]:
    """Two responses over one connection, the second after a tool call of the first."""
    seen: list[Any] = []
    api = openai.OpenAI(base_url=f"{root}/v1", api_key=KEY)
    with api.responses.connect() as connection:
        previous: dict[str, Any] = {}
        for word in ("weather", "hello"):
            messages: Any = [{"role": "user", "content": word}]
            connection.response.create(model="gpt-4.1", input=messages, **previous)
            for event in connection:
                seen.append(event.to_dict())
                if event.type == "response.completed":
                    previous = {"previous_response_id": event.response.id}
                    break
    return seen


def responses_async(root: str) -> list[Any]:
    """The same under asyncio."""

    async def run() -> list[Any]:
        seen: list[Any] = []
        api = openai.AsyncOpenAI(base_url=f"{root}/v1", api_key=KEY)
        async with api.responses.connect() as connection:
            previous: dict[str, Any] = {}
            for word in ("weather", "hello"):
                messages: Any = [{"role": "user", "content": word}]
                await connection.response.create(model="gpt-4.1", input=messages, **previous)
                async for event in connection:
                    seen.append(event.to_dict())
                    if event.type == "response.completed":
                        previous = {"previous_response_id": event.response.id}
                        break
        return seen

    return asyncio.run(run())


def realtime(root: str) -> list[Any]:
    """One answer of the Realtime API."""

    async def run() -> list[Any]:
        seen: list[Any] = []
        api = openai.AsyncOpenAI(base_url=f"{root}/v1", api_key=KEY)
        async with api.realtime.connect(model="gpt-realtime") as connection:
            await connection.session.update(session={"type": "realtime"})
            content: Any = [{"type": "input_text", "text": "hello"}]
            item: Any = {"type": "message", "role": "user", "content": content}
            await connection.conversation.item.create(item=item)
            await connection.response.create()
            async for event in connection:
                seen.append(event.to_dict())
                if event.type == "response.done":
                    break
        return seen

    return asyncio.run(run())


def live(root: str) -> list[Any]:
    """One answer of Gemini Live, asked for as its documentation does."""
    path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    turn = {"role": "user", "parts": [{"text": "hello"}]}
    seen: list[Any] = []
    with connect(f"{root.replace('http', 'ws', 1)}{path}?key={KEY}") as ws:
        ws.send(json.dumps({"setup": {"model": "models/gemini-live"}}))
        seen.append(ws.recv())
        ws.send(json.dumps({"clientContent": {"turns": [turn], "turnComplete": True}}))
        while "turnComplete" not in str(seen[-1]):
            seen.append(ws.recv(timeout=PATIENCE_S))
    return seen


CLIENTS = {
    "responses": (responses, "openai-responses", 2),
    "responses-async": (responses_async, "openai-responses", 2),
    "realtime": (realtime, "openai-realtime", 1),
    "live": (live, "gemini-live", 1),
}


@pytest.mark.parametrize("name", list(CLIENTS))
def test_recorded_and_replayed(root: str, tmp_path: Path, name: str) -> None:
    """The client sees the same, though nobody is there; the recording says what was said."""
    run: Callable[[str], list[Any]]
    run, dialect, n_turns = CLIENTS[name]
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path, mode="all"):
        seen = run(root)
    with streamtape.use_cassette(path, mode="none", match_on=("method", "path", "body")):
        assert run("http://127.0.0.1:9") == seen
    (one,) = streamtape.load(path)
    transcript = one.transcript()
    assert (transcript.dialect, transcript.text) == (dialect, TEXT)
    assert len(list(one.turns())) == n_turns
    assert KEY not in repr(one)
    assert [str(f) for f in streamtape.check(one) if f.severity == "error"] == []
    if n_turns == 2:
        (call,) = transcript.tool_calls
        assert (call.name, call.parsed) == ("get_weather", {"city": "Paris", "unit": "celsius"})


def test_the_sdk_of_google(tmp_path: Path) -> None:
    """It sends binary JSON with names of its own, over TLS: replayed, it gets what was recorded."""
    path, url = tmp_path / "x.tape", "wss://generativelanguage.googleapis.com/ws/"
    setup = {"model": "models/gemini-live", "generationConfig": {"responseModalities": ["TEXT"]}}
    turns = [{"parts": [{"text": "hello"}], "role": "user"}]
    text = {"modelTurn": {"parts": [{"text": "Hi"}], "role": "model"}}
    talk = dialogue(
        client(json.dumps({"setup": setup})),
        server(b'{"setupComplete":{}}'),
        client(json.dumps({"client_content": {"turns": turns, "turnComplete": True}})),
        server(json.dumps({"serverContent": text}).encode()),
        server(b'{"serverContent":{"turnComplete":true}}'),
        url=url,
    )
    streamtape.save(streamtape.Cassette((talk,)), path)

    async def run() -> list[str | None]:
        api = genai.Client(api_key=KEY)
        config: Any = {"response_modalities": ["TEXT"]}
        async with api.aio.live.connect(model="gemini-live", config=config) as session:
            content: Any = {"role": "user", "parts": [{"text": "hello"}]}
            await session.send_client_content(turns=content, turn_complete=True)
            return [message.text async for message in session.receive()]

    with streamtape.use_cassette(path, mode="none", match_on=("host", "body")):
        assert asyncio.run(run()) == ["Hi", None]
    assert talk.transcript().text == "Hi"
    assert [e.type for e in talk.events() if e.direction == "client"] == ["setup", "clientContent"]
