"""The records of a cassette and of its journal as types, by which msgspec unpacks and checks them.

One call in C makes a record of its bytes and holds each field against its type; unknown fields are
passed over. A field that is absent has its default, where NONE says that the value is not known: a
nil in its place is refused like any value of another type. Each version of the format has its own
kinds; all of them make the same values. FORMAT.md says what each field means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, Union

import msgspec
from msgspec import Meta, Struct

from streamtape.tape.model import Edit, Ending, EndingKind, Head, Redaction, Request

NONE: Any = None
MAX_ITEMS = 8192  # in one array or map: headers, say
Integer = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Pairs = Annotated[tuple[tuple[bytes, bytes], ...], Meta(max_length=MAX_ITEMS)]


class RecordFields(Struct, frozen=True, gc=False, kw_only=True):
    """The fields of a record; `i` is its interaction's number, which a journal has elsewhere."""

    record: ClassVar[str]
    i: Integer = -1


class RequestFields(RecordFields, frozen=True, gc=False, kw_only=True):
    """A request, or as much of it as is not in the records that follow."""

    record: ClassVar[str] = "request"
    method: str = ""
    url: str = ""
    headers: Pairs = ()
    body: bytes = b""
    started_at_us: Integer = NONE
    cuts_known: bool = True

    def value(self) -> Request:
        """Get the request."""
        return Request(self.method, self.url, self.headers, self.body)


class UploadFields(RequestFields, frozen=True, gc=False, kw_only=True):
    """A request in a journal: its body may be in the pieces of an upload."""

    upload: Integer = NONE
    body_bytes: Integer = NONE


class MoreFields(RecordFields, frozen=True, gc=False, kw_only=True):
    """What goes on with the body of a request, or with the data of a run."""

    record: ClassVar[str] = "more"
    data: bytes


class HeadFields(RecordFields, frozen=True, gc=False, kw_only=True):
    """The head of a response."""

    record: ClassVar[str] = "head"
    status: Integer
    http_version: str = ""
    reason: str = ""
    headers: Pairs = ()
    at_us: Integer = NONE
    recoded: bool = False

    def value(self) -> Head:
        """Get the head."""
        return Head(
            self.status, self.headers, self.at_us, self.http_version, self.reason, self.recoded
        )


class RedactionFields(RecordFields, frozen=True, gc=False, kw_only=True):
    """What was masked."""

    record: ClassVar[str] = "redaction"
    where: str = ""
    kind: str = ""
    digest: str = ""

    def value(self) -> Redaction:
        """Get the redaction."""
        return Redaction(self.where, self.kind, self.digest)


class EditFields(RecordFields, frozen=True, gc=False, kw_only=True):
    """What was changed after the recording."""

    record: ClassVar[str] = "edit"
    what: str = ""
    places: Integer = 1

    def value(self) -> Edit:
        """Get the edit."""
        return Edit(self.what, self.places)


class RunFields(RecordFields, frozen=True, gc=False, kw_only=True):
    """A run of rows: columns of times and sizes, and the data."""

    sizes: bytes
    data: bytes
    at_us: bytes = NONE
    kinds: bytes = b""


class ChunksFields(RunFields, frozen=True, gc=False, kw_only=True):
    """A run of chunks."""

    record: ClassVar[str] = "chunks"


class MessagesFields(RunFields, frozen=True, gc=False, kw_only=True):
    """A run of messages; `kinds` has one byte each."""

    record: ClassVar[str] = "messages"


class EndingFields1(RecordFields, frozen=True, gc=False, kw_only=True):
    """How a body ended, as version 1 has it: of dialogues it knows nothing."""

    record: ClassVar[str] = "ending"
    kind: EndingKind
    at_us: Integer = NONE
    exception: str = NONE
    message: str = NONE
    module: str = NONE
    bases: Annotated[tuple[str, ...], Meta(max_length=MAX_ITEMS)] = ()

    def value(self) -> Ending:
        """Get the ending."""
        return Ending(self.kind, self.at_us, self.exception, self.message, self.module, self.bases)


class EndingFields(EndingFields1, frozen=True, gc=False, kw_only=True):
    """How a body ended."""

    close_code: Integer = NONE
    close_reason: str = ""

    def value(self) -> Ending:
        """Get the ending."""
        return Ending(
            self.kind, self.at_us, self.exception, self.message, self.module, self.bases,
            self.close_code, self.close_reason,
        )  # fmt: skip


class CloseFields1(RecordFields, frozen=True, gc=False, kw_only=True):
    """How many of each the file holds, as version 1 has it."""

    record: ClassVar[str] = "close"
    interactions: Integer
    chunks: Integer
    n_bytes: Integer = msgspec.field(name="bytes")

    def value(self) -> tuple[int, int, int, int]:
        """Get how many interactions, chunks, bytes and messages."""
        return self.interactions, self.chunks, self.n_bytes, 0


class CloseFields(CloseFields1, frozen=True, gc=False, kw_only=True):
    """How many of each the file holds."""

    messages: Integer = 0

    def value(self) -> tuple[int, int, int, int]:
        """Get how many interactions, chunks, bytes and messages."""
        return self.interactions, self.chunks, self.n_bytes, self.messages


class Kinds(NamedTuple):
    """The kinds of records that one version knows."""

    fields: Mapping[str, type[RecordFields]]
    unpack: Callable[[bytes | memoryview], Any]  # a whole record; it has `fields`
    # The same, of the kinds that have no arrays: nothing that is made of one is larger than it.
    unpack_rows: Callable[[bytes | memoryview], Any]


@cache
def kinds_of(version: int) -> Kinds:
    """The kinds of records of a version of the cassette format."""
    types: list[type[RecordFields]] = [
        RequestFields, MoreFields, HeadFields, RedactionFields, EditFields, ChunksFields,
    ]  # fmt: skip
    types += [EndingFields1, CloseFields1] if version == 1 else [
        MessagesFields, EndingFields, CloseFields,
    ]  # fmt: skip
    rows = [one for one in types if issubclass(one, RunFields | MoreFields)]
    return Kinds({one.record: one for one in types}, _unpacker(types), _unpacker(rows))


def _unpacker(types: Iterable[type[RecordFields]]) -> Callable[[bytes | memoryview], Any]:
    records = [
        msgspec.defstruct(
            one.__name__, [("fields", one)], tag=one.record, array_like=True, frozen=True, gc=False
        )
        for one in types
    ]
    return msgspec.msgpack.Decoder(Union[tuple(records)]).decode  # noqa: UP007 - of a list
