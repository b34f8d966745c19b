"""Profiles: whose rules a stream is checked by, and which of them weigh less there.

A profile is chosen by the address where none is named. `openai` holds a server to the API as its
provider defines it; the others say what is known to be different elsewhere.
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
    """The profile of this name; UsageError lists those that there are."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    known = ", ".join(sorted(profile.name for profile in PROFILES))
    raise UsageError(f"unknown profile {name!r}; known: {known}")


def profile_for(url: str) -> Profile:
    """The profile of an address; the default one where no other fits."""
    for profile in PROFILES:
        if profile.url and re.search(profile.url, url):
            return profile
    return DEFAULT


def known_rules(names: tuple[str, ...] | frozenset[str]) -> frozenset[str]:
    """The names of rules, as a set; UsageError for one that there is not."""
    for name in sorted(names):
        if name not in NAMES:
            raise UsageError(f"unknown rule {name!r}; rules: {', '.join(NAMES)}")
    return frozenset(names)
