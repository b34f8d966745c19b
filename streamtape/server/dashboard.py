"""The dashboard of a server: a page that shows live what it records or plays.

The server knows no page: whoever starts it gives one, and the data that the page asks for. It is
shown behind the same door as all else (the Host header, and pages of other origins), to GET alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from streamtape.server.exchange import Exchange

PREFIX = "/_streamtape/"

_HEADERS = (
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
    (b"X-Frame-Options", b"DENY"),
)


class Answer(NamedTuple):
    """What a dashboard answers: a content type and a body."""

    content_type: str
    body: bytes


Dashboard = Callable[[str], Answer | None]


def is_for_dashboard(path: str) -> bool:
    """Whether a path is the dashboard's own."""
    return path.startswith(PREFIX)


async def show(exchange: Exchange, dashboard: Dashboard) -> None:
    """Answer a request for the dashboard: its page, or data that the page asks for; else 404."""
    request = exchange.request
    if request.method not in ("GET", "HEAD"):
        await exchange.respond(405, [(b"Allow", b"GET, HEAD"), *_HEADERS], b"")
        return
    # What it shows is read out of recordings: beside the loop, which has streams to pass on.
    name = request.path.removeprefix(PREFIX)
    answer = await asyncio.to_thread(dashboard, name)
    if answer is None:
        await exchange.respond(404, [(b"Content-Type", b"text/plain"), *_HEADERS], b"not found")
        return
    content_type = (b"Content-Type", answer.content_type.encode())
    await exchange.respond(200, [content_type, *_HEADERS], answer.body)
