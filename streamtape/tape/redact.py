"""Masks secrets in requests, heads, endings and bodies before anything is written. Pure.

Headers, parameters and cookies go by name, everything else by pattern. What is masked in a body
keeps its length, so that cuts and offsets stay true. Each mask is listed: where, what kind, and a
digest of two bytes, keyed by the request. That tells apart requests that differ only in what was
masked (mistaken once in 65,536), and is too short to find a value by trying a dictionary.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from urllib.parse import unquote_plus
from weakref import WeakKeyDictionary

from streamtape.content import cookies, encode, forms
from streamtape.content.decode import encodings as content_encodings
from streamtape.errors import ContentError
from streamtape.secrets import names
from streamtape.secrets.patterns import Span
from streamtape.secrets.rules import RedactionOptions
from streamtape.secrets.scanner import Search
from streamtape.tape.long_bodies import MaskedBody, Pieces, is_long
from streamtape.tape.model import Ending, Head, Headers, Redaction, Request, StoredBody, header
from streamtape.tape.request_masks import Digest, UploadMasks

__all__ = ["MASK", "URL_MASK", "RedactionOptions", "Redactor"]

MASK = b"[redacted]"
URL_MASK = "REDACTED"  # brackets in a URL's authority are for IPv6
_USERINFO = re.compile(r"(?:(?<=://)|(?<=^//))[^/?#\s@]*@")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&;#\s]+)=([^&;#\s]+)")
_SUBPROTOCOL = re.compile(rb"[^\s,]+")
_MOST_CLEAN = 256
_SHORT_KEY = 16  # letters of a subprotocol that may be a key
_MOST_SHORT = 15  # letters: no kind of key is shorter


class Redactor:
    """Masks by one set of options. It keeps no secret that it has seen.

    Headers without one it does keep: a client sends the same ones with every request.
    """

    def __init__(self, options: RedactionOptions | None = None) -> None:
        self.options = options or RedactionOptions()
        self._headers = {name.lower() for name in self.options.headers}
        self._parameters = {name.lower() for name in self.options.parameters}
        self._keep = {name.lower() for name in self.options.keep}
        self._clean: set[tuple[bytes, bytes]] = set()
        self._long: WeakKeyDictionary[StoredBody, MaskedBody] = WeakKeyDictionary()
        self.search = Search(self.options.off, self.options.patterns, self.options.json_paths)
        self._kinds = Search(self.options.off)  # the search used for names

    def redact_request(self, request: Request) -> tuple[Request, tuple[Redaction, ...]]:
        """Get the request without its secrets, and what was masked, in order."""
        method = self._short(request.method)
        url, in_url = self._url(request.url)
        headers, in_headers = self._redact_headers(request.headers)
        if method != request.method:
            in_url.append(("method", "text", request.method.encode("utf-8", "replace")))
        if self._is_read_in_pieces(request):
            return self._redact_long(Request(method, url, headers), request, in_url, in_headers)
        body, in_body = self._body(request)
        if not in_url and not in_headers and not in_body:
            return request, ()
        redacted = replace(request, method=method, url=url, headers=headers, body=body)
        key = _key(redacted)
        found = [
            Redaction(f"request.{where}", kind, _digest(key, where, value))
            for where, kind, value in (*in_url, *in_headers, *in_body)
        ]
        return redacted, tuple(found)

    def redact_for_matching(self, request: Request) -> Request:
        """Get the request without its secrets, where nobody asks what was masked."""
        if not self._is_read_in_pieces(request):
            return self.redact_request(request)[0]
        url, headers = self._url(request.url)[0], self._redact_headers(request.headers)[0]
        body = self._masked_body(request)
        return Request.stored(self._short(request.method), url, headers, body)

    def _is_read_in_pieces(self, request: Request) -> bool:
        return not self.search.paths and is_long(request)

    def _redact_long(
        self, bare: Request, request: Request, *in_rest: Iterable[_Found]
    ) -> tuple[Request, tuple[Redaction, ...]]:
        body, key = self._masked_body(request), _key(bare)
        found = [
            Redaction(f"request.{where}", kind, _digest(key, where, value))
            for where, kind, value in chain(*in_rest)
        ]
        redacted = Request.stored(bare.method, bare.url, bare.headers, body)
        return redacted, (*found, *body.found(key))

    def _masked_body(self, request: Request) -> MaskedBody:
        """The masked body of a long request; one for each body, so that digests are made once."""
        source = request.stored_body()
        known = None if source is None else self._long.get(source)
        if known is not None:
            return known
        content_type = header(request.headers, "content-type") or ""

        def new_masks(key: bytes) -> UploadMasks:
            return UploadMasks(self.search, key, content_type, self._parameter_kind)

        encoding = header(request.headers, "content-encoding")
        masked = MaskedBody(source or Pieces(request.body), encoding, new_masks)
        if source is not None:
            self._long[source] = masked
        return masked

    def masks_of(self, request: Request) -> UploadMasks | None:
        """What masks the body of a redacted request while it comes in.

        None where it must be there whole: it is compressed, a form in which values have escapes, or
        JSON of which paths are masked.
        """
        content_type = header(request.headers, "content-type") or ""
        coded = content_encodings(header(request.headers, "content-encoding"))
        if coded or self.search.paths or forms.is_urlencoded(content_type):
            return None
        return UploadMasks(self.search, _key(request), content_type, self._parameter_kind)

    def redact_head(self, head: Head) -> tuple[Head, tuple[Redaction, ...]]:
        """Get the head of a response without its secrets, and what was masked."""
        headers, found = self._redact_headers(head.headers)
        reason = self.redact_text(head.reason) if head.reason else head.reason
        if reason != head.reason:
            found.append(("reason", "text", head.reason.encode("utf-8", "replace")))
        version = self._short(head.http_version)
        return replace(head, headers=headers, reason=reason, http_version=version), tuple(
            Redaction(f"response.{where}", kind) for where, kind, _ in found
        )

    def _redact_headers(self, headers: Headers) -> tuple[Headers, list[_Found]]:
        masked: list[tuple[bytes, bytes]] = []
        found: list[_Found] = []
        for name, value in headers:
            if (name, value) in self._clean:
                masked.append((name, value))
                continue
            shown, in_name = self._name(name)
            new, hits = self._header(name.decode("latin-1"), value)
            masked.append((shown, new))
            where = f"header:{shown.decode('latin-1').lower()}"
            found += ((where, kind, secret) for kind, secret in (*in_name, *hits))
            if new == value and not hits and not in_name and len(self._clean) < _MOST_CLEAN:
                self._clean.add((name, value))
        return tuple(masked), found

    def _name(self, name: bytes) -> tuple[bytes, list[_Secret]]:
        """A name without keys in it, which it has where somebody took the value for the name."""
        spans = self._kinds.find(name)
        shown = bytearray(name)
        for start, end, _ in spans:
            shown[start:end] = b"*" * (end - start)  # a star may stand in the name of a header
        return bytes(shown), [(span.kind, name[span.start : span.end]) for span in spans]

    def _shown_name(self, name: str) -> str:
        return self._name(name.encode("utf-8", "replace"))[0].decode()

    def _header(self, name: str, value: bytes) -> tuple[bytes, Iterable[_Secret]]:
        lower = name.lower()
        if lower in self._keep or value == MASK:
            return value, ()
        own = lower in self._headers  # masked whatever is off
        in_cookies = lower in names.COOKIE_HEADERS | names.SET_COOKIE_HEADERS
        if in_cookies and not (own and "cookie" in self.options.off):
            return self._cookies(lower, value)
        kind = "name" if own else names.kind_of(name)
        if kind is not None and (own or kind not in self.options.off):
            return MASK, [(kind, value)]
        if lower == "sec-websocket-protocol":
            return self._subprotocols(value)
        if lower in names.URL_HEADERS or b"://" in value or b"?" in value:
            url, found = self._url(value.decode("latin-1"))
            return url.encode("latin-1"), [(kind, secret) for _, kind, secret in found]
        if spans := self.search.find(value):
            return MASK, [(spans[0].kind, value)]
        return value, ()

    def _subprotocols(self, value: bytes) -> tuple[bytes, list[_Secret]]:
        """The subprotocols of a WebSocket; browsers can send a key only as one of them."""
        found: list[_Secret] = []

        def masked(match: re.Match[bytes]) -> bytes:
            one = match[0]
            if spans := self.search.find(one):
                found.append((spans[0].kind, one))
            elif "name" not in self.options.off and _is_drawn_subprotocol(one):
                found.append(("name", one))
            else:
                return one
            return MASK

        return _SUBPROTOCOL.sub(masked, value), found

    def _cookies(self, header: str, value: bytes) -> tuple[bytes, list[_Secret]]:
        """The values of cookies masked, then what keys their names and attributes hold."""
        found: list[_Secret] = []
        out, at = b"", 0
        is_set = header in names.SET_COOKIE_HEADERS
        for name, start, end in cookies.values(value, is_set=is_set):
            if name.lower() in self._keep or value[start:end] == MASK:
                continue
            if "cookie" in self.options.off:
                continue
            found.append(("cookie", value[start:end]))
            out += value[at:start] + MASK
            at = end
        shown, in_rest = self._name(out + value[at:])
        return shown, found + in_rest

    def _url(self, url: str) -> tuple[str, list[_Found]]:
        found: list[_Found] = []

        def user(match: re.Match[str]) -> str:
            if "userinfo" in self.options.off or match[0] in {"@", URL_MASK + "@"}:
                return match[0]
            found.append(("url:userinfo", "userinfo", match[0][:-1].encode("utf-8", "replace")))
            return URL_MASK + "@"

        def parameter(match: re.Match[str]) -> str:
            name = unquote_plus(match[1])
            kind = self._parameter_kind(name) or self._kind_by_value(name, unquote_plus(match[2]))
            if kind is None and "%" in match[2]:
                kind = self._kind_in(unquote_plus(match[2]).encode("utf-8", "surrogatepass"))
            if kind is None or match[2] == URL_MASK:
                return match[0]
            where = f"url:{self._shown_name(name)}"
            found.append((where, kind, match[2].encode("utf-8", "replace")))
            return f"{match[1]}={URL_MASK}"

        if "=" in url:  # a key that has one is not a parameter and its value
            data = url.encode("utf-8", "surrogatepass")
            for start, end, kind in reversed(self.search.find(data)):
                if b"=" in data[start:end].rstrip(b"="):
                    found.append(("url", kind, data[start:end]))
                    data = data[:start] + URL_MASK.encode() + data[end:]
            url = data.decode("utf-8", "surrogatepass")
        if "@" in url:  # most have neither, and the expressions are tried at every character
            url = _USERINFO.sub(user, url)
        if "=" in url:
            url = _PARAMETER.sub(parameter, url)
        data = url.encode("utf-8", "surrogatepass")
        for start, end, kind in reversed(self.search.find(data)):
            found.append(("url", kind, data[start:end]))
            data = data[:start] + URL_MASK.encode() + data[end:]
        return data.decode("utf-8", "surrogatepass"), found

    def _parameter_kind(self, name: str) -> str | None:
        lower = name.lower()
        if lower in self._keep:
            return None
        if lower in self._parameters:  # whatever is off
            return "name"
        kind = names.kind_of(name)
        return None if kind in self.options.off else kind

    def _kind_by_value(self, name: str, value: str) -> str | None:
        """Whether a parameter that is secret at times is so with this value."""
        if name.lower() in self._keep or "name" in self.options.off:
            return None
        return "name" if names.is_secret_parameter(name, value) else None

    def _body(self, request: Request) -> tuple[bytes, list[_Found]]:
        """The body, masked within its content-encoding where it has one."""
        if not request.body:
            return b"", []
        encoding = header(request.headers, "content-encoding")
        content, coded = request.body, bool(content_encodings(encoding))
        if coded:
            try:
                content = encode.decode_whole(content, encoding)
            except ContentError:
                coded = False
        spans = self.search.find_in_body(content)
        content_type = header(request.headers, "content-type") or ""
        if in_form := list(self._form(content_type, content)):
            spans = sorted({*spans, *in_form})
        if not spans:
            return request.body, []
        masked = bytearray(content)
        for start, end, _ in spans:
            masked[start:end] = b"*" * (end - start)
        found = [
            (f"body:{s.start}+{s.end - s.start}", s.kind, content[s.start : s.end]) for s in spans
        ]
        return encode.encode_whole(bytes(masked), encoding) if coded else bytes(masked), found

    def _form(self, content_type: str, body: bytes) -> Iterator[Span]:
        for name, start, end, text in forms.fields(content_type, body):
            kind = self._parameter_kind(name)
            kind = kind or self._kind_by_value(name, text.decode("utf-8", "replace"))
            if kind is None and text != body[start:end]:  # else the body's search has seen it
                kind = self._kind_in(text)
            if kind is not None and text.strip(b"*"):
                yield Span(start, end, kind)

    def _kind_in(self, text: bytes) -> str | None:
        """What a text is masked for that was found with its escapes undone."""
        spans = self.search.find(text)
        return spans[0].kind if spans else None

    def redact_ending(self, ending: Ending) -> Ending:
        """Get the ending without secrets in its message and its reason."""
        if not (ending.message or ending.close_reason or _is_long(ending.exception)):
            return ending
        message = self.redact_text(ending.message) if ending.message else ending.message
        reason = self._masked(ending.close_reason.encode("utf-8", "surrogatepass"))
        exception = ending.exception and self._short(ending.exception)
        return replace(ending, exception=exception, message=message, close_reason=reason)

    def _short(self, word: str) -> str:
        """A method, a version or the name of an error: as it is, where no key fits into it."""
        return self._masked(word.encode("utf-8", "surrogatepass")) if _is_long(word) else word

    def redact_text(self, text: str) -> str:
        """Get a text without secrets: by name in its URLs, by pattern everywhere."""
        return self._masked(self._url(text)[0].encode("utf-8", "surrogatepass"))

    def _masked(self, text: bytes) -> str:
        """A text in which what the patterns find is masked, a star for each byte."""
        data = bytearray(text)
        for start, end, _ in self.search.find(text):
            data[start:end] = b"*" * (end - start)
        return data.decode("utf-8", "surrogatepass")


def _is_drawn_subprotocol(name: bytes) -> bool:
    """Whether a subprotocol is no name (`graphql-transport-ws`), or ends in what is none."""
    last = name.rpartition(b".")[2]
    return len(last) >= _SHORT_KEY and names.drawn(last)


def _is_long(word: str | None) -> bool:
    """Whether a word is not one of HTTP's, so that it may contain a key."""
    return word is not None and len(word) > _MOST_SHORT


_Found = tuple[str, str, bytes]  # where, what kind, the secret
_Secret = tuple[str, bytes]


def _key(redacted: Request) -> bytes:
    """What keys the digests of a request's secrets."""
    return hashlib.sha256(f"{redacted.method} {redacted.url}".encode("utf-8", "replace")).digest()


def _digest(key: bytes, where: str, value: bytes) -> str:
    digest = Digest(key)
    digest.add(value)
    return digest.end(where)
