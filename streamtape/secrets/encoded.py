"""Secrets within base64: the encoded forms of their beginnings, and the decoded text. Pure.

Three bytes are four characters, so a beginning is spelled in three ways, by how many bytes stand
before it. Of each the characters are looked for that depend on nothing around it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from streamtape.secrets.kinds import KINDS

_NAMES = ("api_key", "apikey", "apiKey", "API_KEY", "api-key", "password", "client_secret",
          "access_token", "secret_access_key", "refresh_token", "private_key")  # fmt: skip
_STARTS = ("sk-", "AKIA", "ASIA", "xoxb-", "xoxp-", "xapp-", "eyJ", "-----BEGIN", "SG.", "Bearer ",
           "AzSe", "AzFu", "AzCa", "AIoT", "APIM", "ACDb", "+ACR", "+ASt", "+ASb", "+AEh", "JQQJ99",
           "hooks.slack.com", ".atlasv1.", "0.A", "1.A", "00D")  # fmt: skip
_LEAST = 3  # shorter beginnings are in any base64
_RUN = re.compile(rb"[A-Za-z0-9+/_-]*")
# Lines that base64 is wrapped in, as in e-mail and PEM; in JSON the line ends are escaped.
BREAK = re.compile(rb"(?:\r|\\r)?(?:\n|\\n)(?=[A-Za-z0-9+/_-])")
LEAST_LINE = 40  # characters
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_BEFORE = 128  # characters that are decoded before a beginning
_AFTER = 768  # and after it; up to _MOST if a secret continues
_MOST = 8 << 10
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _spellings() -> dict[bytes, int]:
    """Each spelling, and where in a group of four characters it begins."""
    literals = {kind.literal for kind in KINDS}
    found: dict[bytes, int] = {}
    for literal in sorted({*literals, *_STARTS, *_NAMES}):
        if len(literal) < _LEAST:
            continue
        for n_before in range(3):
            text = b64encode(b"\0" * n_before + literal.encode()).rstrip(b"=")
            first = -(-n_before * 8 // 6)
            fragment = text[first : (n_before + len(literal)) * 8 // 6]
            if len(fragment) >= _LEAST:
                found[fragment] = found[fragment.translate(_TO_URL_SAFE)] = first
    return found


SPELLINGS = _spellings()


class Decoded(NamedTuple):
    """The decoded bytes of a run of base64, and where its first character is."""

    text: bytes
    start: int
    breaks: Sequence[tuple[int, int]] = ()  # after how many characters a line ends, in how many

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters of a span of `text` are."""
        first, last = start * 8 // 6, -(-end * 8 // 6)
        before = sum(size for at, size in self.breaks if at <= first)
        within = sum(size for at, size in self.breaks if first < at < last)
        return self.start + first + before, self.start + last + before + within


def decoded(
    text: bytes, hits: Iterable[tuple[bytes, int]], goes_on: Callable[[bytes], bool]
) -> Iterator[Decoded]:
    """Decode the runs in which spellings stand, each part once for each way to cut it.

    `goes_on` says of a decoded text whether what it ends in may go on.
    """
    done = [0, 0, 0, 0]
    for spelling, at in hits:
        first = at - SPELLINGS[spelling]
        if first < done[first % 4]:
            continue
        low = max(0, first - _BEFORE)
        start = first - (first - low - len(text[low:first].rstrip(_ALPHABET))) // 4 * 4
        for most in (_AFTER, _MOST):
            characters, breaks, end = _unwrapped(text, start, min(len(text), first + most))
            if end <= first:
                break
            found = Decoded(_decode(characters), start, breaks)
            if end < first + most or most == _MOST or not goes_on(found.text):
                done[first % 4] = end - _BEFORE if end == first + most else end
                yield found
                break


def _unwrapped(text: bytes, start: int, limit: int) -> tuple[bytes, list[tuple[int, int]], int]:
    """The characters of a run, over the ends of lines; where those were; and where the run ends."""
    pieces: list[bytes] = []
    breaks: list[tuple[int, int]] = []
    at = start
    while run := _RUN.match(text, at, limit):
        pieces.append(run[0])
        at = run.end()
        line_end = BREAK.match(text, at, limit) if is_line(text, at) else None
        if line_end is None:
            break
        breaks.append((sum(map(len, pieces)), len(line_end[0])))
        at = line_end.end()
    return b"".join(pieces), breaks, at


def is_line(text: bytes, end: int) -> bool:
    """Whether a line of base64 may end there."""
    return end >= LEAST_LINE and not text[end - LEAST_LINE : end].strip(_ALPHABET)


def _decode(text: bytes) -> bytes:
    if len(text) % 4 == 1:
        text = text[:-1]
    return b64decode(text.translate(_FROM_URL_SAFE) + b"=" * (-len(text) % 4))
