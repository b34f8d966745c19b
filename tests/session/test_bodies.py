"""Bodies of requests: compared decoded, by their fields, and but for the secrets in them."""

import gzip
import json
import math
import zlib
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from streamtape.session.bodies import canonical, structured
from streamtape.session.matching import Matcher
from streamtape.session.options import Options
from streamtape.session.playlist import Playlist
from streamtape.tape.model import Chunks, Ending, Head, Interaction, Request
from streamtape.tape.redact import Redactor

FORM = "application/x-www-form-urlencoded"
KEY = "Zx81kQpR7tLm0aVb"


def ask(body: bytes | str, content_type: str = "application/json", encoding: str = "") -> Request:
    """A request with a body."""
    data = body.encode() if isinstance(body, str) else body
    headers = [(b"content-type", content_type.encode())]
    if encoding:
        headers.append((b"Content-Encoding", encoding.encode()))
    return Request("POST", "https://auth.example/token", tuple(headers), data)


def multipart(boundary: str, *parts: tuple[str, str], ending: str = "\r\n") -> Request:
    """A multipart form."""
    disposition = "Content-Disposition: form-data; name="
    lines = [
        f'--{boundary}{ending}{disposition}"{name}"{ending * 2}{value}{ending}'
        for name, value in parts
    ]
    body = "".join(lines) + f"--{boundary}--{ending}"
    return ask(body, f'multipart/form-data; boundary="{boundary}"')


