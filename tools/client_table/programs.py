"""Small programs that read streams with one client each, as its users do: a function a client.

    python programs.py NAME                 reads once, from the server that $UPSTREAM names
    python programs.py NAME --serve         reads once for each line of JSON on stdin

A function yields what its client gave it, as texts. A line on stdin may have a `tape` and a `mode`:
then the stream is read within `streamtape.use_cassette`. What is printed is one line of JSON with
the `events` and, where the stream failed, the classes of the exception and of its causes. Each
environment has only some of the clients, so all of them are imported by their functions.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

ASK: list[Any] = [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}]
MODEL = "gpt-4.1"
# What lies below a client's HTTP library is its own affair: a replay has no sockets.
_BELOW = {"httpcore", "httpcore2", "h11", "h2", "anyio", "asyncio", "streamtape", "trio"}
_HTTP = {"httpx", "httpx2", "aiohttp", "requests", "urllib3", "niquests"}
_OPENAI: dict[str, Any] = {"api_key": "sk-any", "max_retries": 0}


def root() -> str:
    """Where the server is."""
    return os.environ["UPSTREAM"]


# OpenAI's SDK, of any major version


def openai_chat() -> Iterator[str]:
    """Chat Completions, sync."""
    import openai

    with openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        for chunk in client.chat.completions.create(model=MODEL, messages=ASK, stream=True):
            yield str(chunk.choices and chunk.choices[0].delta.content)


def openai_responses() -> Iterator[str]:
    """Responses, sync."""
    import openai

    with openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        for event in client.responses.create(model=MODEL, input=ASK, stream=True):
            yield event.type


def openai_stream_helper() -> Iterator[str]:
    """The helper `responses.stream`."""
    import openai

    with (
        openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client,
        client.responses.stream(model=MODEL, input=ASK) as stream,
    ):
        for event in stream:
            yield event.type


def openai_raw() -> Iterator[str]:
    """`with_streaming_response`, line by line."""
    import openai

    with openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        ask = client.responses.with_streaming_response.create
        with ask(model=MODEL, input=ASK, stream=True) as response:
            yield from response.iter_lines()


def openai_background() -> Iterator[str]:
    """A stream that is left and taken up again by `retrieve(starting_after=)`."""
    import openai

    with openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        seen, response_id = -1, ""
        with client.responses.create(model=MODEL, input=ASK, stream=True) as stream:
            for event in stream:
                if event.type == "response.created":
                    response_id = event.response.id
                seen = event.sequence_number
                yield event.type
                if seen == 3:
                    break
        for event in client.responses.retrieve(response_id, stream=True, starting_after=seen):
            yield f"{event.sequence_number} {event.type}"


async def openai_async() -> AsyncIterator[str]:
    """Responses, async."""
    import openai

    async with openai.AsyncOpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        async for event in await client.responses.create(model=MODEL, input=ASK, stream=True):
            yield event.type


async def openai_aiohttp() -> AsyncIterator[str]:
    """Responses through the SDK's own transport for aiohttp."""
    import openai

    async with openai.AsyncOpenAI(
        base_url=f"{root()}/v1", http_client=openai.DefaultAioHttpClient(), **_OPENAI
    ) as client:
        async for event in await client.responses.create(model=MODEL, input=ASK, stream=True):
            yield event.type


async def openai_parallel() -> AsyncIterator[str]:
    """Twenty streams at once, each to its end or to its exception."""
    import openai

    async def read(client: Any, number: int) -> list[str]:
        request = f"{number}"
        stream = await client.responses.create(model=MODEL, input=request, stream=True)
        return [event.type async for event in stream]

    async with openai.AsyncOpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        all_of_them = [read(client, number) for number in range(20)]
        found = await asyncio.gather(*all_of_them, return_exceptions=True)
    for one in found:
        yield f"{len(one)} events" if isinstance(one, list) else type(one).__name__
    for one in found:
        if isinstance(one, BaseException):
            raise one


def openai_transcription() -> Iterator[str]:
    """An upload: multipart, with a boundary that differs from run to run."""
    import openai

    with openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        sound = ("a.wav", b"RIFF" + bytes(2000))
        stream = client.audio.transcriptions.create(
            model="gpt-4o-transcribe", file=sound, stream=True
        )
        for event in stream:
            yield event.type


