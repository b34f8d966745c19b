"""OpenAI's Responses over a WebSocket: `response.create` and `response.steer` at GET /v1/responses.

The events are those of the HTTP stream, each a text message. Responses of one lane (`stream_id`)
follow each other; lanes run side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from streamtape.composer.compose import Timed
from streamtape.composer.responses_dialogue import over_websocket
from streamtape.composer.stage import Payload
from streamtape.mock.answers import Answer
from streamtape.mock.conversation import Conversation, ConversationError, Host, Timing
from streamtape.mock.request import MockRequest
from streamtape.mock.responder import conversation_after
from streamtape.mock.spaces import Space
from streamtape.server.websocket.endpoint import WebSocket

_NOT_OVER_WEBSOCKETS = ("background",)
_ENVELOPE = {"type", "stream_id"}
# Output items that wait for the client, and the input that answers them.
_ANSWERS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}


@dataclass
class Lane:
    """Responses that follow each other; `name` is the `stream_id` of the requests, if any."""

    name: str | None
    last: asyncio.Task[None] | None = None
    active: Active | None = None


@dataclass
class Active:
    """A response that is being sent, and the steering that waits for its end."""

    response_id: str
    lane: Lane
    steers: list[Steer] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)


@dataclass(frozen=True)
class Steer:
    """Input that steers a response."""

    id: str
    input: Any


class ResponsesConversation(Conversation):
    """One connection of `client.responses.connect()`."""

    def __init__(self, socket: WebSocket, host: Host, space: Space, query: str) -> None:
        super().__init__(socket, host, space, query)
        self._lanes: dict[str | None, Lane] = {}
        # Responses of this connection, stored or not, each with the conversation up to its end.
        self._done: dict[str, Sequence[Any]] = {}
        self._n_steers = count()
        self._waiting: dict[str, list[Steer]] = {}  # by the response that waits for tool output

    def handlers(self) -> Mapping[str, Callable[[Payload], None]]:
        return {"response.create": self._create, "response.steer": self._steer}

    def _create(self, message: Payload) -> None:
        body = {k: v for k, v in message.items() if k not in _ENVELOPE}
        for name in _NOT_OVER_WEBSOCKETS:
            if body.get(name):
                raise ConversationError(
                    f"{name!r} is not supported over a WebSocket.",
                    code="unsupported_parameter",
                    param=name,
                )
        previous = body.get("previous_response_id")
        if self._waiting and self._knows(previous):
            for steer in self._waiting.pop(str(previous), ()):
                body["input"] = [*_items(steer.input), *_items(body.get("input"))]
        stream_id = message.get("stream_id")
        if not isinstance(stream_id, str | None):
            raise ConversationError("The stream_id should be a text.", param="stream_id")
        request, options = self.understood("openai-responses", body, self._done)
        answer = self.answer(request, options)
        lane = self._lanes.setdefault(stream_id, Lane(stream_id))
        timing = Timing(self, options, answer.faults)
        lane.last = self.begin(self._after(lane.last, self._respond(lane, request, answer, timing)))

    def _knows(self, response_id: Any) -> bool:
        return isinstance(response_id, str) and (
            response_id in self._done or response_id in self.space.responses
        )

    @staticmethod
    async def _after(before: asyncio.Task[None] | None, work: Coroutine[Any, Any, None]) -> None:
        """Do something once the response before it in its lane has ended."""
        try:
            if before is not None:
                await asyncio.wait({before})
        except asyncio.CancelledError:
            work.close()
            raise
        await work

    async def _respond(
        self, lane: Lane, request: MockRequest, answer: Answer, timing: Timing
    ) -> None:
        while True:
            active = lane.active = Active(answer.answer_id, lane)
            events = list(_events(answer))
            # Stored before its end is sent: whoever receives that may go on with it at once.
            self.host.responder.keep(request, answer, self.space)
            try:
                if not await self._say_all(events, answer, active, timing):
                    return
            finally:
                lane.active = None
            self._done[answer.answer_id] = conversation_after(request, answer)
            self.host.count_finished()
            if not active.steers:
                return
            inputs = [item for steer in active.steers for item in _items(steer.input)]
            body = {
                **request.body, "previous_response_id": answer.answer_id, "input": inputs,
            }  # fmt: skip
            try:
                request, options = self.understood("openai-responses", body, self._done)
                seed = f"{answer.setting.seed}/steered"
                answer = self.answer(request, options)
                answer = replace(answer, setting=replace(answer.setting, seed=seed))
            except ConversationError as error:
                await self.say(_laned(self.error_event(error), lane))
                return

    async def _say_all(
        self, events: list[tuple[int, Payload]], answer: Answer, active: Active, timing: Timing
    ) -> bool:
        """Say the events of one response; False where the connection was broken off."""
        payloads = [payload for _, payload in events]
        timing.start()
        for position, (at_us, event) in enumerate(events):
            await timing.next(at_us)
            steered = _steered(payloads, position) if active.steers else None
            outgoing = _laned(steered or event, active.lane)
            await self.say(outgoing, answer.options.pieces, active.numbers)
            if await timing.is_cut():
                return False
            if steered is not None:
                return True
        if active.steers and (waits := _waits_for(payloads[-1])):
            await self._leave_waiting(active, waits)
        return True

    async def _leave_waiting(self, active: Active, waits: list[Payload]) -> None:
        """Keep steering for the request that will bring the output of tools."""
        self._waiting[active.response_id], active.steers = active.steers, []
        for steer in self._waiting[active.response_id]:
            event = {
                "type": "response.steer.pending",
                "reason": "waiting_for_required_input",
                "required_input": waits,
                "steer": {"id": steer.id, "previous_response_id": active.response_id},
            }
            await self.say(_laned(event, active.lane), numbers=active.numbers)

    def _steer(self, message: Payload) -> None:
        target = message.get("previous_response_id")
        found = [a for lane in self._lanes.values() if (a := lane.active) is not None]
        active = next((a for a in found if a.response_id == target), None)
        steered = {"previous_response_id": target, "input": message.get("input")}
        if active is None:
            code = "response_already_completed" if self._knows(target) else "response_not_found"
            why = {"code": code, "message": f"Response {target!r} accepts no steering."}
        elif not _items(message.get("input")):
            why = {"code": "invalid_input", "message": "The input is empty."}
        else:
            steer = Steer(f"steer_{next(self._n_steers):08x}", message["input"])
            active.steers.append(steer)
            event = {
                "type": "response.steer.accepted",
                "steer": {"id": steer.id, "previous_response_id": target},
            }
            self.begin(self.say(_laned(event, active.lane), numbers=active.numbers))
            return
        failed: Payload = {
            "type": "response.steer.failed",
            "sequence_number": 0,
            "error": {**why, "type": "invalid_request_error"},
            "steer": steered,
        }
        self.begin(self.say(failed))


def _events(answer: Answer) -> Iterator[tuple[int, Payload]]:
    """The events of a response, as a WebSocket has them, each with when it comes."""
    events: list[Timed] = answer.events()
    if answer.setting.body.get("generate") is False:  # a warm-up: it is stored, with no output
        (first_us, first), (last_us, last) = events[0], events[-1]
        yield first_us, first.payload
        whole = {**last.payload["response"], "output": [], "usage": None}
        yield last_us, {**last.payload, "response": whole}
        return
    for at_us, frame in events:
        yield at_us, over_websocket(frame.payload)


def _steered(events: list[Payload], position: int) -> Payload | None:
    """The end of a response that is steered away at this event; None where it goes on.

    It goes on until an item is done, and to its end where it waits for the client's tools.
    """
    last, before = events[-1], events[:position]
    done = [e["item"] for e in before if e["type"] == "response.output_item.done"]
    if not done or before[-1]["type"] != "response.output_item.done" or _waits_for(last):
        return None
    changes = {
        "status": "incomplete",
        "incomplete_details": {"reason": "steered"},
        "completed_at": None,
        "output": done,
    }
    return {"type": "response.incomplete", "response": {**last.get("response", {}), **changes}}


def _waits_for(last: Payload) -> list[Payload]:
    """The stubs of the inputs that a finished response waits for."""
    output = last.get("response", {}).get("output", ())
    return [
        {"type": _ANSWERS[item["type"]], "call_id": item["call_id"]}
        for item in output
        if item.get("type") in _ANSWERS
    ]


def _laned(event: Payload, lane: Lane) -> Payload:
    return event if lane.name is None else {**event, "stream_id": lane.name}


def _items(given: Any) -> list[Any]:
    """Input as items; a text is a message of the user's."""
    if isinstance(given, str) and given:
        return [{"type": "message", "role": "user", "content": given}]
    return list(given) if isinstance(given, list) else []
