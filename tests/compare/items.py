"""Items of real streams taken out whole: their events, and their place in what repeats them."""

import copy
from collections.abc import Sequence
from typing import Any

from streamtape.tape.events import Event
from tests.mutations import renumbered

# Where each event says which item it is of, by the dialect's name.
INDEX = {
    "openai-responses": "output_index",
    "anthropic": "index",
    "bedrock-converse": "contentBlockIndex",
    "bedrock-anthropic": "index",
    "cohere": "index",
    "gemini-interactions": "index",
}


def index_of(event: Event, name: str) -> int | None:
    """Which item an event is of; None where it is of none, or of the whole."""
    payload = event.payload
    if event.type.startswith("citation-"):  # numbered by themselves
        return None
    if not isinstance(payload, dict):
        return None
    places = (payload, *(v for v in payload.values() if isinstance(v, dict)))
    return next((p[name] for p in places if isinstance(p.get(name), int)), None)


def items(events: Sequence[Event], name: str) -> list[int]:
    """The indices of a stream's items, in order."""
    return sorted({i for e in events if (i := index_of(e, name)) is not None})


def without(events: Sequence[Event], name: str, item: int) -> list[Event]:
    """The stream of a run that had one item less: those behind it have moved up."""
    lost = {identity(e) for e in events if index_of(e, name) == item} - {None}
    out: list[Event] = []
    for event in events:
        index = index_of(event, name)
        if index == item:
            continue
        payload = copy.deepcopy(event.payload)
        if index is not None and index > item:
            holder = next(
                p for p in (payload, *payload.values()) if isinstance(p, dict) and name in p
            )
            holder[name] -= 1
        response = payload.get("response") if isinstance(payload, dict) else None
        if isinstance(response, dict) and isinstance(response.get("output"), list):
            response["output"] = [x for x in response["output"] if x.get("id") not in lost]
        out.append(Event(event.type, payload))
    for number, event in enumerate(out):
        if isinstance(event.payload, dict) and "sequence_number" in event.payload:
            event.payload["sequence_number"] = number
    return renumbered(out)


def identity(event: Event) -> Any:
    """The id of the item that an event opens or closes."""
    item = event.payload.get("item")
    return item.get("id") if isinstance(item, dict) else None


def calls_of(events: Sequence[Event]) -> list[int]:
    """The numbers of the tool calls of a Chat Completions stream that has one choice."""
    return sorted(
        {c["index"] for e in events for c in _calls(e) if isinstance(c.get("index"), int)}
    )


def without_call(events: Sequence[Event], call: int) -> list[Event]:
    """The stream of a run that made one tool call less: those behind it have moved up."""
    out: list[Event] = []
    for event in events:
        payload = copy.deepcopy(event.payload)
        copied = Event(event.type, payload)
        mine = _calls(copied)
        kept = [c for c in mine if c.get("index") != call]
        for one in kept:
            one["index"] -= one["index"] > call
        if mine and not kept:
            continue
        if mine:
            payload["choices"][0]["delta"]["tool_calls"] = kept
        out.append(copied)
    return renumbered(out)


def _calls(event: Event) -> list[dict[str, Any]]:
    choices = event.payload.get("choices") if isinstance(event.payload, dict) else None
    delta = choices[0].get("delta") if choices else None
    found: list[dict[str, Any]] = (delta or {}).get("tool_calls") or []
    return found


def exchanged(events: Sequence[Event], name: str, item: int) -> list[Event] | None:
    """The stream of a run in which an item and the next one came in the other order.

    None where their events stand among each other's, or say the same.
    """
    first = [e for e in events if index_of(e, name) == item]
    second = [e for e in events if index_of(e, name) == item + 1]
    start = events.index(first[0])
    end = start + len(first) + len(second)
    if list(events[start:end]) != [*first, *second]:
        return None
    out = [Event(e.type, copy.deepcopy(e.payload)) for e in events]
    out[start:end] = [
        *out[start + len(first) : end],
        *out[start : start + len(first)],
    ]
    for n, event in enumerate(out[start:end]):
        _renumber(event, name, item if n < len(second) else item + 1)
    ids = [next(filter(None, map(identity, some)), None) for some in (first, second)]
    for event in out:
        response = event.payload.get("response") if isinstance(event.payload, dict) else None
        output = response.get("output") if isinstance(response, dict) else None
        if output:
            at = [n for n, x in enumerate(output) if x.get("id") in ids]
            if len(at) == 2:
                output[at[0]], output[at[1]] = output[at[1]], output[at[0]]
    for number, event in enumerate(out):
        if isinstance(event.payload, dict) and "sequence_number" in event.payload:
            event.payload["sequence_number"] = number
    return renumbered(out)


def _renumber(event: Event, name: str, number: int) -> None:
    places = (event.payload, *event.payload.values())
    next(p for p in places if isinstance(p, dict) and name in p)[name] = number