def openai_websocket() -> Iterator[str]:
    """Responses over a WebSocket: two turns on one connection."""
    import openai

    with (
        openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client,
        client.responses.connect() as connection,
    ):
        previous: dict[str, Any] = {}
        for _ in range(2):
            connection.response.create(model=MODEL, input=ASK, **previous)
            for event in connection:
                yield event.type
                if event.type == "response.completed":
                    previous = {"previous_response_id": event.response.id}
                    break


async def openai_websocket_async() -> AsyncIterator[str]:
    """The same, async."""
    import openai

    async with (
        openai.AsyncOpenAI(base_url=f"{root()}/v1", **_OPENAI) as client,
        client.responses.connect() as connection,
    ):
        previous: dict[str, Any] = {}
        for _ in range(2):
            await connection.response.create(model=MODEL, input=ASK, **previous)
            async for event in connection:
                yield event.type
                if event.type == "response.completed":
                    previous = {"previous_response_id": event.response.id}
                    break


def openai_websocket_reconnecting() -> Iterator[str]:
    """The server closes the first connection for a restart: the SDK opens another, and goes on."""
    import openai

    def reconnected(event: Any) -> None:
        seen.append(f"reconnects after {event.close_code}")
        connection.response.create(model=MODEL, input=ASK)

    seen: list[str] = []
    with openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI) as client:
        manager = client.responses.connect(on_reconnecting=reconnected, initial_delay=0.001)
        with manager as connection:
            connection.response.create(model=f"{MODEL}?cut=6&close=1012", input=ASK)
            for event in connection:
                seen.append(event.type)
                if event.type == "response.completed":
                    break
    yield from seen


# Anthropic


def anthropic_messages() -> Iterator[str]:
    """Messages, sync."""
    import anthropic

    with anthropic.Anthropic(base_url=root(), api_key="any", max_retries=0) as client:
        for event in client.messages.create(model="m", max_tokens=9, messages=ASK, stream=True):
            yield event.type


async def anthropic_helper() -> AsyncIterator[str]:
    """The helper `messages.stream`, async."""
    import anthropic

    async with (
        anthropic.AsyncAnthropic(base_url=root(), api_key="any", max_retries=0) as client,
        client.messages.stream(model="m", max_tokens=9, messages=ASK) as stream,
    ):
        async for text in stream.text_stream:
            yield text


async def anthropic_aiohttp() -> AsyncIterator[str]:
    """The SDK's own transport for aiohttp."""
    import anthropic

    async with anthropic.AsyncAnthropic(
        base_url=root(),
        api_key="any",
        max_retries=0,
        http_client=anthropic.DefaultAioHttpClient(),
    ) as client:
        async for event in await client.messages.create(
            model="m", max_tokens=9, messages=ASK, stream=True
        ):
            yield event.type


# Google


def _genai(**options: Any) -> Any:
    from google import genai
    from google.genai import types

    retries = types.HttpRetryOptions(attempts=1)
    http = types.HttpOptions(base_url=root(), retry_options=retries, **options)
    return genai.Client(api_key="any", http_options=http)


def genai_sync() -> Iterator[str]:
    """Google's SDK, sync (httpx)."""
    client = _genai()
    for part in client.models.generate_content_stream(model="gemini-x", contents="hi"):
        yield str(part.text)


async def genai_async() -> AsyncIterator[str]:
    """Google's SDK, async (aiohttp, where that is installed)."""
    client = _genai().aio
    async for part in await client.models.generate_content_stream(model="gemini-x", contents="hi"):
        yield str(part.text)
    await client.aclose()


