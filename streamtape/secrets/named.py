"""Secrets that are known by the name beside them: fields, parameters, variables, elements. Pure.

Some names are enough (`api_key`, `password`); beside others (`token`, `secret`, `key`) the value
must look like a secret, since words of a text and counts stand there as well. The name is looked at
first, as most names are harmless; the sign behind it says in which way a value follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from streamtape.secrets import names
from streamtape.secrets.assigned import (
    assigned,
    long_open,
    long_value,
    opened,
    word_before,
)
from streamtape.secrets.names import drawn
from streamtape.secrets.patterns import Pattern, Span

_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_MAX_NAME_BYTES = 48
_SHORT_VALUE = 6
_LONG_ENOUGH = 4096  # characters of a longer value that tell whether it is a secret's
_WORDS = (
    "key", "token", "secret", "passw", "passphrase", "passcode", "authorization", "authentication",
    "connection", "credential", "assertion", "verifier", "cookie", "saml", "sessid",
    "recovery_code", "recoverycode", "backup_code", "backupcode", "one_time_code", "onetimecode",
    "device_code", "devicecode", "verification_code", "verificationcode", "auth_code", "authcode",
    "pass_phrase", "auth_header", "authheader",
)  # fmt: skip
# Too short to be looked for without the sign behind them.
_SHORT_WORDS = (
    "pwd",
    "jwt",
    "otp",
    "auth",
    "sid",
    "sig",
    "pass",
    "_pw",
    "psk",
    "csrf",
    "xsrf",
    "bearer",
)
_SIGNS = ("=", '"', "'", "\\", ":", " =", " :", "]", ">")
_PARAMETERS = ("signature=", "session=", "sessionid=")
LITERALS = tuple(
    word.encode()
    for word in sorted({*_WORDS, *_PARAMETERS, *(w + s for w in _SHORT_WORDS for s in _SIGNS)})
)
_PART = (
    rb"(?i:(?:"
    + "|".join((*_WORDS, *_SHORT_WORDS)).encode()
    + rb"|signature|session)[a-z0-9_-]{0,24})"
)
_VARIABLE = rb"[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD)"
_PLACEHOLDER = (
    rb"(?i)(?:your|my|the|an?)[ _-]|(?:xxx+|\.\.\.|os\.|process\.|env\.|None|null|true|false)|"
    rb"(?:str|string|text|object|number|integer|boolean)\b"
)

# A value in quotes, which may be escaped: `"name": "value"`.
_QUOTED_BYTES = rb"(?:(?!(?P=q))(?:\\\\|\\\"|\\?[^\\\"\r\n]))"
_QUOTE = rb"\\*[\"']"
_NEXT_LINE = rb"(?:\s{0,8}?\ndata:)?"  # of an event, where the value may be
_ASSIGNED = _QUOTE + rb"\s{0,32}[:=]" + _NEXT_LINE + rb"\s{0,32}[bru]?"
_OPENS = _ASSIGNED + rb"(?P<q>" + _QUOTE + rb")"
_FIELD = _OPENS + rb"(?P<s>" + _QUOTED_BYTES + rb"{4,4096}?)(?P=q)"
_OPEN_FIELD = _OPENS + rb"(?P<s>" + _QUOTED_BYTES + rb"{0,4096}\\?)\Z"
_INNER = rb"(?P<q>" + _QUOTE + rb")(?P<s>[^\"'\r\n]{4,32768}?)(?P=q)"
# `"name": {"value": "..."}`, `"name": ["...", "..."]`, and `["name", "..."]` or `"name", "value":`.
_WITHIN = (
    _QUOTE + rb"\s{0,32}:\s{0,32}\{[^{}]{0,80}?" + _QUOTE + rb"(?i:value|secret|token|key|data|"
    rb"plaintext|current|string)" + _QUOTE + rb"\s{0,32}:\s{0,32}" + _INNER
)
_ITEM = rb"[^\"'\\\[\]{}\s]"
_ITEMS = rb"[\s,]{0,32}" + _QUOTE + _ITEM + rb"{8,8192}" + _QUOTE
_LIST = _QUOTE + rb"\s{0,32}:\s{0,32}\[(?P<s>(?:" + _ITEMS + rb"){1,32})"
_OPEN_LIST = (
    _QUOTE + rb"\s{0,32}:\s{0,32}\[(?P<s>(?:" + _ITEMS + rb"){0,31}[\s,]{0,32}"
    rb"(?:" + _QUOTE + _ITEM + rb"{0,8192}\\?)?)\Z"
)
_LISTED = rb"[\"']([^\"'\\\s,]{8,})"
_OTHER_FIELD = (
    _QUOTE
    + rb"[A-Za-z_-]{1,24}"
    + _QUOTE
    + rb"\s{0,32}:\s{0,32}(?:"
    + _QUOTE
    + rb"[^\"'\\\r\n]{0,40}"
    + _QUOTE
    + rb"|true|false|null|[0-9]{1,12})\s{0,32},\s{0,32}"
)
_BESIDE = (
    _QUOTE + rb"\s{0,32},\s{0,32}(?:(?:" + _OTHER_FIELD + rb"){0,4}?" + _QUOTE
    + rb"(?i:value|val|data|text|content)" + _QUOTE + rb"\s{0,32}:\s{0,32})?b?" + _INNER
)  # fmt: skip
# What follows a quoted name: the sign, and what its value begins with.
_FOLLOWS = _QUOTE + rb"\s{0,32}([:=,])" + _NEXT_LINE + rb"\s{0,32}([^\s])"
# What may stand behind a name to which a value is assigned, or around it.
_CALLS = frozenset({b"(", b"["})
_ASSIGNS = b" \t=:*`\"'\\]\r\n|<&,?+-"
# A part of a multipart form: the name in its head, the value after an empty line.
_IN_PART = rb"\"[^\r\n]{0,120}\r?\n(?:[^\r\n]{1,120}\r?\n){0,4}\r?\n(?P<s>[^\r\n]{6,4096})"
# `name: value` on a line, `<name>value</name>`, `name=value`.
# Schemes of an Authorization header, the registered ones and those of some APIs.
_SCHEMES = (
    rb"bearer|basic|digest|dpop|hoba|mutual|negotiate|ntlm|oauth|privatetoken|apikey|api-key|"
    rb"api-token|bot|geniekey|key|ssws|token|zoho-oauthtoken"
)
_LINE_BYTE = rb"[^\s\"'<>\\,;(){}\[\]|`*]"
_LINE = rb":[ \t]{0,4}(?:(?i:" + _SCHEMES + rb")[ \t])?(?P<s>" + _LINE_BYTE + rb"{8,200})"
_ELEMENT_BYTE = rb"(?:[^<>\s&]|&(?:amp|lt|gt|quot|apos|#x?[0-9A-Fa-f]{1,6});)"
_ELEMENT = rb"(?:[ \t][^<>]{0,60})?>\s{0,8}(?P<s>" + _ELEMENT_BYTE + rb"{6,32768})\s{0,8}<"
_PARAMETER_BYTE = rb"[^&\s\"'<>\\#;(){}\[\],|`]"
_PARAMETER = rb"=(?P<s>" + _PARAMETER_BYTE + rb"{6,32})"


@lru_cache(maxsize=64)
def _compiled(expression: bytes) -> re.Pattern[bytes]:
    return re.compile(expression)


@lru_cache(maxsize=4096)
def _kind(name: bytes) -> str | None:
    return names.field_kind(name.decode("latin-1"))


class Named(Pattern):
    """Values beside names that say they are secret."""

    def __init__(self) -> None:
        super().__init__("name", LITERALS, _PART, folded=True)

    @cached_property
    def _part(self) -> re.Pattern[bytes]:
        return re.compile(_PART)

    def spans_at(self, text: bytes, offsets: Iterable[int]) -> Iterator[Span]:
        """Iterate over the secrets whose names' literals stand at these places."""
        for at in offsets:
            part = self._part.match(text, at)
            if part is not None:
                before = text[max(0, at - _MAX_NAME_BYTES) : at]
                start = at - len(before) + len(before.rstrip(_NAME_BYTES))
                yield from _beside(text, text[start : part.end()], start, part.end())

    def spans(self, text: bytes) -> Iterator[Span]:
        """Iterate over all secrets in a text."""
        yield from self.spans_at(text, (match.start() for match in self._part.finditer(text)))


