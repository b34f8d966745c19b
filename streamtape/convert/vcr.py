"""Cassettes of VCR.py and of those with its form: cassetter, betamax; in YAML, JSON or TOML.

    version: 1
    interactions:
    - request: {method: POST, uri: ..., headers: {accept: ['*/*']}, body: '{...}'}
      response: {status: {code: 200, message: OK}, headers: ..., body: {string: '...'}}

A body is a text, bytes (`!!binary`), an object that names its kind (`string`, `base64_string`, or
`type` and `content`; in TOML `body_type` and `body_content`, with JSON as text), JSON taken apart
(`parsed_body`), or the fields of a form. YAML is read by a safe loader, with the few tags of
Python's that old cassettes have; no code of a document is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from streamtape.convert.document import Node
from streamtape.convert.formats import About
from streamtape.convert.told import told
from streamtape.errors import UsageError
from streamtape.tape.model import Cassette, Head, Headers, Interaction, Request

_VERSIONS = {"1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2", "2.0": "HTTP/2", "3": "HTTP/3"}


def read(data: bytes, about: About, name: str) -> Cassette:
    """The cassette that the document holds, its interactions in order."""
    document = _parsed(data, about)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        document = {"interactions": document}  # as VCR.py wrote before version 1
    root = Node(document, "the document", about)
    if not isinstance(document, dict) or "interactions" not in document:
        har = isinstance(document, dict) and "log" in document
        hint = " (a HAR file? use --from har)" if har else ""
        raise about.error(f"no cassette of VCR.py: there are no interactions in it{hint}")
    return Cassette(tuple(map(_interaction, root.get("interactions").items())))


def _parsed(data: bytes, about: About) -> Any:
    if about.path.lower().endswith(".toml"):
        return _toml(data, about)
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            pass  # YAML may begin like that, too
    from streamtape.convert.yaml_text import load_yaml

    return load_yaml(data, about)


def _toml(data: bytes, about: About) -> Any:
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise about.error(f"not to be read as TOML: {error}") from error


def _interaction(node: Node) -> Interaction:
    asked, answered = node.get("request"), node.get("response")
    request = Request(
        asked.get("method").text("GET").upper(),
        asked.get("uri", "url").text(),
        asked.get("headers").headers(),
        _body(asked),
    )
    when = node.get("recorded_at").moment()
    head = Head(
        _status(answered),
        answered.get("headers").headers(),
        http_version=_version(answered.get("protocol", "http_version", "version")),
        reason=_reason(answered),
    )
    return told(request, head, _body(answered), started_at_us=when)


def _status(answered: Node) -> int:
    status = answered.get("status", "status_code")
    return status.get("code").status() if isinstance(status.value, dict) else status.status()


def _reason(answered: Node) -> str:
    status = answered.get("status")
    if status and isinstance(status.value, dict):
        return status.get("message").text("")
    return ""


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
        if "type" in body.value and ("content" in body.value or body.value["type"] == "none"):
            return _typed(body)
        if "base64_string" in body.value:
            return body.get("base64_string").from_base64()
        text = body.get("string", "data")
        if not text and "encoding" not in body.value:
            if any(isinstance(value, dict | list) for value in body.value.values()):
                return body.as_json()
            return _form(body.value.items())
        return text.octets() if text else b""
    if isinstance(body.value, list | tuple):
        if all(isinstance(one, list | tuple) and len(one) == 2 for one in body.value):
            return _form(body.value)
        return b"".join(piece.octets() for piece in body.items())
    return body.octets()


def _form(fields: Iterable[tuple[Any, Any]]) -> bytes:
    """The fields of a form, as VCR.py writes them down for aiohttp: as they were handed over."""
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
    """The document in YAML, as VCR.py reads it; what was cut short can't be said in it."""
    from streamtape.convert.yaml_text import dump_yaml

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
