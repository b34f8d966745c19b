"""Cassettes of VCR.py and of those with its form: cassetter, betamax, Ruby VCR, R's vcr, go-vcr.

In YAML, JSON or TOML:

    version: 1
    interactions:
    - request: {method: POST, uri: ..., headers: {accept: ['*/*']}, body: '{...}'}
      response: {status: {code: 200, message: OK}, headers: ..., body: {string: '...'}}

betamax and the VCRs of Ruby and R name the list `http_interactions` and give the `encoding` of a
body's text; go-vcr has `url`, `status: 200 OK` beside `code: 200`, and a `duration` to the head
of the response (https://pkg.go.dev/gopkg.in/dnaeon/go-vcr.v4/pkg/cassette#Response).
A body is a text, bytes (`!!binary`, Ruby's `!binary`), an object that names its kind (`string`,
`base64_string`, or `type` and `content`; in TOML `body_type` and `body_content`, with JSON as
text), parsed JSON (`parsed_body`), or the fields of a form. YAML is read by a safe loader, with
the few tags of Python's and Ruby's that old cassettes have; no code of a document is ever run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from streamtape.convert.about import About
from streamtape.convert.document import Node, to_bytes
from streamtape.convert.imported import imported_interaction, refuse_dialogues
from streamtape.errors import UsageError
from streamtape.tape.model import Cassette, Ending, Head, Headers, Interaction, Request
from streamtape.units import UNITS_US

_VERSIONS = {"1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2", "2.0": "HTTP/2", "3": "HTTP/3"}
_LISTS = ("interactions", "http_interactions")
_KINDS_OF_BODY = {"string", "data", "encoding", "base64_string", "file"}
_DURATION = re.compile(r"(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|μs|ns)")


def read(data: bytes, about: About, name: str) -> Cassette:
    """The cassette that the document holds, its interactions in order."""
    document = _parsed(data, about)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        document = {"interactions": document}  # as VCR.py wrote before version 1
    root = Node(document, "the document", about)
    if not isinstance(document, dict) or not any(name in document for name in _LISTS):
        har = isinstance(document, dict) and "log" in document
        hint = " (a HAR file? use --from har)" if har else ""
        raise about.error(f"not a VCR cassette: it has no interactions{hint}")
    return Cassette(tuple(root.get(*_LISTS).each(_interaction)))


def _parsed(data: bytes, about: About) -> Any:
    if about.path.lower().endswith(".toml"):
        return _toml(data, about)
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return json.loads(data, strict=False)
        except (ValueError, RecursionError):
            pass  # YAML may begin like that, too
    from streamtape.convert.yaml_text import load_yaml

    return load_yaml(data, about)


def _toml(data: bytes, about: About) -> Any:
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise about.error(f"invalid TOML: {error}") from error


def _interaction(node: Node) -> Interaction:
    sent, answered = node.get("request"), node.get("response")
    if not answered:
        raise answered.error("an object")
    request = Request(
        sent.get("method").text("GET").lstrip(":").upper(),  # a symbol of Ruby's has a colon
        sent.get("uri", "url").text(),
        sent.get("headers").headers(),
        _body(sent),
    )
    head = _head(answered)
    body = answered.optional(_body, None, "the body is left out")
    ending = Ending("complete")
    if head is None:
        ending = Ending("unfinished", message="the cassette has no valid status")
    elif body is None:
        ending = Ending("unfinished", message="the body in the cassette can't be read")
    recorded_at = node.get("recorded_at").optional(Node.moment, None, "taken as unknown")
    return imported_interaction(
        request, head, body or b"", ending=ending, started_at_us=recorded_at
    )


def _head(answered: Node) -> Head | None:
    code = answered.optional(_status, None, "treated as a request without a response")
    if code is None:
        return None
    return Head(
        code,
        answered.get("headers").headers(),
        answered.get("duration").optional(_duration_us, None, "taken as unknown"),
        http_version=_version(answered.get("protocol", "http_version", "version", "proto")),
        reason=_reason(answered),
    )


def _status(answered: Node) -> int:
    status = answered.get("code", "status", "status_code")
    if isinstance(status.value, dict):
        status = status.get("code", "status_code")
    return status.status()


def _reason(answered: Node) -> str:
    status = answered.get("status")
    if status and isinstance(status.value, dict):
        return status.get("message").label()
    if isinstance(status.value, str):  # go-vcr: "200 OK"
        return status.value.partition(" ")[2]
    return ""


def _duration_us(node: Node) -> int | None:
    """A duration as Go writes it (`1.5s`, `312.0085ms`, `1m2s`) in microseconds."""
    if not node or node.value in ("", 0):
        return None
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return max(node.value // 1000, 0)  # in nanoseconds
    text = node.text()
    parts = _DURATION.findall(text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        raise node.error("a duration such as 1.5s")
    return int(sum(float(number) * UNITS_US[unit] for number, unit in parts) + 0.5)


def _version(node: Node) -> str:
    return _VERSIONS.get(str(node.value).upper().removeprefix("HTTP/"), "HTTP/1.1")


def _body(side: Node) -> bytes:
    """The bytes of a body, in any of the ways in which it is written down."""
    parsed = side.get("parsed_body")
    if parsed:
        return parsed.as_json()
    kind = side.get("body_type")
    if kind and kind.value != "none":
        content = side.get("body_content")
        return content.from_hex() if kind.value == "binary" else content.octets()
    body = side.get("body", "content")
    if not body:
        return b""
    if isinstance(body.value, dict):
        return _named(body)
    if isinstance(body.value, list | tuple):
        if all(isinstance(one, list | tuple) and len(one) == 2 for one in body.value):
            return _form(body.value)
        if all(isinstance(one, str | bytes) for one in body.value):
            return b"".join(piece.octets() for piece in body.items())
    return body.content()


def _named(body: Node) -> bytes:
    """The bytes of a body that is an object: of its kind and content, or parsed."""
    fields: dict[Any, Any] = body.value
    if "type" in fields and ("content" in fields or fields["type"] == "none"):
        return _typed(body)
    packed, text = body.get("base64_string"), body.get("string", "data")
    if packed:
        return packed.from_base64()
    if text:
        return _encoded(text, body.get("encoding"))
    if fields.keys() <= _KINDS_OF_BODY:
        return b""  # such as {string: null}: no body
    if any(isinstance(value, dict | list) for value in fields.values()):
        return body.as_json()
    return _form(fields.items())


def _encoded(text: Node, encoding: Node) -> bytes:
    """The bytes of a text that was decoded from this encoding; UTF-8 where that can't be true."""
    if isinstance(text.value, str) and isinstance(encoding.value, str):
        try:
            return text.value.encode(encoding.value)
        except (LookupError, UnicodeError, ValueError):
            return to_bytes(text.value)
    return text.content()


