"""The output of a Responses stream as it grows: places, items, deltas, the response object.

An item is opened, grows by deltas whose join is its done value, and is closed; what `completed`
holds are the closed items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from streamtape.composer.stage import Frame, Frames, Payload, Stage


@dataclass(frozen=True, slots=True)
class ItemPosition:
    """The position of an item: its id and its index in the output."""

    item_id: str
    output_index: int

    def fields(self, **more: Any) -> Payload:
        """The two fields that say so, and more."""
        return {"item_id": self.item_id, "output_index": self.output_index, **more}


class Output:
    """One response while its items are written."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.response_id = self.new_id("resp")
        self.items: list[Payload] = []

    def new_id(self, prefix: str) -> str:
        """An id as the provider makes them: a prefix and 48 hex digits."""
        return f"{prefix}_{self.stage.hex(48)}"

    def position(self, prefix: str) -> ItemPosition:
        """The place of the next item."""
        return ItemPosition(self.new_id(prefix), len(self.items))

    def deltas(self, name: str, text: str, *, reasoning: bool = False, **where: Any) -> Frames:
        """The delta events of a text."""
        for piece in self.stage.pieces(text, reasoning=reasoning):
            fields = {**where, "delta": piece, "obfuscation": self.stage.noise()}
            yield event(f"{name}.delta", fields)

    def item(
        self, position: ItemPosition, opening: Payload, between: Frames, finished: Payload
    ) -> Frames:
        """The life of an output item: added, what happens in between, done."""
        index = position.output_index
        first = {"id": position.item_id, **opening}
        yield event("response.output_item.added", {"output_index": index, "item": first})
        yield from between
        last = {**first, **finished}
        self.items.append(last)
        yield event("response.output_item.done", {"output_index": index, "item": last})

    def response(self, status: str, **changes: Any) -> Payload:
        """The response object so far, with the request's options echoed."""
        body = self.stage.body
        text, created_at = body.get("text"), self.stage.created_at
        return {
            "id": self.response_id,
            "object": "response",
            "created_at": created_at,
            "status": status,
            "background": bool(body.get("background")),
            "completed_at": created_at + 1 if status == "completed" else None,
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "max_tool_calls": body.get("max_tool_calls"),
            "model": self.stage.model,
            "output": list(self.items) if status not in ("in_progress", "queued") else [],
            "parallel_tool_calls": bool(body.get("parallel_tool_calls", True)),
            "previous_response_id": body.get("previous_response_id"),
            "reasoning": _reasoning(body),
            "service_tier": "default",
            "store": bool(body.get("store", True)),
            "temperature": body.get("temperature", 1.0),
            "text": text if isinstance(text, dict) else {"format": {"type": "text"}},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": items_at(body, "tools"),
            "top_logprobs": body.get("top_logprobs", 0),
            "top_p": body.get("top_p", 1.0),
            "truncation": body.get("truncation", "disabled"),
            "usage": None,
            "user": body.get("user"),
            "metadata": body.get("metadata") or {},
            **changes,
        }

    def usage(self) -> Payload:
        """The tokens of the request and of the answer."""
        count = self.stage.usage()
        n_in, n_out = count["input_tokens"], count["output_tokens"]
        return {
            "input_tokens": n_in,
            "input_tokens_details": {
                "cached_tokens": count["cached_tokens"], "cache_write_tokens": 0,
            },
            "output_tokens": n_out,
            "output_tokens_details": {"reasoning_tokens": count["reasoning_tokens"]},
            "total_tokens": n_in + n_out,
        }  # fmt: skip


def items_at(body: Any, name: str) -> list[Any]:
    """The list at a name in a request's body; an empty one if it has no such list."""
    value = body.get(name)
    return list(value) if isinstance(value, list | tuple) else []


def event(kind: str, payload: Payload) -> Frame:
    """An event of a kind, which its payload has, too."""
    return Frame(kind, {"type": kind, **payload})


def numbered(frames: Frames) -> Iterator[Frame]:
    """Number the events: `sequence_number` follows their type."""
    for number, (kind, payload) in enumerate(frames):
        yield Frame(kind, {"type": kind, "sequence_number": number, **payload})


def _reasoning(body: Any) -> Payload:
    given = body.get("reasoning")
    return {"effort": None, "summary": None, **(given if isinstance(given, dict) else {})}
