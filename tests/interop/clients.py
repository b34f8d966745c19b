"""Real clients as functions: given an endpoint's root, read a stream and say what was seen.

Each returns a `Seen`: what the client printed, event by event, and the exceptions it ended with,
outermost first. `stop_after` makes it stop reading early, as its users do.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import anthropic
import anyio
import httpx
import httpx2
import openai

PROMPT: Any = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]
ASK = {"model": "gpt-4.1", "input": PROMPT, "stream": True}


@dataclass(frozen=True)
class Seen:
    """What a client saw: its events as text, and the classes of the exception that ended it."""

    events: tuple[str, ...]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Client:
    """A way to read a stream: `run(root, query, stop_after)`."""

    name: str
    run: Callable[[str, str, int | None], Seen]


# What lies below a client's own library is its own affair: a replay has no sockets.
_VISIBLE = {"openai", "anthropic", "httpx", "httpx2", "streamtape"}


def _errors(error: BaseException | None) -> tuple[str, ...]:
    names: list[str] = []
    while error is not None:
        library = type(error).__module__.partition(".")[0]
        if library in _VISIBLE or (library == "aiohttp" and not names):
            names.append(f"{library}.{type(error).__name__}")
        error = error.__cause__
    return tuple(names)


def _drain(events: Iterator[Any], stop_after: int | None) -> Seen:
    seen: list[str] = []
    try:
        for event in events:
            seen.append(str(event))
            if len(seen) == stop_after:
                break
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what we look at
        return Seen(tuple(seen), _errors(error))
    finally:
        events.close()  # type: ignore[attr-defined]  # every source below is a generator
    return Seen(tuple(seen))


async def _drain_async(events: AsyncIterator[Any], stop_after: int | None) -> Seen:
    seen: list[str] = []
    try:
        async for event in events:
            seen.append(str(event))
            if len(seen) == stop_after:
                break
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what we look at
        return Seen(tuple(seen), _errors(error))
    finally:
        await events.aclose()  # type: ignore[attr-defined]  # every source below is a generator
    return Seen(tuple(seen))


def _sync(name: str, source: Callable[[str, str], Iterator[Any]]) -> Client:
    return Client(name, lambda root, query, stop: _drain(source(root, query), stop))


def _async(
    name: str, source: Callable[[str, str], AsyncIterator[Any]], backend: str = "asyncio"
) -> Client:
    def run(root: str, query: str, stop: int | None) -> Seen:
        return anyio.run(_drain_async, source(root, query), stop, backend=backend)

    return Client(name, run)


def _model(query: str) -> str:
    return f"gpt-4.1?{query}" if query else "gpt-4.1"


def openai_sync(root: str, query: str) -> Iterator[Any]:
    """The guiding program."""
    with openai.OpenAI(base_url=f"{root}/v1", api_key="sk-any", max_retries=0) as client:
        stream = client.responses.create(model=_model(query), input=PROMPT, stream=True)
        with stream:
            yield from stream


def openai_on_httpx(root: str, query: str) -> Iterator[Any]:
    """The guiding program on a client of the older library."""
    with openai.OpenAI(
        base_url=f"{root}/v1", api_key="sk-any", max_retries=0, http_client=httpx.Client()  # type: ignore[arg-type]  # the SDK takes both
    ) as client:  # fmt: skip
        stream = client.responses.create(model=_model(query), input=PROMPT, stream=True)
        with stream:
            yield from stream


async def _openai_async(client: openai.AsyncOpenAI, query: str) -> AsyncIterator[Any]:
    async with client:
        stream = await client.responses.create(model=_model(query), input=PROMPT, stream=True)
        async with stream:
            async for event in stream:
                yield event


def openai_async(root: str, query: str) -> AsyncIterator[Any]:
    """The guiding program, async."""
    client = openai.AsyncOpenAI(base_url=f"{root}/v1", api_key="sk-any", max_retries=0)
    return _openai_async(client, query)


async def openai_aiohttp(root: str, query: str) -> AsyncIterator[Any]:
    """The guiding program, async, on the SDK's own aiohttp transport."""
    client = openai.AsyncOpenAI(
        base_url=f"{root}/v1",
        api_key="sk-any",
        max_retries=0,
        http_client=openai.DefaultAioHttpClient(),
    )
    async for event in _openai_async(client, query):
        yield event


