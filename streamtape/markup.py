"""HTML from templates: everything filled in is escaped, unless it already is HTML.

A template is text with placeholders: `<h1>[[title]]</h1>`. Values are not searched for
placeholders, so a recording that contains `[[title]]` shows just that. Text is escaped unless it is
`Html`, the type that `fill` and `join` return. Pure: it reads no file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape

_PLACE = re.compile(r"\[\[(\w+)\]\]")


class Html(str):
    """Text that already is HTML and is not escaped."""

    __slots__ = ()


def escaped(text: str) -> Html:
    """The text escaped for HTML; lone surrogates become escapes."""
    return Html(escape(text.encode("utf-8", "backslashreplace").decode()))


def fill(template: str, **values: str | int) -> Html:
    """The template with its placeholders filled in; KeyError for a missing value."""
    pieces = _PLACE.split(template)
    for n in range(1, len(pieces), 2):
        value = values[pieces[n]]
        pieces[n] = value if isinstance(value, Html) else escaped(str(value))
    return Html("".join(pieces))


def join(parts: Iterable[Html]) -> Html:
    """Pieces of HTML joined."""
    return Html("".join(parts))


def policy(style: str, *scripts: str, asks: bool = False) -> Html:
    """The content security policy of a page: allow this style and these scripts only.

    The value is valid in a header and in an attribute in double quotes. The page may load nothing;
    with `asks`, it may send requests to its own server.
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
