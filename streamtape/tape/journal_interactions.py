"""Interactions put together from the records of a journal, their chunks still in the journal. Pure.

Each record says how much of its interaction was written before it, so that a hole is known: how
many records, chunks and bytes it lacks. What is there is kept, in its place; the ending of an
interaction with a hole is `unfinished` and says what is missing. An interaction of which some bytes
could not be written is compressed again from its content.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from streamtape.content.decode import decoder_for
from streamtape.errors import ContentError
from streamtape.tape import journal, recode, records
from streamtape.tape.journal_records import Entry, Journal
from streamtape.tape.journal_segments import (
    JournalBody,
    JournalRun,
    JournalSegment,
    Upload,
    overwrite,
)
from streamtape.tape.messages import Messages, is_kind_byte
from streamtape.tape.model import Ending, Head, Interaction, Redaction, Request
from streamtape.tape.record_types import (
    EndingFields,
    HeadFields,
    RecordFields,
    RedactionFields,
    UploadFields,
)
from streamtape.tape.records import RecordError
from streamtape.tape.segments import SEGMENT_BYTES, SEGMENT_CHUNKS, Chunk, Chunks

F = TypeVar("F", bound=RecordFields)
_MOST_LISTED = 3  # holes that an ending lists


@dataclass(slots=True)
class Draft:
    """One interaction, as far as its records were read."""

    request: Request | None = None
    upload: Upload = field(default_factory=Upload)  # of a draft that is one
    uploaded: journal.Uploaded | None = None  # where the body of the request is
    started_at_us: int | None = None
    more: list[bytes] = field(default_factory=list)  # of the request's body
    head: Head | None = None
    runs: list[JournalRun] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    ending: Ending | None = None
    last_us: int | None = None
    contents: dict[int, int] = field(default_factory=dict)  # where the records are, by number
    content_patches: list[int] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    n_records: int = 0
    n_chunks: int = 0
    n_contents: int = 0
    n_bytes: int = 0

    def take(self, entry: Entry) -> str | None:
        """Add a record; gives what is missing before it, or None.

        RecordError where the record is whole and makes no sense.
        """
        missing = self._missing(entry)
        if missing is not None:
            self.holes.append(missing)
        try:
            _TAKERS.get(entry.kind, _pass_over)(self, entry)
        finally:
            self.n_records += 1
        return missing

    def _missing(self, entry: Entry) -> str | None:
        """Set the counts to what the record says; gives what is missing, if that is more."""
        counts = entry.counts
        if counts is None:
            return None
        n_records = counts.records - self.n_records
        n_bytes = counts.n_bytes - self.n_bytes
        n_chunks = 0
        if entry.kind == journal.CONTENT:
            self.n_contents = counts.chunks
        else:
            n_chunks = counts.chunks - self.n_chunks
            self.n_chunks = counts.chunks
        after = self.n_chunks - n_chunks
        self.n_records, self.n_bytes = counts.records, counts.n_bytes
        if min(n_records, n_bytes, n_chunks) < 0:
            raise RecordError("it counts less than was read before it")
        if not n_records:
            return None
        if n_chunks > 0:
            where = f"after chunk {after - 1}" if after else "at the start of the body"
            return f"{_count(n_chunks, 'chunk')} of {_count(n_bytes, 'byte')} missing {where}"
        if self.request is not None:
            return f"{_count(n_records, 'record')} missing{_before(self)}"
        more = f" and {_count(n_records - 1, 'record')} after it" if n_records > 1 else ""
        return f"its request{more} missing"

    def _request(self, entry: Entry) -> None:
        if self.request is not None:
            raise RecordError("a second request with the number of another")
        fields = _fields(UploadFields, entry)
        if fields.upload is not None:
            if fields.body_bytes is None:
                raise RecordError("an uploaded request does not say how long its body is")
            self.uploaded = journal.Uploaded(fields.upload, fields.body_bytes)
        self.request, self.started_at_us = fields.value(), fields.started_at_us

    def _head(self, entry: Entry) -> None:
        self.head = _fields(HeadFields, entry).value()

    def _more(self, entry: Entry) -> None:
        self.more.append(entry.body[journal.START.size :])

    def _piece(self, entry: Entry) -> None:
        self.upload.add(entry)

    def _redaction(self, entry: Entry) -> None:
        self.redactions.append(_fields(RedactionFields, entry).value())

    def _end(self, entry: Entry) -> None:
        self.ending = _fields(EndingFields, entry).value()

    def _row(self, entry: Entry) -> None:
        """Take a chunk or a message."""
        start = journal.ROW_STARTS[entry.kind]
        at_us = start.unpack_from(entry.body)[2]
        if entry.kind == journal.MESSAGE and not is_kind_byte(start.unpack_from(entry.body)[3]):
            raise RecordError("unknown kind of message")
        if self.runs and self.runs[-1].kind != entry.kind:
            raise RecordError("chunks and messages in one interaction")
        self.last_us = max(self.last_us or 0, at_us)
        self.contents.pop(self.n_chunks, None)
        run = self.runs[-1] if self.runs else None
        if (
            run is None
            or run.n_bytes >= SEGMENT_BYTES
            or run.n_chunks >= SEGMENT_CHUNKS
            or run.start + run.n_bytes != self.n_bytes
        ):
            run = JournalRun(self.n_bytes, entry.kind)
            self.runs.append(run)
        n_bytes = len(entry.body) - start.size
        run.n_chunks += 1
        run.n_bytes += n_bytes
        self.n_chunks += 1
        self.n_bytes += n_bytes
        if run.offsets and run.offsets[-1] == entry.offset:
            run.offsets[-1] = entry.end
        else:
            run.offsets.extend((entry.offset, entry.end))

    def _content(self, entry: Entry) -> None:
        self.last_us = journal.CONTENT_START.unpack_from(entry.body)[2]
        self.contents[self.n_contents] = entry.offset
        self.n_contents += 1

    def _content_patch(self, entry: Entry) -> None:
        journal.PATCH_START.unpack_from(entry.body)
        self.content_patches.append(entry.offset)

    def _patch(self, entry: Entry) -> None:
        start = journal.PATCH_START.unpack_from(entry.body)[2]
        self.upload.patch(entry, start)
        if entry.counts is None and self.holes:
            return  # version 1: the bytes it would patch have moved, and stay masked
        end = start + len(entry.body) - journal.PATCH_START.size
        for run in reversed(self.runs):
            if run.start < end:
                run.patches.append(entry.offset)
            if run.start <= start:
                return

    def finish(self, source: Journal, uploads: Mapping[int, Draft]) -> Interaction:
        """Make the interaction; its chunks are read from the journal when they are needed.

        `uploads` are the bodies of requests that are in the journal under numbers of their own.
        """
        request = self._whole_request(source, uploads)
        rows = [JournalSegment(run, source) for run in self.runs]
        messages = Messages(row for row in rows if row.run.kind == journal.MESSAGE)
        head, chunks = self.head, Chunks(row for row in rows if row.run.kind == journal.CHUNK)
        if self.contents:
            head, chunks = self._recode(head, chunks, source)
        return Interaction(
            request=request,
            head=head,
            chunks=chunks,
            ending=self._ending(),
            started_at_us=self.started_at_us,
            redactions=tuple(self.redactions),
            messages=messages,
        )

    def _whole_request(self, source: Journal, uploads: Mapping[int, Draft]) -> Request:
        request = self.request or Request("", "")
        if self.more:
            request = replace(request, body=b"".join((request.body, *self.more)))
        draft, expected = self, self.upload.n_bytes
        if self.uploaded is not None:
            draft = uploads.get(self.uploaded.number) or Draft()
            expected = self.uploaded.n_bytes
        n_missing = expected - draft.upload.n_bytes
        if n_missing:
            self.holes.append(f"{_count(n_missing, 'byte')} of its request's body missing")
        elif draft is not self:
            self.holes += draft.holes
        if not draft.upload.n_bytes:
            return request
        body = JournalBody(draft.upload, source)
        return Request.stored(request.method, request.url, request.headers, body)

    def _ending(self) -> Ending:
        at_us = self.last_us
        if at_us is None and self.head:
            at_us = self.head.at_us
        if self.holes:
            listed = "; ".join(self.holes[:_MOST_LISTED])
            more = len(self.holes) - _MOST_LISTED
            listed += f"; and {more} more" if more > 0 else ""
            at_us = self.ending.at_us if self.ending else at_us
            return Ending("unfinished", at_us, message=f"its journal was damaged: {listed}")
        where = " within the request" if self.upload.starts else ""
        return self.ending or Ending("unfinished", at_us, message=f"the recorder stopped{where}")

    def _recode(
        self, head: Head | None, chunks: Chunks, source: Journal
    ) -> tuple[Head | None, Chunks]:
        contents = _contents(self, source)
        if head is None:  # it was lost: nothing says how the body was encoded
            return None, Chunks.of([*chunks, *contents])
        complete = self._ending().kind == "complete"
        encoding = head.get("content-encoding")
        pieces = [*self._decoded(head, chunks), *contents]
        chunks = Chunks.of(list(recode.encode_content(pieces, encoding, complete=complete)))
        return recode.head_of_recoded(head, chunks.n_bytes, complete=complete), chunks

    def _decoded(self, head: Head, chunks: Chunks) -> Iterator[Chunk]:
        decoder = decoder_for(head.get("content-encoding"))
        for at_us, data in chunks:
            try:
                yield Chunk(at_us, decoder.feed(data))
            except ContentError:
                if not self.holes:
                    raise
                return  # after a hole nothing can be decoded


_TAKERS = {
    journal.REQUEST: Draft._request,
    journal.HEADER: Draft._head,
    journal.CHUNK: Draft._row,
    journal.MESSAGE: Draft._row,
    journal.PATCH: Draft._patch,
    journal.REDACTION: Draft._redaction,
    journal.ENDING: Draft._end,
    journal.CONTENT: Draft._content,
    journal.CONTENT_PATCH: Draft._content_patch,
    journal.MORE: Draft._more,
    journal.PIECE: Draft._piece,
}


def _pass_over(_draft: Draft, _entry: Entry) -> None:
    """Ignore a kind that a later version may have."""


def _before(draft: Draft) -> str:
    return f" after chunk {draft.n_chunks - 1}" if draft.n_chunks else " before its chunks"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _fields(as_type: type[F], entry: Entry) -> F:
    fields = records.unpack_one(entry.body[journal.START.size :])
    return records.typed(as_type.record, fields, as_type)


def _contents(draft: Draft, source: Journal) -> list[Chunk]:
    """The content records that no chunk has taken the place of, patched."""
    bodies = [source.entry(draft.contents[number]).body for number in sorted(draft.contents)]
    starts = [journal.CONTENT_START.unpack_from(body)[3] for body in bodies]
    pieces = [bytearray(body[journal.CONTENT_START.size :]) for body in bodies]
    for at in draft.content_patches:
        body = source.entry(at).body
        start, data = journal.PATCH_START.unpack_from(body)[2], body[journal.PATCH_START.size :]
        for n in range(max(0, bisect_right(starts, start) - 1), len(pieces)):
            if starts[n] >= start + len(data):
                break
            overwrite(pieces[n], start - starts[n], data)
    times = (journal.CONTENT_START.unpack_from(body)[2] for body in bodies)
    return [Chunk(at_us, bytes(piece)) for at_us, piece in zip(times, pieces, strict=True)]
