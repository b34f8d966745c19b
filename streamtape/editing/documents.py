"""The documents of a body: what each says, as a value that may be changed, and where it is written.

A document is the data of one frame or message, or a whole body: JSON most often, else text or
bytes. Whoever edits changes `value` in place; `write` then puts what differs into the bytes, in the
way of each framing.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from zlib import crc32

from streamtape.dialects.payload import NOT_JSON, decode
from streamtape.editing.json_text import Change, apply, changes
from streamtape.editing.placed_frames import PlacedFrame
from streamtape.editing.stretches import Stretch
from streamtape.framing.eventstream import PRELUDE_BYTES
from streamtape.tape.events import Event

_CRC_BYTES = 4


class Document:
    """The data of a frame. `value` is what it says: of JSON its value, else text.

    `data` are the bytes that say it, its envelope undone where the dialect has one (`wrapped` names
    the field that holds it as Base64).
    """

    def __init__(
        self, stretch: Stretch, placed: PlacedFrame, event: Event, framing: str, wrapped: str = ""
    ) -> None:
        self.stretch = stretch
        self.placed = placed
        self.event = event
        self._framing = framing
        self.data = self.outer = b"\n".join(stretch.content[a:b] for a, b in placed.data)
        self.headers: bytes | None = None  # others of a binary message, as long as its own
        self.wrapped = self.text_field = ""
        if wrapped:
            self._unwrap(wrapped)
        value = self._read()
        self.is_json = value is not NOT_JSON
        self.value: Any = value if self.is_json else self.data.decode("utf-8", "surrogateescape")

    def _read(self) -> Any:
        value = decode(self.data.decode("utf-8", "replace"))
        if self.text_field:
            text = base64.b64decode(value[self.text_field]).decode()
            return {**value, self.text_field: text}
        return value

    @property
    def is_answer(self) -> bool:
        """Whether the server sent it."""
        return self.event.direction == "server"

    def _unwrap(self, name: str) -> None:
        """Look into an envelope: for an event in JSON, or for a text."""
        envelope = decode(self.outer.decode("utf-8", "replace"))
        inner = envelope.get(name) if isinstance(envelope, dict) else None
        if not isinstance(inner, str):
            return
        try:
            data = base64.b64decode(inner, validate=True)
            text = data.decode()
        except (binascii.Error, ValueError):
            return
        if decode(text) is NOT_JSON:
            self.text_field = name
        else:
            self.wrapped, self.data = name, data

    @property
    def headers_block(self) -> bytes | None:
        """The headers of a binary message; None where the framing has none."""
        if self._framing != "eventstream":
            return None
        start = self.placed.start
        size = int.from_bytes(self.stretch.content[start + 4 : start + 8], "big")
        return self.stretch.content[start + PRELUDE_BYTES : start + PRELUDE_BYTES + size]

    def rename(self, event_type: str) -> None:
        """Let the event be of another type: in the document, and in the frame's `event:` line."""
        old = self.event.type
        for name in ("type", "event_type"):
            if isinstance(self.value, dict) and self.value.get(name) == old:
                self.value[name] = event_type
        for line in self.placed.lines:
            if (
                line.name == b"event"
                and self.stretch.content[line.start : line.end] == old.encode()
            ):
                self.stretch.change(line.start, line.end, event_type.encode())

    def write(self) -> None:
        """Put what differs into the bytes."""
        if self.is_json:
            value = self.value
            if value == self._read():
                return
            if self.text_field:
                text = value[self.text_field].encode("utf-8", "surrogatepass")
                value = {**value, self.text_field: base64.b64encode(text).decode("ascii")}
            self.put(changes(self.data, value))
        elif self.value != self.data.decode("utf-8", "surrogateescape"):
            self._put_text(self.value.encode("utf-8", "surrogateescape"))

    def put(self, some: list[Change]) -> None:
        """Make changes to the bytes that say it."""
        if not some:
            return
        if self.wrapped:
            envelope = decode(self.outer.decode("utf-8", "replace"))
            inner = base64.b64encode(apply(self.data, some)).decode("ascii")
            some = changes(self.outer, {**envelope, self.wrapped: inner})
        self.put_outside(some)

    def put_outside(self, some: list[Change]) -> None:
        """Make changes to the data of the frame, its envelope included."""
        if self._framing == "eventstream":
            self._seal(some)
        for start, end, new in some:
            self.stretch.change(self._place(start), self._place(end, is_end=True), new)

    def _place(self, at: int, *, is_end: bool = False) -> int:
        """Where a place of the data is in the content."""
        for start, end in self.placed.data:
            size = end - start
            if at < size or (at == size and (is_end or (start, end) == self.placed.data[-1])):
                return start + at
            at -= size + 1
        return self.placed.data[-1][1]

    def _seal(self, some: list[Change]) -> None:
        """Write the lengths and checksums of a binary message anew."""
        start, end = self.placed.start, self.placed.end
        message = self.stretch.content[start:end]
        head_end = PRELUDE_BYTES + int.from_bytes(message[4:8], "big")
        headers = self.headers or message[PRELUDE_BYTES:head_end]
        payload = apply(self.outer, some)
        sizes = (head_end + len(payload) + _CRC_BYTES).to_bytes(4, "big") + message[4:8]
        prelude = sizes + crc32(sizes).to_bytes(4, "big")
        whole = prelude + headers + payload
        self.stretch.change(start, start + PRELUDE_BYTES, prelude)
        self.stretch.change(start + PRELUDE_BYTES, start + head_end, headers)
        self.stretch.change(end - _CRC_BYTES, end, crc32(whole).to_bytes(4, "big"))

    def _put_text(self, new: bytes) -> None:
        """Let plain text be other text; of SSE each of its lines is a line of data."""
        lines, places = new.split(b"\n"), self.placed.data
        if self._framing != "sse":
            self.put_outside([Change(0, len(self.outer), new)])
        elif len(lines) == len(places):
            for line, (start, end) in zip(lines, places, strict=True):
                self.stretch.change(start, end, line)
        else:
            first, last = places[0][0], places[-1][1]
            self.stretch.change(first, last, b"\ndata: ".join(lines))
