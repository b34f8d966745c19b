"""Secrets out of requests, heads and endings, by name."""

from urllib.parse import quote

import pytest

from streamtape.errors import UsageError
from streamtape.tape.model import Ending, Head, Request
from streamtape.tape.redact import RedactionOptions, Redactor

SECRET = b"s3cr3t-v4lue"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Proxy-Authorization", "x-api-key", "api-key", "X-Goog-Api-Key",
        "xi-api-key", "x-amz-security-token", "X-Auth-Token", "Ocp-Apim-Subscription-Key",
        "OpenAI-Organization", "openai-project", "anthropic-organization-id", "Mcp-Session-Id",
        "x-goog-user-project", "X-Hub-Signature", "client-secret", "X-AccessToken", "cf-access-jwt",
        "helicone-auth", "x-portkey-api-key", "apikey", "Cookie", "Set-Cookie",
    ],
)  # fmt: skip
def test_secret_headers_are_masked(name: str) -> None:
    """A header whose name says that it is secret is masked, both ways, and listed."""
    headers = ((b"accept", b"*/*"), (name.encode(), SECRET), (name.upper().encode(), SECRET))
    request, found = Redactor().redact_request(Request("GET", "http://h/", headers))
    head, found_too = Redactor().redact_head(Head(200, headers))
    assert [key for key, _ in request.headers] == [key for key, _ in headers]
    assert {value for _, value in (*request.headers, *head.headers)} == {b"*/*", b"[redacted]"}
    assert [r.where for r in found] == [f"request.header:{name.lower()}"] * 2
    assert [r.where for r in found_too] == [f"response.header:{name.lower()}"] * 2


@pytest.mark.parametrize(
    "name",
    [
        "content-type", "x-ratelimit-remaining-tokens", "anthropic-ratelimit-input-tokens-limit",
        "access-control-allow-credentials", "idempotency-key", "x-request-id", "www-authenticate",
        "user-agent", "cf-ray", "x-stainless-arch", "openai-processing-ms", "openai-version",
        "anthropic-version", "keep-alive", "author",
    ],
)  # fmt: skip
def test_other_headers_stay(name: str) -> None:
    """A header that only looks like a secret one stays."""
    headers = ((name.encode(), b"value"),)
    assert Redactor().redact_head(Head(200, headers)) == (Head(200, headers), ())


def test_cookies_keep_their_names() -> None:
    """Only the values of cookies are masked; attributes stay, so that clients understand them."""
    sent = ((b"Cookie", b"a=1; b=two; c"),)
    got = ((b"Set-Cookie", b"sid=abc; Path=/; HttpOnly"),)
    request, found = Redactor().redact_request(Request("GET", "http://h/", sent))
    head, _ = Redactor().redact_head(Head(200, got))
    assert request.headers == ((b"Cookie", b"a=[redacted]; b=[redacted]; [redacted]"),)
    assert head.headers == ((b"Set-Cookie", b"sid=[redacted]; Path=/; HttpOnly"),)
    assert [r.kind for r in found] == ["cookie"] * 3


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("http://h/p?key=abc&alt=sse", "http://h/p?key=REDACTED&alt=sse"),
        ("http://h/p?alt=sse&api_key=abc", "http://h/p?alt=sse&api_key=REDACTED"),
        ("http://h/?X-Amz-Signature=ff&x=1#frag", "http://h/?X-Amz-Signature=REDACTED&x=1#frag"),
        ("http://user:pass@h:80/p", "http://REDACTED@h:80/p"),
        ("http://h/p#access_token=abc", "http://h/p#access_token=REDACTED"),
        ("http://h/p?max_tokens=5&page_token=a", "http://h/p?max_tokens=5&page_token=a"),
        (
            "http://h/?sessionId=1&accessToken=2",
            "http://h/?sessionId=REDACTED&accessToken=REDACTED",
        ),
        ("http://h/keys/list", "http://h/keys/list"),
        ("http://h/a@b?q=c@d", "http://h/a@b?q=c@d"),
        ("http://h/?to=https%3A%2F%2Fh%2F%3Fkey%3Dvalue1", "http://h/?to=REDACTED"),
        ("http://h/?q=AccountKey%3D" + "k" * 40 + "&x=1", "http://h/?q=REDACTED&x=1"),
        ("http://h/?q=50%25+of%20it", "http://h/?q=50%25+of%20it"),
    ],
)
def test_urls(url: str, masked: str) -> None:
    """Userinfo and secret parameters go; the rest of a URL stays to the letter."""
    assert Redactor().redact_request(Request("GET", url))[0].url == masked
    head, _ = Redactor().redact_head(Head(302, ((b"Location", url.encode()),)))
    assert head.get("location") == masked


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("token, 9f86d081884c7d659a2feaa0c55ad015", "token, [redacted]"),
        ("realtime, openai-insecure-api-key.sk-proj-" + "aB3d" * 10, "realtime, [redacted]"),
        ("base64url.bearer.authorization.k8s.io.aB3dE6gH9jaB3dE6gH9j", "[redacted]"),
        ("graphql-transport-ws,graphql-ws", "graphql-transport-ws,graphql-ws"),
        ("v12.stomp, v11.stomp, openai-beta.realtime-v1", None),
        ("base64.channel.k8s.io, aws.iot.mqtt5", None),
    ],
)
def test_subprotocols_of_websockets(value: str, shown: str | None) -> None:
    """Browsers can send a key only as one: keys are masked, names stay."""
    request = Request("GET", "wss://h/", ((b"sec-websocket-protocol", value.encode()),))
    redacted, found = Redactor().redact_request(request)
    assert redacted.headers[0][1].decode() == (shown or value)
    assert len(found) == (shown or "").count("[redacted]")


