"""The fields of form bodies, urlencoded and multipart: their names, and where their values are.

Pure and read-only: a malformed body gives fewer fields, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

_URLENCODED = "application/x-www-form-urlencoded"
_FIELD = re.compile(rb"(?:^|&)([^=&\s]+)=([^&\s]+)")
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;,"]+))', re.IGNORECASE)
_NAME = re.compile(rb'(?i)content-disposition:[^\r\n]*[;\s]name=(?:"([^"\r\n]*)"|([^\s;"]+))')
_FILE = re.compile(rb'(?i)content-disposition:[^\r\n]*[;\s]filename=(?:"([^"\r\n]*)"|([^\s;"]+))')
MOST_HEADER_BYTES = 4096
HEADERS_END = re.compile(rb"\r?\n\r?\n")


class Field(NamedTuple):
    """One field of a form: the value is `body[start:end]`, and reads as `text`."""

    name: str
    start: int
    end: int
    text: bytes


class Part(NamedTuple):
    """One part of a multipart body: its content is `body[start:end]`.

    `headers` are those of the part, lower-case, with `filename` beside them.
    """

    name: str
    headers: dict[str, str]
    start: int
    end: int


def fields(content_type: str, body: bytes) -> Iterator[Field]:
    """Iterate over the fields of a body; there are none where its type is no form's."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _URLENCODED:
        yield from _urlencoded(body)
    elif kind == "multipart/form-data":
        for part in parts(content_type, body):
            if part.name and part.start < part.end:
                yield Field(part.name, part.start, part.end, body[part.start : part.end])


def is_urlencoded(content_type: str) -> bool:
    """Whether a body of this type is a form whose values may have escapes."""
    return content_type.partition(";")[0].strip().lower() == _URLENCODED


def _urlencoded(body: bytes) -> Iterator[Field]:
    for match in _FIELD.finditer(body):
        text = unquote_plus(match[2].decode("latin-1")) if b"%" in match[2] else ""
        value = text.encode("utf-8", "replace") or match[2].replace(b"+", b" ")
        yield Field(unquote_plus(match[1].decode("latin-1")), *match.span(2), value)


def boundary_of(content_type: str) -> bytes | None:
    """What parts the parts of a multipart body; None where its type does not say."""
    found = _BOUNDARY.search(content_type)
    return (found[1] or found[2]).encode("latin-1", "replace") if found else None


def parts(content_type: str, body: bytes) -> Iterator[Part]:
    """Iterate over the parts of a multipart body; there are none where it names no boundary."""
    boundary = boundary_of(content_type)
    if boundary is None:
        return
    delimiter = b"--" + boundary
    at = 0 if body.startswith(delimiter) else body.find(b"\n" + delimiter) + 1 or -1
    while at >= 0:
        part = at + len(delimiter)
        at = body.find(b"\n" + delimiter, part - 1)
        end = len(body) if at < 0 else at - (body[at - 1 : at] == b"\r")
        at += at >= 0
        head_end = HEADERS_END.search(body, part, end)
        if head_end is None:
            continue
        lines = body[part : min(head_end.start(), part + MOST_HEADER_BYTES)]
        yield _part(lines, head_end.end(), max(head_end.end(), end))


def _part(lines: bytes, start: int, end: int) -> Part:
    headers = {}
    for line in lines.splitlines():
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    if (file := _FILE.search(lines)) is not None:
        headers["filename"] = (file[1] or file[2] or b"").decode("utf-8", "replace")
    return Part(name_of(lines), headers, start, end)


def name_of(lines: bytes) -> str:
    """The name of a part, by the lines of its head; empty where it has none."""
    named = _NAME.search(lines)
    return (named[1] or named[2] or b"").decode("utf-8", "replace") if named else ""
