"""An interaction opened for changes: its documents, and the interaction that they then make. Pure.

This is the one engine of all edits: frames are found, values changed, and only the bytes that
differ written, in the cuts that were recorded. Content is encoded again where it was encoded, and
lengths are made right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from streamtape.content import encode
from streamtape.content.decode import decode_content, encodings
from streamtape.dialects.base import Dialect
from streamtape.dialects.parsed import ParsedResponse
from streamtape.editing.documents import Document
from streamtape.editing.placed_frames import PlacedFrame, placed_frames
from streamtape.editing.stretches import Moved, Stretch
from streamtape.errors import ContentError, UsageError
from streamtape.tape import recode
from streamtape.tape.events import Event
from streamtape.tape.messages import Messages
from streamtape.tape.model import (
    Chunk,
    Chunks,
    Edit,
    Head,
    Headers,
    Interaction,
    Redaction,
    Request,
    header,
)

# What says what the bytes were, and is wrong once they are others.
_DIGESTS = frozenset({b"content-md5", b"digest", b"content-digest", b"repr-digest", b"etag"})
_PLACE = re.compile(r"(request\.body:|response\.body:|message:(\d+):)(\d+)\+(\d+)")


class OpenInteraction:
    """One interaction, with everything in it that can be changed.

    `documents` are those of the response (of a dialogue: of both sides), one for each frame that
    has data, in their order; `request_document` is the body of the request. UsageError where the
    response can't be read, and so can't be changed either.
    """

    def __init__(self, interaction: Interaction, dialect: str | None = None) -> None:
        self.interaction = interaction
        self.parsed = ParsedResponse(interaction, dialect)
        self.request = interaction.request
        self.head = interaction.head
        self.ending = interaction.ending
        self._edits: dict[str, int] = {}
        self._messages: list[tuple[list[int], Stretch]] = []
        self._coded = bool(encodings(self._encoding(interaction.head)))
        if self.parsed.error is not None:
            raise UsageError(
                f"a response that can't be read can't be edited: {self.parsed.trouble}"
            )

    @staticmethod
    def _encoding(side: Head | None) -> str | None:
        return None if side is None else side.get("content-encoding")

    @property
    def dialect(self) -> Dialect:
        """The dialect that reads the response."""
        return self.parsed.dialect

    @cached_property
    def stretch(self) -> Stretch:
        """The content of the response, in the pieces that its chunks brought."""
        chunks = self.interaction.chunks
        return Stretch(decode_content((c.data for c in chunks), self._encoding(self.head)))

    @cached_property
    def frames(self) -> list[PlacedFrame]:
        """The frames of the response (of no dialogue), those without data included."""
        found = placed_frames(self.stretch.content, self.parsed.framing)
        if len(found) != len(self.parsed.frames):
            raise UsageError(
                f"this body can't be edited: {len(self.parsed.frames)} frames were read, but "
                f"{len(found)} found again"
            )
        return found

    @cached_property
    def documents(self) -> list[Document]:
        """The documents of the response, in their order."""
        found = list(self._of_dialogue() if self.interaction.is_dialogue else self._of_response())
        return [document for document in found if document.placed.data]

    def _of_response(self) -> Iterator[Document]:
        placed = [
            one
            for one, frame in zip(self.frames, self.parsed.frames, strict=True)
            if frame.data is not None
        ]
        framing, wrapped = self.parsed.framing, self.dialect.wrapped
        for one, event in zip(placed, self.parsed.events, strict=True):
            yield Document(self.stretch, one, event, framing, wrapped)

    def _of_dialogue(self) -> Iterator[Document]:
        open_: dict[str, list[int]] = {}
        groups: list[list[int]] = []
        messages = list(self.interaction.messages)
        for index, message in enumerate(messages):
            if message.is_data:
                goes_on = message.kind == "continuation"
                group = (open_.pop(message.direction, None) if goes_on else None) or []
                group.append(index)
                if message.final:
                    groups.append(group)
                else:
                    open_[message.direction] = group
        for group, event in zip([*groups, *open_.values()], self.parsed.events, strict=True):
            stretch = Stretch(messages[index].data for index in group)
            self._messages.append((group, stretch))
            size = len(stretch.content)
            yield Document(stretch, PlacedFrame(0, size, ((0, size),)), event, "")

    @cached_property
    def request_stretch(self) -> Stretch:
        """The content of the request's body; empty where its encoding can't be undone."""
        encoding = header(self.request.headers, "content-encoding")
        try:
            return Stretch([encode.decode_whole(self.request.body, encoding)])
        except ContentError:
            return Stretch([b""])

    @cached_property
    def request_document(self) -> Document | None:
        """The body of the request, where it is JSON."""
        size = len(self.request_stretch.content)
        placed = PlacedFrame(0, size, ((0, size),))
        event = Event("request", None)
        document = Document(self.request_stretch, placed, event, "")
        return document if size and document.is_json else None

    def all_documents(self) -> Iterator[Document]:
        """The documents of the response, then the request's."""
        yield from self.documents
        if self.request_document is not None:
            yield self.request_document

    def set_url(self, url: str) -> None:
        """Let the request be of another address."""
        self.request = replace(self.request, url=url)

    def drop_request_body(self) -> None:
        """Let the request have no body."""
        self.request = replace(self.request, body=b"")

    def mark(self, what: str, n_places: int = 1) -> None:
        """Note that something was edited, in so many places."""
        self._edits[what] = self._edits.get(what, 0) + n_places

    def write(self) -> Interaction:
        """The interaction with all changes made; the same one where there are none."""
        if not self._edits:
            return self.interaction
        for document in self.all_documents():
            document.write()
        return self.sealed()

    def sealed(self) -> Interaction:
        """The interaction with the changes that its documents have written."""
        edits = tuple(Edit(what, n) for what, n in self._edits.items())
        changed = replace(
            self.interaction,
            request=self._new_request(),
            head=self.head,
            ending=self.ending,
            edits=(*self.interaction.edits, *edits),
        )
        if self._messages:
            changed = replace(changed, messages=self._new_messages())
        elif self.interaction.chunks and self.stretch.changes:
            changed = self._with_new_chunks(changed)
        return replace(changed, redactions=tuple(map(self._moved, changed.redactions)))

    def _new_request(self) -> Request:
        stretch = self.request_stretch
        if not stretch.changes:
            return self.request
        body = b"".join(stretch.result())
        body = encode.encode_whole(body, header(self.request.headers, "content-encoding"))
        headers = _with_length(self.request.headers, len(body))
        return replace(self.request, body=body, headers=headers)

    def _new_messages(self) -> Messages:
        messages = list(self.interaction.messages)
        for group, stretch in self._messages:
            for index, data in zip(group, stretch.result(), strict=True):
                messages[index] = messages[index]._replace(data=data)
        return Messages.of(messages)

    def _with_new_chunks(self, changed: Interaction) -> Interaction:
        assert changed.head is not None
        complete = changed.ending.kind == "complete"
        pairs = zip(self.interaction.chunks, self.stretch.result(), strict=True)
        new = [Chunk(chunk.at_us, data) for chunk, data in pairs]
        head = replace(changed.head, headers=_without_digests(changed.head.headers))
        if self._coded:
            encoding = head.get("content-encoding")
            chunks = Chunks.of(list(recode.encode_content(new, encoding, complete=complete)))
            head = replace(head, recoded=True)
        else:
            chunks = Chunks.of([chunk for chunk in new if chunk.data])
        length = head.get("content-length")
        if length is not None and length.isdigit():
            n_bytes = int(length) + chunks.n_bytes - self.interaction.chunks.n_bytes
            headers = _with_length(head.headers, chunks.n_bytes if complete else max(n_bytes, 0))
            head = replace(head, headers=headers)
        return replace(changed, head=head, chunks=chunks)

    def _moved(self, redaction: Redaction) -> Redaction:
        """A redaction, its place as it is after the changes."""
        match = _PLACE.fullmatch(redaction.where)
        stretch = None if match is None else self._stretch_of(match)
        if match is None or stretch is None or not stretch.changes:
            return redaction
        moved: Moved = stretch.moved()
        start = moved.to(int(match[3]))
        end = moved.to(int(match[3]) + int(match[4]))
        return replace(redaction, where=f"{match[1]}{start}+{end - start}")

    def _stretch_of(self, match: re.Match[str]) -> Stretch | None:
        if match[1] == "request.body:":
            return self.request_stretch
        if match[1] == "response.body:":
            return self.stretch
        found = (s for group, s in self._messages if group == [int(match[2])])
        return next(found, None)


def _with_length(headers: Headers, n_bytes: int) -> Headers:
    """Headers with this content-length, where they have one."""
    return tuple(
        (name, b"%d" % n_bytes if name.lower() == b"content-length" else value)
        for name, value in headers
    )


def _without_digests(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in _DIGESTS)
