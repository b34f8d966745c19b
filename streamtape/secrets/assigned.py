r"""Values that code and configuration assign to a name: `api_key = "..."`, `token: ...`. Pure.

Python, JavaScript, Go, Ruby, PHP, shells, YAML, TOML, INI, `.env`, attributes of XML and HTML,
lists of variables, options of commands, Markdown. Quotes and line ends may be escaped, as in code
inside JSON. Code is assigned as often as literal values are, so a value must look as if it was
generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from streamtape.secrets import names
from streamtape.secrets.names import drawn

# A quote: escaped any number of times, a backtick, or an entity of HTML.
_QUOTE = rb"(?:\\*[\"'`]|&(?:quot|apos|#0?3[49]|#x2[27]);)"
_SPACE = rb"(?:[ \t]|\\t){0,16}"
_BREAK = rb"(?:[ \t\r\n]|\\{1,4}[nrt]){0,40}"  # over the end of a line, which may be escaped
_NEWLINE = rb"(?:[ \t\r]|\\{1,4}[rt]){0,4}(?:\n|\\{1,4}n)" + _BREAK
# What closes a name: `"name"]`, `**name**`, `</code>`.
_CLOSED = rb"(?:(?:" + _QUOTE + rb")?\]|" + _QUOTE + rb"|\*\*|</?(?:b|code|strong)>)?" + _SPACE
_TYPE = rb":[ \t]{0,4}[&A-Za-z_][A-Za-z0-9_.\[\]|?<>&' ]{0,40}?[ \t]{0,4}="
_SIGN = rb"(?::=|=>|[|?+]{0,2}={1,3}|->|<-|\?\?|" + _TYPE + rb"|:(?:\*\*)?|\||,(?=\S)|\bis\b:?)"
_CALL = rb"(?:[A-Za-z_][A-Za-z0-9_.:]{0,40}\([ \t]{0,4}|\(" + _BREAK + rb"){0,2}"
_PREFIX = rb"(?:[bBrRuUfF$@]{1,2}(?=[\\\"'`]))?"
_OPENS = _CLOSED + _SIGN + _BREAK + _CALL + _PREFIX + rb"(?P<q>" + _QUOTE + rb")"
_IN_QUOTES = rb"(?:(?!(?P=q))(?:\\\\|\\[\"'/]|\\?[^\\\"'`\s]))"
_QUOTED = _OPENS + rb"(?P<s>" + _IN_QUOTES + rb"{4,4096}?)(?P=q)"
_OPEN = _OPENS + rb"(?P<s>" + _IN_QUOTES + rb"{0,4096}\\*)\Z"
# Without quotes, up to where a value ends: not what is called, indexed or looked up.
_BARE_BYTE = rb"[^\s\"'`<>(){}\[\],;|\\*&]"
_BARE = (
    rb"(?P<s>" + _BARE_BYTE + rb"{8,400})"
    rb"(?=[\s\"'`,;|<)}\]&]|\\{1,4}[nrt\"]|\*\*|\Z|(?<=" + _BARE_BYTE + rb"{400}))"
)
_REST = re.compile(_BARE_BYTE + rb"*")  # of a value that is longer
# A long quoted value: characters as they are, and a few escapes.
_LONG_RUN = re.compile(rb"[^\"'`\\\r\n]*+(?:\\[/nrtu][^\"'`\\\r\n]*+)*+")
_MOST_QUOTED = 4096  # characters: longer values are looked for as one run
MOST_OPEN = 16 << 10  # of a value that is one before its quote has come
_TAG = rb"(?:!{1,2}[a-z]{1,12}[ \t]{1,4})?"  # of YAML
_SCHEME = rb"(?:(?i:bearer|basic|token|ssws)[ \t]{1,4})?"
_UNQUOTED = _CLOSED + _SIGN + rb"[ \t]{0,16}" + _TAG + _SCHEME + _BARE
# On the next line: `name: |`, `name:` and a list; `- name: NAME` and its `value:`.
_BELOW = (
    rb"(?:" + _SPACE + rb":" + _SPACE + rb"(?:[>|][+-]?)?" + _NEWLINE + rb"(?:-[ \t]{1,4})?|"
    + _QUOTE + rb"?" + _NEWLINE + rb"(?:value|Value|val|VALUE):[ \t]{1,4})" + _QUOTE + rb"?" + _BARE
)  # fmt: skip
# `--name VALUE`, `password 'VALUE'`, `<add key="name" value="VALUE"/>`, `<x name="name">VALUE<`.
_OPTION = (
    rb"(?:[ \t]{1,4}|\\{1,2}\n[ \t]{0,8}|" + _QUOTE + rb",[ \t\r\n]{0,8}(?=" + _QUOTE + rb"))"
    rb"(?:" + _QUOTE + rb")?" + _BARE
)
_AFTER_WORD = rb"[ \t]{1,4}(?P<q>" + _QUOTE + rb")(?P<s>" + _IN_QUOTES + rb"{4,200}?)(?P=q)"
_ATTRIBUTE = (
    _QUOTE + rb"\s{1,8}(?:[a-z]{1,12}=" + _QUOTE + rb"[a-z]{0,12}" + _QUOTE + rb"\s{1,8}){0,3}"
    rb"(?:value|content|val|data)\s?=\s?(?P<q>" + _QUOTE + rb")(?P<s>[^\"'<>\s\\]{6,32768}?)(?P=q)"
)
_INSIDE = (
    _QUOTE + rb"(?:\s{1,8}[a-z]{1,12}=" + _QUOTE + rb"[a-z]{0,12}" + _QUOTE + rb"){0,3}"
    rb"\s?>\s{0,16}(?P<s>[^<>\s&]{6,32768})\s{0,16}<"
)
# `Cookie: a=1; sid=VALUE`, `Set-Cookie: sid=VALUE; Path=/`: on a line of its own, or in quotes.
_COOKIES = re.compile(rb":[ \t]{0,4}(?P<s>[^\r\n\"'`\\<>]{6,4096})")
_COOKIE = re.compile(rb"([^\s=;,]{1,64})=([^\s;,]{6,})")
_COOKIE_REST = re.compile(rb"[^\s;,\"'`\\<>]*")
# The word before a name of two words: `API key`, `access token`.
_BEFORE = re.compile(
    rb"(?i:(?<![a-z])(?:api|access|secret|private|auth|client|account|encryption|signing|license|"
    rb"bearer|refresh|session|security|service|storage))[ ]\Z"
)
_PASSWORD = re.compile(rb"(?i:passw|passphrase|pwd|pass\Z)")
_SECRET_WORD = re.compile(
    rb"[A-Z][A-Z0-9_]+_[A-Z0-9_]*\Z|(?i:.*(?:passw|passphrase|pwd|token\Z|secret\Z))"
)

# Another word after the name, as in prose, separated by no sign but, maybe, "is".
_IN_PROSE = re.compile(rb"[ \t]{1,16}[A-Za-hj-z0-9]")

FoundIn = tuple[int, int]


@lru_cache(maxsize=16)
def _compiled(expression: bytes) -> re.Pattern[bytes]:
    return re.compile(expression)


def assigned(text: bytes, kind: str, start: int, end: int) -> Iterator[FoundIn]:
    """Where the value is that is assigned to a name of this kind, at `start` to `end`."""
    if kind == "cookie":
        yield from _cookies(text, end)
        return
    if _PASSWORD.search(text, start, end):
        kind = "password"
    shapes = () if _IN_PROSE.match(text, end) else _SHAPES
    for shape, fits in shapes:
        found = _compiled(shape).match(text, end)
        if found is not None:
            if fits(found["s"], kind):
                yield found.span("s")
            return
    if shapes and (place := long_value(text, _OPENS, end)) is not None:
        if _fits_quoted(text[place[0] : place[0] + _MOST_QUOTED], kind):
            yield place
        return
    for shape in (_UNQUOTED, _BELOW) if shapes else ():
        found = _compiled(shape).match(text, end)
        if found is not None and _fits_bare(found["s"], kind):
            in_cell = b"|" in text[end : found.start("s")]
            if not in_cell or drawn(found["s"], _CELL_TURNS):
                yield _with_rest(text, found)
            return
    quoted = _compiled(_AFTER_WORD).match(text, end)
    is_option = text[start : start + 1] == b"-"
    found = quoted
    if found is None and (is_option or _SECRET_WORD.match(text, start, end)):
        found = _compiled(_OPTION).match(text, end)
    if found is not None and _fits_quoted(found["s"], kind) and (is_option or drawn(found["s"])):
        yield found.span("s") if found is quoted else _with_rest(text, found)


def opened(text: bytes, end: int) -> FoundIn | None:
    """Where a value in quotes begins that is assigned to a name and does not end."""
    if _IN_PROSE.match(text, end):
        return None
    found = _compiled(_OPEN).match(text, end)
    if found is None:
        return long_open(text, _OPENS, end)
    return found.span("s") if found["s"] else None


def long_value(text: bytes, opens: bytes, end: int) -> FoundIn | None:
    """Where a quoted value is that is too long for the expressions; None if none follows.

    `opens` is what separates a name, which ends at `end`, from the value. What goes on and on
    counts as one before its quote has come.
    """
    opened_at = _compiled(opens).match(text, end)
    if opened_at is None:
        return None
    start, stop = opened_at.end(), _run_end(text, opened_at.end())
    ends = text.startswith(opened_at["q"], stop)
    return (start, stop) if stop - start > (_MOST_QUOTED if ends else MOST_OPEN) else None


def long_open(text: bytes, opens: bytes, end: int) -> FoundIn | None:
    """Where a quoted value is that is too long for the expressions and has no end in the text."""
    opened_at = _compiled(opens).match(text, end)
    if opened_at is None or opened_at.end() == len(text):
        return None
    stop = _run_end(text, opened_at.end())
    is_open = len(text) - stop <= 1 and text[stop:] in {b"", b"\\"}
    return (opened_at.end(), len(text)) if is_open else None


def _run_end(text: bytes, start: int) -> int:
    run = _LONG_RUN.match(text, start)
    return run.end() if run else start


def _with_rest(text: bytes, found: re.Match[bytes]) -> FoundIn:
    """Where a value without quotes is, and what goes on of a long one."""
    rest = _REST.match(text, found.end("s"))
    return found.start("s"), rest.end() if rest else found.end("s")


def word_before(text: bytes, start: int) -> bytes:
    """The first word of a name of two words, of which the second begins at `start`."""
    found = _BEFORE.search(text, max(0, start - 16), start)
    return found[0] if found else b""


def _cookies(text: bytes, end: int) -> Iterator[FoundIn]:
    line = _COOKIES.match(text, end)
    for one in _COOKIE.finditer(text, *line.span("s")) if line else ():
        stop = one.end()
        if line and stop == line.end("s"):  # it may be longer than what is looked at
            rest = _COOKIE_REST.match(text, stop)
            stop = rest.end() if rest else stop
        name = one[1].decode("latin-1")
        if name.lower() in _ATTRIBUTES or not is_value(one[2]):
            continue
        if names.kind_of(name) or names.looks_secret(one[2].decode("latin-1"), "token"):
            yield one.start(2), stop


_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority", "version"})


def _fits_quoted(value: bytes, kind: str) -> bool:
    """Whether a value in quotes is a secret's."""
    if not is_value(value):
        return False
    text = value.decode("latin-1")
    if kind == "code":
        return value.isdigit() and 4 <= len(value) <= 8
    if kind == "sure":
        return names.looks_secret(text, "token") and not _made_of_words(text)
    if kind == "password":
        return names.looks_secret(text, "password") and not _made_of_words(text)
    return names.looks_secret(text, kind) and not _made_of_words(text)


