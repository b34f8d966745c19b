"""Checks whether HTTP can carry a recorded request or response.

A cassette comes from anywhere, so what it holds is checked before it goes onto a wire or into a
client: a line end in a value would make further headers, or a whole further response (RFC 9110
section 5.5, RFC 9112 section 11.1). Each function says in words what is wrong, or gives None.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from streamtape.tape.model import Head, Headers, Interaction, Request

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_BREAKS = re.compile(rb"[\r\n\v\f\0]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_SHOWN = 60


def problem_of(interaction: Interaction) -> str | None:
    """What HTTP can't carry of an interaction; None where it can carry all of it."""
    found = request_problem(interaction.request)
    if found is None and interaction.head is not None:
        found = head_problem(interaction.head)
    return found


def request_problem(request: Request) -> str | None:
    """What HTTP can't carry of a request (method, URL, headers); None if it can."""
    if not _TOKEN.fullmatch(request.method.encode("utf-8", "replace")):
        return f"the method {_shown(request.method)} is not one that HTTP allows"
    return url_problem(request.url) or headers_problem(request.headers)


def url_problem(url: str) -> str | None:
    """What HTTP can't carry of a URL; None if it can. A URL that is not known ("") is fine."""
    if url and split_url(url).path == url and "://" in url:
        return f"the URL {_shown(url)} can't be read"
    if _CONTROLS.search(url):
        return f"the URL {_shown(url)} has a control character in it"
    return None


def split_url(url: str) -> SplitResult:
    """The parts of a URL; where it can't be read (`http://[/`), all of it is the path.

    Such a URL equals only itself.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it raises where the port is not a number
    except ValueError:
        return SplitResult("", "", url, "", "")
    return parts


def head_problem(head: Head) -> str | None:
    """What HTTP can't carry of a head (status, reason, headers); None if it can."""
    if not 100 <= head.status <= 999:
        return f"the status {_number(head.status)} has not three digits"
    if _LINE_BREAKS.search(head.reason.encode("utf-8", "replace")):
        return f"the reason {_shown(head.reason)} has a line break in it"
    return headers_problem(head.headers)


def headers_problem(headers: Headers) -> str | None:
    """What HTTP can't carry of headers: a name is a token, a value one line. None if it can."""
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            return f"the header name {_shown(name.decode('latin-1'))} is not one that HTTP allows"
        if _LINE_BREAKS.search(value):
            text = name.decode("latin-1")
            return f"the header {text} has a line break in its value"
    return None


def _number(status: int) -> str:
    return str(status) if abs(status) < 10**9 else "(a huge number)"


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
