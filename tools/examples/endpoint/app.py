"""A FastAPI application that streams events until its client has had enough."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def _count(up_to: int) -> AsyncIterator[str]:
    for number in range(up_to):
        yield f"event: number\ndata: {number}\n\n"
        await asyncio.sleep(0)


@app.get("/numbers")
async def numbers(up_to: int = 5) -> StreamingResponse:
    """Count, an event for each number."""
    return StreamingResponse(_count(up_to), media_type="text/event-stream")
