"""What a document is that can't be read as its name says, for an error with a way out.

Only the beginning counts, as for people who open the file. Signatures are those of the formats:
RFC 1952 (gzip), RFC 8878 (zstd), APPNOTE.TXT 4.3.7 (zip), the byte order marks of Unicode.
"""

from __future__ import annotations

import json
import re

from streamtape.convert.about import About
from streamtape.errors import ConvertError
from streamtape.tape.container import NAME

_BEGINNINGS = (
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; unpack it first"),
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
    (b"\xff\xfe", "it is text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "it is text in UTF-16; save it as UTF-8"),
    (b"version https://git-lfs", "it is a pointer of Git LFS; `git lfs pull` brings the file"),
)
_HTML = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<[!?a-z]", re.IGNORECASE)
_EVENT = re.compile(rb"(?:^|\n)(?:data|event):")
_MOST_BYTES = 1 << 16


def explained(error: ConvertError, data: bytes, about: About, name: str) -> ConvertError:
    """The error of a document that can't be read as `name`, with what the document is instead."""
    seems = what(data, name)
    if seems is None:
        return error
    message = str(error.args[0]).removeprefix(f"{about.path!r}: ")
    return about.error(f"{message}; {seems}")


def what(data: bytes, name: str) -> str | None:
    """What the bytes are, if they are something known that is not of the format `name`."""
    if NAME in data[:32]:
        return "it is a cassette of streamtape; its name should end in .tape"
    for beginning, description in _BEGINNINGS:
        if data.startswith(beginning):
            return description
    start = data[:_MOST_BYTES]
    if b"\0" in start:
        return "it is not text"
    if _HTML.match(start):
        return "it is an HTML page"
    if _MARKUP.match(start):
        return "it is XML"
    found = _format_of(data, start)
    if found is None or found == name:
        return None
    return f"it looks like another format: --from {found}"


def _format_of(data: bytes, start: bytes) -> str | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        if isinstance(value.get("log"), dict):
            return "har"
        if {"interactions", "http_interactions"} & set(value):
            return "vcr"
    if _EVENT.search(start):
        return "sse"
    if re.search(rb"^(?:http_)?interactions:", start, re.MULTILINE):
        return "vcr"
    lines = [line for line in start.splitlines() if line.strip()]
    return "ndjson" if len(lines) > 1 and all(map(_is_json_object, lines[:2])) else None


def _is_json_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
