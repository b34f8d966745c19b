"""Values <-> the maps of msgpack records, shared by the cassette and its journal.

Packing leaves out what has its default, so that equal values give equal bytes. Unpacking trusts
nothing: a field that is missing or of another type is a RecordError, unknown fields are passed
over. Where the bytes come from is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

from streamtape.tape.model import Edit, Ending, Head, Redaction, Request
from streamtape.tape.record_types import MAX_ITEMS, Kinds, RecordFields

F = TypeVar("F", bound=RecordFields)
MAX_BYTES = 16 << 20  # in one string
SMALL_BYTES = 64 << 10  # the largest record that is unpacked whole: it takes a few megabytes
KEPT_BYTES = 6 << 20  # the memory an idle unpacker may keep: more than one frame's content
_MAX_IDLE = 2
_idle: list[Any] = []  # unpackers to be used again; a list's pop and append are atomic
_ARRAYS = frozenset({*range(0x90, 0xA0), 0xDC, 0xDD})
_MAPS = frozenset({*range(0x80, 0x90), 0xDE, 0xDF})
_FIELDS = frozenset({
    "i", "method", "url", "headers", "body", "started_at_us", "cuts_known", "data", "status",
    "http_version", "reason", "at_us", "recoded", "where", "kind", "digest", "sizes", "exception",
    "message", "module", "bases", "interactions", "chunks", "bytes", "upload", "body_bytes",
    "kinds", "messages", "close_code", "close_reason", "what", "places",
})  # fmt: skip


class RecordError(ValueError):
    """A record is not what it should be; the caller knows of which file."""


def pack(value: Any) -> bytes:
    """Make msgpack bytes; text that UTF-8 can't hold is escaped, never refused."""
    import msgpack  # importing it takes 5 ms, which programs without a cassette save

    try:
        return cast(bytes, msgpack.packb(value))
    except UnicodeEncodeError:
        return cast(bytes, msgpack.packb(_escaped(value)))


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value


def unpack(
    data: bytes | memoryview, kinds: Kinds
) -> Iterator[tuple[int, int, RecordFields | None]]:
    """Iterate over the records in the bytes: where each starts and stops, and its fields.

    Strictly; RecordError if they are not. No extension types, no huge arrays (which would be
    allocated before they are read), no depth beyond what msgpack's own stack holds. Records of
    other kinds than `kinds` are passed over, and nothing is made of them: their fields are None.
    """
    view, unpacker, start, end = memoryview(data), _taken(len(data)), 0, len(data)
    before = unpacker.tell()
    unpacker.feed(data)
    skip, tell, malformed = unpacker.skip, unpacker.tell, _malformed()
    unpack_small, unpack_rows = kinds.unpack, kinds.unpack_rows
    while start < end:
        try:
            skip()
        except malformed as error:
            raise _malformed_error(error) from error
        stop = tell() - before
        try:
            if stop - start <= SMALL_BYTES:
                fields = unpack_small(view[start:stop]).fields
            else:
                fields = unpack_rows(view[start:stop]).fields
        except (msgspec.MsgspecError, ValueError, RecursionError):
            fields = None
        # What is of another kind or wrong is read a field at a time, which says what it is.
        yield start, stop, fields or _unpack_piecewise(bytes(view[start:stop]), kinds)
        start = stop
    if end <= KEPT_BYTES and len(_idle) < _MAX_IDLE:
        _idle.append(unpacker)  # it was read to its end, and so is empty


def _taken(size: int) -> Any:
    """An unpacker for so many bytes whose own memory was used before, where there is one.

    A new one takes as much memory again as it is fed, page by page, which costs as much as reading.
    """
    if size > KEPT_BYTES:
        return _unpacker(size)
    try:
        return _idle.pop()
    except IndexError:
        return _unpacker(KEPT_BYTES)


def unpack_record(record: bytes, kinds: Kinds) -> RecordFields | None:
    """The fields of one record; None where it is of another kind than these."""
    try:
        fields: RecordFields = kinds.unpack_rows(record).fields
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _unpack_piecewise(record, kinds)
    return fields


def _unpack_piecewise(record: bytes, kinds: Kinds) -> RecordFields | None:
    try:
        kind, fields = _pair(record, kinds)
    except _malformed() as error:
        raise _malformed_error(error) from error
    return None if kind not in kinds.fields else typed(kind, fields, kinds.fields[kind])


def typed(kind: str, fields: Any, as_type: type[F]) -> F:
    """Fields of a record as their type; RecordError where one of them is missing or of another."""
    try:
        return msgspec.convert(fields, as_type, builtin_types=(bytes,))
    except (msgspec.ValidationError, RecursionError) as error:
        raise RecordError(f"a {kind!r} record is malformed: {error}") from error


def _malformed_error(error: Exception) -> RecordError:
    return RecordError(f"malformed msgpack ({type(error).__name__}: {error})")


