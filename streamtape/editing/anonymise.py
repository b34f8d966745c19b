"""Recordings anonymised for publication: all content that somebody wrote or sent is replaced.

What is kept: the structure of every document, the fields and fixed words of the APIs, the lengths
of texts, the cuts of tokens and chunks, times from the sending of each request, counts. What is
not: texts, arguments, names, ids, addresses, headers, media, encrypted content, notes of masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from streamtape.editing.aliases import Aliases
from streamtape.editing.anonymous_http import (
    anonymous_headers,
    anonymous_reason,
    anonymous_url,
)
from streamtape.editing.anonymous_json import JSONAnonymiser, Steps, packed
from streamtape.editing.documents import Document
from streamtape.editing.json_text import apply
from streamtape.editing.neutral import filler, neutral, neutral_json, starts_json
from streamtape.editing.opened import OpenInteraction
from streamtape.editing.placed_frames import PlacedFrame
from streamtape.editing.runs import Run, recut, runs_of
from streamtape.editing.times import first_moment
from streamtape.editing.vocabulary import known_word
from streamtape.errors import UsageError
from streamtape.tape.messages import Message
from streamtape.tape.model import Chunk, Chunks, Edit, Ending, Interaction, Messages, Request

__all__ = ["anonymised"]

BEGINS_US = 1_735_689_600_000_000  # 2025-01-01: when every anonymous recording begins
_COMMENTS = ("keep-alive", "keepalive", "ping", "heartbeat", "connected", "OPENROUTER PROCESSING")
_LIBRARIES = ("httpx", "httpx2", "httpcore", "aiohttp", "requests", "urllib3", "websockets", "http",
              "builtins", "ssl", "socket", "asyncio", "anyio", "h11", "h2")  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_EDITS = ("text", "tool-argument", "model", "finish", "usage", "times", "clock", "anonymised")
_BINARY = ("audio", "signature")
_STRING = 7  # the type of a header's value in an event stream


def anonymised(interactions: Sequence[Interaction]) -> list[Interaction]:
    """The interactions with nothing left of their content, or of who sent it.

    The same names and ids stand for each other in all of them, and the first begins at a fixed
    moment.
    """
    aliases = Aliases()
    started = [one.started_at_us for one in interactions if one.started_at_us is not None]
    by_us = BEGINS_US - min(started) if started else 0
    return [_Anonymous(one, aliases, by_us).result() for one in interactions]


class _Anonymous:
    def __init__(self, one: Interaction, aliases: Aliases, by_us: int) -> None:
        self._one = one
        self._aliases = aliases
        self._by_us = by_us

    def result(self) -> Interaction:
        one = self._one
        started = None if one.started_at_us is None else one.started_at_us + self._by_us
        edits = tuple(edit for edit in one.edits if edit.what in _EDITS)
        bare = replace(one, started_at_us=started, redactions=(), edits=edits)
        try:
            opened = OpenInteraction(bare)
            opened.documents  # noqa: B018  # what can't be read is found here
        except UsageError:
            return self._unreadable(bare)
        if not self._by_us:
            moment = first_moment(document.value for document in opened.documents)
            self._by_us = 0 if moment is None else BEGINS_US - moment
        self._json = JSONAnonymiser(self._aliases, self._by_us)
        self._opened = opened
        self._texts()
        self._frames()
        self._request()
        opened.head = None
        head = one.head
        if head is not None:
            headers = anonymous_headers(head.headers)
            opened.head = replace(head, headers=headers, reason=anonymous_reason(head.reason))
        opened.ending = _ending(one.ending)
        opened.mark("anonymised")
        sealed = opened.sealed()
        return replace(sealed, messages=Messages.of(map(_control, sealed.messages)))

    def _texts(self) -> None:
        """Find the replacement of each piece of each text."""
        self._put: dict[int, dict[Steps, str]] = {}
        runs = [run for run in runs_of(self._opened) if self._is_text(run)]
        for run in runs:
            new = self._pieces(run)
            for location, piece in zip(run.locations, new, strict=True):
                if location is not None and isinstance(location.value, str):
                    self._put.setdefault(id(location.document), {})[location.steps] = piece

    def _is_text(self, run: Run) -> bool:
        if self._opened.parsed.transcript.parts:
            return True
        locations = [location for location in run.locations if location is not None]
        return all(not location.document.is_json for location in locations)

    def _pieces(self, run: Run) -> list[str]:
        if run.channel in _BINARY:
            return [_filled(piece) for piece in run.pieces]
        text = run.text
        new = self._json.replacement(text)
        if run.channel == "arguments" and "{" in text[:8]:
            new = neutral_json(text, self._aliases.name)
        self._json.texts[text] = new
        return recut(run.pieces, [(0, len(text), new)])

    def _frames(self) -> None:
        """Let documents, and what frames have besides, say nothing."""
        for document in self._opened.documents:
            self._document(document)
        if self._one.is_dialogue or not self._one.chunks:
            return
        documents = {document.placed.start for document in self._opened.documents}
        for placed in self._opened.frames:
            self._lines(placed)
            if placed.start not in documents and not placed.lines:
                self._blank(placed.start, placed.end)

    def _document(self, document: Document) -> None:
        put = self._put.get(id(document), {})
        pieces = {}
        for steps, new in put.items():
            old = _at(document.value, steps)
            if isinstance(old, str) and old:
                pieces[old] = new
        if document.text_field:
            name = document.text_field
            put = {**put, (name,): packed(put.get((name,)) or neutral(document.value[name]))}
        if document.is_json:
            changes = self._json.changes(document.data, put, pieces)
            if document.wrapped:
                inner = packed(apply(document.data, changes).decode("utf-8", "surrogateescape"))
                changes = self._json.changes(document.outer, {(document.wrapped,): inner}, {})
            document.headers = self._headers(document)
            document.put_outside(changes)
        else:
            self._plain(document, put.get(()))

    def _plain(self, document: Document, new: str | None) -> None:
        """Let a document that is no JSON be neutral text, or zeros where it is no text either."""
        text = document.value
        if text == self._opened.dialect.done_marker or known_word(text):
            return
        is_binary = document.event.frame is not None and document.event.frame.event == "binary"
        if is_binary or "\0" in text:
            document.value = "\0" * len(document.data)
        elif starts_json(text):
            document.value = neutral_json(text, self._aliases.member)
        else:
            document.value = self._json.replacement(text) if new is None else new
        document.headers = self._headers(document)
        document.write()

    def _lines(self, placed: PlacedFrame) -> None:
        """The lines of an SSE frame that are no data."""
        stretch = self._opened.stretch
        for line in placed.lines:
            old = stretch.content[line.start : line.end].decode("utf-8", "surrogateescape")
            if line.name == b"event":
                new = old if known_word(old) else self._aliases.name(old)
            elif line.name == b"id":
                new = old if old.isdigit() and len(old) <= 6 else self._aliases.id(old)
            elif line.name == b"":
                new = old if old.strip() in _COMMENTS else neutral(old)
            elif line.name == b"data" or (line.name == b"retry" and old.isdigit()):
                continue
            elif line.name == b"retry":
                new = neutral(old)
            else:
                new = neutral(old)
                at = stretch.content.rindex(line.name, 0, line.start)
                name = neutral(line.name.decode("utf-8", "surrogateescape"))
                end = at + len(line.name)
                stretch.change(at, end, name.encode("utf-8", "surrogateescape"))
            stretch.change(line.start, line.end, new.encode("utf-8", "surrogateescape"))

    def _blank(self, start: int, end: int) -> None:
        """Bytes of which nothing is known: zeros, but for what says how long a message is."""
        keep = start + 12 if self._opened.parsed.framing == "eventstream" else start
        if keep < end:
            self._opened.stretch.change(keep, end, b"\0" * (end - keep))

    def _headers(self, document: Document) -> bytes | None:
        """The headers of a binary message, their texts replaced where no API says them."""
        old = document.headers_block
        if old is None:
            return None
        block, at = bytearray(old), 0
        while at < len(block):
            at += 1 + block[at]
            kind = block[at]
            if kind != _STRING:
                return bytes(block)  # providers send texts alone
            size = int.from_bytes(block[at + 1 : at + 3], "big")
            start = at + 3
            text = block[start : start + size].decode("utf-8", "replace")
            if not (known_word(text) or text.startswith("application/") or text in _KINDS):
                block[start : start + size] = neutral(text).encode()[:size].ljust(size, b"x")
            at = start + size
        return bytes(block)

    def _request(self) -> None:
        opened, request = self._opened, self._one.request
        url = anonymous_url(request.url, self._aliases)
        method = request.method if request.method in _METHODS else "POST"
        document = opened.request_document
        if document is not None:
            document.put_outside(self._json.changes(document.data, {}, {}))
        elif request.body:
            self._other_body()
        opened.request = replace(
            opened.request, method=method, url=url, headers=anonymous_headers(request.headers)
        )

    def _other_body(self) -> None:
        """The body of a request that is not JSON: neutral text, or zeros if it is not text."""
        stretch = self._opened.request_stretch
        data = stretch.content
        if not data:  # it can't be decoded
            self._opened.drop_request_body()
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = "\0"
        new = b"\0" * len(data) if "\0" in text else neutral(text).encode()
        stretch.change(0, len(data), new)

    def _unreadable(self, bare: Interaction) -> Interaction:
        """An interaction whose response nobody can read: its bytes are zeros."""
        chunks = [Chunk(at_us, b"\0" * len(data)) for at_us, data in bare.chunks]
        head = bare.head
        if head is not None:
            reason = anonymous_reason(head.reason)
            head = replace(head, headers=anonymous_headers(head.headers), reason=reason)
        request = Request(
            bare.request.method if bare.request.method in _METHODS else "POST",
            anonymous_url(bare.request.url, self._aliases),
            anonymous_headers(bare.request.headers),
            b"\0" * len(bare.request.body),
        )
        zeros = [m._replace(data=b"\0" * len(m.data)) for m in bare.messages]
        return replace(
            bare,
            request=request,
            head=head,
            chunks=Chunks.of(chunks),
            messages=Messages.of(zeros),
            ending=_ending(bare.ending),
            edits=(*bare.edits, Edit("anonymised")),
        )


_KINDS = ("event", "exception", "error", "chunk", "initial-response")


def _at(value: object, steps: Steps) -> object:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _filled(piece: str) -> str:
    """A piece of Base64, or of a signature, however short it is."""
    end = len(piece) - len(piece.rstrip("="))
    return filler(piece) or "A" * (len(piece) - end) + "=" * end


def _control(message: Message) -> Message:
    """A ping, pong or close that says nothing; the code of a close stays."""
    if message.kind == "close":
        reason = message.data[2:].decode("utf-8", "replace")
        return message._replace(data=message.data[:2] + neutral(reason).encode())
    return message if message.is_data else message._replace(data=b"\0" * len(message.data))


def _ending(ending: Ending) -> Ending:
    """The ending without words of its own; the exception's class stays, if a client raises it."""
    known = (ending.module or "builtins").partition(".")[0] in _LIBRARIES
    return replace(
        ending,
        message=None if ending.message is None else neutral(ending.message),
        close_reason=neutral(ending.close_reason),
        exception=ending.exception if known or ending.exception is None else "Exception",
        module=ending.module if known else None,
        bases=ending.bases if known else (),
    )
