"""All patterns: the table of kinds, and those recognised by their surroundings.

A kind is named for who issues the secret. What has no shape of its own is recognised by what
surrounds it (a URL, a scheme, a frame), or by a name (`named`).
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error

from streamtape.secrets.assigned import is_value
from streamtape.secrets.kinds import KINDS
from streamtape.secrets.named import NAMED, OPEN_NAMED
from streamtape.secrets.patterns import BOUNDARY, STRICT_BOUNDARY, Pattern, pattern

_B, _S = BOUNDARY, STRICT_BOUNDARY
_W = rb"[A-Za-z0-9_-]"
_Q = rb"\\*[\"']"
_MIXED = rb"(?=(?:[a-z_-]*[A-Z0-9]){3})"  # unlike a word: three capitals or digits
_SHORT_PREFIX = 4  # bytes: of these, base64url has some by chance
# Prefixes that names of ordinary things end in (`cache_key_`, `latest_`, `my-api-`, `favico-`):
# behind a word that runs into them they are no secret's.
WORDS_ALIKE = frozenset({
    "API-", "ak_", "api-", "fc-", "ico-", "key-", "key_", "live_", "org-", "org_01", "pat.", "pk_",
    "proj_", "ptr_", "re_", "sat.", "sdk-", "secret-live-", "secret-test-", "secret_", "sess-",
    "test_", "API_KEY", "na1.", "v1.0-", "1000.", "1//0", "cmVmdGtu", "4b1d", "oy2", "cio", "rnd_",
})  # fmt: skip
_PEM = (
    rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    rb"((?:(?:\\[nrt]|\s)*(?:Proc-Type|DEK-Info|Version|Comment)[^\r\n\\\"]{0,200})*"
    rb"[A-Za-z0-9+/=\s\\:,.]*)"
)


def _has_digit(match: re.Match[bytes]) -> bool:
    return any(char in b"0123456789" for char in match["s"])


def _is_basic(match: re.Match[bytes]) -> bool:
    try:
        return b":" in b64decode(match[1], validate=True)
    except Base64Error:
        return False


def _is_drawn(match: re.Match[bytes]) -> bool:
    return is_value(match["s"]) and _has_digit(match) and _is_password(match)


def _is_password(match: re.Match[bytes]) -> bool:
    value = match["s"]
    return value.strip(b"*") != b"" and not value.startswith((b"$", b"[redacted]", b"REDACTED"))


def _shaped() -> tuple[Pattern, ...]:
    return tuple(
        Pattern(
            kind.name,
            (kind.literal.encode(),),
            (_S if len(kind.literal) <= _SHORT_PREFIX else _B) + kind.expression.encode(),
            glued=None if kind.literal in WORDS_ALIKE else kind.expression.encode(),
        )
        for kind in KINDS
    )


PATTERNS: tuple[Pattern, ...] = (
    *_shaped(),
    pattern("openai", "sk-",
            _B + rb"sk-(?:proj|svcacct|service|admin|None|or)-" + _W + rb"{20,}"),
    pattern("openai", "sk-proj- sk-svcacct- sk-admin-",
            _B + rb"sk-(?:proj|svcacct|admin)-" + _W + rb"{20,}", glued=True),
    pattern("openai", "sk-", _S + rb"sk-" + _MIXED + rb"[A-Za-z0-9]{32,}", glued=True),
    pattern("openai", "sk-", _S + rb"sk-(?!ant-)" + _MIXED + _W + rb"{20,}"),
    pattern("aws", "AKIA ASIA ABIA ACCA A3T",
            _B + rb"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Z0-9])"),
    pattern("aws", "AKIA ASIA", _B + rb"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])", glued=True),
    pattern("aws", "aws", rb"(?i:aws.{0,20}?(?:key|token|secret).{0,20}?)"
            rb"(?<![A-Za-z0-9/+])(?P<s>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])", _has_digit),
    pattern("azure", "accountkey= sharedaccesskey=",
            rb"(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9+/%]{40,}={0,2})"),
    pattern("azure", "JQQJ99", _B + rb"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{20,40}", before=52),
    pattern("azure", "Q~", _B + rb"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}", before=4),
    pattern("azure", "+ACR",
            rb"(?<![A-Za-z0-9+])[A-Za-z0-9+/]{42}\+ACR[A-Za-z0-9]{6}(?![A-Za-z0-9])", before=42),
    pattern("azure", "APIM ACDb +ABa +AMC +ASt",  # keys of 64 bytes
            rb"(?<![A-Za-z0-9+])[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+ABa|\+AMC|\+ASt)"
            rb"[A-Za-z0-9+/]{5}[AQgw]={0,2}", before=76),
    pattern("azure", "AIoT +ASb +AEh +ARm AzCa",  # of 32
            rb"(?<![A-Za-z0-9+])[A-Za-z0-9+/]{33}(?:AIoT|\+ASb|\+AEh|\+ARm|AzCa)"
            rb"[A-P][A-Za-z0-9+/]{5}=?(?![A-Za-z0-9])", before=33),
    pattern("azure", "AzSe", _B + rb"[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}(?![A-Za-z0-9])",
            before=42),
    pattern("azure", "AzFu", _S + _W + rb"{44}AzFu" + _W + rb"{5}[AQgw]={0,2}", before=44),
    pattern("azure", "0.A 1.A",
            _S + rb"[01]\.A" + _W + rb"{50,}(?:\.[0-9])?\.Ag" + _W + rb"{100,}", glued=True),
    pattern("sentry", "sntrys_", _B + rb"sntrys_[A-Za-z0-9+/=_-]{40,}"),
    pattern("yandex", "t1.", _S + rb"t1\." + _W + rb"{20,}={0,2}\." + _W + rb"{86}={0,2}"),
    pattern("authress", ".acc_ .acc-",
            rb"(?<=[a-z0-9])\.acc[_-][a-z0-9-]{10,32}\.([a-z0-9+/_=-]{30,120})"),
    pattern("sidekiq", "contribsys__com",
            rb"(?i:contribsys__com(?:\\?[\"'])?\s{0,4}[=:,]\s{0,4}(?:\\?[\"'])?)([0-9a-f]{8}:[0-9a-f]{8})"),
    pattern("salesforce", "00D", _S + rb"00D[A-Za-z0-9]{12}![A-Za-z0-9_.]{60,}",
            glued=True),
    pattern("tableau", "==:",
            rb"(?<![A-Za-z0-9+])[A-Za-z0-9+/]{22}==:[A-Za-z0-9]{32}(?![A-Za-z0-9])", before=22),
    pattern("tines", ".tines.com/webhook/", rb"\.tines\.com/webhook/([a-z0-9]{32}/[a-z0-9]{32})"),
    pattern("1password", "A3-",
            _S + rb"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    pattern("slack", "xox", _B + rb"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9%-]{10,}"),
    pattern("slack", "xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-1-",
            _B + rb"(?:xox[a-z]-[0-9][A-Za-z0-9%-]{16,}|xapp-1-[A-Za-z0-9-]{16,})", glued=True),
    pattern("slack", "xapp-", _B + rb"xapp-[0-9]-[A-Za-z0-9-]{16,}"),
    pattern("slack", "hooks.slack.com",
            rb"hooks\.slack\.com(?:/|\\/)(?:services|workflows|triggers)"
            rb"(?:/|\\/)([A-Za-z0-9/\\_+-]{20,})"),
    pattern("discord", "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
            rb"discord(?:app)?\.com/api/webhooks/([0-9]{15,}/" + _W + rb"{40,})"),
    pattern("discord", "MT Mj Mz ND NT Nj Nz OD OT",  # base64 of a number, as is its rest
            _S + rb"(?=..[AEIMQUYcgk][w-z0-5])" + _W + rb"{23,28}\." + _W + rb"{6}\."
            + _W + rb"{27,}"),
    pattern("telegram", ":AA %3AAA",
            rb"(?<=[0-9]{8})(?::|%3A)(AA" + _W + rb"{33})(?!" + _W + rb")"),
    pattern("teams", ".webhook.office.com/",
            rb"\.webhook\.office\.com/webhookb2/([0-9a-zA-Z@/-]{60,})"),
    pattern("zapier", "hooks.zapier.com/", rb"hooks\.zapier\.com/hooks/catch/([0-9A-Za-z/]{12,})"),
    pattern("heroku", ".atlasv1.",
            rb"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}", before=14),
    pattern("dropbox", "sl.", _S + rb"sl\.(?:u\.)?" + _W + rb"{100,}"),
    pattern("sendgrid", "SG.", _B + rb"SG\." + _W + rb"{16,32}\." + _W + rb"{30,64}",
            glued=True),
    pattern("newrelic", "FFFFNRAL", rb"(?<![0-9a-zA-Z])[0-9a-z]{32}FFFFNRAL", before=32),
    pattern("maxmind", "_mmk", rb"(?<![A-Za-z0-9])[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk", before=36),
    pattern("mailchimp", "-us", rb"(?<![0-9a-f])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9a-z])", before=32),
    pattern("sentry", "://", rb"://(?P<s>[0-9a-f]{32}(?::[0-9a-f]{32})?)@"),
    pattern("stripe", "_secret_",
            rb"(?<![A-Za-z0-9])(?:pi|seti|cs)_[A-Za-z0-9]{16,64}_"
            rb"secret_[A-Za-z0-9]{20,}", before=27),
    pattern("jwt", "eyJ", _B + rb"eyJ" + _W + rb"{8,}\.(?:eyJ" + _W + rb"{8,}(?:\." + _W + rb"*)?|"
            + _W + rb"*\." + _W + rb"{8,}\." + _W + rb"{8,}\." + _W + rb"{8,})"),
    pattern("private-key", "-----BEGIN",
            _PEM, parts=rb"\\[nrt]|\n(?:data|event|id):|"
            rb"([A-Za-z0-9+/=]{16,}|[A-Za-z0-9+/=]+(?=(?:\\[nrt]|\s)*\Z))"),
    pattern("bearer", "bearer",
            _B + rb"(?i:bearer(?:\s|%20|\+)+)(?P<s>[A-Za-z0-9_.~+/-]{16,}=*)", _has_digit),
    pattern("basic", "basic", _B + rb"(?i:basic(?:\s|%20)+)([A-Za-z0-9+/]{8,}={0,2})", _is_basic),
    pattern("okta", "ssws", _B + rb"(?i:ssws(?:\s|%20|\+|:)+)(?P<s>" + _W + rb"{20,})", _has_digit),
    pattern("okta", "okta", rb"(?i:okta.{0,40}?)(?<![A-Za-z0-9_-])(?P<s>00" + _W + rb"{40})(?!"
            + _W + rb")", _has_digit),
    pattern("basic", "curl",
            _B + rb"(?i:curl\b)[^\n]{0,400}?\s(?:-u|--user|--proxy-user|-U)[ =]?\\*[\"']?"
            rb"[^\s:\"'\\]{1,64}:(?P<s>[^\s\"'\\]{4,200})", _is_password, more=rb"[^\s\"'\\]*"),
    pattern("basic", "auth=( BasicAuth( auth:(",
            rb"[A-Za-z]*[Aa]uth[=:]?\(\s{0,8}" + _Q + rb"[^\s\"'\\]{1,64}" + _Q
            + rb"\s{0,8},\s{0,8}(?:password\s?=\s?)?" + _Q + rb"(?P<s>[^\s\"'\\]{6,200})" + _Q,
            _is_drawn),
    pattern("name", "identified passwordcredentials(",
            rb"(?i:identified(?:\s|\\n){1,8}by(?:\s|\\n){1,8}|passwordcredentials\()"
            + _Q + rb"(?P<s>[^\s\"'\\]{6,200})" + _Q, _is_drawn),
    pattern("userinfo", "://",
            rb"://[^/\s:@\"'\\<>?#]*:(?P<s>[^/\s@\"'\\<>?#(){}\[\],;|`]{3,})@", _is_password),
    NAMED,
)  # fmt: skip

# What has begun and not ended: a key's lines, a quoted value. Tried at the end of what has come.
OPEN: tuple[Pattern, ...] = (
    pattern("private-key", "-----BEGIN", _PEM + rb"-{0,4}\Z"),
    OPEN_NAMED,
)