class OpenNamed(Named):
    """A quoted value that has begun and not ended."""

    def spans_at(self, text: bytes, offsets: Iterable[int]) -> Iterator[Span]:
        """Iterate over the values that are open at the end of a text."""
        for at in offsets:
            part = self._part.match(text, at)
            if part is None:
                continue
            found = _compiled(_OPEN_FIELD).match(text, part.end())
            if found is None:
                span = opened(text, part.end()) or long_open(text, _OPENS, part.end())
                if span is None and (listed := _compiled(_OPEN_LIST).match(text, part.end())):
                    span = listed.span("s")  # items of a list that goes on
                if span is not None:
                    yield Span(*span, "name")
            elif found.start("s") < found.end("s"):
                yield Span(*found.span("s"), "name")


def _beside(text: bytes, name: bytes, start: int, end: int) -> Iterator[Span]:
    """The value beside the name at `start` to `end`."""
    sign = text[end : end + 1]
    if sign == b"=" and (found := list(_parameter(text, name, start, end))):
        yield from found
        return
    kind = _kind_at(text, name, start)
    if kind is None or not sign:
        return
    is_element = text[start - 1 : start] in {b"<", b":"} and sign in b"> \t"
    if sign in b"\"'\\":
        if text[max(0, start - 6) : start] == b'name="' and sign == b'"':
            in_part = _compiled(_IN_PART).match(text, end)
            if in_part and _fits(in_part["s"], kind):
                yield _with_rest(text, in_part, rb"[^\r\n]")
        follows = _compiled(_FOLLOWS).match(text, end)
        if follows is not None and follows[2] in b"[{\"'\\bru":
            yield from _quoted(text, kind, end, follows)
            return
    elif sign == b":" or is_element:
        value = _compiled(_ELEMENT if is_element else _LINE).match(text, end)
        if value and _fits(value["s"], kind, alone=not is_element):
            yield _with_rest(text, value, _ELEMENT_BYTE if is_element else _LINE_BYTE)
            return
    if sign in _ASSIGNS:
        yield from (Span(*found, "name") for found in assigned(text, kind, start, end))


