"""The endpoint streams, event by event, and stops when its client leaves; no port is opened."""

import asyncio

import httpx
from app import app

import streamtape


async def _numbers(up_to: int, enough: int) -> list[str]:
    transport = streamtape.ASGIStreamTransport(app)
    parser, numbers = streamtape.SSEParser(), []
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://app") as client,
        client.stream("GET", "/numbers", params={"up_to": up_to}) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        async for chunk in response.aiter_bytes():
            numbers += [frame.data or "" for frame in parser.feed(chunk)]
            if len(numbers) >= enough:
                break
    return numbers


def test_it_counts() -> None:
    """Each number is an event."""
    assert asyncio.run(_numbers(5, 5)) == ["0", "1", "2", "3", "4"]


def test_a_client_may_leave() -> None:
    """Of an answer of a million events, one reads three."""
    assert asyncio.run(_numbers(1_000_000, 3)) == ["0", "1", "2"]
