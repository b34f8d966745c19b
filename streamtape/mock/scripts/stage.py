"""What a Responses script writes with: ids, places in the output, deltas, the response so far.

A script yields (type, payload) pairs; sequence numbers are not its business. All dice come from one
seeded generator: a seed gives the same stream again, and another differs where real runs do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from streamtape.mock.options import MockRequest

Payload = dict[str, Any]
Pairs = Iterator[tuple[str, Payload]]
_HEX = "0123456789abcdef"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_EPOCH = 1_767_225_600  # a start of year: `created_at` is drawn from the seed, not from a clock


@dataclass(frozen=True, slots=True)
class ItemPosition:
    """Where an item stands: its id and its index in the output."""

    item_id: str
    output_index: int

    def fields(self, **more: Any) -> Payload:
        """The two fields that say so, and more."""
        return {"item_id": self.item_id, "output_index": self.output_index, **more}


class Stage:
    """The state of one response while its script plays."""

    def __init__(self, prompt: MockRequest, seed: str) -> None:
        self.prompt = prompt
        self.random = Random(seed)  # noqa: S311 - ids to tell runs apart, not secrets
        self.response_id = self.new_id("resp")
        self.created_at = _EPOCH + self.random.randrange(10_000_000)
        self.output: list[Payload] = []
        self.n_deltas = 0

    def new_id(self, prefix: str) -> str:
        """An id as the provider makes them: a prefix and 48 hex digits."""
        return f"{prefix}_{''.join(self.random.choices(_HEX, k=48))}"

    def noise(self) -> str:
        """An obfuscation field: letters that hide the length of a delta."""
        return "".join(self.random.choices(_LETTERS, k=self.random.randrange(4, 16)))

    def position(self, prefix: str) -> ItemPosition:
        """The place of the next item."""
        return ItemPosition(self.new_id(prefix), len(self.output))

    def split(self, text: str, pieces: int | None = None) -> list[str]:
        """Cut a text at places of the seed's choosing, into so many pieces if that can be."""
        if not text:
            return []
        wanted = pieces or max(2, len(text) // 5)
        n_cuts = min(wanted, len(text)) - 1
        cuts = [0, *sorted(self.random.sample(range(1, len(text)), n_cuts)), len(text)]
        return [text[a:b] for a, b in pairwise(cuts)]

    def deltas(self, name: str, text: str, pieces: int | None = None, **where: Any) -> Pairs:
        """The delta events of a text."""
        for piece in self.split(text, pieces):
            self.n_deltas += 1
            yield f"{name}.delta", {**where, "delta": piece, "obfuscation": self.noise()}

    def item(
        self, position: ItemPosition, opening: Payload, between: Pairs, finished: Payload
    ) -> Pairs:
        """The life of an output item: added, what happens in between, done."""
        index = position.output_index
        first = {"id": position.item_id, **opening}
        yield "response.output_item.added", {"output_index": index, "item": first}
        yield from between
        last = {**first, **finished}
        self.output.append(last)
        yield "response.output_item.done", {"output_index": index, "item": last}

    def response(self, status: str, **changes: Any) -> Payload:
        """The response object as it stands, with what the request asked for echoed."""
        body = self.prompt.body
        text = body.get("text")
        return {
            "id": self.response_id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "background": bool(body.get("background")),
            "completed_at": self.created_at + 1 if status == "completed" else None,
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "max_tool_calls": None,
            "model": self.prompt.model,
            "output": list(self.output) if status != "in_progress" else [],
            "parallel_tool_calls": bool(body.get("parallel_tool_calls", True)),
            "previous_response_id": body.get("previous_response_id"),
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "store": bool(body.get("store", True)),
            "temperature": body.get("temperature", 1.0),
            "text": text if isinstance(text, dict) else {"format": {"type": "text"}},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": list(body.get("tools") or ()),
            "top_logprobs": 0,
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
            "usage": None,
            "user": body.get("user"),
            "metadata": body.get("metadata") or {},
            **changes,
        }

    def usage(self) -> Payload:
        """Tokens, counted roughly: four bytes of input, one delta of output."""
        n_in = len(str(self.prompt.body.get("input", ""))) // 4 + 1
        return {
            "input_tokens": n_in,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": self.n_deltas,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": n_in + self.n_deltas,
        }