def test_a_key_with_an_equals_sign_in_a_url() -> None:
    """It is not the name of a parameter and its value, of which half would stay."""
    key = "secret-live-aB3dE6gH9jaB3dE6=gH9jaB3dE6gH9jaB3dE6gH"
    redacted, _ = Redactor().redact_request(Request("GET", f"https://h/x#{key}"))
    assert redacted.url == "https://h/x#REDACTED"


@pytest.mark.parametrize("name", ["location", "content-location", "referer", "link"])
def test_a_password_in_an_address_without_scheme(name: str) -> None:
    """`//user:password@host/` is relative to the scheme (RFC 3986 section 4.2)."""
    head = Head(302, ((name.encode(), b"//u:pw@h/x"),), 1)
    assert Redactor().redact_head(head)[0].headers[0][1] == b"//REDACTED@h/x"


def test_digests_tell_requests_apart() -> None:
    """Equal secrets have equal digests, others have others, and none holds more than 16 bits."""

    def digests(key: str) -> list[str]:
        return [
            r.digest for r in Redactor().redact_request(Request("GET", f"http://h/?key={key}"))[1]
        ]

    assert digests("one") == digests("one")
    assert len({digests(f"key {n}")[0] for n in range(200)}) > 190
    assert len(digests("one")[0]) == 4


def test_options_add_and_switch_off() -> None:
    """Names can be added, kept, and kinds switched off."""
    options = RedactionOptions(
        headers=("X-Team",),
        parameters=("who",),
        keep=("Mcp-Session-Id",),
        off=frozenset({"cookie"}),
    )
    headers = ((b"x-team", b"t"), (b"mcp-session-id", b"m"), (b"cookie", b"a=b"))
    request, _ = Redactor(options).redact_request(Request("GET", "http://h/?who=me", headers))
    assert request.url == "http://h/?who=REDACTED"
    assert [value for _, value in request.headers] == [b"[redacted]", b"m", b"a=b"]


def test_a_pattern_that_is_none_is_refused() -> None:
    """A regular expression that can't be compiled is named at the door."""
    with pytest.raises(UsageError, match="mine"):
        RedactionOptions(
            patterns=(
                (
                    "mine",
                    "(",
                ),
            )
        )


@pytest.mark.parametrize(
    "name", [" x-team", "x-team:", "x team", "x-te\u00e4m", "x-team\n", '"x-team"']
)
def test_a_name_that_no_header_has_is_refused(name: str) -> None:
    """It would mask nothing: the message says what was meant."""
    near = "x-tem" if "\u00e4" in name else "xteam" if name == "x team" else "x-team"
    with pytest.raises(UsageError, match=f"did you mean '{near}'"):
        RedactionOptions(headers=(name,))


def test_messages_are_masked() -> None:
    """The message of an error that we store holds no secret of its URL."""
    ending = Ending("error", 1, "ConnectError", "no route to http://u:p@h/?key=abc for you")
    assert "abc" not in (Redactor().redact_ending(ending).message or "")
    assert Redactor().redact_ending(Ending("complete")) == Ending("complete")


KEYS = ("sk-proj-" + "aB3dE6gH9j" * 4, "ghp_" + "aB3dE6gH9jK1mN4pQ7sT0vW2xY5zC8fL6hR3")
_ATTRIBUTES = ("sid=1; Path=/KEY", "sid=1; Domain=KEY", "sid=1; Path=/; Comment=KEY", "KEY=1")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("headers", [
    ("KEY", "1"), ("x-KEY", "1"), ("X-Token-KEY", "1"), ("KEY-x", "KEY"), ("secret-KEY", "1"),
    *(("Set-Cookie", text) for text in _ATTRIBUTES), ("Cookie", "KEY=1"), ("Cookie", "KEY"),
], ids=": ".join)  # fmt: skip
def test_keys_in_names(headers: tuple[str, str], key: str) -> None:
    """A key in the name of a header or cookie, or in an attribute, is masked; nothing lists it."""
    pair = tuple(text.replace("KEY", key).encode() for text in headers)
    sent = Request("GET", f"http://h/?token-{key}=1&{key}=2", ((pair[0], pair[1]),))
    request, found = Redactor().redact_request(sent)
    head, in_head = Redactor().redact_head(Head(200, sent.headers))
    assert found
    assert in_head
    assert key[8:].lower() not in repr((request, found, head, in_head)).lower()
    names = [name for name, _ in (*request.headers, *head.headers)]
    assert all(len(name) == len(pair[0]) and b"[" not in name for name in names)


