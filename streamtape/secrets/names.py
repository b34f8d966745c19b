"""Which headers, query parameters, cookies and fields have a name that marks them secret. Pure.

A name is cut into words (`X-Goog-Api-Key`, `accessToken`); one secret word is enough, unless the
name is known to be harmless. Plurals such as `tokens` are counts (`x-ratelimit-limit-tokens`), not
secrets. If a name leaves it open, the value decides whether it looks like a secret.
"""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = frozenset({
    "apikey", "auth", "authentication", "authkey", "authorization", "bearer", "cookie", "cookies",
    "credential", "credentials", "creds", "csrf", "jwt", "key", "keys", "mfa", "otp", "pass",
    "passcode", "passphrase", "passwd", "password", "passwords", "pat", "psk", "pw", "pwd",
    "secret", "secrets", "session", "sessionid", "sessionkey", "sessiontoken", "sid", "sig",
    "signature", "signed", "token", "totp", "xsrf",
})  # fmt: skip
# Words that run on where they are joined: `accesstoken`, `clientsecret`, `xapikey`.
ENDINGS = (
    "apikey", "token", "secret", "password", "passwd", "secretkey", "accesskey", "signature",
    "authkey", "sessionkey", "passphrase", "passcode", "credential", "authorization",
    "authentication", "clientassertion", "codeverifier", "apikeys", "secrets", "passwords",
    "credentials", "sessionid", "sessid", "samlresponse", "samlassertion", "connectionstring",
    "appkey", "privkey", "dbpass", "userpass",
)  # fmt: skip
# OAuth's own: the proof of who asks.
PROOFS = frozenset({
    "api_sig", "apisig", "assertion", "authorization_code", "backup_code", "client_assertion",
    "code_verifier", "device_code", "magic_link", "oauth_verifier", "one_time_code", "pin_code",
    "connection_string", "recovery_code", "saml_assertion", "saml_response", "user_code",
    "verification_code",
})  # fmt: skip
# Headers whose names do not say that they hold keys: Honeycomb's and Artifactory's.
KEY_HEADERS = frozenset({"x-honeycomb-team", "x-jfrog-art-api"})
# Organisations, projects, accounts: not keys, but nobody else's business.
IDENTITIES = frozenset({
    "account_id", "anthropic-organization-id", "cf-access-authenticated-user-email",
    "helicone-user-id", "openai-organization", "openai-project", "org_id", "organization",
    "organization_id", "project_id", "tenant_id", "x-account-id", "x-goog-user-project",
    "x-ms-client-principal", "x-ms-client-principal-id", "x-org-id", "x-organization",
    "x-organization-id", "x-portkey-virtual-key", "x-project-id", "x-tenant-id",
    "x-user-email", "x-user-id", "x-watsonx-project-id",
})  # fmt: skip
HARMLESS = frozenset({
    "cache-key", "idempotency-key", "key-type", "max-token", "next_page_token",
    "nextpagetoken", "page_token", "pagetoken", "partition-key", "primary-key",
    "public-key", "public_key", "publickey", "sec-websocket-accept", "sec-websocket-key",
    "signed-headers", "sort-key", "surrogate-key", "token-type", "token_type",
    "x-amz-content-sha256", "x-amz-signedheaders", "x-cache-key", "x-cache-keys",
})  # fmt: skip
HARMLESS_STARTS = ("access-control-", "sec-fetch-", "x-ratelimit-", "anthropic-ratelimit-")
# What is counted or set, no secret: `token_count`, `max_completion_token`, `key-ttl`.
MEASURES = frozenset({"budget", "count", "limit", "max", "min", "ttl", "usage"})
COOKIE_HEADERS = frozenset({"cookie", "cookie2"})
SET_COOKIE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
URL_HEADERS = frozenset({"location", "content-location", "referer", "link", "origin", "refresh"})


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LOWER_WORD = re.compile(r"[a-z]+|\d+")
_PLURAL = re.compile(
    r"(?:access|refresh|auth|session|api|bearer|security|csrf|xsrf|personal|secret)tokens\Z"
)


