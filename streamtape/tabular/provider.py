"""The provider of a URL: the name of a known one, or else the host."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from streamtape.checks.profiles import DEFAULT, profile_for
from streamtape.server.providers import PROVIDERS


@lru_cache
def _hosts() -> list[tuple[str, re.Pattern[str]]]:
    """Known providers, each with a pattern of its hosts: a region may stand in them."""
    found = []
    for name, provider in PROVIDERS.items():
        host = urlsplit(provider.origin).hostname or ""
        if host and host != "127.0.0.1":
            pattern = re.escape(host).replace(re.escape("{region}"), "[a-z0-9-]*")
            found.append((name, re.compile(pattern)))
    return found


@lru_cache(256)
def provider_of(host: str, url: str) -> str:
    """The provider of an address; `host` is its host in small letters, and may be empty."""
    for name, pattern in _hosts():
        if pattern.fullmatch(host):
            return name
    profile = profile_for(url).name
    return host if profile == DEFAULT.name else profile
