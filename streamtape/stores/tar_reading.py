"""The members of a tar, found by reading its headers alone. Pure; nothing of it is trusted.

Ordinary files count and nothing else: links, devices, folders and sparse files are passed over, and
so are names that lead out (`..`, absolute ones). Headers that name a member (GNU's long names, pax)
are read up to MAX_NAME_BYTES: whatever a tar says, no more than that of it is in memory. Formats:
POSIX.1-1988 (ustar), POSIX.1-2001 (pax), GNU tar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streamtape.stores.local import Fetch

BLOCK = 512
MAX_NAME_BYTES = 64 << 10
MAX_HEADERS = 2_000_000
_FILES = {b"0", b"\0", b"7"}  # ordinary, as old tars have it, and contiguous
_LONG_NAME, _LONG_LINK, _PAX, _GLOBAL, _SPARSE = b"L", b"K", b"x", b"g", b"S"


class TarError(Exception):
    """What is wrong with a tar; who opened it says which one it is."""


class Member(NamedTuple):
    """One ordinary file of a tar: its name, and where its bytes are."""

    name: str
    offset: int
    n_bytes: int
    modified_at_us: int


def members(fetch: Fetch) -> Iterator[Member]:
    """Iterate over the ordinary files of a tar, in its order; a name may come more than once.

    TarError where a header is damaged, and where the tar is cut off: it names the member that is
    not whole, or the last one that is.
    """
    at, long_name, last = 0, b"", ""
    pax: dict[bytes, bytes] = {}
    for _ in range(MAX_HEADERS):
        block = fetch(at, BLOCK)
        if len(block) < BLOCK:
            raise TarError(_cut_off(fetch, at, last))
        if not block.strip(b"\0"):
            return  # the end, or padding
        if not _is_header(block):
            raise TarError(
                f"there is no header at byte {at}: it is not a tar, is compressed, or is damaged"
            )
        kind, start = block[156:157], at + BLOCK
        size = _number(block[124:136], at)
        if kind == _SPARSE:
            start = _after_sparse_map(fetch, block, start)
        if kind in {_PAX, _LONG_NAME}:
            if size > MAX_NAME_BYTES:
                raise TarError(f"the header at byte {at} has {size} bytes, over {MAX_NAME_BYTES}")
            data = fetch(start, size)
            if kind == _PAX:
                pax = _records(data, at)
            else:
                long_name = data.rstrip(b"\0")
        elif kind not in {_LONG_LINK, _GLOBAL}:
            if b"size" in pax:
                size = _decimal(pax[b"size"], at)
            name = _safe_name(pax.get(b"path") or long_name or _name(block))
            sparse = any(key.startswith(b"GNU.sparse.") for key in pax)
            if kind in _FILES and name and not sparse:
                yield Member(name, start, size, _number(block[136:148], at) * 1_000_000)
            long_name, pax, last = b"", {}, name or last
        at = start + -(-size // BLOCK) * BLOCK
    raise TarError(f"it has more than {MAX_HEADERS} headers")


def _cut_off(fetch: Fetch, at: int, last: str) -> str:
    """What is lost of a tar that has no whole block at `at`, where a header or the end belongs."""
    if not last:
        return "it is empty, cut off, or no tar"
    if at and not fetch(at - 1, 1):
        return f"it is cut off within {last!r}; that member and all after it are lost"
    return f"it is cut off after {last!r}, at byte {at}, without an end-of-archive marker"


def _is_header(block: bytes) -> bool:
    """Whether a block has the checksum of a header: the sum of its bytes, signed in old tars."""
    if len(block) < BLOCK:
        return False
    try:
        expected = int(block[148:156].split(b"\0")[0].strip() or b"x", 8)
    except ValueError:
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    return expected in {sum(rest), sum(rest) - 256 * sum(byte > 127 for byte in rest)}


def _number(field: bytes, at: int) -> int:
    """A number of a header: octal digits, or binary where they did not suffice (GNU)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\0")[0].strip()
    try:
        return int(digits or b"0", 8)
    except ValueError:
        raise TarError(f"a field in the header at byte {at} is not a number") from None


def _decimal(text: bytes, at: int) -> int:
    if not text.isdigit() or len(text) > 20:
        raise TarError(f"the size in the header at byte {at} is not a number")
    return int(text)


def _name(block: bytes) -> bytes:
    """The name in a header; ustar has the folders of a long one in a field of their own."""
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _safe_name(name: bytes) -> str:
    """The name of a member, its parts joined by `/`; "" where it leads out of the tar."""
    text = name.split(b"\0")[0].decode("utf-8", "surrogateescape")
    parts = [part for part in text.split("/") if part not in {"", "."}]
    return "" if text.startswith("/") or text.endswith("/") or ".." in parts else "/".join(parts)


def _records(data: bytes, at: int) -> dict[bytes, bytes]:
    """The records of a pax header: `LENGTH KEY=VALUE` and a newline."""
    found: dict[bytes, bytes] = {}
    while data.strip(b"\0"):
        length, space, _ = data[:24].partition(b" ")
        n_bytes = int(length) if length.isdigit() else 0
        key, equals, value = data[len(length) + 1 : n_bytes].partition(b"=")
        if not space or n_bytes <= len(length) + 2 or not equals or n_bytes > len(data):
            raise TarError(f"the pax header at byte {at} is damaged")
        found[key] = value.removesuffix(b"\n")
        data = data[n_bytes:]
    return found


def _after_sparse_map(fetch: Fetch, block: bytes, at: int) -> int:
    """Where the data of a sparse file of GNU's old kind begins: behind the rest of its map."""
    goes_on = block[482:483]
    for _ in range(MAX_HEADERS):
        if goes_on in {b"", b"\0"}:
            break
        goes_on = fetch(at, BLOCK)[504:505]
        at += BLOCK
    return at
