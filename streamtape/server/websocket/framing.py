"""One direction of a WebSocket as whole messages, by the sans-I/O protocol of `websockets`.

Fragments are joined, text is checked to be UTF-8, compressed messages are decompressed, sizes are
limited. What breaks the protocol (RFC 6455) ends the parsing with the close code that the sender
has earned: 1002, 1007 or 1009.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from websockets.exceptions import ProtocolError
from websockets.extensions.base import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, Frame, Opcode
from websockets.headers import parse_extension
from websockets.protocol import OPEN, Protocol, Side

MessageKind = Literal["continuation", "text", "binary", "ping", "pong", "close"]
_KINDS: dict[Opcode, MessageKind] = {
    Opcode.CONT: "continuation",
    Opcode.TEXT: "text",
    Opcode.BINARY: "binary",
    Opcode.PING: "ping",
    Opcode.PONG: "pong",
    Opcode.CLOSE: "close",
}
_DEFLATE = "permessage-deflate"
# The payload of a control frame is at most 125 bytes; a close frame's begins with the code.
_MAX_REASON = 123


@dataclass(frozen=True, slots=True)
class WireMessage:
    """A message, or a fragment of one, as it came; all but the last fragment have `final` False.

    The data of a text is UTF-8, that of a close its code and reason.
    """

    kind: MessageKind
    data: bytes = b""
    final: bool = True

    @property
    def close_code(self) -> int:
        """The code of a close message; 1005 where it has none (RFC 6455 section 7.1.5)."""
        return int.from_bytes(self.data[:2]) if len(self.data) >= 2 else 1005

    @property
    def close_reason(self) -> str:
        """The reason of a close message, empty where it has none."""
        return self.data[2:].decode("utf-8", "replace")


class MessageProtocol(Protocol):
    """The state of one end of a WebSocket, which reads whole messages.

    `is_server` says which end; `extensions` are those that were negotiated; a message of more than
    `max_bytes` is refused with close code 1009. With `joins` False, fragments are not joined.
    """

    def __init__(
        self,
        *,
        is_server: bool,
        max_bytes: int,
        extensions: Iterable[Extension] = (),
        joins: bool = True,
    ) -> None:
        side = Side.SERVER if is_server else Side.CLIENT
        super().__init__(side, state=OPEN, max_size=max_bytes)
        self.extensions = list(extensions)
        self.between_frames = True
        self._joins = joins
        self._messages: list[WireMessage] = []
        self._kind: MessageKind = "continuation"  # the kind of the message being received
        self._parts: list[bytes] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def receive_data(self, data: bytes | bytearray) -> None:
        """Take bytes in, however they are cut; they are dropped after a close or an error."""
        self.between_frames = False
        super().receive_data(data)

    def recv_frame(self, frame: Frame) -> None:
        """Take one frame in: the protocol's own part, then the joining of fragments."""
        super().recv_frame(frame)
        self.between_frames = not self.reader.buffer
        kind, data = _KINDS[frame.opcode], bytes(frame.data)
        if kind in {"ping", "pong", "close"}:
            self._messages.append(WireMessage(kind, data))
            return
        if kind != "continuation":
            self._kind = kind
        if self._kind == "text":
            self._decoder.decode(data, frame.fin)  # UnicodeDecodeError closes with 1007
        if not self._joins:
            self._messages.append(WireMessage(kind, data, frame.fin))
            return
        if data:  # a message of endless empty fragments takes no room
            self._parts.append(data)
        if frame.fin:
            self._messages.append(WireMessage(self._kind, b"".join(self._parts)))
            self._parts = []

    def messages_received(self) -> list[WireMessage]:
        """The messages (or fragments) that have come since the last call."""
        self.events_received()  # ours are better
        found, self._messages = self._messages, []
        return found

    @property
    def violation(self) -> Exception | None:
        """What the other end did against the protocol; None where it did nothing, or just left."""
        return None if isinstance(self.parser_exc, EOFError) else self.parser_exc

    @property
    def is_cut(self) -> bool:
        """Whether the other end left without a close message."""
        return isinstance(self.parser_exc, EOFError)


def close_data(code: int | None, reason: str = "") -> bytes:
    """The data of a close message: the reason is shortened to what fits, at a whole character.

    ProtocolError for a code that may not be sent (RFC 6455 section 7.4).
    """
    if code is None:
        return b""
    short = reason.encode("utf-8", "replace")[:_MAX_REASON].decode("utf-8", "ignore")
    return Close(code, short).serialize()


def offered_deflate(values: Iterable[str]) -> str | None:
    """The offers of permessage-deflate in Sec-WebSocket-Extensions; None if there are none.

    Offers of other extensions are left out: what they do to messages is not known here.
    """
    kept = [
        offer.strip()
        for value in values
        for offer in value.split(",")
        if offer.partition(";")[0].strip().lower() == _DEFLATE
    ]
    return ", ".join(kept) or None


def agreed_deflate(value: str | None, *, is_server: bool) -> list[Extension]:
    """The extension that a response's Sec-WebSocket-Extensions agrees on, for one end.

    ProtocolError where it is not permessage-deflate with the parameters of RFC 7692.
    """
    if not value:
        return []
    (name, parameters), *more = parse_extension(value)
    if name != _DEFLATE or more:
        raise ProtocolError(f"unsupported extension: {value}")
    given = dict(parameters)
    bits = {side: _window_bits(given.get(f"{side}_max_window_bits")) for side in _SIDES}
    fresh = {side: f"{side}_no_context_takeover" in given for side in _SIDES}
    here, there = _SIDES if not is_server else _SIDES[::-1]
    # zlib can't compress with a window of 8 bits, and decompresses that with one of 9 as well.
    return [PerMessageDeflate(fresh[there], fresh[here], bits[there], max(bits[here], 9))]


_SIDES = ("client", "server")


def _window_bits(value: str | None) -> int:
    if value is None:
        return 15
    if not value.isdecimal() or not 8 <= int(value) <= 15:
        raise ProtocolError(f"max_window_bits={value} is not a number from 8 to 15")
    return int(value)