def _kind_at(text: bytes, name: bytes, start: int) -> str | None:
    """The kind of secret that the name at `start` announces, with what belongs to the name."""
    if text[start - 1 : start] == b"\\" and name[:1] in b"nrt":  # the end of an escape
        name = name[1:]
    kind = _kind(name)
    if kind is None and b"." in name:
        kind = _kind(name.rpartition(b".")[2])
    if kind in {None, "key"} and text[start - 1 : start] == b" ":
        kind = _kind(word_before(text, start) + name) or kind
    return kind


def _quoted(text: bytes, kind: str, end: int, follows: re.Match[bytes]) -> Iterator[Span]:
    """The value of a name in quotes that end at `end`."""
    sign, first = follows[1], follows[2]
    if first == b"[":
        listed = _compiled(_LIST).match(text, end)
        for one in _compiled(_LISTED).finditer(text, *listed.span("s")) if listed else ():
            if _fits(one[1], kind, alone=True):
                yield Span(*one.span(1), "name")
        return
    shape = _BESIDE if sign == b"," else _WITHIN if first == b"{" else _FIELD
    found = _compiled(shape).match(text, end)
    if found and _fits(found["s"], kind, alone=sign == b","):
        yield Span(*found.span("s"), "name")
    place = long_value(text, _OPENS, end) if found is None and shape is _FIELD else None
    if place and _fits(text[place[0] : place[0] + _LONG_ENOUGH], kind):
        yield Span(*place, "name")


def _parameter(text: bytes, name: bytes, start: int, end: int) -> Iterator[Span]:
    found = _compiled(_PARAMETER).match(text, end)
    if found is None or not _is_value(found["s"]):
        return
    value, before = found["s"], text[max(0, start - 6) : start]
    if not before or before.endswith((b"?", b"&", b"#", b"\\u0026", b"&amp;")):
        secret = names.kind_of(name.decode("latin-1")) == "name"
    elif re.fullmatch(_VARIABLE, name):
        secret = len(value) >= 16 and _has_digit(value)
    else:
        secret = _kind(name) == "sure" and _fits(value, "sure", alone=True)
    if not secret:
        return
    span = _with_rest(text, found, _PARAMETER_BYTE)
    if text[span.end : span.end + 1] not in _CALLS or drawn(value):
        yield span  # else it is code, which is called or looked up


def _with_rest(text: bytes, found: re.Match[bytes], of: bytes) -> Span:
    """The span of a value, and of what goes on of it: expressions look at its beginning."""
    rest = _compiled(of + rb"*").match(text, found.end("s"))
    return Span(found.start("s"), rest.end() if rest else found.end("s"), "name")


def _fits(value: bytes, kind: str, *, alone: bool = False) -> bool:
    """Whether a value is secret beside a name of this kind; `alone`: nothing marks the value."""
    if not _is_value(value):
        return False
    if kind == "code":
        return re.fullmatch(rb"[0-9A-Za-z -]{4,12}", value) is not None and _has_digit(value)
    if kind == "sure" and not alone:
        return len(value) >= _SHORT_VALUE
    if alone and kind not in {"cookie", "password"} and not drawn(value):
        return False
    return names.looks_secret(value.decode("latin-1"), "token" if kind == "sure" else kind)


def _is_value(value: bytes) -> bool:
    """No placeholder, nothing that is masked already, no code that fetches the value."""
    return (
        value.strip(b"*") != b""
        and not value.startswith((b"$", b"<", b"{", b"[redacted]", b"REDACTED", b"%5B", b"%24"))
        and not re.match(_PLACEHOLDER, value)
    )


def _has_digit(value: bytes) -> bool:
    return re.search(rb"[0-9]", value) is not None


NAMED = Named()
OPEN_NAMED = OpenNamed()