async def genai_live() -> AsyncIterator[str]:
    """Gemini Live: two turns on one connection."""
    from google import genai
    from google.genai import live

    connect: Any = live.ws_connect
    if not hasattr(connect, "plain"):  # the SDK speaks TLS alone, also to http://

        def plain(uri: str, **options: Any) -> Any:
            return connect(uri.replace("wss:", "ws:", 1), **{**options, "ssl": None})

        plain.plain = True  # type: ignore[attr-defined]  # a mark of ours
        live.ws_connect = plain
    client = genai.Client(api_key="any", http_options={"base_url": root()})
    config: Any = {"response_modalities": ["TEXT"]}
    async with client.aio.live.connect(model="gemini-live", config=config) as session:
        for text in ("hello", "more"):
            content: Any = {"role": "user", "parts": [{"text": text}]}
            await session.send_client_content(turns=content, turn_complete=True)
            async for message in session.receive():
                yield str(message.text)


# Others with SDKs of their own


def mistral() -> Iterator[str]:
    """Mistral's SDK."""
    try:
        from mistralai import Mistral
    except ImportError:
        from mistralai.client import Mistral

    with Mistral(api_key="any", server_url=root()) as client:
        for event in client.chat.stream(model="m", messages=ASK):
            yield str(event.data.choices[0].delta.content)


def groq() -> Iterator[str]:
    """Groq's SDK."""
    import groq as sdk

    with sdk.Groq(base_url=root(), api_key="any", max_retries=0) as client:
        for chunk in client.chat.completions.create(model="m", messages=ASK, stream=True):
            yield str(chunk.choices and chunk.choices[0].delta.content)


def together() -> Iterator[str]:
    """Together's SDK."""
    import together as sdk

    client = sdk.Together(base_url=root(), api_key="any", max_retries=0)
    for chunk in client.chat.completions.create(model="m", messages=ASK, stream=True):
        yield str(chunk.choices and chunk.choices[0].delta.content)


def cohere() -> Iterator[str]:
    """Cohere's SDK."""
    import cohere as sdk

    client = sdk.ClientV2(api_key="any", base_url=root())
    for event in client.chat_stream(model="m", messages=ASK):
        yield event.type


def ollama() -> Iterator[str]:
    """Ollama's SDK: NDJSON."""
    import ollama as sdk

    with sdk.Client(host=root()) as client:
        for part in client.chat(model="m", messages=ASK, stream=True):
            yield str(part.message.content)


async def ollama_async() -> AsyncIterator[str]:
    """The same, async."""
    import ollama as sdk

    async with sdk.AsyncClient(host=root()) as client:
        async for part in await client.chat(model="m", messages=ASK, stream=True):
            yield str(part.message.content)


def huggingface_chat() -> Iterator[str]:
    """Hugging Face's client, chat."""
    from huggingface_hub import InferenceClient

    client = InferenceClient(base_url=f"{root()}/v1", api_key="any")
    for chunk in client.chat_completion(messages=ASK, model=None, stream=True):
        yield str(chunk.choices and chunk.choices[0].delta.content)


async def huggingface_async() -> AsyncIterator[str]:
    """The same, async."""
    from huggingface_hub import AsyncInferenceClient

    client = AsyncInferenceClient(base_url=f"{root()}/v1", api_key="any")
    async for chunk in await client.chat_completion(messages=ASK, model=None, stream=True):
        yield str(chunk.choices and chunk.choices[0].delta.content)


# AWS


def _aws() -> dict[str, Any]:
    from botocore.config import Config

    os.environ.update(AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="any")
    config = Config(retries={"max_attempts": 0, "mode": "standard"})
    return {"endpoint_url": root(), "region_name": "us-east-1", "config": config}


def boto3_converse() -> Iterator[str]:
    """boto3's `converse_stream`: AWS's event stream, over urllib3."""
    import boto3

    client = boto3.client("bedrock-runtime", **_aws())
    ask = [{"role": "user", "content": [{"text": "hi"}]}]
    for event in client.converse_stream(modelId="m", messages=ask)["stream"]:
        yield json.dumps(event, sort_keys=True)


async def aiobotocore_converse() -> AsyncIterator[str]:
    """Aiobotocore's `converse_stream`: the same over aiohttp."""
    from aiobotocore.session import get_session

    ask = [{"role": "user", "content": [{"text": "hi"}]}]
    async with get_session().create_client("bedrock-runtime", **_aws()) as client:
        answer = await client.converse_stream(modelId="m", messages=ask)
        async for event in answer["stream"]:
            yield json.dumps(event, sort_keys=True)


