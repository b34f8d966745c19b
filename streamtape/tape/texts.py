"""Secrets in texts that are not cassettes: snapshots, pages, reports, other tools' files. Pure.

A text is searched as a body is, the texts that its JSON lines spell out in pieces included. A page
of ours holds its data packed where there is much of it; that is looked into as well.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

from streamtape.secrets.scanner import Search, default_search
from streamtape.secrets.split import splits
from streamtape.tape.scanning import Leak

_PACKED = re.compile(rb'"deflate"[^>]{0,200}>\s*([A-Za-z0-9+/=]{64,})\s*<')
_MAX_UNPACKED_BYTES = 256 << 20
_LONGEST_SECRET = 1 << 16


def masked_text(text: str, search: Search | None = None) -> str:
    """A text without the secrets that stand in it in one piece; its length stays."""
    search = search or default_search()
    data = text.encode("utf-8", "surrogatepass")
    pieces: list[str] = []
    at = 0
    for start, end, _ in search.find_in_body(data):
        first, last = _whole_characters(data, max(start, at), end)
        length = len(data[first:last].decode("utf-8", "surrogatepass"))
        pieces += [data[at:first].decode("utf-8", "surrogatepass"), "*" * length]
        at = last
    return "".join([*pieces, data[at:].decode("utf-8", "surrogatepass")]) if pieces else text


def _whole_characters(data: bytes, start: int, end: int) -> tuple[int, int]:
    """A stretch of UTF-8, with the characters whole whose bytes it cuts."""
    while 0 < start < len(data) and data[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def masked_pieces(pieces: Sequence[str]) -> list[str]:
    """The pieces that a text was cut into, without the secrets that stand in the whole text."""
    whole = "".join(pieces)
    masked = masked_text(whole)
    if masked == whole:
        return list(pieces)
    cuts = accumulate(map(len, pieces), initial=0)
    return [masked[start:end] for start, end in pairwise(cuts)]


def masked_value(path: Sequence[str], value: Any) -> Any:
    """A JSON value without its secrets; the names on its path say what is one, too."""
    nested = value
    for name in reversed(path):
        nested = {name: nested}
    text = json.dumps(nested, ensure_ascii=False, default=repr)
    masked = masked_text(text)
    if masked == text:
        return value
    found = json.loads(masked)
    for name in path:
        found = found[name]
    return found


def shortened(text: str, limit: int) -> str:
    """At most so many characters of a text, and a mark where some are left out.

    Secrets are masked first: half of one is not recognised any more, and may still be enough.
    """
    if len(text) <= limit:
        return text
    # What is left out counts only as far as a secret may reach that begins before it.
    return f"{masked_text(text[: limit + _LONGEST_SECRET])[: max(limit - 1, 0)]}…"


def scan_text(data: bytes, search: Search | None = None) -> list[Leak]:
    """What is secret in a text; `where` names the line, `packed` what is in a page's data."""
    search = search or default_search()
    leaks = [
        Leak(None, _line(data, start), kind, end - start)
        for start, end, kind in search.find_in_body(data)
    ]
    for split in splits(data, search):
        where = f"{_line(data, split.pieces[0][0])}, in pieces"
        leaks.append(Leak(None, where, split.kind, split.length))
    for inner in unpacked(data):
        found = search.find(inner)
        leaks += (Leak(None, "packed data of the page", s.kind, s.end - s.start) for s in found)
    return leaks


def mask_text_bytes(data: bytes, search: Search | None = None) -> bytes:
    """The text without what `scan_text` finds, but for packed data; its length stays."""
    search = search or default_search()
    spans: list[tuple[int, int]] = [(s, e) for s, e, _ in search.find_in_body(data)]
    spans += (piece for split in splits(data, search) for piece in split.pieces)
    out = bytearray(data)
    for start, end in spans:
        out[start:end] = b"*" * (end - start)
    return bytes(out)


def is_text(beginning: bytes) -> bool:
    """Whether a file that begins like this is text: it has no NUL."""
    return b"\0" not in beginning


def _line(data: bytes, at: int) -> str:
    return f"line {data.count(bytes([10]), 0, at) + 1}"


def unpacked(page: bytes) -> Iterator[bytes]:
    """The data that a page of ours holds packed, as it is when the page is shown."""
    return (_inflated(found[1]) for found in _PACKED.finditer(page))


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed), _MAX_UNPACKED_BYTES)
    except (zlib.error, binascii.Error):
        return b""
