"""What a mutation is, and the parts that all of them are made of.

An `Answer` is a response: status, content type, body. Most mutations change its events, so the body
is cut into them and written again; data that a mutation leaves alone keep their bytes. A mutation
returns None where the answer has nothing that it could break.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

APIS = ("responses", "anthropic", "chat", "gemini")


@dataclass(slots=True)
class Event:
    """One event: its `event:` line, the data as JSON (or as text where it is none), other lines."""

    name: str | None
    data: Any
    text: str | None = None
    others: list[str] = field(default_factory=list)

    @property
    def type(self) -> str | None:
        """The type that the data names, if they do."""
        found = self.data.get("type") if isinstance(self.data, dict) else None
        return found if isinstance(found, str) else None

    def written(self, newline: str) -> str:
        """The event as it goes over the wire, with the blank line that ends it."""
        text = (
            self.text if self.text is not None and same(self.text, self.data) else dump(self.data)
        )
        lines = [] if self.name is None else [f"event: {self.name}"]
        lines += self.others
        if self.data is not None:
            lines += [f"data: {line}" for line in text.split("\n")]
        return newline.join([*lines, "", ""])


def dump(data: object) -> str:
    """Data as one line of JSON; text as it is."""
    return data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))


def same(text: str, data: object) -> bool:
    """Whether the data are still what the text says (1 and 1.0 differ)."""
    if isinstance(data, str):
        return text == data
    return json.dumps(json.loads(text)) == json.dumps(data)


def parse(body: bytes) -> tuple[list[Event], str]:
    """Cut a body into events; also the line end that it uses."""
    text = body.decode(errors="surrogateescape")
    newline = "\r\n" if "\r\n" in text else "\n"
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return [_event(block) for block in blocks if block.strip("\n")], newline


def _event(block: str) -> Event:
    name, data, others = None, [], []
    for line in block.strip("\n").split("\n"):
        key, _, value = line.partition(":")
        if key == "event":
            name = value.removeprefix(" ")
        elif key == "data":
            data.append(value.removeprefix(" "))
        else:
            others.append(line)
    text = "\n".join(data) if data else None
    return Event(name, _json(text), text, others)


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def write(events: Iterable[Event], newline: str = "\n") -> bytes:
    """Write events as the body of a stream."""
    joined = "".join(event.written(newline) for event in events)
    return joined.encode(errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and whether the request that it answers asked for a stream."""

    body: bytes
    content_type: bytes | None = b"text/event-stream"
    status: int = 200
    ending: str = "complete"
    is_streamed: bool = True


Apply = Callable[[Answer, Random], Answer | None]
OnEvents = Callable[[list[Event], Random], "list[Event] | None"]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One reported fault: what was seen, in which APIs, where it was reported, and how to make it.

    `untellable` says why no check could ever tell it from a good answer, where that is so: it stays
    in the kit, but does not count.
    """

    name: str
    description: str
    layer: str
    apis: tuple[str, ...]
    source: str
    apply: Apply
    untellable: str = ""


ALL: list[Mutation] = []


class Group:
    """The mutations of some APIs: decorators that enter functions into the kit."""

    def __init__(
        self,
        *apis: str,
        tidy: Callable[[list[Event]], None] | None = None,
    ) -> None:
        self.apis = apis
        self.tidy = tidy

    def events(
        self,
        description: str,
        source: str,
        layer: str,
        *,
        untidy: bool = False,
        untellable: str = "",
    ) -> Callable[[OnEvents], OnEvents]:
        """Enter a function from events to events; `untidy` leaves the numbers as they are."""

        def enter(function: OnEvents) -> OnEvents:
            def apply(answer: Answer, random: Random) -> Answer | None:
                events, newline = parse(answer.body)
                changed = function(events, random)
                if changed is None:
                    return None
                if self.tidy and not untidy:
                    self.tidy(changed)
                return replace(answer, body=write(changed, newline))

            found = function.__name__, description, layer, self.apis, source
            ALL.append(Mutation(*found, apply, untellable))
            return function

        return enter

    def answers(
        self, description: str, source: str, layer: str, *, untellable: str = ""
    ) -> Callable[[Apply], Apply]:
        """Enter a function from an answer to an answer."""

        def enter(function: Apply) -> Apply:
            found = function.__name__, description, layer, self.apis, source
            ALL.append(Mutation(*found, function, untellable))
            return function

        return enter


def typed(events: Sequence[Event], *types: str) -> list[Event]:
    """The events of some types, in order."""
    return [event for event in events if event.type in types]


def without(events: Sequence[Event], dropped: Sequence[Event]) -> list[Event] | None:
    """The events without some of them; None where there is nothing to drop."""
    gone = {id(event) for event in dropped}
    return [event for event in events if id(event) not in gone] if gone else None


def position(events: Sequence[Event], event: Event) -> int:
    """Where an event stands: the very one, not an equal one."""
    return next(i for i, each in enumerate(events) if each is event)


def clone(event: Event) -> Event:
    """Another event with the same content."""
    data = json.loads(json.dumps(event.data))
    return Event(event.name, data, event.text, list(event.others))


def values(data: Any) -> Iterator[dict[str, Any]]:
    """Every object within some data, itself included."""
    if isinstance(data, dict):
        yield data
        for value in data.values():
            yield from values(value)
    elif isinstance(data, list):
        for value in data:
            yield from values(value)
