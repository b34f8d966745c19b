"""Streams written for the tests: Responses frames, with the text cut as a test wants it."""

import json
from collections.abc import Iterable
from typing import Any

from streamtape.dialects.openai_responses import OPENAI_RESPONSES
from streamtape.dialects.select import events_of
from streamtape.tape.events import Event, Frame
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request

ADDRESS = "https://api.openai.com/v1/responses"


class Writer:
    """Writes a Responses stream, event by event; ids and times come from `run`."""

    def __init__(self, run: int = 1) -> None:
        self.run = run
        self.payloads: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self._emit("response.created", response=self._response("in_progress"))
        self._emit("response.in_progress", response=self._response("in_progress"))

    def _emit(self, name: str, **fields: Any) -> None:
        number = len(self.payloads)
        self.payloads.append({"type": name, "sequence_number": number, **fields})

    def _response(self, status: str) -> dict[str, Any]:
        done = status != "in_progress"
        return {
            "id": f"resp_{self.run}",
            "object": "response",
            "created_at": 1_700_000_000 + self.run,
            "status": status,
            "model": "gpt-4.1-2025-04-14",
            "output": self.outputs if done else [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": self._usage() if done else None,
        }

    def _usage(self) -> dict[str, Any]:
        return {
            "input_tokens": 9,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 7 + self.run,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 16 + self.run,
        }

    def message(self, *deltas: str, phase: str | None = None) -> "Writer":
        """A message whose text comes in these pieces."""
        index, item = len(self.outputs), f"msg_{self.run}_{len(self.outputs)}"
        where = {"item_id": item, "output_index": index, "content_index": 0}
        text = "".join(deltas)
        whole = {"type": "output_text", "text": text, "annotations": []}
        head = {"id": item, "type": "message", "role": "assistant"}
        if phase is not None:
            head["phase"] = phase
        opened = {**head, "status": "in_progress", "content": []}
        self._emit("response.output_item.added", output_index=index, item=opened)
        self._emit("response.content_part.added", **where, part={**whole, "text": ""})
        for delta in deltas:
            noise = "x" * (self.run + len(delta))
            self._emit("response.output_text.delta", **where, delta=delta, obfuscation=noise)
        self._emit("response.output_text.done", **where, text=text)
        self._emit("response.content_part.done", **where, part=whole)
        closed = {**head, "status": "completed", "content": [whole]}
        self.outputs.append(closed)
        self._emit("response.output_item.done", output_index=index, item=closed)
        return self

    def call(self, name: str, *deltas: str) -> "Writer":
        """A function call whose arguments come in these pieces."""
        index, item = len(self.outputs), f"fc_{self.run}_{len(self.outputs)}"
        where = {"item_id": item, "output_index": index}
        whole = {
            "id": item,
            "type": "function_call",
            "call_id": f"call_{self.run}_{index}",
            "name": name,
            "arguments": "".join(deltas),
            "status": "completed",
        }
        opened = {**whole, "arguments": "", "status": "in_progress"}
        self._emit("response.output_item.added", output_index=index, item=opened)
        for delta in deltas:
            self._emit("response.function_call_arguments.delta", **where, delta=delta)
        self._emit("response.function_call_arguments.done", **where, arguments="".join(deltas))
        self.outputs.append(whole)
        self._emit("response.output_item.done", output_index=index, item=whole)
        return self

    def end(self, status: str = "completed", **fields: Any) -> "Writer":
        """The last event: `response.completed`, `.failed` or `.incomplete`."""
        self._emit(f"response.{status}", response={**self._response(status), **fields})
        return self

    def frames(self) -> list[Frame]:
        """The stream as frames, a millisecond apart."""
        return frames_of(self.payloads)

    def events(self) -> list[Event]:
        """The stream as events of the OpenAI Responses dialect."""
        return list(events_of(iter(self.frames()), OPENAI_RESPONSES))

    def interaction(self) -> Interaction:
        """The stream as a whole recording, a chunk an event."""
        return interaction_of(self.payloads)


def frames_of(payloads: Iterable[Any]) -> list[Frame]:
    """Frames that hold these payloads; a text is taken as it is."""
    return [
        Frame(
            p["type"] if isinstance(p, dict) and isinstance(p.get("type"), str) else "message",
            p if isinstance(p, str) else json.dumps(p),
            at_us=1000 * number,
            index=number,
        )
        for number, p in enumerate(payloads)
    ]


def interaction_of(
    payloads: Iterable[Any], *, url: str = ADDRESS, body: bytes = b'{"model":"gpt-4.1"}'
) -> Interaction:
    """A recording whose response streams these payloads as server-sent events."""
    chunks = [
        Chunk(1000 * number, f"event: {f.event}\ndata: {f.data}\n\n".encode())
        for number, f in enumerate(frames_of(payloads))
    ]
    head = Head(200, ((b"content-type", b"text/event-stream"),), at_us=500)
    ending = Ending("complete", 1000 * len(chunks))
    return Interaction(Request("POST", url, (), body), head, Chunks.of(chunks), ending)
