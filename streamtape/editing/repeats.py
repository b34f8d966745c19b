"""What repeats a text that was edited: done values, last words, tokens, offsets, later requests.

A stream says a text in deltas, and then again, whole or in part, in places of which no table knows
all. They are recognised by what they say: a text that is the edited one, holds it or is
a part of it; tokens or pieces that joined are it; offsets that stand beside it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from streamtape.editing.documents import Document
from streamtape.editing.runs import STRUCTURAL, Run, Span, put, recut
from streamtape.editing.stretches import Moved

_HOLDERS = ("arguments", "input", "args", "parameters")  # of arguments, not texts
_SO_FAR = ("content", "text")
_PIECES = ("token", "text")  # lists of objects with one of these hold a text in pieces
# Names of two offsets into a text: of characters, and of bytes.
_OFFSETS = (("start_index", "end_index", False), ("startIndex", "endIndex", True))


class Rewritten(NamedTuple):
    """A text that was edited: what it was and is, and the spans that were replaced."""

    old: str
    new: str
    spans: tuple[Span, ...]
    run: Run

    def moved(self, offset: int, *, in_bytes: bool) -> int:
        """Where an offset into the text is now."""
        if in_bytes:
            size = len(self.old.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))
            new = self.moved(size, in_bytes=False)
            return len(self.new[:new].encode("utf-8", "replace"))
        return Moved([(a, b, len(new)) for a, b, new in self.spans]).to(offset)


class Repeats:
    """Makes documents agree with texts that were edited; `pattern` is what was replaced in them.

    `replace` gives the replacement of a match of the pattern.
    """

    def __init__(
        self, rewritten: Sequence[Rewritten], pattern: re.Pattern[str], new: dict[str, str]
    ) -> None:
        self._rewritten = rewritten
        self._by_text = {one.old: one for one in rewritten}
        self._pattern = pattern
        self._new = new

    def update(self, document: Document, own: set[tuple[str, ...]]) -> int:
        """Let a document agree, but for the places in `own`; gives how many texts are others."""
        self._document = document
        self._own = own
        self._n = 0
        if isinstance(document.value, dict | list):
            self._walk(document.value, (), None)
        return self._n

    def _walk(self, value: Any, steps: tuple[str, ...], beside: Rewritten | None) -> None:
        if isinstance(value, dict):
            texts = (one for one in value.values() if isinstance(one, str))
            known = (self._by_text.get(text) for text in texts)
            beside = next((one for one in known if one is not None), beside)
            self._move_offsets(value, beside)
            for name, inside in list(value.items()):
                if not (name in _HOLDERS and isinstance(inside, dict)):
                    self._walk(inside, (*steps, name), beside)
        elif isinstance(value, list):
            if not self._recut(value):
                for n, one in enumerate(value):
                    self._walk(one, (*steps, str(n)), beside)
        elif isinstance(value, str) and steps not in self._own:
            new = self._repeated(value, steps[-1] if steps else "")
            if new != value:
                put(self._document, steps, new)
                self._n += 1

    def _repeated(self, text: str, name: str) -> str:
        """A text as it is after the edits; unchanged where it repeats none that was edited."""
        if name in STRUCTURAL or not text:
            return text
        if text in self._by_text:
            return self._by_text[text].new
        for one in self._rewritten if name in _SO_FAR else ():
            if one.old.startswith(text):  # the text so far
                return one.new[: one.moved(len(text), in_bytes=False)]
        if not self._pattern.search(text):
            return text
        if any(text in one.old or one.old in text for one in self._rewritten):
            return self._pattern.sub(lambda match: self._new[match[0]], text)
        return text

    def _recut(self, value: list[Any]) -> bool:
        """Cut an edited text anew into the tokens or pieces that a list holds of it."""
        for name in _PIECES:
            if len(value) < 1 or not all(isinstance(one, dict) for one in value):
                return False
            texts = [one.get(name) for one in value]
            if not all(isinstance(text, str) for text in texts):
                continue
            whole = "".join(text for text in texts if isinstance(text, str))
            found = self._spans_of(whole)
            if found and (name == "token" or len(value) > 1):
                pieces = recut([str(text) for text in texts], found)
                for one, piece in zip(value, pieces, strict=True):
                    _set_token(one, name, piece)
                self._n += 1
                return True
        return False

    def _spans_of(self, text: str) -> list[Span]:
        """What is replaced in a text that is an edited one, or one of the pieces of one."""
        for one in self._rewritten:
            if text == one.old:
                return list(one.spans)
        for one in self._rewritten:
            if text in one.run.pieces:
                return _in_pieces(one, text)
        return []

    def _move_offsets(self, value: dict[str, Any], beside: Rewritten | None) -> None:
        for start, end, in_bytes in _OFFSETS:
            if not isinstance(value.get(start, value.get(end)), int):
                continue
            edited = beside or self._by_place() or self._only()
            for name in (start, end):
                offset = value.get(name)
                if edited is not None and type(offset) is int:
                    value[name] = edited.moved(offset, in_bytes=in_bytes)

    def _by_place(self) -> Rewritten | None:
        """The text that an event names by the indices of its item and part."""
        value = self._document.value
        if not isinstance(value, dict) or "output_index" not in value:
            return None
        key = value.get("output_index"), value.get("content_index")
        return next((one for one in self._rewritten if one.run.key == key), None)

    def _only(self) -> Rewritten | None:
        texts = [one for one in self._rewritten if one.run.channel == "text"]
        named = isinstance(self._document.value, dict) and "output_index" in self._document.value
        return texts[0] if len(texts) == 1 and not named else None


def _in_pieces(one: Rewritten, text: str) -> list[Span]:
    """The spans of a text, as far as they are in the piece that says `text`."""
    starts = [*accumulate(map(len, one.run.pieces), initial=0)]
    new = recut(one.run.pieces, one.spans)
    for piece, start, after in zip(one.run.pieces, starts, new, strict=False):
        end = start + len(piece)
        if piece == text and any(a < end and b > start for a, b, _ in one.spans):
            return [(0, len(piece), after)]
    return []


def _set_token(token: dict[str, Any], name: str, new: str) -> None:
    """Let a token be another text: its bytes with it, and its entry among the likely ones."""
    old = token[name]
    for one in (token, *_alternatives(token, old, name)):
        one[name] = new
        if isinstance(one.get("bytes"), list):
            one["bytes"] = list(new.encode("utf-8", "surrogatepass"))


def _alternatives(token: dict[str, Any], old: str, name: str) -> Iterator[dict[str, Any]]:
    for one in token.get("top_logprobs") or ():
        if isinstance(one, dict) and one.get(name) == old:
            yield one
