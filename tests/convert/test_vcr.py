"""Cassettes of VCR.py and of those with its form."""

import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtape.convert import About, formats
from streamtape.convert.formats import named, read, write
from streamtape.errors import ConvertError
from streamtape.tape.model import Cassette, Head, Interaction

VCR = named("vcr")
ABOUT = About("old.yaml")


def document(**changes: Any) -> dict[str, Any]:
    """A cassette of one interaction, with changed parts: `body=`, `response_body=` ..."""
    return {
        "version": 1,
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": "https://api.example.com/v1/x",
                    "headers": changes.get("headers", {"accept": ["*/*"], "x-two": ["1", "2"]}),
                    "body": changes.get("body", '{"a": 1}'),
                    **changes.get("request", {}),
                },
                "response": {
                    "status": changes.get("status", {"code": 200, "message": "OK"}),
                    "headers": changes.get("response_headers", {"content-type": ["text/plain"]}),
                    "body": changes.get("response_body", {"string": "héllo"}),
                    **changes.get("response", {}),
                },
            }
        ],
    }


def converted(value: Any) -> Interaction:
    """The one interaction of a document, written as YAML and read."""
    (one,) = read(yaml.safe_dump(value, allow_unicode=True).encode(), ABOUT, VCR)
    return one


def test_reads_what_vcr_writes() -> None:
    """Method, address, headers in order, bodies, status and reason are there; no time is."""
    one = converted(document())
    assert (one.request.method, one.request.url) == ("POST", "https://api.example.com/v1/x")
    assert one.request.headers == ((b"accept", b"*/*"), (b"x-two", b"1"), (b"x-two", b"2"))
    assert one.request.body == b'{"a": 1}'
    assert one.head is not None
    assert (one.head.status, one.head.reason, one.head.at_us) == (200, "OK", None)
    assert one.body == "héllo".encode()
    assert [chunk.at_us for chunk in one.chunks] == [None]
    assert not one.cuts_known
    assert one.ending.kind == "complete"


PARSED = {"model": "m", "n": [1, 2.5, None, True]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, b""),
        ("text", b"text"),
        (b"\xff\x00", b"\xff\x00"),
        ({"string": "text"}, b"text"),
        ({"string": b"\xff"}, b"\xff"),
        ({"base64_string": "/wA=", "encoding": "utf-8"}, b"\xff\x00"),
        ({"type": "none"}, b""),
        ({"type": "text", "content": "hi"}, b"hi"),
        ({"type": "binary", "content": "ff00"}, b"\xff\x00"),
        ({"type": "binary", "content": "/wA="}, b"\xff\x00"),
        ({"type": "json", "content": PARSED}, json.dumps(PARSED).encode()),
        ({"type": "json", "content": None}, b"null"),
        (["two ", b"pieces"], b"two pieces"),
        ([["a", "b c"], ["d", None]], b"a=b+c&d="),
        ({"a": "b c", "d": 1}, b"a=b+c&d=1"),
        ({"a": [1], "d": None}, b'{"a": [1], "d": null}'),
        ({"encoding": "utf-8"}, b""),
    ],
)
def test_bodies_in_every_form(body: Any, expected: bytes) -> None:
    """Both sides' bodies may stand as text, bytes, base64, hexadecimal or JSON taken apart."""
    one = converted(document(body=body, response_body=body))
    assert one.request.body == expected
    assert one.body == expected


def test_a_body_taken_apart_beside_the_others() -> None:
    """`parsed_body`, as some projects' own serialisers write it, is JSON."""
    headers = {"content-length": ["1183"], "content-type": ["application/json"]}
    value = document(response={"parsed_body": PARSED}, response_headers=headers)
    del value["interactions"][0]["response"]["body"]
    one = converted(value)
    assert json.loads(one.body) == PARSED
    assert one.head is not None
    assert one.head.headers == ((b"content-type", b"application/json"),)


def test_a_packed_body_stays_packed() -> None:
    """Gzip under its header is kept as it came; `content` unpacks it."""
    headers = {"content-encoding": ["gzip"], "content-type": ["text/plain"]}
    packed = gzip.compress(b"hello")
    one = converted(document(response_headers=headers, response_body={"string": packed}))
    assert (one.body, one.content) == (packed, b"hello")


