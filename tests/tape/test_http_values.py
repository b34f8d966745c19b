"""What HTTP can carry, and what it can't."""

from __future__ import annotations

import pytest

from streamtape.tape.http_values import problem_of, split_url
from streamtape.tape.model import Chunks, Ending, Head, Headers, Interaction, Request

URL = "https://api.example.com/v1/x?a=b"


def interaction(
    *,
    method: str = "POST",
    url: str = URL,
    request: Headers = (),
    status: int = 200,
    headers: Headers = (),
    reason: str = "OK",
) -> Interaction:
    """An interaction that is fine but for what is given."""
    head = Head(status, headers, 0, "HTTP/1.1", reason)
    return Interaction(Request(method, url, request), head, Chunks.of([]), Ending("complete"))


@pytest.mark.parametrize(
    "fine",
    [
        interaction(),
        interaction(method="M-SEARCH", status=999, reason="Nicht schön"),
        interaction(url="", status=101, reason=""),
        interaction(url="data:text/plain,a b"),
        interaction(url="http://[::1]:80/"),
        interaction(headers=((b"x-bytes", b"\xff\xfe\tand a tab"), (b"x-empty", b""))),
    ],
)
def test_what_can_be_carried(fine: Interaction) -> None:
    """Rare is not wrong: other methods, own statuses, bytes beyond ASCII."""
    assert problem_of(fine) is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (interaction(headers=((b"x", b"a\nb: c"),)), "header x has a line break"),
        (interaction(headers=((b"x", b"a\rb"),)), "header x has a line break"),
        (interaction(headers=((b"x", b"a\0"),)), "header x has a line break"),
        (interaction(headers=((b"x\r\ny", b"a"),)), r"header name 'x\r\ny'"),
        (interaction(headers=((b"x y", b"a"),)), "header name 'x y'"),
        (interaction(headers=((b"x:", b"a"),)), "header name 'x:'"),
        (interaction(headers=((b"", b"a"),)), "header name ''"),
        (interaction(headers=((b"x", b"a\nb"),)), "header x has a line break"),
        (interaction(reason="OK\r\nX-More: 1"), r"reason 'OK\r\nX-More: 1'"),
        (interaction(status=-5), "status -5"),
        (interaction(status=99), "status 99"),
        (interaction(status=10**18), "status (a huge number)"),
        (interaction(method="GET / HTTP/1.1\r\nX: y"), "the method 'GET / HTTP"),
        (interaction(method="\x1b[2J"), r"the method '\x1b[2J'"),
        (interaction(url="http://[/"), "the URL 'http://[/' can't be read"),
        (interaction(url="http://h:port/"), "can't be read"),
        (interaction(url="http://h/\n"), "control character"),
    ],
)
def test_what_can_not_be_carried(wrong: Interaction, why: str) -> None:
    """Each is said in one printable line."""
    text = problem_of(wrong) or ""
    assert why in text
    assert text.isprintable()


def test_urls_that_can_not_be_read() -> None:
    """Such a URL is a path that equals only itself; others are as the library has them."""
    assert split_url("http://[/a").path == "http://[/a"
    assert split_url("http://h:99999/a").path == "http://h:99999/a"
    assert split_url(URL).netloc == "api.example.com"
