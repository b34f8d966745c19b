"""What secrets look like in text: a table of kinds. `search` looks by it. Pure.

A pattern is tried only where one of its literals occurs, so that text without any costs little. A
kind is named for who issues the secret. Formats are those that the issuers and the well-known
scanners (detect-secrets, gitleaks) document; ambiguous ones need a name beside the value.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from streamtape.tape import names

# Where a token may begin: after anything but a letter or digit, or after an escape that ends in one
# (JSON's \n and \u003d, a URL's %3D).
_B = rb"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_W = rb"[A-Za-z0-9_-]"
_MIXED = rb"(?=(?:[a-z_-]*[A-Z0-9]){3})"  # no word of prose: three capitals or digits
MAX_SECRET_BYTES = 1 << 15  # nothing longer is looked for


class Span(NamedTuple):
    """A secret in a text."""

    start: int
    end: int
    kind: str


Accept = Callable[[re.Match[bytes]], bool]


class Pattern:
    """One kind of secret; the group `s`, or else group 1, or else the whole match, is masked.

    The expression is tried where a literal occurs, `before` bytes before it: searching for a short
    literal is a hundred times faster than searching for an expression. Most literals never occur,
    so the expression is compiled when the first one does. Without literals, as they are spelled, it
    is searched for. `parts` masks only these within the match; `more` is what the secret goes on
    with.
    """

    def __init__(
        self,
        kind: str,
        literals: tuple[bytes, ...],
        expression: bytes,
        accept: Accept | None = None,
        *,
        parts: bytes | None = None,
        before: int = 0,
        more: bytes | None = None,
    ) -> None:
        self.kind = kind
        self.literals = literals
        self._expression = expression
        self._accept = accept
        self._parts = parts
        self._before = before
        self._more = more

    @cached_property
    def _regex(self) -> re.Pattern[bytes]:
        return re.compile(self._expression)

    def spans_at(self, text: bytes, places: Iterable[int]) -> Iterator[Span]:
        """Iterate over the secrets whose literals stand at these places of a text."""
        match, before = self._regex.match, self._before
        for at in places:
            if at >= before and (found := match(text, at - before)) is not None:
                yield from self._spans(text, found)

    def spans(self, text: bytes) -> Iterator[Span]:
        """Iterate over all secrets in a text."""
        for match in self._regex.finditer(text):
            yield from self._spans(text, match)

    def _spans(self, text: bytes, match: re.Match[bytes]) -> Iterator[Span]:
        regex = match.re
        start, end = match.span("s" if "s" in regex.groupindex else min(1, regex.groups))
        if start == end or (self._accept is not None and not self._accept(match)):
            return
        if self._more is not None and (rest := re.compile(self._more).match(text, end)):
            end = rest.end()
        if self._parts is None:
            yield Span(start, end, self.kind)
            return
        for part in re.compile(self._parts).finditer(text, start, end):
            if part[1]:
                yield Span(*part.span(1), self.kind)


def _name(match: re.Match[bytes]) -> bytes:
    """The name that ends where the match does its part of one: back from its beginning."""
    before = match.string[max(0, match.start() - 48) : match.start()]
    return before[len(before.rstrip(_NAME_BYTES)) :] + match["name"]


def _names_a_parameter(match: re.Match[bytes]) -> bool:
    name = _name(match)
    at = match.start() - len(name) + len(match["name"])
    before = match.string[max(0, at - 6) : at]
    if before.endswith((b"?", b"&", b"\\u0026", b"&amp;")):
        return names.kind_of(name.decode("latin-1")) == "name" and _is_value(match)
    upper = re.fullmatch(_VARIABLE, name) is not None
    return upper and len(match["s"]) >= 16 and _has_digit(match) and _is_value(match)


def _names_a_field(match: re.Match[bytes]) -> bool:
    return re.fullmatch(_FIELD, _name(match)) is not None and _is_value(match)


def _is_value(match: re.Match[bytes]) -> bool:
    """No placeholder, nothing that is masked already, no code that fetches the value."""
    value = match["s"]
    return (
        value.strip(b"*") != b""
        and not value.startswith((b"$", b"<", b"{", b"[redacted]", b"REDACTED", b"%5B", b"%24"))
        and not re.match(_PLACEHOLDER, value)
    )


_PLACEHOLDER = (
    rb"(?i)(?:your|my|the|an?)[ _-]|(?:xxx+|\.\.\.|os\.|process\.|env\.|None|null|true|false)|"
    rb"(?:str|string|text|object|number|integer|boolean)\b"
)


def _is_basic(match: re.Match[bytes]) -> bool:
    try:
        return b":" in b64decode(match[1], validate=True)
    except Base64Error:
        return False


def _has_digit(match: re.Match[bytes]) -> bool:
    return any(char in b"0123456789" for char in match["s"])


_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_VARIABLE = rb"[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD)"
_FIELD = (
    rb"(?i)(?:[A-Za-z0-9]+[_.-])*(?:[a-z]{2,12})??"
    rb"(?:api[_-]?key|(?:access|refresh|id|auth|session|security|bearer|api|bot|secret|private)"
    rb"[_-]?token|(?:client|app|api|signing|webhook|shared|consumer|session)[_-]?secret|"
    rb"secret[_-]?(?:access[_-]?)?key|access[_-]?key(?:[_-]?(?:secret|id))?|"
    rb"(?:account|encryption|signing|storage|subscription|master|shared[_-]?access)[_-]?key|"
    rb"private[_-]?key|password|passwd|passphrase|authorization|connection[_-]?string)"
)
# The part of a field's name that is looked for, the rest of the name, the quotes, the value.
_QUOTED = (
    rb"(?i:(?P<name>(?:key|token|secret|passw|passphrase|authorization|connection)"
    rb"[a-z0-9_-]{0,12}))\\*[\"']\s*[:=]\s*(?P<q>\\*[\"'])"
)
_QUOTED_BYTES = rb"(?:(?!(?P=q))(?:\\\\|\\\"|\\?[^\\\"\r\n]))"
_NAMED_LITERALS = "key token secret passw passW passphrase passPhrase authorization connection"
_VALUE = rb"[^&\s\"'<>\\#;(){}\[\],|`]"
_PEM = (
    rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    rb"((?:(?:\\[nrt]|\s)*(?:Proc-Type|DEK-Info|Version|Comment)[^\r\n\\\"]{0,200})*"
    rb"[A-Za-z0-9+/=\s\\:,.]{0,32000})"
)


def _capital(word: bytes) -> bytes:
    return word[:1].upper() + word[1:]


def _p(
    kind: str,
    literals: str,
    regex: bytes,
    accept: Accept | None = None,
    *,
    parts: bytes | None = None,
    before: int = 0,
    more: bytes | None = None,
) -> Pattern:
    words = {word.encode() for word in literals.split()}
    if b"(?i" in regex:  # as people spell names: token, Token, TOKEN
        words |= {form for word in words for form in (_capital(word), word.upper())}
    return Pattern(kind, tuple(sorted(words)), regex, accept, parts=parts, before=before, more=more)


PATTERNS: tuple[Pattern, ...] = (
    _p("anthropic", "sk-ant-", _B + rb"sk-ant-" + _W + rb"{16,}"),
    _p("openai", "sk-",
       _B + rb"sk-(?!ant-)(?:(?:proj|svcacct|admin|None|or)-|" + _MIXED + rb")" + _W + rb"{20,}"),
    _p("openai", "ek_", _B + rb"ek_[0-9a-f]{24,}"),
    _p("openai", "sess-", _B + rb"sess-[A-Za-z0-9]{32,}"),
    _p("identity", "org-", _B + rb"org-[A-Za-z0-9]{24}(?![A-Za-z0-9])"),
    _p("identity", "org_", _B + rb"org_01[0-9a-z]{24}(?![A-Za-z0-9])"),
    _p("identity", "proj_", _B + rb"proj_[A-Za-z0-9]{24}(?![A-Za-z0-9])"),
    _p("google", "AIza", _B + rb"AIza" + _W + rb"{35}(?!" + _W + rb")"),
    _p("google", "ya29.", _B + rb"ya29\.[A-Za-z0-9_.-]{20,}"),
    _p("google", "GOCSPX-", _B + rb"GOCSPX-" + _W + rb"{20,}"),
    _p("google", "AQ.Ab", _B + rb"AQ\.Ab" + _W + rb"{30,}"),
    _p("aws", "AKIA ASIA ABIA ACCA", _B + rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"),
    _p("aws", "ABSK", _B + rb"ABSK[A-Za-z0-9+/]{60,}={0,2}"),
    _p("aws", "bedrock-api-key-", rb"bedrock-api-key-[A-Za-z0-9+/=_-]{20,}"),
    _p("aws", "aws", rb"(?i:aws.{0,20}?(?:key|token|secret).{0,20}?)"
       rb"(?<![A-Za-z0-9/+])(?P<s>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])", _has_digit),
    _p("aws", "<SecretAccessKey> <SessionToken>",
       rb"<(?:SecretAccessKey|SessionToken)>([^<]{16,})<"),
    _p("azure", "AccountKey= accountkey= SharedAccessKey= sharedAccessKey= sharedaccesskey=",
       rb"(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9+/%]{40,}={0,2})"),
    _p("azure", "JQQJ99", _B + rb"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{20,40}", before=52),
    _p("azure", "Q~", _B + rb"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}", before=4),
    _p("github", "ghp_ gho_ ghu_ ghs_ ghr_", _B + rb"gh[pousr]_[A-Za-z0-9]{30,}"),
    _p("github", "github_pat_", _B + rb"github_pat_[A-Za-z0-9_]{36,}"),
    _p("gitlab", "glpat- gldt- glrt- glptt-", _B + rb"gl(?:pat|dt|rt|ptt)-" + _W + rb"{18,}"),
    _p("slack", "xox", _B + rb"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9%-]{10,}"),
    _p("slack", "xapp-", _B + rb"xapp-[0-9]-[A-Za-z0-9-]{16,}"),
    _p("slack", "hooks.slack.com", rb"hooks\.slack\.com(?:/|\\/)(?:services|workflows|triggers)"
       rb"(?:/|\\/)([A-Za-z0-9/\\_+-]{20,})"),
    _p("discord", "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
       rb"discord(?:app)?\.com/api/webhooks/([0-9]{15,}/" + _W + rb"{40,})"),
    _p("stripe", "sk_live_ sk_test_ rk_live_ rk_test_",
       _B + rb"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    _p("webhook", "whsec_", _B + rb"whsec_[A-Za-z0-9+/=]{20,}"),
    _p("huggingface", "hf_", _B + rb"hf_[A-Za-z0-9]{30,}"),
    _p("huggingface", "api_org_", _B + rb"api_org_[A-Za-z0-9]{30,}"),
    _p("groq", "gsk_", _B + rb"gsk_[A-Za-z0-9]{30,}"),
    _p("xai", "xai-", _B + rb"xai-[A-Za-z0-9]{40,}"),
    _p("perplexity", "pplx-", _B + rb"pplx-[A-Za-z0-9]{32,}"),
    _p("nvidia", "nvapi-", _B + rb"nvapi-" + _W + rb"{40,}"),
    _p("replicate", "r8_", _B + rb"r8_[A-Za-z0-9]{30,}"),
    _p("fireworks", "fw_", _B + rb"fw_[A-Za-z0-9]{20,}(?![A-Za-z0-9_])", None),
    _p("together", "tgp_v1_", _B + rb"tgp_v1_" + _W + rb"{30,}"),
    _p("cerebras", "csk-", _B + rb"csk-[A-Za-z0-9]{32,}"),
    _p("databricks", "dapi", _B + rb"dapi[0-9a-f]{32}(?:-[0-9])?"),
    _p("npm", "npm_", _B + rb"npm_[A-Za-z0-9]{36}"),
    _p("pypi", "pypi-AgE", _B + rb"pypi-AgE" + _W + rb"{40,}"),
    _p("digitalocean", "doo_v1_ dop_v1_ dor_v1_", _B + rb"do[opr]_v1_[0-9a-f]{64}"),
    _p("sendgrid", "SG.", _B + rb"SG\." + _W + rb"{16,32}\." + _W + rb"{30,64}"),
    _p("notion", "ntn_", _B + rb"ntn_[A-Za-z0-9]{40,}"),
    _p("linear", "lin_api_", _B + rb"lin_api_[A-Za-z0-9]{32,}"),
    _p("shopify", "shp", _B + rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _p("jwt", "eyJ", _B + rb"eyJ" + _W + rb"{8,}\.(?:eyJ" + _W + rb"{8,}(?:\." + _W + rb"*)?|"
       + _W + rb"*\." + _W + rb"{8,}\." + _W + rb"{8,}\." + _W + rb"{8,})"),
    _p("private-key", "-----BEGIN",
       _PEM, parts=rb"\\[nrt]|\n(?:data|event|id):|"
       rb"([A-Za-z0-9+/=]{16,}|[A-Za-z0-9+/=]+(?=(?:\\[nrt]|\s)*\Z))"),
    _p("bearer", "bearer",
       rb"(?i:\bbearer(?:\s|%20|\+)+)(?P<s>[A-Za-z0-9_.~+/-]{16,}=*)", _has_digit),
    _p("basic", "basic", rb"(?i:\bbasic(?:\s|%20)+)([A-Za-z0-9+/]{8,}={0,2})", _is_basic),
    _p("userinfo", "://",
       rb"://[^/\s:@\"'\\<>?#]*:(?P<s>[^/\s@\"'\\<>?#(){}\[\],;|`]{3,})@", _is_value),
    _p("name", _NAMED_LITERALS, _QUOTED + rb"(?P<s>" + _QUOTED_BYTES + rb"{6,4096}?)(?P=q)",
       _names_a_field),
    _p("name", "key= token= secret= password= passwd= pwd= sig= signature= credential= session= "
       "sid= auth=",
       rb"(?i:(?P<name>[a-z]+))=(?P<s>" + _VALUE + rb"{6,32})", _names_a_parameter,
       more=_VALUE + rb"*"),
)  # fmt: skip

# What has begun and not ended: a key's lines, a quoted value. Tried at the end of what has come.
OPEN = (
    _p("private-key", "-----BEGIN", _PEM + rb"-{0,4}\Z"),
    _p("name", _NAMED_LITERALS, _QUOTED + rb"(?P<s>" + _QUOTED_BYTES + rb"{0,4096}\\?)\Z"),
)
