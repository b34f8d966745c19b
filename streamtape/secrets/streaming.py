"""A body's secrets masked while it streams by. Pure, incremental, one instance a body.

The client has each chunk at once, and the journal has it before the client; so what is written must
be decided before it is known how the stream goes on. A tail that may be the beginning of a secret
is therefore given masked, and put right by a patch when the bytes after it have shown what it is.
In the end the body is the same however it was cut. Masks keep the length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from streamtape.secrets.encoded import is_line
from streamtape.secrets.json_spans import documents
from streamtape.secrets.patterns import MAX_SECRET_BYTES, Span
from streamtape.secrets.scanner import Hit, Search

MASK = b"*"
# What a secret of one piece can consist of: a tail of these may be the beginning of one.
TOKEN = bytes(c for c in range(0x21, 0x7F) if c not in b"\"'\\<>(){}[],;|`")
_TOKEN_SET = frozenset(TOKEN)
# What a value beside a secret's name can consist of: also letters beyond ASCII, control characters.
VALUE = bytes(
    c for c in range(0x100) if c in _TOKEN_SET or not (0x20 <= c < 0x7F or c in b"\t\n\r")
)
_VALUE_SET = frozenset(VALUE)
_PARAMETER_SET = _VALUE_SET - frozenset(b"&#")
_OPEN_SET = _TOKEN_SET | {0x5C, 0x7B}  # `\` and `\u{` may begin an escape of a token's character
MAX_TOKEN_BYTES = 8 << 10  # only the end of a longer run is held back
CONTEXT_BYTES = 256  # text before a secret that identifies it
LARGE_BYTES = 16 << 10  # from here on a chunk is worth a look of its own, which sees fewer names
_EDGE_BYTES = 64  # no literal is longer
LOOKED_AT_BYTES = 64 << 10  # up to this size, an open document is searched with every chunk
MAX_DOCUMENT_BYTES = 16 << 20  # in a longer JSON document, paths are not searched
_NAME_BYTES = 64  # text before a literal that belongs to its name
_KEY_LINES = re.compile(rb"(?:[A-Za-z0-9+/=\s:]|\\[nrt]|\\\Z)*")
_KEY_RUN = re.compile(rb"\\[nrt]|\n(?:data|event|id):|([A-Za-z0-9+/=]+)")
# What a backslash may stand before, and escapes with signs that no token has.
_ESCAPED = frozenset({b"", b"u", b"U", b"x", b"/", b"0", b"1"})
_SPELLED = re.compile(rb"(?:&#[xX]?[0-9A-Fa-f]{2,7};|\\+u\{(?:[0-9A-Fa-f]{1,6}\})?)\Z")
_LOOK_BEHIND = 8  # the same, where nothing there begins one: escapes


class Masked(NamedTuple):
    """A chunk as it may be written, the patches to what was written before, what was found."""

    data: bytes | memoryview
    patches: tuple[tuple[int, bytes], ...] = ()
    found: tuple[Span, ...] = ()  # offsets in the body
    n_masked: int = 0  # how many masked bytes follow `data` for now
    secrets: tuple[bytes, ...] = ()  # the secrets found

    @property
    def shown(self) -> bytes:
        """The chunk as it may be written, whole."""
        return b"".join((self.data, MASK * self.n_masked))


class BodyRedactor:
    """Masks one body: feed it chunk by chunk, then close it."""

    def __init__(self, search: Search) -> None:
        self._search = search
        # Context, then what is held back, as they came. It begins with a sign before the body: that
        # may be a form, and nothing precedes the first field of one.
        self._buffer = b"&"
        self._base = -1  # the offset of the buffer in the body
        self._n_decided = 0  # bytes of the body: what was written after them is masked, for now
        # Where a secret longer than what is held back goes on: what it can consist of.
        self._growing: frozenset[int] = frozenset()
        self._in_key = False  # a private key that is longer than that goes on, over its lines
        self._look_at = 0  # the size at which an open JSON document is looked at again
        self._quiet = not search.has_own  # nothing in the context begins anything

    @property
    def clear(self) -> bool:
        """Whether nothing is held back: all that was fed is decided."""
        return self._n_decided == self._base + len(self._buffer)

    @property
    def n_decided(self) -> int:
        """How many bytes of the body no later patch changes."""
        return self._n_decided

    def feed(self, data: bytes) -> Masked:
        """Take a chunk."""
        if len(self._buffer) + len(data) < self._look_at:
            self._buffer += data
            return Masked(b"", n_masked=len(data))
        if len(data) >= LARGE_BYTES and self._quiet and not (self._growing or self._in_key):
            passed = self._pass(data)
            if passed is not None:
                return passed
        buffer = self._buffer + data
        hits = self._search.hits(buffer)
        if hits or not self._quiet or self._growing or self._in_key:
            return self._decide(buffer, len(data), hits, self._hold(buffer, hits))
        size = len(buffer)
        if self._n_decided == self._base + size - len(data) and (
            not data or data[-1] not in _OPEN_SET
        ):
            self._buffer = buffer[-_LOOK_BEHIND:]
            self._base += size - len(self._buffer)
            self._n_decided += len(data)
            return Masked(data)
        hold = max(_token_from(buffer), size - MAX_TOKEN_BYTES)
        return self._decide(buffer, len(data), [], hold)

    def _pass(self, data: bytes) -> Masked | None:
        """A large chunk in which nothing is to be masked, without a copy; None if something is."""
        tail = data[-MAX_TOKEN_BYTES:]
        n_open = len(tail) - _token_from(tail)
        edge = self._buffer + data[:_EDGE_BYTES]  # what may stand over the cut
        if n_open == len(data) or self._search.hits(edge) or self._search.hits(data):
            return None
        before = self._buffer[self._n_decided - self._base :]
        patches = ((self._n_decided, before),) if before.strip(MASK) else ()
        self._n_decided = self._base + len(self._buffer) + len(data) - n_open
        self._buffer = data[-n_open - _LOOK_BEHIND :]
        self._base = self._n_decided + n_open - len(self._buffer)
        return Masked(memoryview(data)[: len(data) - n_open], patches, n_masked=n_open)

    def close(self) -> Masked:
        """Decide what is still held back; `data` is empty."""
        buffer = self._buffer
        return self._decide(buffer, 0, self._search.hits(buffer), len(buffer), ends=True)

    def _hold(self, buffer: bytes, hits: list[Hit]) -> int:
        """From where on the buffer can't be decided yet."""
        size = len(buffer)
        start = max(_token_from(buffer), size - MAX_TOKEN_BYTES)
        if hits:
            start = max(min(start, _token_from(buffer, VALUE)), size - MAX_TOKEN_BYTES)
            if any(self._search.literals.is_spelling(literal) for literal, _, _ in hits):
                start = _lines_from(buffer, start)
            begun = self._search.open_from(buffer, hits)
            self._in_key |= begun < size - MAX_SECRET_BYTES and _opens_key(buffer, begun)
            start = min(start, begun)
        if self._search.has_own:
            start = min(start, buffer.rfind(b"\n") + 1)
        if self._search.paths:  # a document is decided as a whole
            self._look_at = 0
            for document in documents(buffer):
                goes_on = not document.complete and size - document.start < MAX_DOCUMENT_BYTES
                if goes_on and size > LOOKED_AT_BYTES:  # each look reads all of it
                    self._look_at = size * 3 // 2
                if goes_on or document.start < start < document.end:
                    return min(start, document.start)
            return start
        return max(start, size - MAX_SECRET_BYTES)

    def _decide(
        self, buffer: bytes, n_new: int, hits: list[Hit], hold: int, *, ends: bool = False
    ) -> Masked:
        # Five offsets in the buffer, where the client already has all before `old`:
        #
        #      0      cut      done         hold          old           size
        #      |-------|--------|------------|-------------|-------------|
        #      context, decided |  decided   |    still    |  the new    |
        #      before           |  now       |    open     |  chunk      |
        #                       '-- as a patch             '-- as `data`, where hold > old;
        #                                                      all of it masked, where not
        #
        # [0, done) was decided by earlier chunks and is only context. [done, hold) is decided now:
        # what of it is old was written masked, and a patch puts it right; what is new is written as
        # it is. [hold, size) may be the beginning of a secret and is written masked. `cut` is where
        # the next buffer begins: as much before `hold` as may say what follows it.
        base, size = self._base, len(buffer)
        old = size - n_new  # where the new chunk begins
        done = self._n_decided - base
        hold = max(hold, done)  # decided bytes stay decided
        view: bytes | bytearray = buffer
        found: list[Span] = []
        find = self._search.find_to_end if ends else self._search.find
        spans = find(buffer, hits) if hits or self._search.has_own else []
        if spans or self._growing or self._in_key:
            view = bytearray(buffer)
            found = self._mask(view, spans, done, hold)
        patches: tuple[tuple[int, bytes], ...] = ()
        decided = min(hold, old)
        if decided > done and bytes(view[done:decided]).strip(MASK):
            patches = ((base + done, bytes(view[done:decided])),)
        shown = max(hold, old)
        near = [at for _, at, end in hits if end > hold - CONTEXT_BYTES]
        cut = max(0, hold - _LOOK_BEHIND)
        if near:
            cut = max(0, hold - CONTEXT_BYTES, min(cut, min(near) - _NAME_BYTES))
        self._buffer = buffer[cut:]
        self._base = base + cut
        self._n_decided = base + hold
        self._quiet = not near and not self._search.has_own
        secrets = tuple([buffer[start - base : end - base] for start, end, _ in found])
        return Masked(bytes(view[old:shown]), patches, tuple(found), size - shown, secrets)

    def _mask(self, view: bytearray, spans: list[Span], done: int, hold: int) -> list[Span]:
        """Mask what is decided: between `done` and `hold`."""
        found = []
        if self._in_key:
            found += self._mask_key(view, done, hold)
        if self._growing:
            end = done
            while end < hold and view[end] in self._growing:
                end += 1
            view[done:end] = MASK * (end - done)
            if end < hold:
                self._growing = frozenset()
        for start, end, kind in spans:
            first, last = max(start, done), min(end, hold)
            if first >= last:
                continue
            view[first:last] = MASK * (last - first)
            found.append(Span(self._base + first, self._base + last, kind))
            if hold < end:  # it began before what is held back, and goes on
                self._growing = _goes_on_in(view, start, kind)
        return found

    def _mask_key(self, view: bytearray, done: int, hold: int) -> list[Span]:
        """Mask what goes on of a private key, up to the first character that is not part of it."""
        if (
            0 < done < hold
            and view[done - 1] == 0x5C
            and bytes(view[done : done + 1]) in {b"n", b"r", b"t"}
        ):
            done += 1  # the rest of an escape
        goes_on = _KEY_LINES.match(view, done, hold)
        end = goes_on.end() if goes_on else done
        self._in_key = end == hold
        found = []
        for run in list(_KEY_RUN.finditer(view, done, end)):
            if run[1]:
                start, stop = run.span(1)
                view[start:stop] = MASK * (stop - start)
                found.append(Span(self._base + start, self._base + stop, "private-key"))
        return found


