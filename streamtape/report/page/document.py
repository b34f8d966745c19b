"""The page itself: one HTML file with its style, script and data, which loads nothing.

A recording is untrusted: it may contain anything that a server sent. So its texts reach the page in
one way only, as JSON in a data block whose `<`, `>` and `&` are escapes, and the script sets them
as text, never as markup; what is in the HTML itself (title, the plain text for readers without
scripts) is escaped by `markup`. A content security policy allows this script and this style by
their digests and nothing else: no request, no other script, no form. The script is packed; a few
lines beside it, which the policy names too, unpack it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from streamtape.markup import Html, fill, policy
from streamtape.printable import printable
from streamtape.tape.texts import masked_text

PACK_FROM = 48_000  # characters of data from which it is worth packing
_PACK_LEVEL = 6  # 9 takes five times as long, and saves 7 % of a stream of small events


def document(
    title: str, data: Mapping[str, Any], plain: Iterable[str], *, asks: bool = False
) -> str:
    """The page; `plain` are the lines that a reader without scripts gets.

    `asks` lets it ask the server that it comes from, which a file never does.
    """
    style, script, load = part("page.css"), part("page.js"), part("load.js")
    packed, block = data_block(data)
    text = masked_text("\n".join(plain)).splitlines()
    return fill(
        part("page.html"),
        policy=policy(style, script, load, asks=asks),
        title=printable(title),
        style=Html(style),
        plain="\n".join(map(printable, text)),
        packed=packed,
        data=Html(block),
        code=Html(_packed_script(script)),
        load=Html(load),
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


def part(name: str) -> str:
    """One of the files that a page is made of."""
    return files("streamtape.report.page").joinpath(name).read_text("utf-8")
