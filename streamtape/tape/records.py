"""Values <-> the maps of msgpack records, shared by the cassette and its journal.

Packing leaves out what has its default, so that equal values give equal bytes. Unpacking trusts
nothing: a field that is missing or of another type is a RecordError, unknown fields are passed
over. Where the bytes come from is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

from streamtape.tape.model import Edit, Ending, EndingKind, Head, Headers, Redaction, Request

MAX_ITEMS = 8192  # in one array or map: headers, say
MAX_BYTES = 16 << 20  # in one string
SMALL_BYTES = 64 << 10  # a record up to here is unpacked whole: it takes a few megabytes at most
_ARRAYS = frozenset({*range(0x90, 0xA0), 0xDC, 0xDD})
_MAPS = frozenset({*range(0x80, 0x90), 0xDE, 0xDF})
_FIELDS = frozenset({
    "i", "method", "url", "headers", "body", "started_at_us", "cuts_known", "data", "status",
    "http_version", "reason", "at_us", "recoded", "where", "kind", "digest", "sizes", "exception",
    "message", "module", "bases", "interactions", "chunks", "bytes", "upload", "body_bytes",
    "kinds", "messages", "close_code", "close_reason", "what", "places",
})  # fmt: skip
_KINDS = {"complete", "error", "abandoned", "unfinished"}
_TWO_BYTES = [bytes, bytes]
_I64 = range(-(1 << 63), 1 << 63)


class RecordError(ValueError):
    """A record is not what it should be; the caller knows of which file."""


def pack(value: Any) -> bytes:
    """Make msgpack bytes; text that UTF-8 can't hold is escaped, never refused."""
    import msgpack  # 5 ms that programs without a cassette need not pay

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
    data: bytes, start: int = 0, *, kinds: frozenset[str] | None = None
) -> Iterator[tuple[int, str, Any]]:
    """Iterate over the records in the bytes: where each starts, its kind, its fields.

    Strictly; RecordError if they are not. No extension types, no huge arrays (which would be
    allocated before they are read), no depth beyond what msgpack's own stack holds. Records of
    other kinds than `kinds` are passed over, and nothing is made of them: their fields are None.
    """
    unpacker, first, end = _unpacker(len(data)), start, len(data)
    unpacker.feed(memoryview(data)[start:] if start else data)
    try:
        while start < end:
            unpacker.skip()
            stop = first + unpacker.tell()
            kind, fields = _pair(data, start, stop, kinds)
            yield start, kind, fields
            start = stop
    except _malformed() as error:
        raise RecordError(f"malformed msgpack ({type(error).__name__}: {error})") from error


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
        raise RecordError(f"malformed msgpack ({type(error).__name__}: {error})") from error


def _whole(data: bytes) -> Any:
    import msgpack

    return msgpack.unpackb(data, **_LIMITS)


def _pair(data: bytes, start: int, stop: int, kinds: frozenset[str] | None) -> tuple[str, Any]:
    record = data if stop - start == len(data) else data[start:stop]
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

    def record(self, kinds: frozenset[str] | None) -> tuple[str, Any]:
        if not self._is_in(_ARRAYS) or self._unpacker.read_array_header() < 2:
            raise RecordError("something that is not a record")
        kind = self._scalar("the kind of a record")
        if type(kind) is not str:
            raise RecordError("something that is not a record")
        return kind, self.fields() if kinds is None or kind in kinds else None

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


class Fields:
    """The fields of one record, checked as they are read."""

    def __init__(self, kind: str, fields: Any) -> None:
        if not isinstance(fields, dict):
            raise RecordError(f"the fields of a {kind!r} record are not a map")
        self.kind = kind
        self.fields = fields

    def get(self, name: str, *types: type, default: Any = ...) -> Any:
        """The value of a field; RecordError where it is missing or of another type."""
        if name not in self.fields:
            if default is ...:
                raise RecordError(f"a {self.kind!r} record has no {name!r}")
            return default
        value = self.fields[name]
        if type(value) not in types:
            raise RecordError(f"{name!r} of a {self.kind!r} record is a {type(value).__name__}")
        return value

    def integer(self, name: str, default: Any = ...) -> Any:
        """A signed 64-bit integer."""
        value = self.get(name, int, default=default)
        if value is not None and value not in _I64:
            raise RecordError(f"{name!r} of a {self.kind!r} record is {value}")
        return value

    def headers(self) -> Headers:
        """Pairs of bytes."""
        pairs = self.get("headers", list, default=[])
        for pair in pairs:
            if type(pair) is not list or [*map(type, pair)] != _TWO_BYTES:
                raise RecordError(f"a header of a {self.kind!r} record is not a pair of bytes")
        return tuple(map(tuple, pairs))


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


def read_request(fields: Fields) -> tuple[Request, int | None, bool]:
    """Get a request, when it was sent, and whether the cuts of its answer are known."""
    request = Request(
        method=fields.get("method", str, default=""),
        url=fields.get("url", str, default=""),
        headers=fields.headers(),
        body=fields.get("body", bytes, default=b""),
    )
    return (
        request,
        fields.integer("started_at_us", None),
        fields.get("cuts_known", bool, default=True),
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


def read_head(fields: Fields) -> Head:
    """Get a head."""
    return Head(
        status=fields.integer("status"),
        headers=fields.headers(),
        at_us=fields.integer("at_us", None),
        http_version=fields.get("http_version", str, default=""),
        reason=fields.get("reason", str, default=""),
        recoded=fields.get("recoded", bool, default=False),
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


def read_ending(fields: Fields) -> Ending:
    """Get an ending."""
    kind = fields.get("kind", str)
    if kind not in _KINDS:
        raise RecordError(f"unknown kind of ending {kind!r}")
    bases = fields.get("bases", list, default=[])
    if any(type(base) is not str for base in bases):
        raise RecordError("the bases of an ending are not strings")
    return Ending(
        kind=cast(EndingKind, kind),
        at_us=fields.integer("at_us", None),
        exception=fields.get("exception", str, default=None),
        message=fields.get("message", str, default=None),
        module=fields.get("module", str, default=None),
        bases=tuple(bases),
        close_code=fields.integer("close_code", None),
        close_reason=fields.get("close_reason", str, default=""),
    )


def redaction_fields(redaction: Redaction) -> dict[str, Any]:
    """Make the fields of a redaction."""
    return _fields(where=redaction.where, kind=redaction.kind, digest=redaction.digest)


def read_redaction(fields: Fields) -> Redaction:
    """Get a redaction."""
    return Redaction(
        where=fields.get("where", str, default=""),
        kind=fields.get("kind", str, default=""),
        digest=fields.get("digest", str, default=""),
    )


def edit_fields(edit: Edit) -> dict[str, Any]:
    """Make the fields of an edit."""
    return _fields(what=edit.what, places=None if edit.n_places == 1 else edit.n_places)


def read_edit(fields: Fields) -> Edit:
    """Get an edit."""
    return Edit(fields.get("what", str, default=""), fields.integer("places", 1))
