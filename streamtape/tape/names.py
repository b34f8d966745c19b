"""Which headers, query parameters, cookies and fields are secret by their name: tables only.

A name is cut into words (`X-Goog-Api-Key`, `accessToken`); one secret word is enough, unless the
name is known to be harmless. Plurals such as `tokens` are counts (`x-ratelimit-limit-tokens`), not
secrets. Nothing here looks at values.
"""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = frozenset({
    "apikey", "auth", "authorization", "bearer", "cookie", "cookies", "credential",
    "credentials", "jwt", "key", "keys", "pass", "passcode", "passphrase", "passwd",
    "password", "passwords", "pat", "pwd", "secret", "secrets", "session", "sessionid",
    "sessiontoken", "sid", "sig", "signature", "signed", "token",
})  # fmt: skip
# Words that run on where they are joined: `accesstoken`, `clientsecret`, `xapikey`.
ENDINGS = ("apikey", "token", "secret", "password", "passwd", "secretkey", "accesskey", "signature")
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
COOKIE_HEADERS = frozenset({"cookie", "cookie2"})
SET_COOKIE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
URL_HEADERS = frozenset({"location", "content-location", "referer", "link", "origin", "refresh"})

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=1024)
def kind_of(name: str) -> str | None:
    """Why a header, parameter or field of this name is secret; None where it is not."""
    lower = name.lower()
    if lower in HARMLESS or lower.startswith(HARMLESS_STARTS):
        return None
    if lower in IDENTITIES:
        return "identity"
    words = [word.lower() for word in _WORD.findall(name)]
    if not WORDS.isdisjoint(words):
        return "name"
    if any(word.endswith(ENDINGS) for word in words):
        return "name"
    return None
