"""Profiles: which rules a stream is checked by, and which are less severe for a provider.

Unless a profile is named, the request's URL decides. `openai` checks the API strictly as OpenAI
defines it; the others list the known differences of other providers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType

from streamtape.checks.finding import Severity
from streamtape.checks.rules import NAMES
from streamtape.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Rules that are off or weigh otherwise, and the dialect that is read, by its name's ending.

    `dialects` are (dialect, the one that is read instead) pairs.
    """

    name: str
    url: str = ""
    off: tuple[str, ...] = ()
    severity: MappingProxyType[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    dialects: tuple[tuple[str, str], ...] = ()


def _weigh(**severity: Severity) -> MappingProxyType[str, Severity]:
    return MappingProxyType({name.replace("_", "-"): weight for name, weight in severity.items()})


DEFAULT = Profile(name="default", severity=_weigh(marker="warning"))
PROFILES = (
    Profile(name="openai", url=r"://api\.openai\.com/"),
    Profile(name="azure", url=r"\.azure\.com/|\.azure-api\.net/"),
    Profile(name="anthropic", url=r"://api\.anthropic\.com/"),
    Profile(name="google", url=r"googleapis\.com/"),
    Profile(
        name="openrouter",
        url=r"openrouter\.ai/",
        severity=_weigh(lifecycle="warning", index="warning"),
        dialects=(
            ("openai-responses", "openrouter-responses"),
            ("openai-chat", "openrouter-chat"),
        ),
    ),
    Profile(name="writer", url=r"writer\.com/", off=("joined", "marker")),
    Profile(
        name="open-responses",
        dialects=(("openai-responses", "open-responses"),),
    ),
    DEFAULT,
)


def profile_named(name: str) -> Profile:
    """The profile of this name; UsageError lists the known ones."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    known = ", ".join(sorted(profile.name for profile in PROFILES))
    raise UsageError(f"unknown profile {name!r}; known: {known}")


def profile_for(url: str) -> Profile:
    """The profile for a URL, or the default one."""
    for profile in PROFILES:
        if profile.url and re.search(profile.url, url):
            return profile
    return DEFAULT


def known_rules(names: tuple[str, ...] | frozenset[str]) -> frozenset[str]:
    """The names of rules as a set; UsageError for an unknown one."""
    for name in sorted(names):
        if name not in NAMES:
            raise UsageError(f"unknown rule {name!r}; rules: {', '.join(NAMES)}")
    return frozenset(names)
