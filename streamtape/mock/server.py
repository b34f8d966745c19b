"""An endpoint that streams for real: for the demo, for tests, for trying streamtape without a key.

    with MockEndpoint(gap_us=25_000) as endpoint:
        client = OpenAI(base_url=endpoint.url, api_key="any")

It speaks OpenAI's Responses (every event type, valid lifecycles; over a WebSocket, too), Realtime,
Chat Completions, Anthropic Messages, Ollama's NDJSON, and at `GET /events` what an EventSource
reads. A model's name chooses the script: `scripted:refusal`. Options such as `?gap_us=0&cut=12` may
follow it, or the URL (see options.Options).
"""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from streamtape.errors import UsageError
from streamtape.mock.options import MockRequest, Options, mock_request
from streamtape.mock.routes import EVENTS, RESPONSES, Dialogue, conversation_at, dialogue_at
from streamtape.mock.scripts import responses
from streamtape.mock.send import send_events
from streamtape.server.exchange import Exchange, RequestHead
from streamtape.server.http_server import HttpServer
from streamtape.server.websocket.endpoint import accept
from streamtape.server.websocket.handshake import is_websocket

_JSON = [(b"Content-Type", b"application/json")]
_KEPT_RESPONSES = 256
_ERRORS = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    404: ("invalid_request_error", None, "There is nothing at this path."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached; try again in 1s."),
}


