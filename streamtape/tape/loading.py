"""The bytes of a cassette's file -> its values, in pieces and with bounded memory; no disk.

A Decoder is fed the file and gives the cassette at its close. Bodies stay in memory up to
EAGER_BYTES of content; beyond that only their places are kept, and `fetch` is called for a frame
when a chunk is read. Everything else that is kept is bounded too. Nothing is trusted: each record
must be one that may come there, and the totals must be those of the closing record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import repeat
from typing import Any, NoReturn

from msgspec import Struct

from streamtape.errors import CassetteLimitError
from streamtape.tape import container, records
from streamtape.tape.container import Piece, damaged
from streamtape.tape.lazy_segments import (
    Fetch,
    RecordLocation,
    Reread,
    StoredRequestBody,
    StoredSegment,
    rereader,
)
from streamtape.tape.messages import NO_MESSAGES, Messages, is_kind_byte
from streamtape.tape.model import (
    Cassette,
    Edit,
    Ending,
    Head,
    Interaction,
    Redaction,
    Request,
)
from streamtape.tape.record_types import (
    CloseFields1,
    EditFields,
    EndingFields1,
    HeadFields,
    MoreFields,
    RecordFields,
    RedactionFields,
    RequestFields,
    RunFields,
    kinds_of,
)
from streamtape.tape.records import RecordError
from streamtape.tape.segments import (
    COLUMN_WIDTH,
    SEGMENT_CHUNKS,
    Allowance,
    Chunks,
    PackedSegment,
    Segment,
)
from streamtape.tape.unfolding import (
    BYTES_A_BYTE,
    CHUNKS_A_BYTE,
    MIN_CHUNKS,
    MIN_REQUEST_BYTES,
    allowances,
    total,
)

EAGER_BYTES = 32 << 20  # up to this size, a cassette's content is kept in memory
DEFAULT_MAX_BYTES = 8 << 30  # for the content, unless the caller gives a limit
MAX_RATIO = 1000  # the same, beyond FREE_BYTES of content
FREE_BYTES = 1 << 30
# About what requests, heads and places may take in memory, also of a small file; of a large one
# so many times its size.
MAX_KEPT_BYTES = 512 << 20
MAX_KEPT_RATIO = 4
MAX_UNKNOWN_BYTES = 64 << 20  # in records of unknown kinds; or the size of the file


class _Run(Struct, gc=False):
    """One "chunks" or "messages" record and the "more" that follow it."""

    n_chunks: int
    n_bytes: int
    timed: bool
    times: bytes | None
    sizes: bytes
    data: list[bytes]
    locations: list[RecordLocation]
    seen_bytes: int = 0
    kinds: bytes = b""

    def leave(self) -> None:
        """Leave its rows in the file."""
        self.times, self.sizes, self.data, self.kinds = None, b"", [], b""


class _Draft(Struct, gc=False):
    """An interaction of which not all records have been seen."""

    request: Request
    started_at_us: int | None
    cuts_known: bool
    body: list[bytes]  # empty where it is left in the file
    body_locations: list[RecordLocation]
    n_body_bytes: int
    n_bytes: int = 0  # bytes in its runs
    head: Head | None = None
    runs: list[_Run] = []
    has_messages: bool = False
    redactions: list[Redaction] = []
    edits: list[Edit] = []
    ending: Ending | None = None


class Decoder:
    """Makes a cassette of the bytes of its file: feed them in order, then close.

    `fetch(offset, size)` gives bytes of the same file again; without it everything is kept in
    memory. With `reads_requests` False, long bodies of requests are compared piece by piece, and
    may be as long as all content. Errors are NotACassetteError, NewerFormatError,
    DamagedCassetteError and CassetteLimitError. Nothing is to be trusted before `close` returns.
    """

    def __init__(
        self,
        *,
        path: str | None = None,
        max_bytes: int | None = None,
        fetch: Fetch | None = None,
        reads_requests: bool = True,
    ) -> None:
        self.path = path
        self._reader = container.Reader(path)
        self._max_bytes = max_bytes
        self._reads_requests = reads_requests
        self._fetch = fetch
        self._eager = True
        self._content_bytes = self._kept_bytes = self._fed_bytes = 0
        self._drafts: list[_Draft] = []
        self._counts: tuple[int, ...] | None = None
        self._n_chunks = self._n_messages = self._n_bytes = self._unknown_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        self._fed_bytes += len(data)
        for piece in self._reader.feed(data):
            self._content_bytes += len(piece.content)
            self._check_limits()
            if self._eager and self._fetch and self._content_bytes > EAGER_BYTES:
                self._eager = False
                for draft in self._drafts:
                    self._leave_body(draft)
                    for run in draft.runs:
                        run.leave()
            try:
                self._read(piece)
            except RecordError as error:
                raise self._reader.damaged(str(error)) from error

    def close(self) -> Cassette:
        """Get the cassette; DamagedCassetteError where the file is not whole."""
        self._reader.close()
        if self._counts is None:
            raise damaged("it has no closing record", self.path)
        counts = (len(self._drafts), self._n_chunks, self._n_bytes, self._n_messages)
        if self._counts != counts:
            raise damaged("the counts in its closing record do not match its content", self.path)
        reread = rereader(self._fetch, self.path) if self._fetch and not self._eager else None
        self._check_requests()
        sizes = [draft.n_bytes for draft in self._drafts]
        limits: Iterable[Allowance | None] = repeat(None)  # the caller's own limit is enough
        if self._max_bytes is None:
            limits = allowances(self._fed_bytes, sizes)
        interactions = tuple(
            self._finish(draft, reread, limit)
            for draft, limit in zip(self._drafts, limits, strict=False)
        )
        return Cassette(interactions, path=self.path)

    def _check_limits(self) -> None:
        limit = self._max_bytes
        if limit is None:
            limit = min(DEFAULT_MAX_BYTES, max(FREE_BYTES, MAX_RATIO * self._fed_bytes))
        kept_limit = max(MAX_KEPT_BYTES, MAX_KEPT_RATIO * self._fed_bytes, self._max_bytes or 0)
        for size, most, what in (
            (self._content_bytes, limit, "unpacks to"),
            (self._kept_bytes, kept_limit, "holds requests and heads that take"),
        ):
            if size > most:
                self._refuse(what, f"{most} bytes")

    def _check_requests(self) -> None:
        """Refuse a body of a request that no reader could parse in bounded memory."""
        most = max(MIN_REQUEST_BYTES, BYTES_A_BYTE * self._fed_bytes)
        if self._max_bytes is not None or not self._reads_requests:
            return
        if any(draft.n_body_bytes > most for draft in self._drafts):
            self._refuse("holds a request whose body is", f"{most} bytes")

    def _refuse(self, what: str, most: str) -> NoReturn:
        raise CassetteLimitError(
            f"{container.named(self.path)} {what} more than {most}; if it can be trusted, load it "
            "with a higher limit: load(path, max_bytes=...)",
            path=self.path,
        )

    def _read(self, piece: Piece) -> None:
        kinds = kinds_of(self._reader.version)
        for start, stop, fields in records.unpack(piece.content, kinds):
            if self._counts is not None:
                raise RecordError("a record follows the closing one")
            if fields is None:
                self._unknown_bytes += stop - start
                continue
            # A character may take four bytes in memory. Handlers put right what holds bytes.
            self._kept_bytes += 500 + 4 * (stop - start)
            location = RecordLocation(piece.offset, piece.size, start, stop)
            _HANDLERS[fields.record](self, fields, location)
            if self._kept_bytes > MAX_KEPT_BYTES:  # which is allowed in any case
                self._check_limits()
        if self._unknown_bytes > max(MAX_UNKNOWN_BYTES, self._fed_bytes, self._max_bytes or 0):
            self._refuse("holds records of unknown kinds with", f"{MAX_UNKNOWN_BYTES} bytes")

    def _leave_body(self, draft: _Draft) -> None:
        """Leave a long body of a request in the file; short ones are what requests are found by."""
        if len(draft.body_locations) > 1:
            draft.body.clear()
            draft.request = replace(draft.request, body=b"")

    def _request(self, fields: RequestFields, location: RecordLocation) -> None:
        if fields.i != len(self._drafts):
            raise RecordError(f"request {fields.i} where request {len(self._drafts)} was expected")
        request, body = fields.value(), fields.body
        self._kept_bytes += 1500 + 200 * len(request.headers) - 3 * len(body)
        self._drafts.append(
            _Draft(request, fields.started_at_us, fields.cuts_known, [body], [location], len(body))
        )

    def _head(self, fields: HeadFields, _location: RecordLocation) -> None:
        draft = self._draft(fields)
        if draft.head is not None or draft.runs:
            raise RecordError("unexpected head")
        draft.head = fields.value()
        self._kept_bytes += 200 * len(draft.head.headers)

    def _redaction(self, fields: RedactionFields, _location: RecordLocation) -> None:
        self._draft(fields).redactions.append(fields.value())

    def _edit(self, fields: EditFields, _location: RecordLocation) -> None:
        self._draft(fields).edits.append(fields.value())

    def _chunks(self, fields: RunFields, location: RecordLocation) -> None:
        draft = self._draft(fields)
        if draft.has_messages:
            raise RecordError("chunks and messages in one interaction")
        self._n_chunks += self._run(draft, fields, location)
        self._check_number(self._n_chunks, "chunks")

    def _messages(self, fields: RunFields, location: RecordLocation) -> None:
        draft = self._draft(fields)
        if draft.runs and not draft.has_messages:
            raise RecordError("messages and chunks in one interaction")
        draft.has_messages = True
        if not all(map(is_kind_byte, fields.kinds)):
            raise RecordError("unknown kind of message")
        n_messages = self._run(draft, fields, location)
        if len(fields.kinds) != n_messages:
            raise RecordError(f"{len(fields.kinds)} kinds of {n_messages} messages")
        self._n_messages += n_messages
        self._check_number(self._n_messages, "messages")

    def _check_number(self, n_rows: int, noun: str) -> None:
        most = max(MIN_CHUNKS, CHUNKS_A_BYTE * self._fed_bytes)
        if self._max_bytes is None and n_rows > most:
            self._refuse("holds", f"{most} {noun}")

    def _run(self, draft: _Draft, fields: RunFields, location: RecordLocation) -> int:
        """Take a run of rows; get how many."""
        self._check_run(draft)
        self._kept_bytes -= 4 * (location.stop - location.start)  # its rows are content
        times: bytes | None = fields.at_us
        sizes, data = fields.sizes, fields.data
        n_rows, rest = divmod(len(sizes), COLUMN_WIDTH)
        if (
            rest
            or not 0 < n_rows <= SEGMENT_CHUNKS
            or len(sizes if times is None else times) != len(sizes)
        ):
            raise RecordError(f"{len(sizes)} bytes of sizes, {len(times or b'')} of times")
        timed = times is not None
        if draft.runs and draft.runs[0].timed != timed:
            raise RecordError(f"some {fields.record} have times and some have none")
        n_bytes = total(sizes)
        if n_bytes < len(data):
            raise RecordError(f"{fields.record} hold more than their sizes say")
        kinds = fields.kinds if draft.has_messages else b""
        run = _Run(n_rows, n_bytes, timed, times, sizes, [data], [location], len(data), kinds)
        if not self._eager:
            run.leave()
        draft.runs.append(run)
        draft.n_bytes += n_bytes
        self._n_bytes += n_bytes
        return n_rows

    def _more(self, fields: MoreFields, location: RecordLocation) -> None:
        draft = self._draft(fields)
        data = fields.data
        self._kept_bytes -= 4 * (location.stop - location.start)
        if not draft.runs:
            if draft.head is not None:
                raise RecordError("data goes on after nothing")
            draft.n_body_bytes += len(data)
            draft.body_locations.append(location)
            if self._eager:
                self._kept_bytes += len(data)
                draft.body.append(data)
            else:
                self._leave_body(draft)
            return
        run = draft.runs[-1]
        run.seen_bytes += len(data)
        if run.seen_bytes > run.n_bytes or not data:
            raise RecordError("chunks hold more than their sizes say")
        run.locations.append(location)
        if self._eager:
            run.data.append(data)

    def _end(self, fields: EndingFields1, _location: RecordLocation) -> None:
        draft = self._draft(fields)
        self._check_run(draft)
        draft.ending = fields.value()
        self._kept_bytes += 60 * len(fields.bases)

    def _close(self, fields: CloseFields1, _location: RecordLocation) -> None:
        self._counts = fields.value()

    def _draft(self, fields: RecordFields) -> _Draft:
        i = fields.i
        if not 0 <= i < len(self._drafts) or self._drafts[i].ending is not None:
            raise RecordError(
                f"a {fields.record!r} record of interaction {i} where none is expected"
            )
        return self._drafts[i]

    def _check_run(self, draft: _Draft) -> None:
        if draft.runs and draft.runs[-1].seen_bytes != draft.runs[-1].n_bytes:
            raise RecordError("chunks hold less than their sizes say")

    def _finish(
        self, draft: _Draft, reread: Reread | None, allowance: Allowance | None
    ) -> Interaction:
        if draft.ending is None:
            raise damaged("an interaction has no ending", self.path)
        request = draft.request
        if len(draft.body) > 1:
            request = replace(request, body=b"".join(draft.body))
        elif not draft.body:
            assert reread is not None, "bodies are left only where they can be read again"
            stored = StoredRequestBody(draft.n_body_bytes, tuple(draft.body_locations), reread)
            request = Request.stored(request.method, request.url, request.headers, stored)
        segments: list[Segment] = []
        for run in draft.runs:
            if reread is None:
                data = run.data[0] if len(run.data) == 1 else b"".join(run.data)
                segments.append(
                    PackedSegment(run.n_chunks, run.n_bytes, run.times, run.sizes, data, run.kinds)
                )
            else:
                segments.append(
                    StoredSegment(run.n_chunks, run.n_bytes, tuple(run.locations), reread)
                )
        return Interaction(
            request=request,
            head=draft.head,
            chunks=Chunks(() if draft.has_messages else segments, allowance=allowance),
            ending=draft.ending,
            started_at_us=draft.started_at_us,
            cuts_known=draft.cuts_known,
            redactions=tuple(draft.redactions),
            messages=Messages(segments, allowance=allowance) if draft.has_messages else NO_MESSAGES,
            edits=tuple(draft.edits),
        )


_HANDLERS: dict[str, Callable[[Decoder, Any, RecordLocation], None]] = {
    "request": Decoder._request,
    "more": Decoder._more,
    "head": Decoder._head,
    "redaction": Decoder._redaction,
    "edit": Decoder._edit,
    "chunks": Decoder._chunks,
    "messages": Decoder._messages,
    "ending": Decoder._end,
    "close": Decoder._close,
}
