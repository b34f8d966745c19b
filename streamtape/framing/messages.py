"""The messages of a dialogue as frames: each whole message of data is one, in both directions."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from streamtape.tape.events import Frame
from streamtape.tape.messages import Message, Messages

TEXT, BINARY = "message", "binary"


def message_frames(messages: Messages) -> Iterator[Frame]:
    """Iterate over the messages of data, fragments put together, lazily.

    A frame's `chunk` is the index of its message, or of its last fragment. Binary messages that
    hold JSON are read as text, as their receivers do; all others are named "binary", and their
    data is Base64. ContentLimitError where a small file unfolds to more than a recording does.
    """
    allowance = messages.allowance
    for number, (index, message) in enumerate(whole_messages(messages)):
        if allowance is not None:
            allowance.frames(number + 1)
        event, data = _read(message)
        yield Frame(
            event,
            data,
            complete=message.final,
            at_us=message.at_us,
            chunk=index,
            index=number,
            direction=message.direction,
        )


def whole_messages(messages: Messages) -> Iterator[tuple[int, Message]]:
    """Each message of data, whole, with the index of its last fragment.

    ContentLimitError where a small file unfolds to more than a recording does.
    """
    begun: dict[str, tuple[int, Message, list[bytes]]] = {}
    for index, message in enumerate(messages.allowed_rows()):
        if not message.is_data:
            continue
        open_ = begun.pop(message.direction, None) if message.kind == "continuation" else None
        _, first, pieces = open_ or (index, message, [])
        pieces.append(message.data)
        if message.final:
            yield index, first._replace(at_us=message.at_us, data=b"".join(pieces), final=True)
        else:
            begun[message.direction] = index, first, pieces
    for index, first, pieces in begun.values():
        yield index, first._replace(data=b"".join(pieces))


def _read(message: Message) -> tuple[str, str]:
    if message.kind != "binary":
        return TEXT, message.text
    start = message.data.lstrip(b" \t\r\n")[:1]
    if start in {b"{", b"["}:
        try:
            return TEXT, message.data.decode()
        except UnicodeDecodeError:
            pass
    return BINARY, base64.b64encode(message.data).decode("ascii")