TEXT = b'{"b":1,"a":[2]}'
SAME = [
    (ask(gzip.compress(TEXT, mtime=1), encoding="gzip"),
     ask(gzip.compress(TEXT, 1), encoding="gzip")),
    (ask(gzip.compress(TEXT), encoding="gzip"), ask('{"a":[2],"b":1}')),
    (ask(zlib.compress(TEXT), encoding="deflate"), ask(TEXT)),
    (ask(brotli.compress(TEXT), encoding="br"), ask(TEXT)),
    (ask(zstandard.compress(TEXT), encoding="zstd"), ask(gzip.compress(TEXT), encoding="GZIP")),
    (ask(gzip.compress(zlib.compress(TEXT)), encoding="deflate, gzip"), ask(TEXT)),
    (ask("a=1&b=two+x&a=2", FORM), ask("b=two%20x&a=1&a=2", FORM + "; charset=utf-8")),
    (ask(gzip.compress(b"a=1&b=2"), FORM, "gzip"), ask("b=2&a=1", FORM)),
    (multipart("x1", ("a", "1"), ("b", "2")), multipart("y-2", ("b", "2"), ("a", "1"))),
    (multipart("x1", ("a", "says x1 here")), multipart("y2", ("a", "says x1 here"))),
    (ask(b"not gzip", encoding="gzip"), ask(b"not gzip", encoding="gzip")),
]  # fmt: skip
OTHER = [
    (ask("a=1&a=2", FORM), ask("a=2&a=1", FORM)),
    (ask("a=1", FORM), ask('{"a":["1"]}')),
    (ask("a=1", FORM), ask("a=", FORM)),
    (ask("a=%ff", FORM), ask("a=%fe", FORM)),
    (ask(b"a=\xff", FORM), ask(b"a=\xfe", FORM)),
    (ask(gzip.compress(TEXT), encoding="gzip"), ask(gzip.compress(b'{"b":2}'), encoding="gzip")),
    (multipart("x", ("a", "1")), multipart("x", ("a", "2"))),
    (multipart("x", ('a"; filename="1.txt', "")), multipart("x", ('a"; filename="2.txt', ""))),
    (multipart("x", ('a"; filename="1.txt', "")), multipart("x", ("a", ""))),
    (multipart("x1", ("a", "says x1 here")), multipart("y2", ("a", "says y2 here"))),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_bodies(one: Request, other: Request) -> None:
    """Encodings are undone; fields come in any order of names, parts under any boundary."""
    matcher = Matcher(Options())
    assert matcher.key(one) == matcher.key(other)
    assert matcher.differences(one, other) == []


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_bodies(one: Request, other: Request) -> None:
    """Values, their order under one name, and the kind of body count."""
    matcher = Matcher(Options())
    assert matcher.key(one) != matcher.key(other)
    assert matcher.differences(one, other) != []


UNUSUAL = st.sampled_from(
    [math.nan, math.inf, None, "\ud800", "NaN", 10**40, 1e16, 1, 1.0, True, -0.0, "*", "\u2028"]
)
JSON_VALUES = st.recursive(
    UNUSUAL | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


@given(value=JSON_VALUES, other=JSON_VALUES)
def test_texts_of_json_values(value: Any, other: Any) -> None:
    """Equal for equal values alone, however a client writes them."""
    one, same = (
        structured(ask(text.encode(coding, "surrogatepass"), "application/json"))
        for text, coding in (
            (json.dumps(value), "utf-8"),
            (json.dumps(value, ensure_ascii=False, indent=1), "utf-16"),
        )
    )
    assert canonical(one) == canonical(same) == canonical(value)
    equal = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(value) == canonical(other)) is equal


def played(recorded: list[Request], requested: Request, **options: Any) -> int | None:
    """Which of some recorded requests answers another one, all masked as they are in use."""
    redactor, interactions = Redactor(), []
    for request in recorded:
        masked, found = redactor.redact_request(request)
        interactions.append(
            Interaction(masked, Head(200), Chunks(), Ending("complete"), redactions=found)
        )
    drawn = Playlist(interactions, Options(**options)).draw(*redactor.redact_request(requested))
    return None if drawn is None else drawn[0]


@pytest.mark.parametrize("other", ["dummy", "x", KEY + "longer", "test-key", KEY.lower()])
@pytest.mark.parametrize(
    ("template", "content_type"),
    [
        ("grant_type=x&client_secret=SECRET", FORM),
        ("client_secret=SECRET&grant_type=x", FORM),
        ('{"api_key":"SECRET"}', "application/json"),
        ('{"a":1,"auth":{"password":"SECRET"}}', "application/json"),
        ('{"client_secret":{"value":"SECRET"}}', "application/json"),
        ("password=SECRET", "text/plain"),
    ],
)
def test_another_secret_finds_the_answer(template: str, content_type: str, other: str) -> None:
    """What was masked stands for any secret: of another length, or a dummy too short to be one."""
    recorded = ask(template.replace("SECRET", KEY), content_type)
    requested = ask(template.replace("SECRET", other), content_type)
    assert played([recorded], requested) == 0
    assert played([requested], recorded) == 0
    changed = template.replace("SECRET", other).replace("grant", "g").replace("a", "b")
    assert played([recorded], ask(changed, content_type)) is None


def test_keys_in_texts_and_urls() -> None:
    """In the middle of a text, in a query, in a path."""
    text = '{"h":"Bearer sk-proj-%s, thanks"}'
    assert played([ask(text % (KEY * 2))], ask(text % (KEY * 3))) == 0
    assert played([ask(text % (KEY * 2))], ask(text.replace("h", "i") % (KEY * 3))) is None
    one = Request("GET", f"https://h.example/?api_key={KEY}&q=1")
    assert played([one], Request("GET", "https://h.example/?q=1&api_key=x")) == 0
    assert played([one], Request("GET", "https://h.example/?q=2&api_key=x")) is None
    bot = "https://api.telegram.org/bot1234567890:AA%sx/send"
    assert played([Request("GET", bot % (KEY * 2))], Request("GET", bot % "dummy")) == 0


def test_requests_that_differ_in_a_secret_alone() -> None:
    """The digest of the secret tells them apart; another secret gets them in their order."""
    both = [ask(json.dumps({"api_key": key})) for key in (KEY, KEY[::-1])]
    assert played(both, both[0]) == 0
    assert played(both, both[1]) == 1
    assert played(both, ask('{"api_key":"another-one-99"}')) == 0


def test_stars_of_a_text_are_no_mask() -> None:
    """Rules and emphasis in Markdown stay what they are."""
    assert played([ask('{"p":"**bold** words"}')], ask('{"p":"**other** words"}')) is None
    assert played([ask('{"p":"*** a"}')], ask('{"p":"* a"}')) is None


@pytest.mark.parametrize("body", ['{"fields":"*"}', '{"a":["**"]}', "*"])
def test_a_few_stars_are_no_mask(body: str) -> None:
    """They stand for all fields, or for any host: not for another value."""
    assert played([ask(body)], ask(body.replace("*", "x"))) is None
    assert played([ask(body.replace("*", "x"))], ask(body)) is None


def test_a_mask_stands_for_a_value() -> None:
    """A request without the key is another one."""
    with_key, without = ask(json.dumps({"api_key": KEY, "a": 1})), ask('{"a": 1}')
    assert played([with_key], without) is None
    assert played([without], with_key) is None


def test_a_masked_request_that_is_added_later() -> None:
    """It answers another secret as those do that were there from the start."""
    redactor = Redactor()
    added, found = redactor.redact_request(ask(json.dumps({"api_key": KEY})))
    tape = Playlist((), Options(allow_playback_repeats=True))
    other, _ = redactor.redact_request(ask('{"api_key":"another-one-99"}'))
    assert tape.draw(other) is None
    tape.add_played(
        Interaction(added, Head(200), Chunks(), Ending("complete"), redactions=found), 0
    )
    assert tape.draw(other) == (0, 1)
