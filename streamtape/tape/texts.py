"""Secrets in texts that are not cassettes: snapshots, pages, reports, other tools' files. Pure.

A text is searched as a body is, the texts that its JSON lines spell out in pieces included. A page
of ours holds its data packed where there is much of it; that is looked into as well.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from streamtape.secrets.scanner import Search, default_search
from streamtape.secrets.split import splits
from streamtape.tape.scanning import Leak

_PACKED = re.compile(rb'"deflate"[^>]{0,200}>\s*([A-Za-z0-9+/=]{64,})\s*<')
_MAX_UNPACKED_BYTES = 256 << 20


def masked_text(text: str, search: Search | None = None) -> str:
    """A text without the secrets that stand in it in one piece; its length stays."""
    search = search or default_search()
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for start, end, _ in search.find_in_body(bytes(data)):
        data[start:end] = b"*" * (end - start)
    return data.decode("utf-8", "surrogatepass")


def scan_text(data: bytes, search: Search | None = None) -> list[Leak]:
    """What is secret in a text; `where` names the line, `packed` what stands in a page's data."""
    search = search or default_search()
    leaks = [
        Leak(None, _line(data, start), kind, end - start)
        for start, end, kind in search.find_in_body(data)
    ]
    for split in splits(data, search):
        where = f"{_line(data, split.pieces[0][0])}, in pieces"
        leaks.append(Leak(None, where, split.kind, split.length))
    for match in _PACKED.finditer(data):
        inner = _unpacked(match[1])
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


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed), _MAX_UNPACKED_BYTES)
    except (zlib.error, binascii.Error):
        return b""
