"""The texts in JSON, with their places in the bytes: what can be masked without parsing again.

Finds JSON documents in a body, one a line (NDJSON, `data:` lines of an event stream) or over
several lines, and the strings in them with their paths. It checks nothing: what is no JSON simply
has no leaves. Nothing here knows a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from streamtape.json_path import Path

_TOKEN = re.compile(rb'\s*(?:([{}\[\],:])|"((?:[^"\\]|\\.)*+)"|([^\s{}\[\],:"]+))', re.DOTALL)
# The search puts a sign before a body, as if a form's field preceded it.
_LINE = re.compile(rb"^&?(?:data:|[ \t])*(?=[{\[])", re.MULTILINE)
_UNIT = re.compile(rb"\\u([0-9a-fA-F]{4})|\\(.)|[^\\]+", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MAX_DEPTH = 500


class Leaf(NamedTuple):
    """A text or other scalar: its path, where it is (inside the quotes), whether it is a text."""

    path: Path
    start: int
    end: int
    is_text: bool


class Document(NamedTuple):
    """A JSON object or array in a body; `complete` is False where the body ends within it."""

    start: int
    end: int
    complete: bool
    leaves: tuple[Leaf, ...]


def documents(body: bytes) -> Iterator[Document]:
    """Iterate over the JSON documents that begin on a line of their own."""
    at = 0
    while match := _LINE.search(body, at):
        document = _read(body, match.end())
        yield document
        newline = body.find(b"\n", max(document.end - 1, match.end()))
        if newline < 0:
            return
        at = newline + 1


def _read(body: bytes, start: int) -> Document:
    keys: list[str | int | None] = []  # the key or index in each container that is open
    found: list[Leaf] = []
    at = start
    while match := _TOKEN.match(body, at):
        at = match.end()
        mark, text = match[1], match[2]
        top = keys[-1] if keys else None
        if mark in {b"{", b"["}:
            keys.append(None if mark == b"{" else 0)
            if len(keys) > _MAX_DEPTH:
                return Document(start, at, True, ())
        elif mark in {b"}", b"]"}:
            keys.pop()
            if not keys:
                return Document(start, at, True, tuple(found))
        elif mark == b",":
            keys[-1] = top + 1 if isinstance(top, int) else None
        elif mark is None and top is None and text is not None:
            keys[-1] = unescape(text).decode("utf-8", "replace")
        elif mark is None and top is not None:
            place = match.span(3 if text is None else 2)
            found.append(Leaf(tuple(k for k in keys if k is not None), *place, text is not None))
    return Document(start, len(body), False, tuple(found))


def unescape(text: bytes) -> bytes:
    """The bytes of a JSON text, decoded."""
    return b"".join(piece for piece, _, _ in units(text)) if b"\\" in text else text


def units(text: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Iterate over the parts of a JSON text: what each decodes to, and where it is.

    A part is one escape, or a run of bytes that are not escaped. Halves of a surrogate pair
    are replaced: no secret is made of those.
    """
    for match in _UNIT.finditer(text):
        if match[1]:
            yield chr(int(match[1], 16)).encode("utf-8", "replace"), *match.span()
        elif match[2]:
            yield _ESCAPES.get(match[2], match[2]), *match.span()
        else:
            yield match[0], *match.span()
