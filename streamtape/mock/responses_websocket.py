"""OpenAI's Responses over a WebSocket: `response.create` and `response.steer` at GET /v1/responses.

The events are those of the HTTP stream, each a text message. Responses of one lane (`stream_id`)
follow each other; lanes run side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from streamtape.errors import UsageError
from streamtape.mock.conversation import Conversation, ConversationError, Host, Pace
from streamtape.mock.options import MockRequest
from streamtape.mock.scripts import responses
from streamtape.mock.scripts.stage import Payload
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

    def __init__(self, socket: WebSocket, host: Host, query: str) -> None:
        super().__init__(socket, host, query)
        self._lanes: dict[str | None, Lane] = {}
        self._done: set[str] = set()  # responses of this connection, stored or not
        self._waiting: dict[str, list[Steer]] = {}  # by the response that waits for tool output

    def handlers(self) -> Mapping[str, Callable[[Payload, int], None]]:
        return {"response.create": self._create, "response.steer": self._steer}

    def _create(self, message: Payload, number: int) -> None:
        body = {k: v for k, v in message.items() if k not in _ENVELOPE}
        for name in _NOT_OVER_WEBSOCKETS:
            if body.get(name):
                raise ConversationError(
                    f"{name!r} is not supported over a WebSocket.",
                    code="unsupported_parameter",
                    param=name,
                )
        previous = body.get("previous_response_id")
        if previous is not None and not self._knows(previous):
            raise ConversationError(
                f"Previous response with id {previous!r} not found.",
                code="previous_response_not_found",
                param="previous_response_id",
            )
        for steer in self._waiting.pop(str(previous), ()):
            body["input"] = [*_items(steer.input), *_items(body.get("input"))]
        prompt = replace(self.understood(body), stream=True)
        seed = self.host.new_seed(prompt, number)
        stream_id = message.get("stream_id")
        if not isinstance(stream_id, str | None):
            raise ConversationError("The stream_id should be a text.", param="stream_id")
        lane = self._lanes.setdefault(stream_id, Lane(stream_id))
        pace = Pace(self, prompt.options)
        lane.last = self.begin(self._respond(lane.last, lane, prompt, seed, pace))

    def _knows(self, response_id: Any) -> bool:
        return isinstance(response_id, str) and (
            response_id in self._done or self.host.is_kept(response_id)
        )

    async def _respond(
        self,
        before: asyncio.Task[None] | None,
        lane: Lane,
        prompt: MockRequest,
        seed: str,
        pace: Pace,
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        while True:
            try:
                events = list(_events(prompt, seed))
            except UsageError as error:
                event = self.error_event(ConversationError(str(error)))
                await self.say(_laned(event, lane))
                return
            response_id = events[0]["response"]["id"]
            active = lane.active = Active(response_id, lane)
            try:
                if not await self._say_all(events, prompt, active, pace):
                    return
            finally:
                lane.active = None
            self._done.add(response_id)
            if prompt.body.get("store", True):
                self.host.keep_response(prompt, seed)
            self.host.count_finished()
            if not active.steers:
                return
            inputs = [item for steer in active.steers for item in _items(steer.input)]
            body = {**prompt.body, "previous_response_id": response_id, "input": inputs}
            prompt, seed = replace(prompt, body=body), f"{seed}/steered"

    async def _say_all(
        self, events: list[Payload], prompt: MockRequest, active: Active, pace: Pace
    ) -> bool:
        """Say the events of one response; False where the connection was broken off."""
        pace.start()
        for position, event in enumerate(events):
            await pace.next()
            steered = _steered(events, position) if active.steers else None
            outgoing = _laned(steered or event, active.lane)
            await self.say(outgoing, prompt.options.pieces, active.numbers)
            if await pace.is_cut():
                return False
            if steered is not None:
                return True
        if active.steers and (waits := _waits_for(events[-1])):
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

    def _steer(self, message: Payload, number: int) -> None:
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
            steer = Steer(f"steer_{number:08x}", message["input"])
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


def _events(prompt: MockRequest, seed: str) -> Iterator[Payload]:
    """The events of a response, as a WebSocket has them."""
    events = responses.play(prompt, seed)
    if prompt.body.get("generate") is False:  # a warm-up: the state is there, and nothing is said
        first, *_, last = events
        yield first
        yield {**last, "response": {**last["response"], "output": [], "usage": None}}
        return
    for event in events:
        if event["type"] != "error":
            yield event
            continue
        error = {k: v for k, v in event.items() if k in {"code", "message", "param"}}
        yield {"type": "error", "error": {"type": "server_error", **error}}


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
