"""Which headers a server in the middle passes on, and which requests it accepts.

Hop-by-hop headers belong to one connection. A Host with a name that is not configured is a web page
playing tricks with DNS. Cross-origin readers get in only where CORS was requested. Pure functions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable

from streamtape.server.exchange import RequestHead, content_length
from streamtape.tape.model import Headers

# RFC 9110 section 7.6.1, and what frames a body.
_HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
    b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    b"content-length",
})  # fmt: skip
_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.%]+)\]|(?P<name>[^:\[\]@/\s]*))(?::[0-9]*)?")
_SIGNED = re.compile(r"SignedHeaders=([^,\s]+)", re.IGNORECASE)
_SIGNED_IN_QUERY = re.compile(r"(?:^|&)X-[A-Za-z]+-SignedHeaders=([^&]+)", re.IGNORECASE)
_REQUEST_ONLY = frozenset({b"host", b"expect"})
_CORS_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


def end_to_end(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers that go past a hop, in order, duplicates kept; body framing left out."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    drop = _HOP_BY_HOP | named
    return [(name, value) for name, value in headers if name.lower() not in drop]


def for_upstream(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers of a request that go on to an upstream, which has a host name of its own."""
    length = content_length(headers)
    framing = [] if length is None else [(b"Content-Length", b"%d" % length)]
    return [*((n, v) for n, v in end_to_end(headers) if n.lower() not in _REQUEST_ONLY), *framing]


def rewrite_location(
    headers: Iterable[tuple[bytes, bytes]], *, target: str, prefix: str
) -> list[tuple[bytes, bytes]]:
    """Headers whose redirects lead to `prefix` here, not past us to the upstream's `target`."""

    def moved(value: bytes) -> bytes:
        place = value.decode("latin-1")
        if place == target or place.startswith((f"{target}/", f"{target}?")):
            place = prefix + (place[len(target) :] or "/")
        elif place.startswith("/") and not place.startswith("//"):
            place = prefix + place
        return place.encode("latin-1")

    return [(n, moved(v)) if n.lower() == b"location" else (n, v) for n, v in headers]


def is_host_signed(request: RequestHead) -> bool:
    """Whether a request carries a signature that covers the name of the host it was sent to.

    Signatures of AWS and those like it name the headers that they cover (SignedHeaders), in the
    Authorization header or in the query; RFC 9421 does so in Signature-Input.
    """
    signed = _SIGNED.search(request.header("authorization") or "") or _SIGNED_IN_QUERY.search(
        request.query
    )
    if signed is not None:
        return "host" in re.split(r"[;,\s]|%3B", signed[1].lower(), flags=re.IGNORECASE)
    components = re.findall(r'"([^"]+)"', request.header("signature-input") or "")
    return not {"@authority", "@target-uri", "host"}.isdisjoint(components)


def is_known_host(request: RequestHead, allowed: Collection[str]) -> bool:
    """Whether the Host header is one that no web page can have made point here.

    Addresses and localhost are; other names only where they were allowed.
    """
    host = request.header("host")
    if host is None:
        return True  # HTTP/1.0: no browser
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = (found["address"] or found["name"] or "").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost") or name in allowed:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_known_page(request: RequestHead, allowed: Collection[str]) -> bool:
    """Whether a request comes from no web page, from one of ours, or from an allowed origin.

    A page of any origin may send simple requests to this machine (CORS only keeps it from reading
    the answers), so each is judged by its Origin, and by Sec-Fetch-Site where it has none. Whoever
    follows a link to our own page at `/` is let in.
    """
    if "*" in allowed:
        return True
    origins = [v.decode("latin-1") for n, v in request.headers if n.lower() == b"origin"]
    if origins:
        host = request.header("host") or ""
        own = {f"http://{host}", f"https://{host}"}
        return all(origin in allowed or origin.lower() in own for origin in origins)
    site = request.header("sec-fetch-site")
    site = "none" if site is None else site.lower()
    follows = request.method == "GET" and request.path == "/"
    return follows or site in {"none", "same-origin"}


def cors_headers(request: RequestHead, allowed: Collection[str]) -> list[tuple[bytes, bytes]]:
    """The headers that let a page of an allowed origin read the answer; none for others."""
    origin = request.header("origin")
    if origin is None or not ("*" in allowed or origin in allowed):
        return []
    found = [
        (b"Access-Control-Allow-Origin", origin.encode("latin-1")),
        (b"Vary", b"Origin"),
        (b"Access-Control-Expose-Headers", b"*"),
    ]
    if request.method == "OPTIONS":
        requested_headers = request.header("access-control-request-headers") or "*"
        found += [
            (b"Access-Control-Allow-Methods", _CORS_METHODS),
            (b"Access-Control-Allow-Headers", requested_headers.encode("latin-1")),
            (b"Access-Control-Allow-Private-Network", b"true"),
            (b"Access-Control-Max-Age", b"600"),
        ]
    return found


def without_cors(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers without a recorded server's CORS headers: this server sends its own."""
    return [(n, v) for n, v in headers if not n.lower().startswith(b"access-control-")]