def test_a_header_that_is_not_true_is_left_out() -> None:
    """A body that was unpacked under `content-encoding: gzip` loses that header."""
    headers = {"Content-Encoding": ["gzip"], "Content-Length": ["99"], "x": ["y"]}
    one = converted(document(response_headers=headers))
    assert one.head is not None
    assert one.head.headers == ((b"x", b"y"),)
    assert one.content == "héllo".encode()


def test_json_and_flat_headers_and_numbers() -> None:
    """JSON documents, headers without lists, and a bare status are read, too."""
    value = document(headers={"a": "b", "n": 5}, status=201)
    (one,) = read(json.dumps(value).encode(), ABOUT, VCR)
    assert one.request.headers == ((b"a", b"b"), (b"n", b"5"))
    assert one.head is not None
    assert one.head.status == 201


def test_several_in_order_and_of_old_versions() -> None:
    """Interactions keep their order; a bare list, as before version 1, is a cassette."""
    value = document()["interactions"] * 2
    value[1] = {**value[1], "request": {**value[1]["request"], "uri": "https://second.example"}}
    cassette = read(yaml.safe_dump(value).encode(), ABOUT, VCR)
    assert [one.request.url for one in cassette] == [
        "https://api.example.com/v1/x",
        "https://second.example",
    ]


def test_secrets_are_taken_out() -> None:
    """What the other tool left in is masked, and listed."""
    one = converted(document(headers={"authorization": ["Bearer sk-secret"]}))
    assert b"sk-secret" not in one.request.headers[0][1]
    assert one.redactions[0].where == "request.header:authorization"


def test_tags_of_python_give_plain_values_and_run_nothing() -> None:
    """Old cassettes' texts, tuples and buffers are read; anything else is refused."""
    text = """
interactions:
- request:
    method: !!python/unicode GET
    uri: !!python/str http://x/
    headers: {}
    body: !!python/object/new:_io.BytesIO
      state: !!python/tuple [!!binary "aGk=", 0, null]
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: ''}}
"""
    (one,) = read(text.encode(), ABOUT, VCR)
    assert (one.request.method, one.request.body) == ("GET", b"hi")
    evil = text.replace("!!python/unicode GET", '!!python/object/apply:os.system ["false"]')
    with pytest.raises(ConvertError, match=r"old\.yaml.*python/object/apply:os\.system"):
        read(evil.encode(), ABOUT, VCR)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"hello", "no interactions"),
        (b"{}", "no interactions"),
        (b'{"log": {}}', "--from har"),
        (b"a: [", "YAML"),
        (b"\xff\xfe\x00", "YAML"),
        (b"interactions: 5", "document.interactions: expected a list, got 5"),
        (b"interactions: [5]", r"interactions\[0\]: expected an object, got 5"),
        (b"interactions: [{request: {uri: u}}]", "response is missing"),
        (b"interactions: [{request: {uri: 5}, response: {}}]", "request.uri: expected text, got 5"),
        (
            b"interactions: [{request: {uri: u, body: {type: odd, content: x}}, response: {}}]",
            "odd",
        ),
        (b"[" * 5_000, "YAML"),
        (b'{"interactions": ' + b"[" * 100_000, "YAML"),
    ],
)
def test_what_is_malformed_is_our_error(data: bytes, says: str) -> None:
    """Anything that is no cassette is an error with the file, the place and the value."""
    with pytest.raises(ConvertError, match=says) as caught:
        read(data, ABOUT, VCR)
    assert caught.value.path == "old.yaml"
    assert "'old.yaml'" in str(caught.value)


def test_references_to_references_do_not_eat_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few lines that stand for billions of values are refused."""
    monkeypatch.setattr("streamtape.convert.document._MAX_NODES", 50_000)
    rows = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    body = "{request: {uri: u, body: {type: json, content: *a9}}, response: {status: 200}}"
    rows += [f"interactions: [{body}]"]
    with pytest.raises(ConvertError, match="more than 50,000 values"):
        read("\n".join(rows).encode(), ABOUT, VCR)


def test_written_and_read_again() -> None:
    """What is written as VCR's YAML is read as the same requests and bodies."""
    cassette = Cassette(
        (converted(document()), converted(document(response_body={"string": b"\xff\x00"})))
    )
    again = read(write(cassette, VCR), ABOUT, VCR)
    assert [(i.request, i.head, i.body) for i in again] == [
        (i.request, i.head, i.body) for i in cassette
    ]


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.binary(max_size=8) | st.dates() | st.sampled_from([200, "200", "POST", "u", "json"])
)  # fmt: skip
KEYS = st.sampled_from(
    ["interactions", "request", "response", "method", "uri", "headers", "body", "status", "code",
     "message", "string", "type", "content", "base64_string", "parsed_body", "recorded_at"]
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(TREES, st.booleans())
def test_any_document_is_a_cassette_or_our_error(tree: Any, wrap: bool) -> None:
    """Whatever stands where, there is a value or a ConvertError."""
    value = {"interactions": [{"request": tree, "response": tree}]} if wrap else tree
    try:
        data = yaml.safe_dump(value).encode("utf-8", "surrogatepass")
    except yaml.YAMLError:
        return
    _read_or_refuse(data, "vcr")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([f.name for f in formats.FORMATS]))
