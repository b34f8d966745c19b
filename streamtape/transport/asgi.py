"""ASGIStreamTransport: requests answered by an ASGI application, streamed, without a port.

httpx's own ASGITransport collects the whole body before it returns any of it, and waits forever for
an endless one. This one passes each piece on when the application sends it; the application waits
until the client has read it, so nothing is buffered; and a client that closes early disconnects it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from streamtape.errors import ServerError
from streamtape.transport.client_library import library_of

if TYPE_CHECKING:
    _Anything: Any = object
else:
    _Anything = object

App = Callable[[dict[str, Any], Callable[..., Any], Callable[..., Any]], Awaitable[None]]
GRACE_S = 1.0  # how long an application may take to end after a disconnect


class ASGIStreamTransport(_Anything):  # type: ignore[misc]  # either library's clients take it
    """Serves the requests of an `httpx` or `httpx2` AsyncClient from an ASGI application.

    `httpx.AsyncClient(transport=ASGIStreamTransport(app), base_url="http://app")`. Runs on asyncio
    and trio. An exception of the application is raised in the client, at its place in the stream,
    unless `raise_app_exceptions` is False: then it becomes a 500, or a ReadError if the head was
    already sent.
    """

    def __init__(
        self,
        app: App,
        *,
        raise_app_exceptions: bool = True,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 123),
    ) -> None:
        self.app = app
        self.raise_app_exceptions = raise_app_exceptions
        self.root_path = root_path
        self.client = client

    async def handle_async_request(self, request: Any) -> Any:
        """Start the application on a request; give its head when it is there."""
        flavour = library_of(request)
        run = _Run(await request.aread(), flavour.module, request, self.raise_app_exceptions)
        run.start(self.app, self._scope(request))
        status, headers = await run.head()
        return flavour.module.Response(
            status_code=status,
            headers=headers,
            stream=flavour.async_stream(run),
            extensions={"http_version": b"HTTP/1.1"},
        )

    def _scope(self, request: Any) -> dict[str, Any]:
        raw_path, _, query = request.url.raw_path.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": request.url.scheme,
            "path": unquote(raw_path.decode("ascii")),
            "raw_path": raw_path,
            "query_string": query,
            "server": (request.url.host, request.url.port),
            "client": self.client,
            "root_path": self.root_path,
            "state": {},
        }

    async def aclose(self) -> None:
        """Do nothing: there is nothing to release."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Run:
    """One request in the application: its task, and the one piece that waits to be taken."""

    def __init__(self, body: bytes, library: Any, request: Any, raises: bool) -> None:
        import anyio

        self._anyio = anyio
        self._body: bytes | None = body
        self._library = library
        self._request = request
        self._raises = raises
        self._head: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self._pieces: deque[bytes] = deque()
        self._more = True
        self._error: BaseException | None = None
        self._closed = False
        self._changed = anyio.Event()
        self._ended = anyio.Event()
        self._cancel: Callable[[], Any] = _nothing

    def start(self, app: App, scope: dict[str, Any]) -> None:
        """Run the application in a task of its own, in a copy of this context."""
        self._cancel = _spawn(self._run, app, scope)

    async def _run(self, app: App, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._send)
            if self._head is None or self._more:
                self._error = self._error or ServerError(
                    "the application returned before its response was whole"
                )
        except Exception as error:  # noqa: BLE001 - handed to the client, whatever it is
            if not self._closed:  # nobody reads it then, and its frames would be kept alive
                self._error = error
        finally:
            self._more = False
            self._ended.set()
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = self._anyio.Event()

    async def _receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        while not self._closed:
            await self._changed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if self._closed:
            raise OSError("the client has gone")  # as the ASGI specification requires
        if message["type"] == "http.response.start":
            headers = [(bytes(k), bytes(v)) for k, v in message.get("headers", ())]
            self._head = message["status"], headers
            self._wake()
        elif message["type"] == "http.response.body":
            piece = message.get("body", b"")
            if piece:
                self._pieces.append(bytes(piece))
            self._more = message.get("more_body", False)
            self._wake()
            while self._pieces and self._more:
                await self._changed.wait()

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Wait for the head of the response."""
        try:
            while self._head is None:
                if self._ended.is_set():
                    if self._raises:
                        raise self._error or ServerError("the application sent no response")
                    self._error = None
                    return 500, []
                await self._changed.wait()
        except BaseException:
            self._closed = True
            self._cancel()
            raise
        return self._head

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            if self._pieces:
                piece = self._pieces.popleft()
                self._wake()
                return piece
            if not self._more:
                if self._error is not None:
                    raise self._failure(self._error)
                raise StopAsyncIteration
            await self._changed.wait()

    def _failure(self, error: BaseException) -> BaseException:
        if self._raises:
            return error
        made: BaseException = self._library.ReadError(str(error), request=self._request)
        return made

    async def aclose(self) -> None:
        """Disconnect the application, and see to it that it ends."""
        self._closed = True
        self._pieces.clear()
        self._wake()
        with self._anyio.move_on_after(GRACE_S, shield=True):
            await self._ended.wait()
        self._cancel()


def _nothing() -> None:
    """Cancel what was not started."""


def _spawn(run: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """Start a task beside the caller's, on whichever of asyncio and trio runs; give its cancel."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        scope = trio.CancelScope()

        async def scoped() -> None:
            with scope:
                await run(*args)

        import contextvars

        trio.lowlevel.spawn_system_task(scoped, context=contextvars.copy_context())
        return scope.cancel  # type: ignore[no-any-return]  # trio is found at run time
    import asyncio

    task = asyncio.get_running_loop().create_task(run(*args))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task.cancel


# A global: an event loop holds its tasks only weakly, and one may outlive the response it makes.
_tasks: set[Any] = set()