def _form(fields: Iterable[tuple[Any, Any]]) -> bytes:
    """The fields of a form, as VCR.py writes them down for aiohttp: as the caller gave them."""
    pairs = ((str(name), "" if value is None else str(value)) for name, value in fields)
    return urlencode(list(pairs), errors="surrogatepass").encode()


def _typed(body: Node) -> bytes:
    kind = body.get("type").text()
    content = body.get("content")
    if kind == "none" or not content:
        return b"null" if kind == "json" else b""
    if kind == "json":
        return content.as_json()
    if kind == "binary":
        return content.octets() if isinstance(content.value, bytes) else content.from_hex()
    if kind == "text":
        return content.octets()
    raise body.get("type").error("json, text, binary or none")


def write(cassette: Cassette, name: str) -> bytes:
    """The document in YAML, as VCR.py reads it; it has no way to express what was cut short."""
    from streamtape.convert.yaml_text import dump_yaml

    refuse_dialogues(cassette, "VCR's YAML")
    interactions = [_as_vcr(number, one) for number, one in enumerate(cassette)]
    return dump_yaml({"version": 1, "interactions": interactions})


def _as_vcr(number: int, one: Interaction) -> dict[str, Any]:
    if one.head is None:
        raise UsageError(f"interaction {number} has no response, which VCR.py's format can't say")
    return {
        "request": {
            "method": one.request.method,
            "uri": one.request.url,
            "headers": _grouped(one.request.headers),
            "body": _readable(one.request.body),
        },
        "response": {
            "status": {"code": one.head.status, "message": one.head.reason},
            "headers": _grouped(one.head.headers),
            "body": {"string": _readable(one.body)},
        },
    }


def _grouped(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def _readable(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