class MockEndpoint:
    """A server on a free port of 127.0.0.1 that runs while its `with` block does.

    The keywords are the defaults of every request's options; see `Options` for all of them.
    `requests` lists every request as it came, `messages` what clients said over WebSockets;
    `finished` and `disconnects` count the answers that
    were sent whole and those whose client went away before.
    """

    def __init__(self, *, gap_us: int = 25_000, seed: int = 0, **options: Any) -> None:
        try:
            self._options = Options(gap_us=gap_us, **options)
        except TypeError as error:
            raise UsageError(f"unknown option of the embedded endpoint: {error}") from None
        self._seed = seed
        self._kept: dict[str, tuple[MockRequest, str]] = {}
        self._changed = threading.Condition()
        self.requests: list[tuple[RequestHead, bytes]] = []
        self.messages: list[bytes] = []
        self.finished = 0
        self.disconnects = 0
        self._active = 0
        self._server = HttpServer(self._answer)

    @property
    def root(self) -> str:
        """Where it listens: the base URL of Anthropic's and Ollama's clients."""
        return self._server.origin

    @property
    def url(self) -> str:
        """The base URL of OpenAI's clients."""
        return f"{self.root}/v1"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    def wait_for(
        self,
        *,
        finished: int = 0,
        disconnects: int = 0,
        idle: bool = False,
        timeout_s: float = 5.0,
    ) -> bool:
        """Wait until so many answers were sent whole or left by their client; False if not.

        `idle` waits until no request is being answered.
        """

        def enough() -> bool:
            done = self.finished >= finished and self.disconnects >= disconnects
            return done and not (idle and self._active)

        with self._changed:
            return self._changed.wait_for(enough, timeout_s)

    async def _answer(self, exchange: Exchange) -> None:
        ended = ""
        self._active += 1
        try:
            body = await exchange.body()
            number = len(self.requests)
            self.requests.append((exchange.request, body))
            if is_websocket(exchange.request):
                ended = "disconnects" if await self._converse(exchange) else ""
            else:
                await self._route(exchange, body, number)
                ended = "finished" if exchange.finished else ""
        except asyncio.CancelledError:
            ended = "disconnects" if exchange.closed else ""
            raise
        except UsageError as error:
            await _refuse(exchange, 400, str(error))
            ended = "finished"
        finally:
            with self._changed:
                self._active -= 1
                if ended:
                    setattr(self, ended, getattr(self, ended) + 1)
                self._changed.notify_all()

    @property
    def options(self) -> Options:
        """The defaults of every request's options."""
        return self._options

    def note_message(self, data: bytes) -> int:
        """Take down a message of a WebSocket, and give it a number."""
        self.messages.append(data)
        return len(self.messages) - 1

    def new_seed(self, prompt: MockRequest, number: int) -> str:
        """The seed of the answer to a request of this number."""
        seed = prompt.options.seed
        return f"{self._seed}/{number}" if seed is None else f"{seed}"

    def keep_response(self, prompt: MockRequest, seed: str) -> None:
        """Keep a response, so that it can be gone on with."""
        self._keep(prompt, seed)

    def is_kept(self, response_id: str) -> bool:
        """Whether a response can be gone on with."""
        return response_id in self._kept

    def count_finished(self) -> None:
        """Count an answer on a WebSocket that was sent whole."""
        with self._changed:
            self.finished += 1
            self._changed.notify_all()

    async def _converse(self, exchange: Exchange) -> bool:
        """Talk over a WebSocket to its end; True where its client left without closing it."""
        request = exchange.request
        prompt = mock_request({}, request.query, self._options)
        if prompt.options.status != 200:
            await _refuse(exchange, prompt.options.status)
            return False
        conversation = conversation_at(request.path.rstrip("/"))
        if conversation is None:
            await _refuse(exchange, 404, f"no WebSocket at {request.path}")
            return False
        socket = await accept(exchange, lambda offered: next(iter(offered), None))
        if socket is not None:
            async with socket:
                await conversation(socket, self, request.query).run()
        return socket is not None and socket.was_left

    async def _route(self, exchange: Exchange, body: bytes, number: int) -> None:
        request = exchange.request
        path = request.path.rstrip("/")
        if request.method == "GET" and path.startswith("/v1/responses/"):
            await self._resume(exchange, path.rpartition("/")[2])
            return
        if request.method == "GET" and path == "/events":
            await self._say_to_event_source(exchange)
            return
        dialogue = dialogue_at(path)
        if dialogue is None or request.method != "POST":
            await _refuse(exchange, 404, f"nothing at {request.method} {path}")
            return
        prompt = mock_request(_parsed(body), request.query, self._options)
        if prompt.options.hold is not None or prompt.options.close:
            raise UsageError("hold and close are options of WebSockets, and this is a request")
        seed = self.new_seed(prompt, number)
        if "stream" not in prompt.body and dialogue.streams_by_default:
            prompt = replace(prompt, stream=True)
        await self._say(exchange, dialogue, prompt, seed)

    async def _say(
        self, exchange: Exchange, dialogue: Dialogue, prompt: MockRequest, seed: str
    ) -> None:
        await asyncio.sleep(prompt.options.first_us / 1e6)
        if prompt.options.status != 200:
            await _refuse(exchange, prompt.options.status)
        elif prompt.stream:
            if dialogue is RESPONSES:
                self._keep(prompt, seed)
            await send_events(
                exchange, dialogue.content_type, dialogue.stream(prompt, seed), prompt.options
            )
        else:
            whole = dialogue.whole(prompt, seed)
            status = 500 if "code" in (whole.get("error") or ()) and "id" not in whole else 200
            await exchange.respond(status, _JSON, json.dumps(whole).encode())

    async def _say_to_event_source(self, exchange: Exchange) -> None:
        last = exchange.request.header("last-event-id") or "-1"
        prompt = mock_request({"stream": True}, exchange.request.query, self._options)
        number = int(last) if last.isdecimal() else -1
        seed = str(self._seed if prompt.options.seed is None else prompt.options.seed)
        if number >= prompt.options.events - 1:
            # An EventSource reconnects for ever; this status tells it that there is no more.
            await exchange.respond(204, [], b"")
            return
        if number >= 0:
            prompt = replace(prompt, options=replace(prompt.options, cut=None, reset=None))
        await self._say(exchange, EVENTS, replace(prompt, starting_after=number), seed)

    def _keep(self, prompt: MockRequest, seed: str) -> None:
        first = next(responses.play(prompt, seed))
        self._kept[first["response"]["id"]] = prompt, seed
        while len(self._kept) > _KEPT_RESPONSES:
            del self._kept[next(iter(self._kept))]

    async def _resume(self, exchange: Exchange, response_id: str) -> None:
        """Go on with a stream after an event: GET /v1/responses/ID?stream=true&starting_after=N."""
        if response_id not in self._kept:
            await _refuse(exchange, 404, f"no response {response_id!r}")
            return
        prompt, seed = self._kept[response_id]
        wanted = dict(p.partition("=")[::2] for p in exchange.request.query.split("&"))
        after = wanted.get("starting_after", "-1")
        number = int(after) if after.lstrip("-").isdecimal() else -1
        calm = replace(prompt.options, cut=None, reset=None, stall=None)
        prompt = replace(
            prompt, options=calm, starting_after=number, stream=wanted.get("stream") == "true"
        )
        await self._say(exchange, RESPONSES, prompt, seed)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise UsageError(f"the request body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError("the request body should be a JSON object")
    return value


async def _refuse(exchange: Exchange, status: int, message: str = "") -> None:
    default = ("server_error", None, "The server had an error while processing your request.")
    kind, code, text = _ERRORS.get(status, default)
    error = {"message": message or text, "type": kind, "param": None, "code": code}
    headers = [*_JSON, (b"Retry-After", b"1")] if status == 429 else _JSON
    await exchange.respond(status, headers, json.dumps({"error": error}).encode())