def test_any_bytes_are_a_cassette_or_our_error(data: bytes, name: str) -> None:
    """Bytes of any kind give a value or a ConvertError, in every format."""
    _read_or_refuse(data, name)


def _read_or_refuse(data: bytes, name: str) -> None:
    with suppress(ConvertError):
        assert all(isinstance(one.body, bytes) for one in read(data, ABOUT, named(name)))


TOML = """
version = 1

[[interactions]]
recorded_at = "2026-02-20T10:30:01+00:00"

[interactions.request]
method = "POST"
uri = "https://api.example.com/v1/x"
body_type = "json"
body_content = '{"a":[1,null]}'

[interactions.request.headers]
accept = ["*/*"]

[interactions.response]
status = 200
body_type = "text"
body_content = "data: 1\\n\\n"

[interactions.response.headers]
content-type = ["text/event-stream"]

[[interactions]]
[interactions.request]
method = "GET"
uri = "https://api.example.com/v1/y"
body_type = "none"

[interactions.response]
status = 404
body_type = "binary"
body_content = "00ff"
"""


def test_reads_toml_of_cassetter() -> None:
    """The name says that it is TOML; JSON stands in it as text, bytes in hexadecimal."""
    one, other = read(TOML.encode(), About("old.TOML"), VCR)
    assert one.request.body == b'{"a":[1,null]}'
    assert one.request.headers == ((b"accept", b"*/*"),)
    assert one.body == b"data: 1\n\n"
    assert one.started_at_us == 1_771_583_401_000_000
    assert (other.request.body, other.body) == (b"", b"\x00\xff")
    assert other.head is not None
    assert other.head.status == 404


@given(st.text(max_size=30) | st.sampled_from([TOML[:n] for n in range(0, len(TOML), 7)]))
def test_any_toml_is_read_or_our_error(text: str) -> None:
    """Whatever is no cassette is a ConvertError with the file."""
    with suppress(ConvertError):
        read(text.encode("utf-8", "surrogatepass"), About("old.toml"), VCR)


RUBY = """---
http_interactions:
- request:
    method: post
    uri: https://api.example.com/v1/x
    body:
      encoding: UTF-8
      string: '{"a":1}'
    headers:
      Accept:
      - "*/*"
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - text/plain
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        /wA=
    http_version:
  recorded_at: Tue, 14 Nov 2023 21:48:24 GMT
- request: !ruby/struct:VCR::Request
    method: :get
    uri: https://api.example.com/v1/y
    body:
    headers: {}
  response: !ruby/struct:VCR::Response
    status: !ruby/struct:VCR::ResponseStatus
      code: 204
      message: No Content
    headers: {}
    body: {encoding: UTF-8, string: ''}
    http_version: "1.1"
  recorded_at: 2025-04-27 21:48:05 GMT
recorded_with: VCR 6.2.0
"""


def test_reads_ruby_vcr() -> None:
    """Ruby's names, tags, symbols and dates are read."""
    one, other = read(RUBY.encode(), About("old.yml"), VCR)
    assert (one.request.method, one.request.body) == ("POST", b'{"a":1}')
    assert one.body == b"\xff\x00"
    assert one.started_at_us == 1_699_998_504_000_000
    assert (other.request.method, other.head) == ("GET", Head(204, (), reason="No Content"))
    assert other.started_at_us == 1_745_790_485_000_000


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ({"encoding": "utf-8", "string": "é"}, "é".encode()),
        ({"encoding": "ISO-8859-1", "string": "Ã©"}, "é".encode()),
        ({"encoding": "US-ASCII", "string": "é"}, "é".encode()),
        ({"encoding": "utf-8", "base64_string": "H4sI\nAA"}, b"\x1f\x8b\x08\x00"),
        ({"encoding": None, "string": None}, b""),
        ("plain", b"plain"),
        (None, b""),
    ],
)
def test_reads_betamax(body: Any, data: bytes) -> None:
    """A text is encoded as it was decoded; base64 and no body at all are read, too."""
    interaction = {
        "request": {"method": "GET", "uri": "https://x.example/", "headers": {}, "body": body},
        "response": {"status_code": 200, "headers": {"a": ["b"]}, "body": body, "url": "u"},
        "recorded_at": "2015-11-14T22:53:20",
    }
    document = {"http_interactions": [interaction], "recorded_with": "betamax/0.9.0"}
    (one,) = read(json.dumps(document).encode(), About("old.json"), VCR)
    assert (one.request.body, one.body) == (data, data)
    assert one.head == Head(200, ((b"a", b"b"),))
    assert one.started_at_us == 1_447_541_600_000_000