def _lines_from(text: bytes, start: int) -> int:
    """Where the lines of base64 begin that go on at `start`, within what is held back."""
    least = max(0, len(text) - MAX_TOKEN_BYTES)
    while start > least:
        end = _line_before(text, start)
        if end < 0 or not is_line(text, end):
            break
        start = max(least, _token_from(text[least:end]) + least)
    return start


def _line_before(text: bytes, start: int) -> int:
    """Where the line ends before the one that begins there (or behind an escape's sign); or -1."""
    ends = text[start - 1 : start], text[start - 1 : start + 1]
    if ends[0] not in {b"\n", b"\r"} and ends[1] not in {b"\\n", b"\\r"}:
        return -1
    end = start - 1
    for sign in (b"\\r", b"\r"):
        if text.endswith(sign, 0, end):
            return end - len(sign)
    return end


def _goes_on_in(text: bytes | bytearray, start: int, kind: str) -> frozenset[int]:
    """What a secret that begins at `start` and is longer than what is held back can go on in."""
    before = bytes(text[max(0, start - 2) : start])
    if kind != "name":
        return _TOKEN_SET
    if before[-1:] in {b'"', b"'", b"`"}:
        ends = b"\r\n" + before[-1:] + (b"\\" if before[:1] == b"\\" else b"")
        return frozenset(range(256)) - frozenset(ends)
    return _PARAMETER_SET if before[-1:] == b"=" else _VALUE_SET


def _opens_key(buffer: bytes, start: int) -> bool:
    """Whether what begins there and is still open is a private key."""
    return buffer[max(0, start - 5) : start] == b"-----"


def _token_from(text: bytes, of: bytes = TOKEN) -> int:
    """Where the token begins that a text ends in; escapes may spell some of its characters.

    Of a token that is longer than what is held back, only so much is looked at.
    """
    base = max(0, len(text) - MAX_TOKEN_BYTES)
    tail = text[base:]
    start = len(tail.rstrip(of))
    while start:
        last, follows = tail[start - 1], tail[start : start + 1]
        if last == 0x5C and follows in _ESCAPED:
            tail = tail[: start - 1].rstrip(b"\\")
        elif last in b";{}" and (spelled := _SPELLED.search(tail, max(0, start - 16), start)):
            tail = tail[: spelled.start()]
        else:
            break
        start = len(tail.rstrip(of))
    return base + start
