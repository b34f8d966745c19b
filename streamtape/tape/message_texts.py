"""The text of each direction of a dialogue: its messages joined, as they are searched for secrets.

A line end is thought between messages where one of them is JSON or binary, so that nothing goes on
over it, and rules by path and by line see each message for itself. Fragments of one message, and
messages of plain text, are joined without one: a secret may be split over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtape.tape.messages import Message

BOUNDARY = b"\n"
_BEGINS_JSON, _ENDS_JSON = (b"{", b"["), (b"}", b"]")


class Part(NamedTuple):
    """Where a message is: in the text of its direction, and in the data of all messages."""

    start: int
    end: int
    offset: int
    number: int

    def within(self, start: int, end: int) -> tuple[int, int] | None:
        """What of a span of the text lies in this message: from, to, in its own bytes."""
        first, last = max(self.start, start), min(self.end, end)
        return (first - self.start, last - self.start) if first < last else None


def needs_boundary_before(message: Message) -> bool:
    """Whether a message begins a line of its own."""
    if message.kind == "continuation":
        return False
    return message.kind == "binary" or message.data.lstrip().startswith(_BEGINS_JSON)


def needs_boundary_behind(message: Message, *, by_line: bool) -> bool:
    """Whether a message ends its line; `by_line` is for rules that look at one line."""
    ends = message.kind == "binary" or message.data.rstrip().endswith(_ENDS_JSON)
    return message.final and (ends or by_line)


class Text(NamedTuple):
    """The joined data of a direction, and where its messages are in it."""

    data: bytes
    parts: list[Part]


def texts(messages: Iterable[Message], *, by_line: bool) -> Iterator[Text]:
    """The text of each direction, and that of each control frame by itself."""
    pieces: dict[str, bytearray] = {"client": bytearray(), "server": bytearray()}
    parts: dict[str, list[Part]] = {"client": [], "server": []}
    offset = 0
    for number, message in enumerate(messages):
        size = len(message.data)
        if not message.is_data:
            yield Text(message.data, [Part(0, size, offset, number)])
        else:
            text = pieces[message.direction]
            if text and not text.endswith(BOUNDARY) and needs_boundary_before(message):
                text += BOUNDARY
            parts[message.direction].append(Part(len(text), len(text) + size, offset, number))
            text += message.data
            if needs_boundary_behind(message, by_line=by_line):
                text += BOUNDARY
        offset += size
    for direction, text in pieces.items():
        yield Text(bytes(text), parts[direction])