def anthropic_bedrock() -> Iterator[str]:
    """Anthropic's SDK for Bedrock: AWS's event stream, over httpx2."""
    import anthropic

    with anthropic.AnthropicBedrock(
        base_url=root(), aws_access_key="a", aws_secret_key="b", aws_region="r", max_retries=0
    ) as client:
        for event in client.messages.create(model="m", max_tokens=9, messages=ASK, stream=True):
            yield event.type


# HTTP libraries


def requests_lines() -> Iterator[str]:
    """requests, by `iter_lines`."""
    import requests

    with requests.post(f"{root()}/v1/responses", json=_ask(), stream=True) as answer:
        for line in answer.iter_lines():
            yield line.decode()


def requests_sseclient() -> Iterator[str]:
    """sseclient-py on requests."""
    import requests
    import sseclient

    with requests.post(f"{root()}/v1/responses", json=_ask(), stream=True) as answer:
        for event in sseclient.SSEClient(answer).events():
            yield f"{event.event} {event.data}"


def urllib3_stream() -> Iterator[str]:
    """urllib3, by `stream`."""
    import urllib3

    with urllib3.PoolManager() as pool:
        answer = pool.request(
            "POST", f"{root()}/v1/responses", json=_ask(), preload_content=False, retries=False
        )
        yield b"".join(answer.stream()).decode()
        answer.release_conn()


def urllib_lines() -> Iterator[str]:
    """urllib, line by line."""
    from urllib.request import Request, urlopen

    body = json.dumps(_ask()).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{root()}/v1/responses", body, headers)) as answer:
        for line in answer:
            yield line.decode()


def niquests_lines() -> Iterator[str]:
    """niquests, by `iter_lines`."""
    import niquests

    with niquests.post(f"{root()}/v1/responses", json=_ask(), stream=True) as answer:
        for line in answer.iter_lines():
            yield line.decode()


def websockets_sync() -> Iterator[str]:
    """`websockets` with threads."""
    from websockets.sync.client import connect

    with connect(_socket_url()) as ws:
        for _ in range(2):
            ws.send(_create())
            while "response.completed" not in (message := str(ws.recv())):
                yield message
            yield message


async def websockets_asyncio() -> AsyncIterator[str]:
    """`websockets` under asyncio."""
    from websockets.asyncio.client import connect

    async with connect(_socket_url()) as ws:
        for _ in range(2):
            await ws.send(_create())
            while "response.completed" not in (message := str(await ws.recv())):
                yield message
            yield message


def _socket_url() -> str:
    return f"ws{root().removeprefix('http')}/v1/responses"


def _create() -> str:
    return json.dumps({"type": "response.create", "model": MODEL, "input": ASK})


async def aiohttp_lines() -> AsyncIterator[str]:
    """aiohttp, line by line."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{root()}/v1/responses", json=_ask()) as answer,
    ):
        async for line in answer.content:
            yield line.decode()


async def aiohttp_websocket() -> AsyncIterator[str]:
    """WebSocket of aiohttp; two responses, each requested when the one before is complete."""
    import aiohttp

    url = f"{root()}/v1/responses"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        for _ in range(2):
            await ws.send_str(_create())
            while "response.completed" not in (message := await ws.receive()).data:
                yield message.data
            yield message.data


async def aiohttp_sse_client() -> AsyncIterator[str]:
    """aiohttp-sse-client2."""
    from aiohttp_sse_client2.client import EventSource

    async with EventSource(
        f"{root()}/v1/responses", option={"method": "POST"}, json=_ask(), max_connect_retry=0
    ) as source:
        async for event in source:
            yield f"{event.type} {event.data}"
            if event.type == "response.completed":
                break  # it would reconnect for ever


def httpx_sse() -> Iterator[str]:
    """httpx-sse on httpx."""
    import httpx
    from httpx_sse import connect_sse

    with (
        httpx.Client() as client,
        connect_sse(client, "POST", f"{root()}/v1/responses", json=_ask()) as source,
    ):
        for event in source.iter_sse():
            yield f"{event.event} {event.data}"


def httpx2_sse() -> Iterator[str]:
    """httpx2's own reader."""
    import httpx2

    with (
        httpx2.Client() as client,
        client.sse(f"{root()}/v1/responses", method="POST", json=_ask()) as source,
    ):
        for event in source:
            yield f"{event.event} {event.data}"