@lru_cache(maxsize=1024)
def kind_of(name: str) -> str | None:
    """Why a header, parameter or field of this name is secret; None where it is not."""
    lower = name.lower()
    if not HARMLESS.isdisjoint({lower, lower.replace("_", "-")}):
        return None
    if lower.startswith(HARMLESS_STARTS):
        return None
    if lower in IDENTITIES:
        return "identity"
    # As the capitals cut it, and without regard to them: names come in odd case, too.
    words = [word.lower() for word in _WORD.findall(name)]
    plain = _LOWER_WORD.findall(lower)
    if plain and (plain[-1] in MEASURES or plain[0] in {"max", "min"}):
        return None
    if not WORDS.isdisjoint(words) or not WORDS.isdisjoint(plain):
        return "name"
    if any(word.endswith(ENDINGS) for word in (*words, *plain)):
        return "name"
    if lower in KEY_HEADERS or lower.replace("-", "_") in PROOFS or _PLURAL.search("".join(plain)):
        return "name"
    return None


# Names of fields in texts and JSON, with their words joined. `sure`: any value is
# secret. `code`: a short number. `token`, `password`, `key`, `cookie`: what looks like one is.
_FIELDS = tuple((kind, re.compile(rf"{before}(?:{ends})\Z")) for kind, before, ends in (
    ("sure", ".*?", r"apikeys?|(?:access|refresh|id|auth|session|security|bearer|api|bot|secret|"
     r"private|oauth|csrf|xsrf|personal|service)tokens?|(?:client|app|api|signing|webhook|shared|"
     r"consumer|session|oauth|token|application)secrets?|secret(?:access)?keys?|"
     r"accesskey(?:secret|id)?|(?:account|encryption|signing|storage|subscription|master|"
     r"sharedaccess|auth|session|private|license|service|server|deploy|functions?|host|hmac|"
     r"integration|ingestion|instrumentation|admin|webhook|preshared|crypto|signature|licence|root|"
     r"recovery|merchant|partner|wallet|ssh|consumer|ephemeral|stream|tls|ssl|sas|provisioning|"
     r"enrollment|priv)keys?(?:data)?|samlresponse|samlassertion|auth(?:orization)?header|basicauth|"
     r"oauthverifier|secretkeybase|clientkeydata|passwords?|"
     r"passwd|passphrase|authorization|connectionstring|clientassertion|codeverifier"),
    ("code", ".*?", r"totp|otp|passcode|"
     r"(?:otp|mfa|pin|onetime|recovery|backup|verification)codes?"),
    ("password", "(?:x|my|new|old|the|db|database|user|smtp|mail|ftp|root|admin|mysql|pg|redis)?",
     "pwd|pass|authentication|(?:wpa)?psk"),
    ("cookie", "(?:x|set)?", "cookies?2?"),
    ("token", ".{0,32}?", "tokens?|secrets?|jwt|credentials?|assertion|verifier|csrf|xsrf"),
    ("token", "x?", "auth|pat|sid|bearer|sessid|phpsessid|devicecode|creds|auth(?:orization)?code"),
    ("key", "(?:app|user|project|application)?", "keys?"),
))  # fmt: skip
# Which of several: `API_KEY_2`, `password1`, `token_prod`.
_NUMBERED = re.compile(
    r"(?:v?\d{1,4}|prod|production|dev|development|test|testing|staging|stage|live|old|new|primary|"
    r"secondary|default|value|str|string|text|plain|plaintext|raw|pem|env|b64|base64|encoded|"
    r"confirm|confirmation|again|repeat|repeated|retype|verify)\Z"
)
# `RABBITMQ_DEFAULT_PASS`, `bind-pw`: of one word, it could be a compass.
_PASSWORD = re.compile(r"(?i:.+[_.-](?:pass|pw|pwd))\Z|.*[a-z](?:Pass|Pw|Pwd)\Z")
# Counts, ids and marks of places, not secrets: `max_completion_tokens`, `nextPageToken`.
_MARKS = (
    r"special|bos|eos|pad|unk|stop|logit|text|image|audio|public|thought|prompt|completion|input|"
    r"output|cached?|reasoning"
)
_NO_FIELDS = re.compile(
    rf"(?:max|min|total|num|n(?=(?:{_MARKS})?tokens)|{_MARKS})\w*?tokens\Z|"
    rf"(?:next|prev|previous|page|continuation|sync|cursor|max|min|num|n|{_MARKS})"
    rf"(?:page|sync|continuation|cursor|start|delta|watch|change|item|list|results?|new|{_MARKS})*"
    r"token\Z|.*(?:public|cache|idempotency|primary|partition|sort)keys?\Z|.*tokenids?\Z"
)


