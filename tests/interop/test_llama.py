"""The real llama.cpp server: recorded live, replayed with the server gone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

import streamtape
from tests.tools_present import needs

pytestmark = [needs(":xllamacpp", ":gguf", ":numpy"), pytest.mark.xdist_group("llama")]
PROMPT: Any = [{"role": "user", "content": "the stream"}]
# The likeliest token each time, and no early end: drawn by lot, an answer has ended at the third.
GREEDY: Any = {"temperature": 0, "seed": 1, "ignore_eos": True}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on random weights; its text holds broken UTF-8 and control characters."""
    from tools.record.llama import llama_server, tiny_model

    with llama_server(tiny_model(tmp_path_factory.mktemp("llama") / "tiny.gguf")) as root:
        yield root


def responses(root: str) -> list[str]:
    """OpenAI Responses."""
    with openai.OpenAI(base_url=f"{root}/v1", api_key="none") as client:
        stream = client.responses.create(
            model="tiny", input=PROMPT, stream=True, max_output_tokens=40, extra_body=GREEDY
        )
        return [str(event) for event in stream]


def chat(root: str) -> list[str]:
    """Chat Completions."""
    with openai.OpenAI(base_url=f"{root}/v1", api_key="none") as client:
        stream = client.chat.completions.create(
            model="tiny", messages=PROMPT, stream=True, max_tokens=40, extra_body=GREEDY
        )
        return [str(chunk) for chunk in stream]


def messages(root: str) -> list[str]:
    """Anthropic Messages."""
    with anthropic.Anthropic(base_url=root, api_key="none") as client:
        stream = client.messages.create(
            model="tiny", messages=PROMPT, stream=True, max_tokens=40, extra_body=GREEDY
        )
        return [str(event) for event in stream]


@pytest.mark.parametrize("api", [responses, chat, messages])
def test_recorded_and_replayed(api: Callable[[str], list[str]], root: str, tmp_path: Path) -> None:
    """The SDK gets the same objects from the cassette as from the server."""
    with streamtape.use_cassette(tmp_path / "x.tape"):
        live = api(root)
    assert len(live) > 10
    with streamtape.use_cassette(tmp_path / "x.tape", mode="none"):
        assert api(root) == live
    (interaction,) = streamtape.load(tmp_path / "x.tape")
    assert len(interaction.chunks) > 10


@pytest.mark.parametrize("api", [responses, chat, messages])
def test_through_the_proxy_and_from_the_server(
    api: Callable[[str], list[str]], root: str, tmp_path: Path
) -> None:
    """The same over HTTP: what came through the recording proxy comes from the replay server."""
    path = tmp_path / "x.tape"
    with streamtape.RecordingProxy(path, upstream=root) as proxy:
        live = api(proxy.url)
    with streamtape.serve(path) as server:
        assert api(server.url) == live
    assert len(live) > 10


def test_a_client_that_reads_on_after_the_end_gets_the_end(root: str, tmp_path: Path) -> None:
    """The SDK leaves at `[DONE]`; whoever reads on gets a whole stream, in process and by HTTP."""
    path = tmp_path / "x.tape"
    with streamtape.use_cassette(path):
        chat(root)
    (recorded,) = streamtape.load(path)
    assert recorded.body.endswith(b"data: [DONE]\n\n")
    request = recorded.request
    with httpx.Client(transport=streamtape.ReplayTransport(path)) as client:
        assert client.post(request.url, content=request.body).content == recorded.body
    with streamtape.serve(path) as server, httpx.Client(base_url=server.url) as client:
        assert client.post("/v1/chat/completions", content=request.body).content == recorded.body


def test_the_checks_find_its_known_defects(root: str, tmp_path: Path) -> None:
    """Live: its Responses stream lacks indices and numbers and calls a cut one complete."""
    path = tmp_path / "responses.tape"
    with streamtape.use_cassette(path):
        responses(root)
    found = {(f.rule, f.where.what): f.message for f in streamtape.check(path)}
    assert "output_index" in found["required", "response.output_text.delta"]
    assert "response.model" in found["required", "response.created"]
    assert ("sequence", "") in found
    assert ("truncated", "response.completed") in found
    with streamtape.use_cassette(tmp_path / "chat.tape"):
        chat(root)
    assert [f for f in streamtape.check(tmp_path / "chat.tape") if f.severity == "error"] == []
