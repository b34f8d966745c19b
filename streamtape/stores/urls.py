"""URLs of stores: recognising them, and showing them without credentials."""

from __future__ import annotations

import re

# Compiled by `re` when a URL is shown: a test run without any does not wait for it.
_USER = r"(?<=://)[^/?#@\s]*@"
_VALUES = r"(?<=[?&])([^=&#\s]*)=[^&#\s]*"
_OF_SCHEMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-")
SHOWN = "***"
TAR = ".tar"


def is_url(text: str) -> bool:
    """Whether a text is a URL, and not a path: `s3://bucket/x`, `zip://x::s3://bucket/y`."""
    scheme = text.partition("://")[0]
    if len(scheme) < 2 or len(scheme) == len(text):  # one letter: a drive of Windows
        return False
    return all(
        part and part[0].isascii() and part[0].isalpha() and not set(part) - _OF_SCHEMES
        for part in scheme.split("::")
    )


def without_credentials(url: str) -> str:
    """A URL without user, password and the values of its query: a signature may be among them."""
    return re.sub(_VALUES, rf"\1={SHOWN}", re.sub(_USER, f"{SHOWN}@", url))


def without_secrets(text: str, url: str) -> str:
    """A text of somebody else's, without the credentials of a URL that it may quote."""
    for found in (
        *re.findall(_USER, url),
        *(m.group().partition("=")[2] for m in re.finditer(_VALUES, url)),
    ):
        for part in {found, *found.rstrip("@").split(":")}:
            if len(part) > 2:
                text = text.replace(part, SHOWN)
    return without_credentials(text)