@lru_cache(maxsize=4096)
def field_kind(name: str) -> str | None:
    """What a field of this name holds: `sure`, `code`, `password`, `cookie`, `token` or `key`.

    None where a value of that name is nobody's secret.
    """
    if _PASSWORD.match(name):
        return "password"
    joined = re.sub(r"[^a-z0-9]", "", name.lower())
    for form in (joined, _NUMBERED.sub("", joined)):
        if _NO_FIELDS.match(form):
            return None
        found = next((kind for kind, known in _FIELDS if known.match(form)), None)
        if found is not None:
            return found
    return None


# Parameters that hold a secret at times: OAuth's authorization code and its proof of whose request
# it was, tickets of CAS, signatures. Their values must look like one.
_AT_TIMES = frozenset({"code", "state", "ticket", "sign", "hmac", "nonce"})
_PINS = frozenset({"pin", "pincode"})


def is_secret_parameter(name: str, value: str) -> bool:
    """Whether a parameter of a query or a form is secret by its name and what its value is."""
    lower = name.lower()
    if lower in _PINS:
        return value.isdecimal() and 4 <= len(value) <= 12
    return lower in _AT_TIMES and looks_secret(value, "token") and drawn(value.encode())


def drawn(value: bytes, least: int = 0) -> bool:
    """Whether letters and digits of a value are mixed as in no word, name, date or version.

    Counted are the turns from a small letter to a capital, and between letters and digits: random
    text has some in each 3 (base62) to 6 (base32) characters.
    """
    if len(value) >= 16 and re.fullmatch(rb"(?=(?:[A-Z]*[0-9]){2})[A-Z0-9]+", value):
        return True
    least = max(least, 3 if len(value) < _LONG else 4, len(value) // 8)
    sorts = value.translate(_SORTS)
    return sum(map(sorts.count, _TURNS)) >= least


# Each character as its sort; and the pairs of sorts that are a turn.
_SORTS = bytes(
    ord("a" if 97 <= c <= 122 else "A" if 65 <= c <= 90 else "0" if 48 <= c <= 57 else ".")
    for c in range(256)
)
_TURNS = (b"aA", b"a0", b"0a", b"0A", b"A0")
_LONG = 18
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_N_DISTINCT = 6


def looks_secret(value: str, kind: str) -> bool:
    """Whether a value looks as if somebody drew it: no word, number, date, path or address."""
    if kind == "cookie" and "=" in value.rstrip("="):
        return len(value.partition("=")[2]) >= 6
    if any(c.isspace() or ord(c) < 32 for c in value) or "://" in value:
        return False
    digit = any(c.isdigit() for c in value)
    upper, lower = value != value.lower(), value != value.upper()
    if kind == "password":
        return len(value) >= 6 and digit and (upper or lower) and "/" not in value[:3]
    if value[:1] in "/.#" or _DATE.match(value) or len(set(value)) < _N_DISTINCT:
        return False
    sign = re.sub(r"[A-Za-z0-9_.~+/=%|:-]", "", value)
    if sign and kind == "key":
        return False
    if kind == "key":
        mixed = digit and upper and lower and re.search(r"[A-Za-z0-9]{16}", value)
        return len(value) >= 20 and bool(mixed or re.fullmatch(r"[0-9a-f]{32,}", value))
    if not (upper or lower):
        return False
    if digit:
        return len(value) >= (10 if upper and lower else 16)
    n_turns = len(re.findall(r"[a-z](?=[A-Z])|[A-Z]{2}(?=[a-z])", value))
    return len(value) >= 20 and n_turns >= 4 and value.isalpha()
