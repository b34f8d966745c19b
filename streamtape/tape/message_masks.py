"""The records that a journal gets for each message of a dialogue, masked. Pure.

Each direction is a text of its own (`message_texts`), masked as it grows, so that a secret is found
that is split over messages.
"""

from __future__ import annotations

from typing import NamedTuple

from streamtape.secrets.patterns import Span
from streamtape.secrets.scanner import Search
from streamtape.secrets.streaming import BodyRedactor, Masked
from streamtape.tape import journal
from streamtape.tape.journal import MASK, Data
from streamtape.tape.message_texts import (
    BOUNDARY,
    Part,
    needs_boundary_before,
    needs_boundary_behind,
)
from streamtape.tape.messages import Message
from streamtape.tape.model import Redaction
from streamtape.tape.store.body_writers import MAX_LISTED


class _Fed(NamedTuple):
    """What a message gave: results before it, its own, and behind it; the messages they touch."""

    before: list[Masked]
    masked: Masked
    after: list[Masked]
    parts: list[Part]


class MessageMasks:
    """Takes a dialogue's messages and gives the records to write, before anybody gets a message."""

    def __init__(self, number: int, search: Search) -> None:
        self._number = number
        self._search = search
        self._sides = {"client": _Side(search), "server": _Side(search)}
        self._n_messages = self._n_bytes = self._n_listed = 0

    def feed(self, message: Message) -> tuple[Data, ...]:
        """Take a message, or a fragment of one."""
        data = message.data
        part = Part(0, len(data), self._n_bytes, self._n_messages)
        self._n_messages += 1
        self._n_bytes += len(data)
        if not message.is_data:  # it may stand between the fragments of another message
            spans = self._search.find(data)
            shown = bytearray(data)
            for start, end, _ in spans:
                shown[start:end] = MASK * (end - start)
            record = journal.message(self._number, message, bytes(shown))
            return *record, self._listed([part], spans)
        before, masked, after, parts = self._sides[message.direction].feed(message, part)
        return (
            self._patches(parts, [*before, masked]),
            *journal.message(self._number, message, masked.data, masked.n_masked),
            self._patches(parts, after) + self._found(parts, [*before, masked, *after]),
        )

    def close(self) -> bytes:
        """Decide what is still kept back."""
        out = b""
        for side in self._sides.values():
            masked, parts = side.close()
            out += self._patches(parts, [masked]) + self._found(parts, [masked])
        return out

    def _patches(self, parts: list[Part], results: list[Masked]) -> bytes:
        out = b""
        for masked in results:
            for start, data in masked.patches:
                for part in parts:
                    if (place := part.within(start, start + len(data))) is not None:
                        first, last = (at + part.start - start for at in place)
                        out += journal.patch(self._number, part.offset + place[0], data[first:last])
        return out

    def _found(self, parts: list[Part], results: list[Masked]) -> bytes:
        return self._listed(parts, [span for masked in results for span in masked.found])

    def _listed(self, parts: list[Part], spans: list[Span]) -> bytes:
        """List what was masked: a line for each message that a secret lies in."""
        out = b""
        for start, end, kind in spans:
            for part in parts:
                if (place := part.within(start, end)) is None:
                    continue
                self._n_listed += 1
                if self._n_listed <= MAX_LISTED:
                    where = f"message:{part.number}:{place[0]}+{place[1] - place[0]}"
                    out += journal.redaction(self._number, Redaction(where, kind))
        return out


class _Side:
    """One direction: its text, and where its last messages lie in it."""

    def __init__(self, search: Search) -> None:
        self._redactor = BodyRedactor(search)
        self._by_line = search.has_own
        self._n_bytes = 0
        self._is_bounded = True  # a line end, or nothing yet, is before what comes
        self._parts: list[Part] = []  # those in which something is not decided yet

    def feed(self, message: Message, part: Part) -> _Fed:
        """Take a message."""
        parts = self._parts
        before = [self._bound()] if not self._is_bounded and needs_boundary_before(message) else []
        start = self._n_bytes
        self._n_bytes += len(message.data)
        parts = [*parts, part._replace(start=start, end=self._n_bytes)]
        self._is_bounded = False
        masked = self._redactor.feed(message.data)
        after = [self._bound()] if needs_boundary_behind(message, by_line=self._by_line) else []
        self._parts = [] if self._redactor.clear else parts
        return _Fed(before, masked, after, parts)

    def close(self) -> tuple[Masked, list[Part]]:
        """Decide what is left."""
        return self._redactor.close(), self._parts

    def _bound(self) -> Masked:
        self._is_bounded = True
        self._n_bytes += len(BOUNDARY)
        return self._redactor.feed(BOUNDARY)