def _ask() -> dict[str, Any]:
    return {"model": MODEL, "input": ASK, "stream": True}


# Frameworks


def langchain_openai() -> Iterator[str]:
    """LangChain with OpenAI."""
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(base_url=f"{root()}/v1", api_key="any", model=MODEL, max_retries=0)
    for chunk in model.stream("hi"):
        yield chunk.text if isinstance(chunk.text, str) else chunk.text()


def langchain_anthropic() -> Iterator[str]:
    """LangChain with Anthropic."""
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(base_url=root(), api_key="any", model_name="m", max_retries=0)
    for chunk in model.stream("hi"):
        yield str(chunk.text)


def _google() -> Any:
    from langchain_google_genai import ChatGoogleGenerativeAI

    return ChatGoogleGenerativeAI(
        model="gemini-x", google_api_key="any", base_url=root(), max_retries=1, transport="rest"
    )


def langchain_google() -> Iterator[str]:
    """LangChain with Google, sync."""
    for chunk in _google().stream("hi"):
        yield str(chunk.text)


async def langchain_google_async() -> AsyncIterator[str]:
    """LangChain with Google, async (aiohttp)."""
    async for chunk in _google().astream("hi"):
        yield str(chunk.text)


async def openai_agents() -> AsyncIterator[str]:
    """OpenAI's Agents SDK."""
    import agents
    import openai

    agents.set_tracing_disabled(True)
    client = openai.AsyncOpenAI(base_url=f"{root()}/v1", **_OPENAI)
    model = agents.OpenAIResponsesModel(model=MODEL, openai_client=client)
    run = agents.Runner.run_streamed(agents.Agent("A", model=model), "hi")
    async for event in run.stream_events():
        yield event.type


async def pydantic_ai() -> AsyncIterator[str]:
    """Pydantic AI with OpenAI."""
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=f"{root()}/v1", api_key="any")
    async with Agent(OpenAIChatModel(MODEL, provider=provider)).run_stream("hi") as run:
        async for text in run.stream_text(delta=True, debounce_by=None):
            yield text


def instructor() -> Iterator[str]:
    """Instructor: an answer built from a streamed call."""
    import instructor as sdk
    import openai
    from pydantic import BaseModel

    class Answer(BaseModel):
        location: str | None = None

    plain = openai.OpenAI(base_url=f"{root()}/v1", **_OPENAI)
    client = sdk.from_openai(plain, mode=sdk.Mode.TOOLS)
    for part in client.chat.completions.create_partial(
        model=MODEL, messages=ASK, response_model=Answer, max_retries=1
    ):
        yield str(part)


def smolagents() -> Iterator[str]:
    """Smolagents' model for OpenAI."""
    from smolagents import OpenAIServerModel

    model = OpenAIServerModel(MODEL, api_base=f"{root()}/v1", api_key="any")
    ask: Any = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    for delta in model.generate_stream(ask):
        yield str(delta.content)


def llama_index() -> Iterator[str]:
    """LlamaIndex with OpenAI."""
    from llama_index.llms.openai import OpenAI

    model = OpenAI(model=MODEL, api_base=f"{root()}/v1", api_key="any", max_retries=0)
    for part in model.stream_complete("hi"):
        yield str(part.delta)


def litellm_sync() -> Iterator[str]:
    """LiteLLM, sync."""
    import litellm

    for chunk in litellm.completion(f"openai/{MODEL}", ASK, stream=True, **_litellm()):
        yield str(chunk.choices[0].delta.content)


async def litellm_async() -> AsyncIterator[str]:
    """LiteLLM, async (its own transport for aiohttp)."""
    import litellm

    answer = await litellm.acompletion(f"openai/{MODEL}", ASK, stream=True, **_litellm())
    async for chunk in answer:
        yield str(chunk.choices[0].delta.content)


async def litellm_responses() -> AsyncIterator[str]:
    """LiteLLM's `aresponses`."""
    import litellm

    answer = await litellm.aresponses(
        input="hi", model=f"openai/{MODEL}", stream=True, **_litellm()
    )
    async for event in answer:
        yield str(event.type)


