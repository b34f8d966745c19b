"""What the mock's WebSockets share: JSON messages both ways, paced, cut off as requested.

A conversation hears the client's messages one after another and answers each in a task of its own,
so that it hears on while it speaks. Errors are sent as OpenAI's WebSockets send them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Protocol

from streamtape.composer.stage import Payload
from streamtape.errors import UsageError
from streamtape.mock.answers import Answer, NoRuleError
from streamtape.mock.options import Options
from streamtape.mock.request import MockRequest
from streamtape.mock.responder import PreviousResponseError, Responder
from streamtape.mock.spaces import Space
from streamtape.playback.faults import Fault
from streamtape.server.websocket.endpoint import WebSocket

_OPCODES_THAT_SPEAK = {"text", "binary"}


class Host(Protocol):
    """What a conversation needs of its server."""

    @property
    def responder(self) -> Responder: ...
    def note_message(self, data: bytes) -> None: ...
    def count_finished(self) -> None: ...


class ConversationError(Exception):
    """A message of the client's that can't be answered; it is sent an `error` event."""

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

    def __init__(self, socket: WebSocket, host: Host, space: Space, query: str) -> None:
        self.socket = socket
        self.host = host
        self.space = space
        self.query = query
        self.n_heard = 0
        self._heard = asyncio.Condition()
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def handlers(self) -> Mapping[str, Callable[[Payload], None]]:
        """What is done with a message, by its type."""
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
                        # After what is still to be sent for the messages before it.
                        self.begin(self.say(self.error_event(error)))
                    async with self._heard:
                        self.n_heard += 1
                        self._heard.notify_all()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, data: bytes) -> None:
        self.host.note_message(data)
        self.space.n_requests += 1
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
        handler(value)

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Answer in a task of its own."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def understood(
        self,
        dialect: str,
        body: Mapping[str, Any],
        known: Mapping[str, Sequence[Any]] | None = None,
    ) -> tuple[MockRequest, Options]:
        """Read a request; ConversationError for one that can't be answered."""
        try:
            return self.host.responder.understand(
                dialect, body, query=self.query, space=self.space, known=known
            )
        except PreviousResponseError as error:
            raise ConversationError(
                str(error), code="previous_response_not_found", param="previous_response_id"
            ) from None
        except UsageError as error:
            raise ConversationError(str(error)) from None

    def answer(self, request: MockRequest, options: Options) -> Answer:
        """The answer to a request; ConversationError if no rule has one."""
        try:
            return self.host.responder.answer(request, options, self.space)
        except NoRuleError as error:
            raise ConversationError(str(error), code="no_rule", status=404) from None
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
        """Wait until the client has sent more than so many messages."""
        async with self._heard:
            await self._heard.wait_for(lambda: self.n_heard > n_heard)


class Timing:
    """When the events of one answer are sent, and after how many it waits or breaks off.

    Deadlines are absolute, so that gaps do not add up. Made when the answer is requested.
    ConversationError for a fault that can't strike a WebSocket.
    """

    def __init__(
        self, conversation: Conversation, options: Options, faults: Sequence[Fault]
    ) -> None:
        self._conversation = conversation
        self._n_heard = conversation.n_heard + 1  # with the message that asks for the answer
        self._options = options
        self._clock = asyncio.get_running_loop().time
        self._began = 0.0
        self._count = 0
        self._faults = [fault for fault in faults if fault.kind in _STRIKE]
        for fault in faults:
            if fault.kind not in _STRIKE or fault.position not in ("event", ""):
                known = ", ".join(sorted(_STRIKE))
                raise ConversationError(
                    f"fault {str(fault)!r} can't strike a WebSocket of the mock; known: {known}, "
                    "each at an event"
                )

    def start(self) -> None:
        """Count and time events from here: a response begins."""
        self._began = self._clock()
        self._count = 0

    async def next(self, at_us: int) -> None:
        """Wait until the next event is due, so long after the start."""
        if self._count == self._options.hold:
            await self._conversation.hears_more(self._n_heard)
        self._count += 1
        await asyncio.sleep(max(0.0, self._began + at_us / 1e6 - self._clock()))

    async def is_cut(self) -> bool:
        """Break the connection off, if so many events were sent; or stay silent for a time."""
        for fault in self._faults:
            if fault.at == self._count:
                socket = self._conversation.socket
                if fault.kind == "stall":
                    await asyncio.sleep(fault.us / 1e6)
                    self._began += fault.us / 1e6
                    continue
                code = fault.status or self._options.close
                if code:
                    await socket.close(code, "the mock closes here, as configured")
                elif fault.reset:
                    await socket.reset()
                else:
                    await socket.cut()
                return True
        return False


_STRIKE = {"cut", "close", "stall"}
