"""OpenAI's Realtime API at GET /v1/realtime: sessions, items, responses as text, speech or calls.

Speech is silence with a transcript; what a client would say by voice is not heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import parse_qs

from streamtape.mock.conversation import Conversation, ConversationError, Host, Pace
from streamtape.mock.options import MockRequest
from streamtape.mock.scripts import realtime
from streamtape.mock.scripts.stage import Payload, Stage
from streamtape.server.websocket.endpoint import WebSocket

_OF_A_RESPONSE = ("output_modalities", "tools", "instructions")


class RealtimeConversation(Conversation):
    """One connection of `client.realtime.connect()`."""

    def __init__(self, socket: WebSocket, host: Host, query: str) -> None:
        super().__init__(socket, host, query)
        self._model = parse_qs(query).get("model", ["gpt-realtime"])[0]
        self._random = Random(  # noqa: S311 - ids to tell runs apart, not secrets
            host.new_seed(MockRequest({}, self._model, host.options), -1)
        )
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

    def handlers(self) -> Mapping[str, Callable[[Payload, int], None]]:
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
        return f"{prefix}_{self._random.getrandbits(80):020x}"

    def _identified(self, event: Payload) -> Payload:
        return {**event, "event_id": self._new_id("event")}

    def _tell(self, event: Payload) -> None:
        self.begin(self.say(self._identified(event)))

    def _update(self, message: Payload, number: int) -> None:
        changes = message.get("session")
        if not isinstance(changes, dict):
            raise ConversationError("The session should be an object.", param="session")
        kept = {k: v for k, v in changes.items() if k not in {"id", "object"}}
        self._session = {**self._session, **kept}
        self._tell({"type": "session.updated", "session": self._session})

    def _create_item(self, message: Payload, number: int) -> None:
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

    def _delete_item(self, message: Payload, number: int) -> None:
        item = self._item_named(message)
        self._items.remove(item)
        self._tell({"type": "conversation.item.deleted", "item_id": item["id"]})

    def _retrieve_item(self, message: Payload, number: int) -> None:
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

    def _create(self, message: Payload, number: int) -> None:
        if self._responding is not None:
            raise ConversationError(
                "The conversation already has an active response.",
                code="conversation_already_has_active_response",
            )
        wishes = message.get("response")
        body: dict[str, Any] = wishes if isinstance(wishes, dict) else {}
        prompt = self.understood({**body, "model": self._model, "input": self._items})
        has_output = any(i.get("type") == "function_call_output" for i in self._items)
        prompt = replace(prompt, extra={"has_output": "yes"} if has_output else {})
        self._cancelled = False
        pace = Pace(self, prompt.options)
        seed = self.host.new_seed(prompt, number)
        self._responding = self.begin(self._respond(prompt, seed, pace))

    async def _respond(self, prompt: MockRequest, seed: str, pace: Pace) -> None:
        stage = Stage(prompt, seed)
        session = {
            **self._session,
            **{k: prompt.body[k] for k in _OF_A_RESPONSE if k in prompt.body},
        }
        pace.start()
        created: Payload = {}
        for event in realtime.play(stage, session, self._conversation_id, self._last_item()):
            await pace.next()
            created = created or event["response"]
            outgoing = realtime.done(stage, created, "cancelled", []) if self._cancelled else event
            if outgoing["type"] == "conversation.item.done":
                self._items.append(outgoing["item"])
            if outgoing["type"] == "response.done":
                self._responding = None
            await self.say(self._identified(outgoing), prompt.options.pieces)
            if await pace.is_cut():
                return
            if self._cancelled:
                break
        self.host.count_finished()

    def _cancel(self, message: Payload, number: int) -> None:
        if self._responding is None:
            raise ConversationError(
                "There is no response to cancel.", code="response_cancel_not_active"
            )
        self._cancelled = True