async def litellm_anthropic() -> AsyncIterator[str]:
    """LiteLLM with Anthropic, async."""
    import litellm

    options = {**_litellm(), "api_base": root()}
    answer = await litellm.acompletion("anthropic/m", ASK, stream=True, **options)
    async for chunk in answer:
        yield str(chunk.choices[0].delta.content)


def _litellm() -> dict[str, Any]:
    return {"api_base": f"{root()}/v1", "api_key": "any", "num_retries": 0, "max_retries": 0}


def dspy() -> Iterator[str]:
    """DSPy."""
    import dspy as sdk

    model = sdk.LM(
        f"openai/{MODEL}", api_base=f"{root()}/v1", api_key="any", cache=False, num_retries=0
    )
    yield from map(str, model("hi"))


# MCP


async def mcp_http() -> AsyncIterator[str]:
    """MCP over streamable HTTP, with progress, logs, and a push outside of any call."""
    from mcp.client.streamable_http import streamable_http_client

    async with streamable_http_client(f"{root()}/mcp") as streams:
        async for text in _mcp(*streams[:2]):
            yield text


async def mcp_sse() -> AsyncIterator[str]:
    """The same over SSE, where all answers come on one stream."""
    from mcp.client.sse import sse_client

    async with sse_client(f"{root()}/sse") as (reading, writing):
        async for text in _mcp(reading, writing):
            yield text


async def _mcp(reading: Any, writing: Any) -> AsyncIterator[str]:
    from mcp import ClientSession

    seen: list[str] = []
    pushed = asyncio.Event()

    async def log(params: Any) -> None:
        seen.append(f"log {params.data}")

    async def message(what: Any) -> None:
        name = type(getattr(what, "root", what)).__name__
        if name == "ToolListChangedNotification":
            seen.append("push")
            pushed.set()

    async def progress(done: float, total: float | None, text: str | None) -> None:
        seen.append(f"progress {done:g}")

    async with ClientSession(
        reading, writing, logging_callback=log, message_handler=message
    ) as session:
        await session.initialize()
        for word in ("one", "two"):
            answer = await session.call_tool("shout", {"text": word}, progress_callback=progress)
            seen.append(str(answer.content[0].text))
        await session.call_tool("push_later", {})
        await asyncio.wait_for(pushed.wait(), 10)
    for text in sorted(seen):
        yield text


# How they are run


def errors(error: BaseException | None) -> list[str]:
    """The classes of an exception and its causes, down to the HTTP library's own."""
    names: list[str] = []
    while error is not None:
        if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
            continue
        library = type(error).__module__.partition(".")[0]
        if library not in _BELOW and not (names and library == "builtins"):
            names.append(f"{library}.{type(error).__name__}")
        if library in _HTTP:
            break
        error = error.__cause__
    return names


def read(name: str) -> dict[str, list[str]]:
    """What one client sees, and what it ends with."""
    seen: list[str] = []

    async def drain(texts: Any) -> None:
        async for text in texts:
            seen.append(text)

    try:
        texts = globals()[name]()
        if inspect.isasyncgen(texts):
            asyncio.run(drain(texts))
        else:
            seen.extend(texts)
    except Exception as error:
        if os.environ.get("SHOW"):
            raise
        return {"events": seen, "errors": errors(error)}
    return {"events": seen, "errors": []}


def answer(name: str, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one line of stdin."""
    os.environ["UPSTREAM"] = order["root"]
    if not order.get("tape"):
        return read(name)
    import streamtape

    try:
        with streamtape.use_cassette(order["tape"], mode=order["mode"]) as session:
            found: dict[str, Any] = dict(read(name))
        found["requests"] = len(session.requests)
    except streamtape.StreamtapeError as error:
        return {"events": [], "errors": [], "refused": f"{type(error).__name__}: {error}"}
    return found


def main(name: str, *options: str) -> None:
    """Run one client."""
    warnings.simplefilter("ignore")
    if "--serve" not in options:
        print(json.dumps(read(name)))
        return
    for line in sys.stdin:
        print(json.dumps(answer(name, json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
