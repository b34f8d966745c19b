"""HTML from templates: the one way to fill them in, which escapes whatever is not HTML already.

A template is text with places: `<h1>[[title]]</h1>`. Each place is filled in once, and nothing that
is filled in is read again, so a recording that holds `[[title]]` shows just that. A text is escaped
unless it is `Html`, which is what `fill` and `join` give. Pure: it reads no file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape

_PLACE = re.compile(r"\[\[(\w+)\]\]")


class Html(str):
    """Text that is HTML: it is filled in as it is."""

    __slots__ = ()


def escaped(text: str) -> Html:
    """The text as HTML; what UTF-8 can't hold as its escape."""
    return Html(escape(text.encode("utf-8", "backslashreplace").decode()))


def fill(template: str, **values: str | int) -> Html:
    """The template with each of its places filled in; KeyError where a place has no value."""
    pieces = _PLACE.split(template)
    for n in range(1, len(pieces), 2):
        value = values[pieces[n]]
        pieces[n] = value if isinstance(value, Html) else escaped(str(value))
    return Html("".join(pieces))


def join(parts: Iterable[Html]) -> Html:
    """Pieces of HTML one after the other."""
    return Html("".join(parts))


def policy(style: str, *scripts: str, asks: bool = False) -> Html:
    """What a page may do, as a content security policy: use this style, run these scripts.

    It fits a header and, as it is, an attribute in double quotes. It loads nothing. `asks` lets it
    ask the server that it comes from.
    """
    digests = " ".join(f"'{_digest(script)}'" for script in scripts)
    runs = f"script-src {digests}; " if digests else ""
    connects = "connect-src 'self'; " if asks else ""
    return Html(
        f"default-src 'none'; {runs}{connects}style-src '{_digest(style)}'; "
        "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
