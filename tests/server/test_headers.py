"""Which headers pass, and who may ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamtape.server.exchange import RequestHead, content_length
from streamtape.server.headers import (
    cors_headers,
    end_to_end,
    for_upstream,
    is_known_host,
    is_known_page,
    rewrite_location,
    without_cors,
)


def asking(*headers: tuple[str, str], method: str = "GET") -> RequestHead:
    """A request with these headers."""
    return RequestHead(
        method, "/", tuple((n.encode(), v.encode()) for n, v in headers), http_version="1.1"
    )


def test_hop_by_hop_headers_stay_behind() -> None:
    """What the Connection header names goes too; duplicates and order stay."""
    headers = (
        (b"Set-Cookie", b"a=1"),
        (b"Connection", b"keep-alive, X-Hop"),
        (b"x-hop", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Content-Encoding", b"gzip"),
        (b"Set-Cookie", b"b=2"),
        (b"Host", b"here"),
    )
    kept = [b"Set-Cookie", b"Content-Encoding", b"Set-Cookie", b"Host"]
    assert [name for name, _ in end_to_end(headers)] == kept
    assert [name for name, _ in for_upstream(headers)] == kept[:-1]


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        (((b"content-length", b"12"),), 12),
        (((b"content-length", b"12"), (b"transfer-encoding", b"chunked")), None),
        (((b"content-length", b"x"),), None),
        ((), None),
    ],
)
def test_content_length(headers: tuple[tuple[bytes, bytes], ...], length: int | None) -> None:
    """A transfer coding overrides the length, and nonsense is none."""
    assert content_length(headers) == length


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8080", True),
        ("api.localhost", True),
        ("127.0.0.1:1", True),
        ("[::1]:1", True),
        ("[::1]", True),
        ("192.168.1.7", True),
        ("mine.example", True),
        ("MINE.example.:80", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("[::1]evil.example", False),
        ("[::1]:80.evil.example", False),
        ("[evil.example]", False),
        ("localhost:80@evil.example", False),
        ("localhost:80:evil.example", False),
        ("127.0.0.1 evil.example", False),
    ],
)
def test_only_known_hosts(host: str, known: bool) -> None:
    """Addresses and localhost are known; another name only where it was allowed."""
    assert is_known_host(asking(("Host", host)), {"mine.example"}) is known


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({}, True),
        ({"Origin": "http://127.0.0.1:8080"}, True),
        ({"Origin": "http://mine.example"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://127.0.0.1:8080.evil.example"}, False),
        ({"Origin": "http://127.0.0.1:3000"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, True),
        ({"Sec-Fetch-Mode": "cors"}, True),  # Node's fetch
    ],
)
def test_only_known_pages(headers: dict[str, str], known: bool) -> None:
    """A page of another origin is let in only where CORS was asked for; programs always are."""
    host = ("Host", "127.0.0.1:8080")
    request = replace(asking(host, *headers.items(), method="POST"), target="/v1/responses")
    assert is_known_page(request, {"http://mine.example"}) is known
    assert is_known_page(request, {"*"})
    assert is_known_page(asking(host, ("Sec-Fetch-Site", "cross-site")), ())  # a link to our page


@pytest.mark.parametrize("more", [
    (("Origin", "http://127.0.0.1:8080"), ("Origin", "http://evil.example")),
    (("Origin", "http://evil.example"), ("Origin", "http://127.0.0.1:8080")),
    (("Sec-Fetch-Site", ""),),
])  # fmt: skip
def test_each_origin_counts(more: tuple[tuple[str, str], ...]) -> None:
    """Of several origins each must be known, and an empty site is none that we know."""
    host = ("Host", "127.0.0.1:8080")
    request = replace(asking(host, *more, method="POST"), target="/v1/responses")
    assert not is_known_page(request, ())


def test_cors_only_for_allowed_origins() -> None:
    """A preflight is answered in full, a request less so, a stranger not at all."""
    preflight = asking(
        ("Origin", "http://a.example"),
        ("Access-Control-Request-Headers", "authorization"),
        method="OPTIONS",
    )
    names = dict(cors_headers(preflight, {"http://a.example"}))
    assert names[b"Access-Control-Allow-Origin"] == b"http://a.example"
    assert names[b"Access-Control-Allow-Headers"] == b"authorization"
    assert cors_headers(asking(("Origin", "http://b.example")), {"*"})
    assert cors_headers(asking(("Origin", "http://b.example")), {"http://a.example"}) == []
    assert cors_headers(asking(), {"*"}) == []
    assert without_cors([(b"Access-Control-Allow-Origin", b"*"), (b"A", b"b")]) == [(b"A", b"b")]


@pytest.mark.parametrize(
    ("place", "moved"),
    [
        (b"https://api.x.ai/v1/y?z", b"/xai/v1/y?z"),
        (b"https://api.x.ai", b"/xai/"),
        (b"https://api.x.ai.evil.example/", b"https://api.x.ai.evil.example/"),
        (b"/v1/y", b"/xai/v1/y"),
        (b"//elsewhere/y", b"//elsewhere/y"),
        (b"https://elsewhere/", b"https://elsewhere/"),
    ],
)
def test_redirects_stay_here(place: bytes, moved: bytes) -> None:
    """A redirect within the upstream is one within the mount; others are left alone."""
    found = rewrite_location([(b"Location", place)], target="https://api.x.ai", prefix="/xai")
    assert found == [(b"Location", moved)]
