"""Untrusted text made safe to print: control characters are shown, not obeyed.

Streams, cassettes and servers may contain control characters, which can move a terminal's cursor,
change its title or do worse (C0 and C1, including the one-byte forms of ESC [ and ESC ]), and
bidirectional marks, which make a text read as another one (CVE-2021-42574). Whatever prints such
text uses one of these functions.
"""

from __future__ import annotations

import codecs
import re

# DEL and C1; Arabic letter mark; direction marks, embeddings, overrides, isolates; line and
# paragraph separator; annotation marks.
_BEYOND_C0 = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{_BEYOND_C0}]")
_UNSAFE_IN_JSON = re.compile(f"[{_BEYOND_C0}]")
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff0b", "\uff0d", "\uff1d", "\uff20")


def printable(text: str) -> str:
    """The text with control characters shown and not obeyed; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_shown, text.replace("\r\n", "\n"))


def printable_line(text: str) -> str:
    """The text in one line, with control characters and line ends shown and not obeyed."""
    return printable(text).replace("\n", "↵")


def printable_json(text: str) -> str:
    """Equivalent JSON text, with the control characters escaped that JSON allows unescaped."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def printable_cell(value: object) -> object:
    """A value for a CSV cell; text that a spreadsheet would run as a formula gets an apostrophe."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if value.startswith(_FORMULA) else text


class PrintableBytes:
    """Makes a stream of UTF-8 printable piece by piece, as it comes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._pending = ""

    def feed(self, data: bytes) -> bytes:
        """Get the printable form of the next bytes; an incomplete character or line end waits."""
        text = self._pending + self._decoder.decode(data)
        self._pending = "\r" if text.endswith("\r") else ""
        return printable(text.removesuffix("\r") if self._pending else text).encode()


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
