"""More clients, for servers: requests, aiohttp, Ollama's and Google's, as `Client`s."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import anyio
import ollama
import requests
import sseclient
from google import genai
from google.genai import types

from tests.interop.clients import ASK, Client, Seen
from tests.patience import PATIENCE_S

Events = Iterator[Any] | AsyncIterator[Any]


def by_requests(root: str, query: str) -> Iterator[Any]:
    """Requests with sseclient-py."""
    url = f"{root}/v1/responses?{query}"
    with requests.post(url, json=ASK, stream=True, timeout=PATIENCE_S) as answer:
        for event in sseclient.SSEClient(answer.iter_content(None)).events():
            yield event.event, event.data


async def by_aiohttp(root: str, query: str) -> AsyncIterator[Any]:
    """aiohttp, line by line."""
    url = f"{root}/v1/responses?{query}"
    async with aiohttp.ClientSession() as session, session.post(url, json=ASK) as answer:
        async for line in answer.content:
            yield line


def by_ollama(root: str, query: str) -> Iterator[Any]:
    """Ollama's client: NDJSON."""
    messages = [{"role": "user", "content": "hi"}]
    with ollama.Client(host=root) as client:
        yield from client.chat(model=f"m?{query}", messages=messages, stream=True)


def by_genai(root: str, query: str) -> Iterator[Any]:
    """Google's client; its options go into the URL of every request."""
    options = types.HttpOptions(base_url=root, retry_options=types.HttpRetryOptions(attempts=1))
    del query  # it has no place for one
    with genai.Client(api_key="any", http_options=options) as client:
        for part in client.models.generate_content_stream(model="gemini-x", contents="hi"):
            yield part.text


def _run(source: Any, root: str, query: str) -> Seen:
    seen: list[str] = []
    errors: tuple[str, ...] = ()

    async def read() -> None:
        async for event in source(root, query):
            seen.append(str(event))

    try:
        if source is by_aiohttp:
            anyio.run(read)
        else:
            seen.extend(map(str, source(root, query)))
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what we look at
        errors = (type(error).__name__,)
    return Seen(tuple(seen), errors)


def _client(name: str, source: Any) -> Client:
    return Client(name, lambda root, query, stop: _run(source, root, query))


MORE_CLIENTS = [
    _client("requests", by_requests),
    _client("aiohttp", by_aiohttp),
    _client("ollama", by_ollama),
]
GENAI = _client("google-genai", by_genai)
