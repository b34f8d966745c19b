"""An ASGI application streams to its client as it sends, without a port."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import fastapi
import httpx
import httpx2
import pytest
from fastapi.responses import StreamingResponse

import streamtape
from streamtape.errors import ServerError
from tests.patience import PATIENCE_S

# A loop over httpx's async generators that is left leaves them to the collector; trio says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*async_generator:pytest.PytestUnraisableExceptionWarning"
)
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream")],
}


def piece(n: int, more: bool = True) -> dict[str, Any]:
    """A message with one event."""
    return {"type": "http.response.body", "body": b"data: %d\n\n" % n, "more_body": more}


class App:
    """Streams without end, and notes what it has sent and whether it was told of the end."""

    def __init__(self, last: int | None = None) -> None:
        self.sent = 0
        self.body = b""
        self.ended = ""
        self.last = last

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.path = scope["path"]
        self.body = (await receive())["body"]
        try:
            await send(START)
            while self.last is None or self.sent < self.last:
                await send(piece(self.sent))
                self.sent += 1
            await send({"type": "http.response.body"})
            self.ended = "complete"
        except OSError:
            self.ended = "disconnect"
            raise


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Both event loops."""
    return str(request.param)


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    """Both libraries."""
    return request.param


def client_of(library: Any, app: Any, **options: Any) -> Any:
    """A client of an application."""
    transport = streamtape.ASGIStreamTransport(app, **options)
    return library.AsyncClient(transport=transport, base_url="http://app")


@pytest.mark.anyio
async def test_an_endless_stream_is_read_as_it_comes(library: Any) -> None:
    """Each piece comes when it is sent; nothing is sent ahead; closing ends the application."""
    app = App()
    seen = []
    async with (
        client_of(library, app) as client,
        client.stream("POST", "/a%20b", content=b"hi") as r,
    ):
        assert r.headers["content-type"] == "text/event-stream"
        async for data in r.aiter_raw():
            seen.append(data)
            assert app.sent <= len(seen)
            if len(seen) == 3:
                break
    assert seen == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]
    assert (app.path, app.body, app.ended) == ("/a b", b"hi", "disconnect")


@pytest.mark.anyio
async def test_a_whole_response(library: Any) -> None:
    """A response that ends is whole."""
    app = App(last=4)
    async with client_of(library, app) as client:
        response = await client.get("/")
    assert response.text == "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\n"
    assert app.ended == "complete"


@pytest.mark.anyio
async def test_exceptions_reach_the_client(library: Any) -> None:
    """Before the head they are raised by the request, later in their place in the stream."""

    async def at_once(scope: Any, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("early")

    async def later(scope: Any, receive: Receive, send: Send) -> None:
        await send(START)
        await send(piece(0))
        raise ZeroDivisionError("late")

    async def silent(scope: Any, receive: Receive, send: Send) -> None:
        pass

    async with client_of(library, at_once) as client:
        with pytest.raises(ZeroDivisionError, match="early"):
            await client.get("/")
    async with client_of(library, at_once, raise_app_exceptions=False) as client:
        assert (await client.get("/")).status_code == 500
    async with client_of(library, silent) as client:
        with pytest.raises(ServerError):
            await client.get("/")
    for raises, kind in ((True, ZeroDivisionError), (False, library.ReadError)):
        async with client_of(library, later, raise_app_exceptions=raises) as client:
            seen = []
            with pytest.raises(kind, match="late"):
                async with client.stream("GET", "/") as response:
                    async for data in response.aiter_raw():
                        seen.append(data)
            assert seen == [b"data: 0\n\n"]


@pytest.mark.anyio
async def test_an_application_that_waits_for_the_disconnect(library: Any) -> None:
    """Listening for http.disconnect works, as servers and frameworks do it."""
    found = anyio.Event()

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        await send(piece(0))
        assert (await receive())["type"] == "http.disconnect"
        found.set()

    async with client_of(library, app) as client, client.stream("GET", "/") as response:
        async for _ in response.aiter_raw():
            break
    assert found.is_set()


@pytest.mark.anyio
async def test_cancelling_the_client_ends_the_application(library: Any) -> None:
    """A client that gives up disconnects the application."""
    app = App()
    with anyio.CancelScope() as scope:
        async with client_of(library, app) as client, client.stream("GET", "/") as response:
            async for _ in response.aiter_raw():
                scope.cancel()
                await anyio.sleep(0.01)
    assert app.ended == "disconnect"


@pytest.mark.anyio
async def test_it_is_recorded_and_cut(library: Any, tmp_path: Path) -> None:
    """A session records it like any other transport: where its client stopped, too."""
    path = tmp_path / "x.tape"
    for app, replays in ((App(), False), (App(), False), (None, True)):
        async with streamtape.use_cassette(path, replay_in_process=replays) as session:
            async with client_of(library, app) as client, client.stream("GET", "/") as response:
                seen = 0
                async for _ in response.aiter_raw():
                    seen += 1
                    if seen == 2:
                        break
            session.assert_closed_after(2)
        assert app is None or app.ended == "disconnect"
    assert streamtape.load(path)[0].ending.kind == "abandoned"


@pytest.mark.anyio
async def test_a_framework_streams_through_it(tmp_path: Path) -> None:
    """A FastAPI endpoint is recorded as it streams, and stops when its client does."""
    app = fastapi.FastAPI()
    closed: list[int] = []

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def ticks() -> AsyncIterator[str]:
            n = 0
            try:
                while True:
                    yield f'data: {{"type": "tick", "n": {n}}}\n\n'
                    n += 1
            finally:
                closed.append(n)

        return StreamingResponse(ticks(), media_type="text/event-stream")

    async with streamtape.use_cassette(tmp_path / "x.tape") as session:
        async with (
            client_of(httpx, app) as client,
            client.stream("GET", "/events") as response,
        ):
            seen = 0
            async for _ in response.aiter_raw():
                seen += 1
                if seen == 3:
                    break
        session.assert_closed_after(3)
        with anyio.fail_after(PATIENCE_S):
            while not closed:
                gc.collect()
                await anyio.sleep(0.001)
        assert [event.n for event in session.events()] == [0, 1, 2]
    assert closed[0] <= 3
