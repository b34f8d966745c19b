"""The messages of a dialogue (WebSocket), in both directions, as values.

A message is what the application sent: unmasked, and with an extension's compression undone. One
that was sent in fragments is one entry a fragment, each with its time: the first has the kind of
the message and the rest are "continuation"; all but the last have `final` False. `joined` puts them
together. Terms and codes are those of RFC 6455.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Literal, NamedTuple

from streamtape.tape.segments import Columns, LoadedSegment, Rows, columns_of

Direction = Literal["client", "server"]
MessageKind = Literal["continuation", "text", "binary", "close", "ping", "pong"]
NO_STATUS = 1005  # a close frame without a code (RFC 6455 section 7.4.1)
NO_CLOSE = 1006  # the connection ended without a close frame

_CODE = Struct(">H")
_OPCODES: dict[MessageKind, int] = {
    "continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10,
}  # fmt: skip
_KINDS = {opcode: kind for kind, opcode in _OPCODES.items()}
# A message's byte in the file: its opcode, and these. No byte is 0, as 0 means a chunk.
_CLIENT, _SERVER, _MORE = 0x10, 0x20, 0x40
_KNOWN = frozenset(
    opcode | sender | more
    for opcode in _KINDS
    for sender in (_CLIENT, _SERVER)
    for more in ((0, _MORE) if opcode < 8 else (0,))
)


class Message(NamedTuple):
    """One message, or a fragment of one: `direction` says who sent it.

    `kind` is `text`, `binary`, `ping`, `pong` or `close`, and `continuation` for a fragment after
    the first. `data` is the payload; that of a text is UTF-8, that of a close has the code in its
    first two bytes (`code`, `reason`). `at_us` is when the client sent or received it, in
    microseconds from the sending of the request; None where the recording does not know.
    """

    direction: Direction
    at_us: int | None
    kind: MessageKind
    data: bytes = b""
    final: bool = True

    @property
    def text(self) -> str:
        """The payload as text; bytes that are no UTF-8 become U+FFFD. Of a close: its reason."""
        return (self.data[2:] if self.kind == "close" else self.data).decode("utf-8", "replace")

    @property
    def code(self) -> int | None:
        """The code of a close: 1005 where it carries none; None for every other kind."""
        if self.kind != "close":
            return None
        if len(self.data) < _CODE.size:
            return NO_STATUS
        code: int = _CODE.unpack_from(self.data)[0]
        return code

    @property
    def reason(self) -> str:
        """The reason of a close, most often empty; "" for every other kind."""
        return self.text if self.kind == "close" else ""

    @property
    def is_data(self) -> bool:
        """Whether it carries data of the application: no ping, pong or close."""
        return _OPCODES[self.kind] < _OPCODES["close"]


def close_message(
    direction: Direction, at_us: int | None, code: int | None = None, reason: str = ""
) -> Message:
    """Make a close; without a code (or with 1005) it has no payload."""
    if code is None or code == NO_STATUS:
        return Message(direction, at_us, "close")
    return Message(direction, at_us, "close", _CODE.pack(code) + reason.encode())


def kind_byte(message: Message) -> int:
    """The byte that says direction, kind and whether fragments follow."""
    sender = _CLIENT if message.direction == "client" else _SERVER
    return _OPCODES[message.kind] | sender | (0 if message.final else _MORE)


def is_kind_byte(byte: int) -> bool:
    """Whether a byte is that of some message."""
    return byte in _KNOWN


def message_of(byte: int, at_us: int | None, data: bytes) -> Message:
    """The message with this byte (see `kind_byte`)."""
    direction: Direction = "client" if byte & _CLIENT else "server"
    return Message(direction, at_us, _KINDS[byte & 0xF], data, not byte & _MORE)


class Messages(Rows[Message]):
    """The messages of a dialogue, in the order in which the client sent and received them.

    Those of a long dialogue are fetched from the file as they are read.
    """

    __slots__ = ()
    noun = "messages"

    def rows(self, columns: Columns) -> Iterator[Message]:
        """The messages of one run."""
        return map(message_of, columns.kinds, columns.times(), columns.pieces())

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Messages:
        """Make columns of loose messages; either all of them have a time or none has."""
        if isinstance(messages, Messages):
            return messages
        rows = ((message.at_us, message.data, kind_byte(message)) for message in messages)
        return cls(map(LoadedSegment, columns_of(rows, "message")))

    def count_of(self, direction: Direction) -> int:
        """How many messages one side sent, fragments counted; of the data, none is fetched."""
        kinds = (kind for segment in self.segments for kind in segment.outline().kinds)
        sender = _CLIENT if direction == "client" else _SERVER
        return sum(kind & sender > 0 for kind in kinds)

    def joined(self) -> Iterator[Message]:
        """The messages with fragments put together; see `joined`."""
        return joined(self)


NO_MESSAGES = Messages()


def joined(messages: Iterable[Message]) -> Iterator[Message]:
    """Put fragments together: each message whole, with the time of its last fragment.

    Pings, pongs and closes come where they were, also between the fragments of another message. A
    message whose last fragment is missing comes at the end, with `final` False.
    """
    open_: dict[Direction, tuple[Message, list[bytes]]] = {}
    for message in messages:
        if not message.is_data:
            yield message
            continue
        begun = open_.pop(message.direction, None) if message.kind == "continuation" else None
        first, pieces = begun or (message, [])
        pieces.append(message.data)
        if message.final:
            whole = message.data if begun is None else b"".join(pieces)
            yield Message(first.direction, message.at_us, first.kind, whole)
        else:
            open_[message.direction] = first, pieces
    for first, pieces in open_.values():
        yield Message(first.direction, first.at_us, first.kind, b"".join(pieces), final=False)
