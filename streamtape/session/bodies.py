"""The bodies of requests as they are compared: decoded, taken apart where they have fields.

JSON stays what it is. The fields of a form are an object of lists, in any order of their names, and
so are the parts of a multipart body, whatever its boundary. Everything else is bytes. A
content-encoding is undone first: the same text is compressed to other bytes by another library.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from streamtape.content import encode
from streamtape.content.decode import encodings
from streamtape.content.forms import boundary_of, parts
from streamtape.errors import ContentError
from streamtape.tape.model import Request, header

MISSING: Any = object()
FORM = "application/x-www-form-urlencoded"
# Several times as fast as json, and stricter: what these refuse, json reads and writes.
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="deterministic").encode
_REFUSED = (msgspec.MsgspecError, ValueError, RecursionError)


def content(request: Request) -> bytes:
    """The body with its content-encoding undone; as it came where that can't be done."""
    encoding = header(request.headers, "content-encoding")
    if not request.body or not encodings(encoding):
        return request.body
    return _decoded(request.body, encoding or "")


@lru_cache(maxsize=32)
def _decoded(body: bytes, encoding: str) -> bytes:
    try:
        return encode.decode_whole(body, encoding)
    except ContentError:
        return body


def plain(request: Request) -> str:
    """The body as a text; a multipart body that has no parts without its boundary."""
    body = content(request)
    content_type = header(request.headers, "content-type") or ""
    if "multipart/" in content_type.lower() and (found := boundary_of(content_type)):
        body = body.replace(found, b"boundary")
    return body.decode("utf-8", "surrogateescape")


def structured(request: Request) -> Any:
    """The body as a JSON value: JSON itself, or the fields of a form; else `MISSING`.

    A form is wrapped, so that it equals no JSON.
    """
    body = content(request)
    if not body:
        return MISSING
    content_type = (header(request.headers, "content-type") or "").lower()
    kind = content_type.partition(";")[0].strip()
    if kind == FORM:
        return _form(body)
    if kind.startswith("multipart/"):
        return _multipart(header(request.headers, "content-type") or "", body)
    if "json" not in kind and body.lstrip()[:1] not in {b"{", b"["}:
        return MISSING
    try:
        return _decode(body)
    except _REFUSED:  # maybe NaN, UTF-16 or half a surrogate pair
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return MISSING


def canonical(value: Any) -> str:
    """The text of a JSON value, equal for equal values alone: 1 is neither 1.0 nor true."""
    try:
        text = _encode(value).decode()
        if "null" in text:  # as NaN would be written, which `allow_nan` refuses
            json.dumps(value, allow_nan=False)
    except _REFUSED:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def _form(body: bytes) -> Any:
    fields: dict[str, list[str]] = {}
    text = body.decode("utf-8", "surrogateescape")
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        fields.setdefault(name, []).append(value)
    return {"form": fields} if fields else MISSING


def _multipart(content_type: str, body: bytes) -> Any:
    found: dict[str, list[Any]] = {}
    for part in parts(content_type, body):
        facts = {name: value for name, value in part.headers.items() if name in _NAMED}
        text = body[part.start : part.end].decode("utf-8", "backslashreplace")
        found.setdefault(part.name, []).append({**facts, "content": text} if facts else text)
    return {"multipart": found} if found else MISSING


_NAMED = ("filename", "content-type")

# A secret that was masked: stars of its length in a body, a word in a URL or header.
_MASK = re.compile(r"\*{4,}|REDACTED|\[redacted\]")
_MASK_IN_JSON = re.compile(r'\*{4,}|"\*+"|REDACTED|\[redacted\]')
_MANY = 16


def equal_but_masks(one: str, other: str) -> bool:
    """Whether two texts are equal, but for what was masked in one of them.

    A mask matches any secret, of any length: the other side has another key, or a dummy.
    """
    return one == other or _fits(one, other) or _fits(other, one)


def _fits(masked: str, text: str) -> bool:
    if text and re.fullmatch(r"\*+|REDACTED|\[redacted\]", masked):
        return True
    pieces = _MASK.split(masked)
    if not 1 < len(pieces) <= _MANY:
        return False
    pattern = r"[^\s\"'<>]+".join(map(re.escape, pieces))
    return re.fullmatch(pattern, text) is not None


def without_lengths(text: str) -> str:
    """A text whose masks say nothing of the lengths of what they stand for."""
    return re.sub(r"\*{6,}|\A\*+\Z", "******", text) if "*" in text else text


def may_stand_for_others(text: str) -> bool:
    """Whether a text, or a JSON value as text, may be `alike` another one."""
    if "*" not in text and "REDACTED" not in text and "[redacted]" not in text:
        return False
    return not text.strip("*") or _MASK_IN_JSON.search(text) is not None


def alike(one: Any, other: Any) -> bool:
    """Whether two leaves of JSON values are equal, but for what was masked."""
    if isinstance(one, str) and isinstance(other, str):
        return equal_but_masks(one, other)
    return json.dumps(one) == json.dumps(other)
