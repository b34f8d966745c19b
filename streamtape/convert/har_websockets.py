"""The messages of a WebSocket as Chrome exports them in a HAR, both ways.

`_webSocketMessages` of an entry are objects with `type` (send, receive), `time` in seconds since
1970, `opcode` (1 text, 2 binary) and `data`, which is Base64 where it is binary. Chrome keeps
neither closes nor pings; where another program has them, they are read. Times are from the sending
of the request; where one of them can't be true, none is written.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from streamtape.convert.document import Node
from streamtape.convert.har_messages import sent_at_us, times_of
from streamtape.tape.messages import Direction, Message, MessageKind
from streamtape.tape.model import Interaction

FIELD = "_webSocketMessages"
_SENT: dict[str, Direction] = {"send": "client", "receive": "server"}
_KINDS: dict[int, MessageKind] = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
_OPCODES = {kind: opcode for opcode, kind in _KINDS.items()}


def messages_of(entry: Node, head_us: int | None) -> list[Message]:
    """The messages that an entry has; ConvertError for an invalid one."""
    listed = entry.get(FIELD)
    if not listed:
        return []
    found = list(listed.items())
    times = times_of(found, sent_at_us(entry), head_us or 0)
    return [_message(node, at_us) for node, at_us in zip(found, times, strict=True)]


def _message(node: Node, at_us: int | None) -> Message:
    direction = _SENT.get(node.get("type").text())
    opcode = node.get("opcode").value
    kind = _KINDS.get(opcode) if isinstance(opcode, int) else None
    if direction is None or kind is None:
        raise node.about.error(
            f"{node.where}: expected a type of send or receive and an opcode of "
            f"{', '.join(map(str, _KINDS))}, got {node.get('type').value!r} and {opcode!r}"
        )
    data = node.get("data")
    is_text = kind == "text" or not data.value
    return Message(direction, at_us, kind, data.content() if is_text else data.from_base64())


def har_fields(one: Interaction) -> dict[str, Any]:
    """What an entry has of a dialogue, besides the handshake: messages of data, whole."""
    return {"_resourceType": "websocket", FIELD: list(_listed(one))}


def _listed(one: Interaction) -> Iterator[dict[str, Any]]:
    for message in one.messages.joined():
        if message.is_data:
            at_us = (one.started_at_us or 0) + (message.at_us or 0)
            data = message.data
            text = data.decode("utf-8", "replace") if message.kind == "text" else _base64(data)
            yield {
                "type": "send" if message.direction == "client" else "receive",
                "time": at_us / 1e6,
                "opcode": _OPCODES[message.kind],
                "data": text,
            }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
