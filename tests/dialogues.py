"""Dialogues for tests: values, and a WebSocket server of the library `websockets` on loopback."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streamtape.tape.messages import Message, Messages
from streamtape.tape.model import Chunks, Ending, Head, Interaction, Request
from tests.listening import take_no_more
from tests.patience import PATIENCE_S

SWITCHING = Head(101, ((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade")), 5000)
CLOSED = Ending("complete", 900_000, close_code=1000)
URL = "wss://x.test/v1/responses"


def client(text: str | bytes, at_us: int | None = None) -> Message:
    """What a client says."""
    return _message("client", text, at_us)


def server(text: str | bytes, at_us: int | None = None) -> Message:
    """What a server says."""
    return _message("server", text, at_us)


def _message(direction: Any, text: str | bytes, at_us: int | None) -> Message:
    if isinstance(text, bytes):
        return Message(direction, at_us, "binary", text)
    return Message(direction, at_us, "text", text.encode())


def dialogue(*messages: Message, ending: Ending = CLOSED, url: str = URL) -> Interaction:
    """A dialogue of these messages; those without a time come 10 ms after the one before."""
    timed = [
        m if m.at_us is not None else m._replace(at_us=10_000 * n)
        for n, m in enumerate(messages, 1)
    ]
    request = Request("GET", url, ((b"Upgrade", b"websocket"),))
    return Interaction(request, SWITCHING, Chunks(), ending, 1, messages=Messages.of(timed))


@contextmanager
def websocket_server(handler: Callable[[Any], Awaitable[None]], **options: Any) -> Iterator[str]:
    """A server in a thread of its own, for as long as the block goes on; gives its URL."""
    from websockets.asyncio.server import serve

    started: list[str] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with serve(handler, "127.0.0.1", 0, **options) as running:
            port = next(iter(running.sockets)).getsockname()[1]
            started.append(f"ws://127.0.0.1:{port}/v1/x")
            ready.set()
            await stop.wait()
            await take_no_more(*running.sockets)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