@pytest.mark.parametrize("key", KEYS)
def test_keys_in_words_of_http(key: str) -> None:
    """So is one in the place of the method, the version, or the class of an error."""
    request, found = Redactor().redact_request(Request(key, "http://h/"))
    head, _ = Redactor().redact_head(Head(200, (), 1, f"HTTP/{key}"))
    ending = Redactor().redact_ending(Ending("error", 1, f"E{key}", "m"))
    assert [one.where for one in found] == ["request.method"]
    assert key[8:] not in repr((request, found, head, ending))


def test_without_cookies_attributes_are_searched() -> None:
    """Where cookies are kept, a key in one of them is found all the same."""
    redactor = Redactor(RedactionOptions(off=frozenset({"cookie"})))
    head, _ = redactor.redact_head(Head(200, ((b"Set-Cookie", f"a=b; c={KEYS[0]}".encode()),)))
    assert head.headers == ((b"Set-Cookie", b"a=b; c=" + b"*" * len(KEYS[0])),)


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("code", "4/0AX4XfWhNmQ2bC7dLkZr9sTuVwXy", True), ("code", "SplxlOBeZQQYbYS6WxSbIA", True),
        ("Code", "SplxlOBeZQQYbYS6WxSbIA", True), ("state", "af0ifjsldkj38dQ7", True),
        ("state", "0b4ae2e9-61f7-4c3d-9b52-c1d27a4e8f90", True), ("pin", "4711", True),
        ("sign", "9f86d081884c7d659a2feaa0c55ad015", True),
        ("ticket", "ST-1856339-aA5Yuvrxzpv8", True),
        ("pin", "13", False), ("pin", "header", False), ("code", "200", False),
        ("code", "rate_limit_exceeded", False), ("code", "en-US", False), ("state", "open", False),
        ("state", "North-Rhine-Westphalia", False), ("state", "CA", False), ("sign", "+", False),
        ("code", "print(1)", False), ("encode", "SplxlOBeZQQYbYS6WxSbIA", False),
        ("state", "2026-11-27T22:45:00Z", False), ("code", "REDACTED", False),
        ("pin", "471", False), ("pin", "471147114711", True), ("pin", "4711471147114", False),
        ("code", "error_limit_exceeded_2", False), ("state", "/a1B2c3D4e5F6g7H8", False),
    ],
)  # fmt: skip
def test_parameters_that_are_secret_at_times(name: str, value: str, masked: bool) -> None:
    """OAuth's code and state, signatures, pins: where the value looks like a secret."""
    redactor = Redactor()
    field = f"{name}={quote(value, '')}"
    urls = [f"http://h/cb?{field}&a=1", f"http://h/cb#a=1&{field}"]
    form = ((b"content-type", b"application/x-www-form-urlencoded"),)
    for url in urls:
        assert (quote(value, "") not in redactor.redact_request(Request("GET", url))[0].url) == (
            masked
        )
    sent, _ = redactor.redact_request(Request("POST", "http://h/", form, f"a=1&{field}".encode()))
    assert (field.encode() not in sent.body) == masked
    location = ((b"Location", urls[0].encode()),)
    assert (field.encode() not in redactor.redact_head(Head(302, location))[0].headers[0][1]) == (
        masked
    )
    for options in (RedactionOptions(keep=(name,)), RedactionOptions(off=frozenset({"name"}))):
        assert Redactor(options).redact_request(Request("GET", urls[0]))[0].url == urls[0]


def test_a_parameter_is_looked_at_without_its_escapes() -> None:
    """A pin whose digits are escaped is a pin."""
    request, _ = Redactor().redact_request(Request("GET", "http://h/?pin=%34%37%31%31"))
    assert request.url == "http://h/?pin=REDACTED"


def test_a_cookie_header_of_your_own_keeps_its_names() -> None:
    """It is masked as any cookie header, value by value."""
    redactor = Redactor(RedactionOptions(headers=("cookie",)))
    request, _ = redactor.redact_request(Request("GET", "http://h/", ((b"cookie", b"a=b; c=d"),)))
    assert request.headers == ((b"cookie", b"a=[redacted]; c=[redacted]"),)