GO = """---
version: 2
interactions:
- id: 0
  request:
    proto: HTTP/1.1
    content_length: 2
    host: api.example.com
    body: '{}'
    form: {}
    headers:
      Accept: ['*/*']
    url: https://api.example.com/v1/x
    method: POST
  response:
    proto: HTTP/2.0
    uncompressed: true
    body: "data: 1\\n\\n"
    headers: {}
    status: 200 OK
    code: 200
    duration: %s
"""


@pytest.mark.parametrize(
    ("duration", "head_us"),
    [
        ("312.0085ms", 312_009),
        ("4.5s", 4_500_000),
        ("1m2s", 62_000_000),
        ("250µs", 250),
        ("1500000", 1_500),
        ('""', None),
        ("soon", None),
    ],
)
def test_reads_go_vcr(duration: str, head_us: int | None) -> None:
    """Its duration is the time to the head; one that makes no sense is unknown and noted."""
    about = About("old.yaml")
    (one,) = read((GO % duration).encode(), about, VCR)
    assert one.head == Head(200, (), head_us, "HTTP/2", "OK")
    assert (one.request.url, one.body) == ("https://api.example.com/v1/x", b"data: 1\n\n")
    assert bool(about.notes) == (duration == "soon")


@pytest.mark.parametrize(
    "body",
    [
        {"string": None}, {"base64_string": None}, {"data": None}, {}, None, "",
        {"encoding": "utf-8", "string": None}, {"encoding": "utf-8"}, {"string": ""},
    ],
)  # fmt: skip
def test_no_body_is_no_body(body: Any) -> None:
    """A body that is null in any of its forms is empty, on both sides."""
    one = converted(document(body=body, response_body=body))
    assert (one.request.body, one.body) == (b"", b"")


ODD = [
    "5",
    "null",
    "{request: {}, response: {status: 200}}",
    "{request: {uri: !!python/object/apply:os.getcwd []}, response: {status: 200}}",
    "{request: {uri: u, body: {type: odd, content: x}}, response: {status: 200}}",
    "{request: {uri: u}}",
]


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_interaction_does_not_lose_the_others(odd: str) -> None:
    """It is left out, with a note that names it."""
    good = "{request: {uri: u}, response: {status: 200}}"
    about = About("old.yaml")
    assert len(read(f"interactions: [{good}, {odd}, {good}]".encode(), about, VCR)) == 2
    (note,) = about.notes
    assert "interactions[1]" in note


@pytest.mark.parametrize(
    ("response", "recorded", "kind", "place"),
    [
        ("{status: {code: 7}}", "2020-01-01", "unfinished", "status.code"),
        ("{status: 200, body: {base64_string: '*'}}", "2020-01-01", "unfinished", "base64_string"),
        ("{status: 200}", "2020-02-31", "complete", "recorded_at"),
        ("{status: 200}", "!!float x", "complete", "recorded_at"),
        ("{status: {code: 200, message: [x]}}", "2020-01-01", "complete", "message"),
        ("{status: 200, headers: {a: [b, {}]}}", "2020-01-01", "complete", "headers"),
    ],
)
def test_an_odd_fact_is_unknown(response: str, recorded: str, kind: str, place: str) -> None:
    """What makes no sense is noted with its place; the interaction stays."""
    about = About("old.yaml")
    text = f"interactions: [{{request: {{uri: u}}, response: {response}, recorded_at: {recorded}}}]"
    (one,) = read(text.encode(), about, VCR)
    assert one.ending.kind == kind
    (note,) = about.notes
    assert place in note
