"""The page itself: one HTML file with its style, its script and its data, that asks for nothing.

A recording is not to be trusted: it may hold anything that a server sent. So its texts reach the
page in one way only, as JSON in a data block whose `<`, `>` and `&` are escapes, and the script
sets them as text, never as markup; what stands in the HTML itself (title, the plain text for
readers without scripts) is escaped. A content security policy allows this script and this style by
their digests and nothing else: no request, no other script, no form. The script is packed; a few
lines beside it, which the policy names too, unpack it. What is left to fill in are eight places,
each once: no work for a template language.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any

from streamtape.printable import printable
from streamtape.tape.texts import masked_text

PACK_FROM = 48_000  # characters of data from which it is worth packing
_PACK_LEVEL = 6  # 9 takes five times as long, and saves 7 % of a stream of small events
_PLACES = ("policy", "title", "style", "plain", "packed", "data", "code", "load")


def document(
    title: str, data: Mapping[str, Any], plain: Iterable[str], *, asks: bool = False
) -> str:
    """The page; `plain` are the lines that a reader without scripts gets.

    `asks` lets it ask the server that it comes from, which a file never does.
    """
    style, script, load = part("page.css"), part("page.js"), part("load.js")
    packed, block = data_block(data)
    filled = {
        "policy": policy(style, script, load, asks=asks),
        "title": escaped(printable(title)),
        "style": style,
        "plain": escaped("\n".join(map(printable, masked_text("\n".join(plain)).splitlines()))),
        "packed": packed,
        "data": block,
        "code": _packed_script(script),
        "load": load,
    }
    page = part("page.html")
    pieces = []
    for (
        name
    ) in _PLACES:  # in the order in which they stand: nothing that is filled in is read again
        before, mark, page = page.partition(f"[[{name}]]")
        assert mark, name
        pieces += [before, filled[name]]
    return "".join([*pieces, page])


def policy(style: str, *scripts: str, asks: bool = False) -> str:
    """What the page may do: use this style, run these scripts. It loads nothing."""
    digests = " ".join(f"'{_digest(script)}'" for script in scripts)
    runs = f"script-src {digests}; " if digests else ""
    asked = "connect-src 'self'; " if asks else ""
    return (
        f"default-src 'none'; {runs}{asked}style-src '{_digest(style)}'; "
        "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )


def data_block(data: Mapping[str, Any]) -> tuple[str, str]:
    """The data as text that ends no element, and how it is packed (`json` or `deflate`)."""
    text = masked_text(json.dumps(data, separators=(",", ":")))
    if len(text) >= PACK_FROM:
        return "deflate", _packed(text, _PACK_LEVEL)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return "json", text


@lru_cache(maxsize=1)
def _packed_script(script: str) -> str:
    return _packed(script, 9)


def _packed(text: str, level: int) -> str:
    return base64.b64encode(zlib.compress(text.encode(), level)).decode("ascii")


def escaped(text: str) -> str:
    """The text as HTML; what UTF-8 can't hold as its escape."""
    return escape(text.encode("utf-8", "backslashreplace").decode())


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def part(name: str) -> str:
    """One of the files that a page is made of."""
    return files("streamtape.report.page").joinpath(name).read_text("utf-8")