def _fits_bare(value: bytes, kind: str) -> bool:
    """Whether a value without quotes is a secret's: code looks alike."""
    return kind != "code" and drawn(value) and _fits_quoted(value, kind)


_CELL_TURNS = 5  # beside a bar, which separates types in code, too


def _made_of_words(text: str) -> bool:
    """Whether a value is words with a number: `test-token-123456`, `my_secret_key_v2`."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", text) if part]
    return len(parts) > 1 and all(_WORD.fullmatch(part) for part in parts)


_WORD = re.compile(r"[A-Za-z]{0,12}|[0-9]{1,8}|v[0-9]+|[A-Za-z]{3,12}[0-9]{1,3}")


_PLACEHOLDER = re.compile(
    rb"(?i)(?:your|my|the|an?)[ _-]|(?:os|process|env|settings|config|self|this|import|secrets?)\.|"
    rb"(?:xxx+|\.\.\.|None|null|true|false)|(?:str|string|text|object|number|integer|boolean)\b|"
    rb".*(?:your[_-]|example|placeholder|change[_-]?me|replace[_-]|insert[_-]|[_-]here\b|dummy|"
    rb"redacted|xxxx|\.\.\.|\*\*\*|abcdefgh)|"
    rb"(?:password|passwd|secret|token|test|admin|user|key|sample|demo|fake)[_-]?[0-9]{0,8}!?\Z"
)
_VARIABLE = re.compile(rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
_STARTS = (b"$", b"<", b"{", b"[redacted]", b"REDACTED", b"%5B", b"%24", b"%s", b"%(", b"@{", b"#{")


def is_value(value: bytes) -> bool:
    """No placeholder, nothing that is masked already, no code that fetches the value."""
    return (
        value.strip(b"*") != b""
        and not value.startswith(_STARTS)
        and not _PLACEHOLDER.match(value)
        and not _VARIABLE.match(value)
    )


_SHAPES = ((_QUOTED, _fits_quoted), (_ATTRIBUTE, _fits_quoted), (_INSIDE, _fits_bare))