def unpack_one(data: bytes) -> Any:
    """The fields of one record: the one msgpack map that the bytes hold, as strictly."""
    unpacker = _unpacker(len(data))
    unpacker.feed(data)
    try:
        unpacker.skip()
        size = unpacker.tell()
        if size != len(data):
            raise RecordError("bytes follow a value")
        return _whole(data) if size <= SMALL_BYTES else _Piecewise(data).fields()
    except _malformed() as error:
        raise _malformed_error(error) from error


def _whole(data: bytes) -> Any:
    import msgpack

    return msgpack.unpackb(data, **_LIMITS)


def _pair(record: bytes, kinds: Kinds) -> tuple[str, Any]:
    if len(record) > SMALL_BYTES:
        return _Piecewise(record).record(kinds)
    value = _whole(record)
    if type(value) is not list or len(value) < 2 or type(value[0]) is not str:
        raise RecordError("something that is not a record")
    return value[0], value[1]


class _Piecewise:
    """Reads a large record field by field, so that nothing is made of what nobody knows.

    An empty map is one byte of a file and 64 of memory: a record that is unpacked whole may take
    many times its size. Here only texts, bytes and numbers are made, of fields that have a name,
    and arrays of them.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._unpacker = _unpacker(len(data))
        self._unpacker.feed(data)

    def record(self, kinds: Kinds) -> tuple[str, Any]:
        if not self._is_in(_ARRAYS) or self._unpacker.read_array_header() < 2:
            raise RecordError("something that is not a record")
        kind = self._scalar("the kind of a record")
        if type(kind) is not str:
            raise RecordError("something that is not a record")
        return kind, self.fields() if kind in kinds.fields else None

    def fields(self) -> Any:
        if not self._is_in(_MAPS):
            return None
        found: dict[str, Any] = {}
        for _ in range(self._unpacker.read_map_header()):
            name = self._scalar("the name of a field")
            if name not in _FIELDS:
                self._unpacker.skip()
            elif self._is_in(_ARRAYS):
                found[name] = [self._item(name) for _ in range(self._unpacker.read_array_header())]
            else:
                found[name] = self._scalar(name)
        return found

    def _item(self, name: str) -> Any:
        if not self._is_in(_ARRAYS):
            return self._scalar(name)
        if self._unpacker.read_array_header() != 2:
            raise RecordError(f"an item of {name!r} is not a pair")
        return [self._scalar(name), self._scalar(name)]

    def _scalar(self, what: str) -> Any:
        if self._is_in(_ARRAYS) or self._is_in(_MAPS):
            raise RecordError(f"{what} is an array or a map")
        return self._unpacker.unpack()

    def _is_in(self, codes: frozenset[int]) -> bool:
        return self._data[self._unpacker.tell()] in codes


def _unpacker(size: int) -> Any:
    import msgpack

    return msgpack.Unpacker(max_buffer_size=max(size, 1), **_LIMITS)


@lru_cache(maxsize=1)
def _malformed() -> tuple[type[Exception], ...]:
    import msgpack

    return (ValueError, TypeError, IndexError, RecursionError, msgpack.UnpackException)


def _no_extension(code: int, data: bytes) -> Any:
    raise RecordError(f"extension type {code}")


_LIMITS: dict[str, Any] = {
    "raw": False,
    "strict_map_key": True,
    "max_array_len": MAX_ITEMS,
    "max_map_len": MAX_ITEMS,
    "max_str_len": MAX_BYTES,
    "max_bin_len": MAX_BYTES,
    "max_ext_len": 0,
    "ext_hook": _no_extension,
}


def _fields(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", b"", ())}


def request_fields(request: Request, started_at_us: int | None, cuts_known: bool) -> dict[str, Any]:
    """Make the fields of a request, its body apart."""
    return _fields(
        method=request.method,
        url=request.url,
        headers=request.headers,
        started_at_us=started_at_us,
        cuts_known=None if cuts_known else False,
    )


def head_fields(head: Head) -> dict[str, Any]:
    """Make the fields of a head."""
    return {"status": head.status} | _fields(
        http_version=head.http_version,
        reason=head.reason,
        headers=head.headers,
        at_us=head.at_us,
        recoded=head.recoded or None,
    )


def ending_fields(ending: Ending) -> dict[str, Any]:
    """Make the fields of an ending."""
    return _fields(
        kind=ending.kind,
        at_us=ending.at_us,
        exception=ending.exception,
        message=ending.message,
        module=ending.module,
        bases=ending.bases,
        close_code=ending.close_code,
        close_reason=ending.close_reason,
    ) | ({"message": ""} if ending.message == "" else {})


def redaction_fields(redaction: Redaction) -> dict[str, Any]:
    """Make the fields of a redaction."""
    return _fields(where=redaction.where, kind=redaction.kind, digest=redaction.digest)


def edit_fields(edit: Edit) -> dict[str, Any]:
    """Make the fields of an edit."""
    return _fields(what=edit.what, places=None if edit.n_places == 1 else edit.n_places)
