"""Cookies, also those that a recorder has folded into one header."""

import pytest

from streamtape.tape.model import Head, Request
from streamtape.tape.redact import RedactionOptions, Redactor

M = "[redacted]"


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("sid=abc; Path=/; HttpOnly", f"sid={M}; Path=/; HttpOnly"),
        ("a=1; Path=/\nb=two; Secure", f"a={M}; Path=/\nb={M}; Secure"),
        ("a=1; Path=/\r\nb=two", f"a={M}; Path=/\r\nb={M}"),
        ("a=1, b=two; Path=/,c=3", f"a={M}, b={M}; Path=/,c={M}"),
        (
            "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b=2; Expires=Thu, 01-Jan-1970 GMT",
            f"a={M}; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b={M}; "
            "Expires=Thu, 01-Jan-1970 GMT",
        ),
        ("a=1; SameSite=None; b=two", f"a={M}; SameSite=None; b={M}"),
        ("bare", M),
        ("a=; Path=/", "a=; Path=/"),
        ('a="x y"; Max-Age=5', f"a={M}; Max-Age=5"),
        ("a = b ; Path=/", f"a = {M} ; Path=/"),
    ],
)
def test_set_cookie(value: str, masked: str) -> None:
    """The value of every cookie goes, names and attributes stay."""
    head, found = Redactor().redact_head(Head(200, ((b"Set-Cookie", value.encode()),)))
    assert head.headers == ((b"Set-Cookie", masked.encode()),)
    assert [r.where for r in found] == ["response.header:set-cookie"] * masked.count(M)
    assert Redactor().redact_head(head) == (head, ())


@pytest.mark.parametrize("sign", ["; ", ";", ", ", "\n"])
def test_cookie(sign: str) -> None:
    """Whatever joins them in a request."""
    value = sign.join(("a=1", "path=two", "c=3"))
    request, _ = Redactor().redact_request(Request("GET", "u", ((b"cookie", value.encode()),)))
    assert request.headers[0][1].decode() == sign.join((f"a={M}", f"path={M}", f"c={M}"))


def test_cookies_that_are_kept() -> None:
    """By name, among others."""
    redactor = Redactor(RedactionOptions(keep=("theme",)))
    head, _ = redactor.redact_head(Head(200, ((b"set-cookie", b"sid=1, Theme=dark; Path=/"),)))
    assert head.headers[0][1] == b"sid=[redacted], Theme=dark; Path=/"
