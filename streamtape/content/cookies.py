"""The cookies in a header, and where their values are. Pure and read-only.

Recorders and proxies fold several Set-Cookie headers into one value: joined by line feeds (Chrome's
tools) or by commas (Python's requests). A comma begins a cookie where a name and `=` follow it;
dates have one, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FOLD = re.compile(rb"[\r\n]+|,(?=\s*" + _TOKEN + rb"\s*=)")
_PAIR = re.compile(rb"\s*(?:([^=;]*?)\s*=)?\s*([^;]*)")
ATTRIBUTES = frozenset({
    "comment", "domain", "expires", "httponly", "max-age", "partitioned", "path", "priority",
    "samesite", "secure", "version",
})  # fmt: skip


def values(header: bytes, *, is_set: bool) -> Iterator[tuple[str, int, int]]:
    """Iterate over the cookies of a Cookie or Set-Cookie header: name, start and end of the value.

    Attributes of a Set-Cookie header are none; what only looks like one is.
    """
    for first, last in _parts(header, _FOLD):
        for number, (start, end) in enumerate(_split(header, first, last)):
            pair = _PAIR.fullmatch(header, start, end)
            if pair is None or not pair[2].strip():
                continue
            name = (pair[1] or b"").decode("latin-1").strip()
            text = pair[2].decode("latin-1").strip()
            if is_set and number and (name or text).lower() in ATTRIBUTES:
                continue
            yield name, pair.start(2), pair.start(2) + len(pair[2].rstrip())


def _parts(header: bytes, sign: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    at = 0
    for match in sign.finditer(header):
        yield at, match.start()
        at = match.end()
    yield at, len(header)


def _split(header: bytes, first: int, last: int) -> Iterator[tuple[int, int]]:
    at = first
    while (end := header.find(b";", at, last)) >= 0:
        yield at, end
        at = end + 1
    yield at, last
