"""What the mock's WebSockets share: JSON messages both ways, paced, broken off as was asked.

A conversation hears the client's messages one after another and answers each in a task of its own,
so that it hears on while it speaks. Errors are told as OpenAI's WebSockets tell them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, Protocol

from streamtape.errors import UsageError
from streamtape.mock.options import MockRequest, Options, mock_request
from streamtape.mock.scripts.stage import Payload
from streamtape.server.websocket.endpoint import WebSocket

_OPCODES_THAT_SPEAK = {"text", "binary"}


class Host(Protocol):
    """What a conversation needs of its endpoint."""

    @property
    def options(self) -> Options: ...
    def note_message(self, data: bytes) -> int: ...
    def new_seed(self, prompt: MockRequest, number: int) -> str: ...
    def keep_response(self, prompt: MockRequest, seed: str) -> None: ...
    def is_kept(self, response_id: str) -> bool: ...
    def count_finished(self) -> None: ...


class ConversationError(Exception):
    """A message of the client's that can't be answered; told to it as an `error` event."""

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: Payload = {
            "type": "invalid_request_error" if status < 500 else "server_error",
            "code": code,
            "message": message,
            "param": param,
        }


class Conversation:
    """One WebSocket of the mock; a subclass says what each type of message does."""

    def __init__(self, socket: WebSocket, host: Host, query: str) -> None:
        self.socket = socket
        self.host = host
        self.query = query
        self.n_heard = 0
        self._heard = asyncio.Condition()
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def handlers(self) -> Mapping[str, Callable[[Payload, int], None]]:
        """What is done with a message, by its type; the number is that of the message."""
        raise NotImplementedError

    def error_event(self, error: ConversationError) -> Payload:
        """The event that tells an error."""
        return {"type": "error", "status": error.status, "error": error.error}

    async def greet(self) -> None:
        """Say what a server says first; most wait for their clients."""

    async def run(self) -> None:
        """Hear the client to the end of the connection."""
        try:
            await self.greet()
            while (message := await self.socket.receive()) is not None:
                if message.kind in _OPCODES_THAT_SPEAK:
                    try:
                        self._hear(message.data)
                    except ConversationError as error:
                        # Behind what is still to be said of the messages before it.
                        self.begin(self.say(self.error_event(error)))
                    async with self._heard:
                        self.n_heard += 1
                        self._heard.notify_all()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, data: bytes) -> None:
        number = self.host.note_message(data)
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise ConversationError("The message is not JSON.", code="invalid_json") from None
        if not isinstance(value, dict):
            raise ConversationError("The message should be a JSON object.", code="invalid_json")
        kind = value.get("type")
        handler = self.handlers().get(kind) if isinstance(kind, str) else None
        if handler is None:
            known = ", ".join(sorted(self.handlers()))
            raise ConversationError(
                f"Unknown type of message: {kind!r}. Known: {known}.",
                code="unknown_message_type",
                param="type",
            )
        handler(value, number)

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Answer in a task of its own."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def understood(self, body: Mapping[str, Any]) -> MockRequest:
        """The options that a message asks for; ConversationError for one that does not exist."""
        try:
            return mock_request(body, self.query, self.host.options)
        except UsageError as error:
            raise ConversationError(str(error)) from None

    async def say(
        self, payload: Payload, pieces: int = 1, numbers: Iterator[int] | None = None
    ) -> None:
        """Send one event, in so many fragments if it is long enough; `numbers` number it."""
        async with self._turn:
            if numbers is not None:
                payload = {**payload, "sequence_number": next(numbers)}
            data = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
            size = -(-len(data) // pieces)
            for start in range(0, len(data), size):
                await self.socket.send(
                    "continuation" if start else "text",
                    data[start : start + size],
                    final=start + size >= len(data),
                )

    async def hears_more(self, n_heard: int) -> None:
        """Wait until the client has said more than so many messages."""
        async with self._heard:
            await self._heard.wait_for(lambda: self.n_heard > n_heard)


class Pace:
    """When the events of one answer are sent, and after how many it waits or breaks off.

    Deadlines are absolute, so that gaps do not add up. Made when the answer is requested.
    """

    def __init__(self, conversation: Conversation, options: Options) -> None:
        self._conversation = conversation
        self._n_heard = conversation.n_heard + 1  # with the message that asks for the answer
        self._options = options
        self._clock = asyncio.get_running_loop().time
        self._began = 0.0
        self._count = 0
        stops = [n for n in (options.cut, options.reset, options.stall) if n is not None]
        self._stop = min(stops, default=None)

    def start(self) -> None:
        """Count and time events from here: a response begins."""
        self._began = self._clock() + self._options.first_us / 1e6
        self._count = 0

    async def next(self) -> None:
        """Wait until the next event is due."""
        if self._count == self._options.hold:
            await self._conversation.hears_more(self._n_heard)
        due = self._began + self._count * self._options.gap_us / 1e6
        self._count += 1
        await asyncio.sleep(max(0.0, due - self._clock()))

    async def is_cut(self) -> bool:
        """Break the connection off, if so many events were sent; or stay silent for ever."""
        if self._stop is None or self._count < self._stop:
            return False
        options, socket = self._options, self._conversation.socket
        if options.cut == self._stop:
            if options.close:
                await socket.close(options.close, "the mock closes here, as it was told")
            else:
                await socket.cut()
        elif options.reset == self._stop:
            await socket.reset()
        else:
            await asyncio.get_running_loop().create_future()
        return True
