"""Dummy API keys for tests that only replay, since SDKs refuse to start without one.

The names are those that a replayed child process gets. What is set already is left alone, and what
a test sets in the meantime is left to it.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from streamtape.server.providers import NO_KEY, PROVIDERS

NAMES = tuple(dict.fromkeys(key for provider in PROVIDERS.values() for key in provider.keys))
# Google's SDK takes either, and warns where both are set.
_INSTEAD = {"GEMINI_API_KEY": "GOOGLE_API_KEY"}


class LentKeys:
    """Variables of an environment that are set for a time."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._environ = environ
        self._names: list[str] = []

    def lend(self) -> None:
        """Set those that are missing; they stay until they are taken back."""
        for name in NAMES:
            there = name in self._environ or _INSTEAD.get(name, name) in self._environ
            if not there:
                self._environ[name] = NO_KEY
                if name not in self._names:
                    self._names.append(name)

    def take_back(self) -> None:
        """Remove those that were set, where they still have our value."""
        for name in self._names:
            if self._environ.get(name) == NO_KEY:
                del self._environ[name]
        self._names.clear()
