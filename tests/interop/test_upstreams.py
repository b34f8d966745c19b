"""Servers that are not ours, recorded through the proxy by real clients, and replayed without them.

llama.cpp's is in test_llama.py.
"""

from __future__ import annotations

import asyncio
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

import streamtape
from streamtape.mock.server import MockServer
from streamtape.server.exchange import Exchange
from tests.interop.clients import ASK
from tests.interop.upstreams import NODE, aimock, nginx
from tests.server.tapes import SSE
from tests.server.test_proxy import upstream, wait_for_endings
from tests.tools_present import IN_CI, needs

needs_aimock = pytest.mark.skipif(
    not (NODE / "node_modules" / "@copilotkit").is_dir() and not IN_CI,
    reason=f"`npm install` has not run in {NODE}",
)


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """aimock, running."""
    with aimock() as url:
        yield url


def responses(root: str, text: str) -> tuple[list[str], str]:
    """OpenAI Responses: every event, and what they add up to."""
    with openai.OpenAI(base_url=f"{root}/v1", api_key="none", max_retries=0) as client:
        events = list(client.responses.create(model="gpt-4.1", input=text, stream=True))
    deltas = [str(getattr(event, "delta", "")) for event in events]
    return [str(event) for event in events], "".join(deltas)


def chat(root: str, text: str) -> tuple[list[str], str]:
    """Chat Completions."""
    question: Any = [{"role": "user", "content": text}]
    with openai.OpenAI(base_url=f"{root}/v1", api_key="none", max_retries=0) as client:
        chunks = list(client.chat.completions.create(model="m", messages=question, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks]
    calls = [c.function.arguments or "" for d in deltas for c in d.tool_calls or () if c.function]
    return [str(c) for c in chunks], "".join([*(d.content or "" for d in deltas), *calls])


def messages(root: str, text: str) -> tuple[list[str], str]:
    """Anthropic Messages."""
    question: Any = [{"role": "user", "content": text}]
    with anthropic.Anthropic(base_url=root, api_key="none", max_retries=0) as client:
        stream = client.messages.create(model="m", messages=question, max_tokens=99, stream=True)
        events = list(stream)
    deltas: list[Any] = [e.delta for e in events if e.type == "content_block_delta"]
    texts = [getattr(d, "text", "") + getattr(d, "partial_json", "") for d in deltas]
    return [str(event) for event in events], "".join(texts)


@needs("node")
@needs_aimock
@pytest.mark.parametrize("api", [responses, chat, messages], ids=lambda api: api.__name__)
@pytest.mark.parametrize("text", ["hello", "weather"])
def test_aimock(
    api: Callable[[str, str], tuple[list[str], str]], text: str, mock: str, tmp_path: Path
) -> None:
    """Its ids differ from run to run; what it says is the same three times, the replay wholly."""
    path = tmp_path / "x.tape"
    direct = api(mock, text)
    with streamtape.RecordingProxy(path, upstream=mock) as proxy:
        proxied = api(proxy.url, text)
        wait_for_endings(proxy)
    with streamtape.serve(path) as server:
        replayed = api(server.url, text)
    assert direct[1] == proxied[1] != ""
    assert replayed == proxied
    assert len(direct[0]) == len(proxied[0]) > 5
    transcript = streamtape.load(path)[0].transcript()
    read_by_us = transcript.text or "".join(call.arguments for call in transcript.tool_calls)
    assert read_by_us == proxied[1]


@needs("nginx")
def test_what_nginx_compresses(tmp_path: Path) -> None:
    """A gzip stream of nginx's own making: its bytes pass, are kept, and are replayed as they are.

    Each event is flushed by nginx, so that it can be read when it comes: the upstream sends none
    before the client has the one before.
    """
    path = tmp_path / "x.tape"
    had = threading.Semaphore(0)
    with MockServer(gap_us=0) as endpoint:
        plain = httpx.post(f"{endpoint.url}/v1/responses", json=ASK).content
    events = re.findall(rb"event: .*?\n\n", plain, re.DOTALL)

    async def one_by_one(exchange: Exchange) -> None:
        await exchange.start(200, SSE)
        for event in events:
            await exchange.send(event)
            while not had.acquire(blocking=False):  # noqa: ASYNC110 - a thread's, not the loop's
                await asyncio.sleep(0.001)
        await exchange.finish()

    def raw(root: str) -> tuple[bytes, str, list[int]]:
        inflate, text = zlib.decompressobj(wbits=31), b""
        pieces: list[bytes] = []
        counts: list[int] = []
        headers = {"Accept-Encoding": "gzip"}
        with httpx.stream("POST", f"{root}/v1/responses", json=ASK, headers=headers) as answer:
            for piece in answer.iter_raw():
                pieces.append(piece)
                text += inflate.decompress(piece)
                counts.append(text.count(b"\n\n") - sum(counts))
                for _ in range(counts[-1]):
                    had.release()
        return b"".join(pieces), answer.headers.get("content-encoding", ""), counts

    with upstream(one_by_one) as root, nginx(root, tmp_path) as front:
        direct = raw(front)
        with streamtape.RecordingProxy(path, upstream=front) as proxy:
            proxied = raw(proxy.url)
            wait_for_endings(proxy)
    (recorded,) = streamtape.load(path)
    assert direct[1] == proxied[1] == "gzip"
    assert recorded.body == proxied[0]
    # Where nginx flushes is up to it; what it says is the same.
    assert recorded.content == plain == zlib.decompress(direct[0], wbits=31)
    with streamtape.serve(path) as server:
        replayed = raw(server.url)
    assert replayed[:2] == proxied[:2]
    for _, _, counts in (direct, proxied, replayed):
        assert [n for n in counts if n] == [1] * 48, "each event came as it was flushed"
    assert [e.type for e in recorded.events()].count("response.output_text.delta") > 30