def anthropic_sync(root: str, query: str) -> Iterator[Any]:
    """Anthropic's SDK."""
    with anthropic.Anthropic(base_url=root, api_key="any", max_retries=0) as client:
        stream = client.messages.create(
            model=f"claude?{query}",
            max_tokens=99,
            messages=[{"role": "user", "content": "hi"}],
            stream=True,
        )
        with stream:
            yield from stream


async def anthropic_async(root: str, query: str) -> AsyncIterator[Any]:
    """Anthropic's SDK, async."""
    async with anthropic.AsyncAnthropic(base_url=root, api_key="any", max_retries=0) as client:
        stream = await client.messages.create(
            model=f"claude?{query}",
            max_tokens=99,
            messages=[{"role": "user", "content": "hi"}],
            stream=True,
        )
        async with stream:
            async for event in stream:
                yield event


def _plain(library: Any, method: str) -> Callable[[str, str], Iterator[Any]]:
    def source(root: str, query: str) -> Iterator[Any]:
        with (
            library.Client() as client,
            client.stream("POST", f"{root}/v1/responses?{query}", json=ASK) as response,
        ):
            yield from getattr(response, method)()

    return source


def _plain_async(library: Any, method: str) -> Callable[[str, str], AsyncIterator[Any]]:
    async def source(root: str, query: str) -> AsyncIterator[Any]:
        async with (
            library.AsyncClient() as client,
            client.stream("POST", f"{root}/v1/responses?{query}", json=ASK) as response,
        ):
            async for piece in getattr(response, f"a{method}")():
                yield piece

    return source


def httpx2_sse(root: str, query: str) -> Iterator[Any]:
    """httpx2's own reader of event streams."""
    with (
        httpx2.Client() as client,
        client.sse(f"{root}/v1/responses?{query}", method="POST", json=ASK) as source,
    ):
        yield from source


async def aiohttp_lines(root: str, query: str) -> AsyncIterator[Any]:
    """aiohttp, line by line."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{root}/v1/responses?{query}", json=ASK) as response,
    ):
        async for line in response.content:
            yield line


async def aiohttp_chunks(root: str, query: str) -> AsyncIterator[Any]:
    """aiohttp, chunk by chunk."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{root}/v1/responses?{query}", json=ASK) as response,
    ):
        async for chunk, _ in response.content.iter_chunks():
            if chunk:
                yield chunk


CLIENTS = [
    _sync("openai", openai_sync),
    _sync("openai-on-httpx", openai_on_httpx),
    _async("openai-async", openai_async),
    _async("openai-aiohttp", openai_aiohttp),
    _sync("anthropic", anthropic_sync),
    _async("anthropic-async", anthropic_async),
    _sync("httpx-raw", _plain(httpx, "iter_raw")),
    _sync("httpx-bytes", _plain(httpx, "iter_bytes")),
    _sync("httpx-lines", _plain(httpx, "iter_lines")),
    _sync("httpx2-raw", _plain(httpx2, "iter_raw")),
    _sync("httpx2-bytes", _plain(httpx2, "iter_bytes")),
    _sync("httpx2-lines", _plain(httpx2, "iter_lines")),
    _sync("httpx2-sse", httpx2_sse),
    _async("httpx-async-raw", _plain_async(httpx, "iter_raw")),
    _async("httpx2-async-raw", _plain_async(httpx2, "iter_raw")),
    _async("httpx2-async-lines", _plain_async(httpx2, "iter_lines")),
    _async("aiohttp-lines", aiohttp_lines),
    _async("aiohttp-chunks", aiohttp_chunks),
    _async("httpx-trio", _plain_async(httpx, "iter_raw"), "trio"),
    _async("httpx2-trio", _plain_async(httpx2, "iter_bytes"), "trio"),
]
