"""Texts that grow: pieces joined by target, whole values, and the provider's last word.

A value that repeats what was streamed is the same text, whatever its indices say: servers leave
them out, begin them at 1, or send 0 throughout. So a whole value is first looked for among the
texts that are there, and only what none of them says is a text of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import accumulate, count
from typing import Any

from streamtape.dialects.payload import as_text, join_text
from streamtape.dialects.repeats import COVERED, NEWS, equal, match, n_shared, resemble
from streamtape.tape.events import Part

Key = tuple[Any, ...]


class Text:
    """A text as it grows: its pieces, and the event that brought each.

    `done_by` are the types of the events that gave it whole: it does not grow any more.
    """

    __slots__ = ("channel", "done_by", "events", "grown", "key", "pieces", "seed", "slot")

    def __init__(self, channel: str, key: Key, slot: Key) -> None:
        self.channel = channel
        self.key = key
        self.slot = slot  # the key that its events have, which may be that of others as well
        self.pieces: list[str] = []
        self.events: list[int] = []
        self.grown = False
        self.seed = False
        self.done_by: set[str] = set()

    @property
    def says(self) -> bool:
        """Whether there is anything in it."""
        return any(self.pieces)

    @property
    def began(self) -> int:
        """The index of the event that brought its first character; of its first event if none."""
        found = (event for piece, event in zip(self.pieces, self.events, strict=True) if piece)
        return next(found, self.events[0] if self.events else 0)

    def set(self, whole: str, index: int, *, seed: bool = False) -> None:
        """Make a whole value the text."""
        self.pieces, self.events, self.seed = [whole], [index], seed

    def is_(self, whole: str) -> bool:
        """Whether a value says what it says."""
        return equal(join_text(self.pieces), whole)

    def correct(self, whole: str, index: int) -> None:
        """Let another value stand: what it begins with as before stays of the events before."""
        room = n_shared("".join(self.pieces), whole)
        pieces, events = [], []
        for piece, event in zip(self.pieces, self.events, strict=True):
            if room <= 0 < len(piece):
                break
            pieces.append(piece[:room])
            events.append(event)
            room -= len(piece)
        rest = whole[sum(map(len, pieces)) :]
        self.pieces, self.events = [*pieces, rest], [*events, index]

    def part(self) -> Part:
        """The text so far, as a value."""
        starts = accumulate(map(len, self.pieces), initial=0)
        cuts = tuple(zip(starts, self.events, strict=False))
        return Part(self.channel, join_text(self.pieces), self.key, cuts)


class Texts:
    """The texts of one stream, by channel and key, in the order in which they began."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, Key], Text] = {}
        self._now: dict[tuple[str, Key], Text] = {}  # the text that a key means by now

    def parts(self) -> tuple[Part, ...]:
        """All texts so far, as values: first the one that began to say something first."""
        return tuple(text.part() for text in sorted(self._texts.values(), key=lambda t: t.began))

    def get(self, channel: str, key: Key) -> Text | None:
        """One text; None where nothing came of it yet."""
        return self._texts.get((channel, key))

    def grow(self, channel: str, key: Key, piece: str, index: int) -> Text | None:
        """Add a piece; gives the text that it went to, None where it went to none."""
        text = self._now.get((channel, key))
        if text is not None and not text.seed and (text.done_by or not text.grown):
            if not piece:
                return None  # an empty delta takes nothing away from a whole value
            if channel != "arguments":
                text = None  # another one has begun
            elif not text.grown:
                text.pieces, text.events = [], []  # a call's first arguments are a placeholder
        if text is None:
            text = self._new(channel, key)
        if text.seed and not text.says:
            text.pieces, text.events = [], []
        text.grown, text.seed = True, False
        text.pieces.append(piece)
        text.events.append(index)
        return text

    def open(self, channel: str, key: Key, value: Any, index: int) -> None:
        """Begin a text with what it goes on from: a new one where its key has text already."""
        text = self._now.get((channel, key))
        if text is None or (channel != "arguments" and text.says):
            text = self._new(channel, key)
        if not text.grown:
            text.set(as_text(value), index, seed=True)

    def put(self, channel: str, key: Key, value: Any, index: int, *, by: str = "") -> None:
        """Set a text whole, unless deltas made it. `by`: the type of event that says it is done."""
        whole = as_text(value)
        text = self._now.get((channel, key))
        if text is None and channel != "arguments":
            text = self._repeated(channel, key, whole)
        elif text and by in text.done_by and channel != "arguments" and not text.is_(whole):
            text = None  # a text is done once: this is the next one of an index that comes again
        if text is None:
            text = self._new(channel, key)
        if not text.grown:
            text.set(whole, index)
        if by:
            text.done_by.add(by)

    def _repeated(self, channel: str, key: Key, whole: str) -> Text | None:
        """The text that a value repeats under another key: an equal one, or one still growing."""
        near = self._near(channel, key)
        same = [t for t in near if t.is_(whole)] or [
            t for t in near if not t.done_by and resemble(whole, join_text(t.pieces))
        ]
        return same[0] if same else None

    def put_all(
        self, channel: str, values: list[tuple[Key, Any]], index: int, *, final: bool = False
    ) -> None:
        """Take all texts of an item; or all of the stream, whose last word counts."""
        new_texts = [(key, as_text(value)) for key, value in values if value not in ("", None)]
        if not new_texts:
            return
        known = [t for t in self._of(channel) if t.says]
        if not final:
            known = self._near(channel, new_texts[0][0])
        texts = [join_text(text.pieces) for text in known]
        matches = match([whole for _, whole in new_texts], texts, in_turn=True)
        for (key, whole), match_index in zip(new_texts, matches, strict=True):
            if match_index == NEWS:
                self._new(channel, key).set(whole, index)
            elif match_index != COVERED:
                known[match_index].done_by.add("all")
                if final and not equal(texts[match_index], whole):
                    known[match_index].correct(whole, index)

    def _near(self, channel: str, key: Key) -> list[Text]:
        """The texts of the same item that say something; of any, where none or this has no index.

        Those of a call's arguments are distinguished by the call alone.
        """
        all_of_it = [t for t in self._of(channel) if t.says]
        near = [t for t in all_of_it if item_of(t.slot) == item_of(key)]
        if near or channel == "arguments":
            return near
        return [t for t in all_of_it if None in (*t.slot[:1], *key[:1])]

    def _new(self, channel: str, key: Key) -> Text:
        """A text under its key, or the next one that is free."""
        free = next_free(key, {of_channel.key for of_channel in self._of(channel)})
        text = self._texts[channel, free] = self._now[channel, key] = Text(channel, free, key)
        return text

    def _of(self, channel: str) -> Iterator[Text]:
        return (text for (name, _), text in self._texts.items() if name == channel)


def item_of(key: Key) -> Key:
    """A key less the index of the text in its item."""
    match_index = _index_in(key)
    return key if match_index is None else key[:match_index] + key[match_index + 1 :]


def next_free(key: Key, taken: Container[Key]) -> Key:
    """The key, or where it is taken the one with the next index that is not."""
    if key not in taken:
        return key
    match_index = _index_in(key)
    before, after = (
        (key, ()) if match_index is None else (key[:match_index], key[match_index + 1 :])
    )
    first = 2 if match_index is None else (key[match_index] or 0)
    return next(k for n in count(first) if (k := (*before, n, *after)) not in taken)


def _index_in(key: Key) -> int | None:
    """The place of the last index in a key; None where it has none."""
    found = (n for n in reversed(range(len(key))) if key[n] is None or type(key[n]) is int)
    return next(found, None)
