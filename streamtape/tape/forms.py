"""The fields of form bodies, urlencoded and multipart: their names, and where their values are.

Pure, and for looking alone: what is malformed has fewer fields, never an error. What a name or a
value means is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

_FIELD = re.compile(rb"(?:^|&)([^=&\s]+)=([^&\s]+)")
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;,"]+))', re.IGNORECASE)
_NAME = re.compile(rb'(?i)content-disposition:[^\r\n]*[;\s]name=(?:"([^"\r\n]*)"|([^\s;"]+))')
_MOST_HEADER_BYTES = 4096
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


class Field(NamedTuple):
    """One field of a form: the value is `body[start:end]`, and reads as `text`."""

    name: str
    start: int
    end: int
    text: bytes


def fields(content_type: str, body: bytes) -> Iterator[Field]:
    """Iterate over the fields of a body; there are none where its type is no form's."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        yield from _urlencoded(body)
    elif kind == "multipart/form-data" and (found := _BOUNDARY.search(content_type)):
        yield from _multipart(b"--" + (found[1] or found[2]).encode("latin-1", "replace"), body)


def _urlencoded(body: bytes) -> Iterator[Field]:
    for match in _FIELD.finditer(body):
        text = unquote_plus(match[2].decode("latin-1")) if b"%" in match[2] else ""
        value = text.encode("utf-8", "replace") or match[2].replace(b"+", b" ")
        yield Field(unquote_plus(match[1].decode("latin-1")), *match.span(2), value)


def _multipart(delimiter: bytes, body: bytes) -> Iterator[Field]:
    at = body.find(delimiter)
    while at >= 0:
        part = at + len(delimiter)
        at = body.find(b"\n" + delimiter, part)
        end = len(body) if at < 0 else at - (body[at - 1 : at] == b"\r")
        at += at >= 0
        headers = _HEADERS_END.search(body, part, end)
        if headers is None:
            continue
        name = _NAME.search(body, part, min(headers.start(), part + _MOST_HEADER_BYTES))
        if name is not None and headers.end() < end:
            said = (name[1] or name[2] or b"").decode("utf-8", "replace")
            yield Field(said, headers.end(), end, body[headers.end() : end])
