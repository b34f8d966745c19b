"""Texts that grow: pieces joined by target, whole values, and the provider's last word."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

from streamtape.tape.views import Part

Key = tuple[Any, ...]


class Text:
    """A text as it grows: its pieces, and the event that brought each."""

    __slots__ = ("events", "grown", "pieces", "seed")

    def __init__(self, *, grown: bool) -> None:
        self.pieces: list[str] = []
        self.events: list[int] = []
        self.grown = grown
        self.seed = False

    def part(self, channel: str, key: Key) -> Part:
        """The text so far, as a value."""
        starts = accumulate(map(len, self.pieces), initial=0)
        cuts = tuple(zip(starts, self.events, strict=False))
        return Part(channel, join_text(self.pieces), key, cuts)


class Texts:
    """The texts of one stream, by channel and key, in the order in which they began."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, Key], Text] = {}

    def parts(self) -> tuple[Part, ...]:
        """All texts so far, as values."""
        return tuple(text.part(channel, key) for (channel, key), text in self._texts.items())

    def get(self, channel: str, key: Key) -> Text | None:
        """One text; None where nothing came of it yet."""
        return self._texts.get((channel, key))

    def grow(self, channel: str, key: Key, piece: str, index: int) -> Text | None:
        """Add a piece; gives the text that it went to, None where it went to none."""
        text = self._texts.get((channel, key))
        if text is not None and not text.grown:
            if not piece:
                return None  # an empty delta takes nothing away from a whole value
            if not text.seed:
                text = None
        if text is None:
            text = self._texts[channel, key] = Text(grown=True)
        text.grown = True
        text.pieces.append(piece)
        text.events.append(index)
        return text

    def put(self, channel: str, key: Key, value: Any, index: int, *, seed: bool) -> None:
        """Set a text whole, unless deltas made it."""
        text = self._texts.get((channel, key))
        if text is None:
            text = self._texts[channel, key] = Text(grown=False)
        if not text.grown:
            text.pieces, text.events, text.seed = [_as_text(value)], [index], seed

    def put_final(self, channel: str, values: list[tuple[Key, Any]], index: int) -> None:
        """Take the last word on all texts of a channel, in their order: keys may have changed."""
        known = [t for (c, _), t in self._texts.items() if c == channel and any(t.pieces)]
        told = [(key, _as_text(value)) for key, value in values if value]
        if not known:
            for key, whole in told:
                text = self._texts[channel, key] = Text(grown=False)
                text.pieces, text.events = [whole], [index]
        elif len(known) == len(told):
            for text, (_, whole) in zip(known, told, strict=True):
                if join_text(text.pieces) != whole:
                    text.pieces, text.events = [whole], [index]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def join_text(pieces: list[str]) -> str:
    """The pieces joined; a character whose halves came in two pieces is made whole."""
    text = "".join(pieces)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text
