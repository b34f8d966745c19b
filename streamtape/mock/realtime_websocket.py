"""OpenAI's Realtime API at GET /v1/realtime: sessions, items, responses as text, speech or calls.

Speech is silence with a transcript; what a client would say by voice is not heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from streamtape.composer.stage import Payload, Setting, Stage
from streamtape.mock import realtime_events
from streamtape.mock.answers import Answer
from streamtape.mock.conversation import Conversation, ConversationError, Host, Timing
from streamtape.mock.spaces import Space
from streamtape.server.websocket.endpoint import WebSocket

_OF_A_RESPONSE = ("output_modalities", "tools", "instructions")


class RealtimeConversation(Conversation):
    """One connection of `client.realtime.connect()`."""

    def __init__(self, socket: WebSocket, host: Host, space: Space, query: str) -> None:
        super().__init__(socket, host, space, query)
        self._model = parse_qs(query).get("model", ["gpt-realtime"])[0]
        seed = f"{host.responder.usual.seed}/{space.n_requests}/realtime"
        self._ids = Stage(Setting({}, self._model, seed))
        self._conversation_id = self._new_id("conv")
        self._items: list[Payload] = []
        self._responding: asyncio.Task[None] | None = None
        self._cancelled = False
        self._session: Payload = {
            "type": "realtime",
            "object": "realtime.session",
            "id": self._new_id("sess"),
            "model": self._model.partition("?")[0],
            "output_modalities": ["audio"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
        }

    def handlers(self) -> Mapping[str, Callable[[Payload], None]]:
        return {
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.retrieve": self._retrieve_item,
            "response.create": self._create,
            "response.cancel": self._cancel,
        }

    def error_event(self, error: ConversationError) -> Payload:
        """The event that tells an error; it has an id, and no status."""
        return self._identified({"type": "error", "error": {**error.error, "event_id": None}})

    async def greet(self) -> None:
        """Tell the client of its session."""
        await self.say(self._identified({"type": "session.created", "session": self._session}))

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}_{self._ids.hex(20)}"

    def _identified(self, event: Payload) -> Payload:
        return {**event, "event_id": self._new_id("event")}

    def _tell(self, event: Payload) -> None:
        self.begin(self.say(self._identified(event)))

    def _update(self, message: Payload) -> None:
        changes = message.get("session")
        if not isinstance(changes, dict):
            raise ConversationError("The session should be an object.", param="session")
        kept = {k: v for k, v in changes.items() if k not in {"id", "object"}}
        self._session = {**self._session, **kept}
        self._tell({"type": "session.updated", "session": self._session})

    def _create_item(self, message: Payload) -> None:
        item = message.get("item")
        if not isinstance(item, dict):
            raise ConversationError("The item should be an object.", param="item")
        last = self._last_item()
        whole = {"id": self._new_id("item"), "object": "realtime.item", **item}
        whole["status"] = "completed"
        self._items.append(whole)
        for kind in ("added", "done"):
            event = {"type": f"conversation.item.{kind}", "previous_item_id": last, "item": whole}
            self._tell(event)

    def _delete_item(self, message: Payload) -> None:
        item = self._item_named(message)
        self._items.remove(item)
        self._tell({"type": "conversation.item.deleted", "item_id": item["id"]})

    def _retrieve_item(self, message: Payload) -> None:
        self._tell({"type": "conversation.item.retrieved", "item": self._item_named(message)})

    def _item_named(self, message: Payload) -> Payload:
        name = message.get("item_id")
        found = next((item for item in self._items if item["id"] == name), None)
        if found is None:
            raise ConversationError(
                f"There is no item with id {name!r}.", code="item_not_found", param="item_id"
            )
        return found

    def _last_item(self) -> str | None:
        return self._items[-1]["id"] if self._items else None

    def _create(self, message: Payload) -> None:
        if self._responding is not None:
            raise ConversationError(
                "The conversation already has an active response.",
                code="conversation_already_has_active_response",
            )
        wishes = message.get("response")
        body: dict[str, Any] = wishes if isinstance(wishes, dict) else {}
        session = {**self._session, **{k: body[k] for k in _OF_A_RESPONSE if k in body}}
        request = {
            **body, "tools": session.get("tools"), "model": self._model, "input": self._items,
        }  # fmt: skip
        answer = self.answer(*self.understood("openai-realtime", request))
        self._cancelled = False
        timing = Timing(self, answer.options, answer.faults)
        self._responding = self.begin(self._respond(answer, session, timing))

    async def _respond(self, answer: Answer, session: Payload, timing: Timing) -> None:
        stage = Stage(answer.setting)
        timing.start()
        created: Payload = {}
        gap_us, events = (
            _gap_us(answer),
            realtime_events.play(
                stage, answer.parts, session, self._conversation_id, self._last_item()
            ),
        )
        for number, event in enumerate(events):
            await timing.next(number * gap_us)
            created = created or event["response"]
            outgoing = event
            if self._cancelled:
                outgoing = realtime_events.done(stage, created, "cancelled", [])
            if outgoing["type"] == "conversation.item.done":
                self._items.append(outgoing["item"])
            if outgoing["type"] == "response.done":
                self._responding = None
            await self.say(self._identified(outgoing), answer.options.pieces)
            if await timing.is_cut():
                return
            if self._cancelled:
                break
        self.host.count_finished()

    def _cancel(self, message: Payload) -> None:
        if self._responding is None:
            raise ConversationError(
                "There is no response to cancel.", code="response_cancel_not_active"
            )
        self._cancelled = True


def _gap_us(answer: Answer) -> int:
    """The time between two events: a token each."""
    pace = answer.pace
    if pace.rate_ms is not None:
        return round(pace.rate_ms * 1000)
    return round(1e6 / pace.tokens_per_s) if pace.tokens_per_s and pace.speed else 0
