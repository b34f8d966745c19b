"""One test's part of a mock server: its URL, its rules, and its requests."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from streamtape.mock.request import MockRequest
from streamtape.mock.responder import Responder
from streamtape.mock.rules import Reply, Rule, rules_of
from streamtape.mock.spaces import PendingFault, Seen, Space
from streamtape.playback.faults import Faults, parse_faults
from streamtape.server.providers import NO_KEY, PROVIDERS


class MockTest:
    """One test on a mock server shared by several, isolated from the others.

    `url` is its base address, `base_url` that of OpenAI's clients. `variables` point SDKs at it.
    As a fixture it fails its test for a miss, unless `allow_misses` is set.
    """

    __test__ = False  # pytest must not collect it by its name

    def __init__(self, origin: str, name: str, responder: Responder) -> None:
        self._origin = origin
        self._responder = responder
        self.name = name
        self.allow_misses = False

    @property
    def url(self) -> str:
        """The base URL for Anthropic's, Gemini's and Ollama's clients."""
        return f"{self._origin}/t/{quote(self.name, safe='')}"

    @property
    def base_url(self) -> str:
        """The base URL for OpenAI's clients."""
        return f"{self.url}/v1"

    @property
    def _space(self) -> Space:
        return self._responder.spaces.named(self.name)

    @property
    def requests(self) -> list[Seen]:
        """The latest requests, in order: at most 2,000, with 16 MiB of bodies."""
        return list(self._space.seen)

    @property
    def asked(self) -> list[MockRequest]:
        """The parsed requests among these, as rules see them."""
        return [seen.request for seen in self._space.seen if seen.request is not None]

    @property
    def misses(self) -> list[str]:
        """The messages of the latest misses: at most 2,000, with 1 MiB of text."""
        return list(self._space.misses)

    def reply(self, reply: Reply, **conditions: Any) -> None:
        """Add a rule: the answer, and when it is given; `conditions` are those of `Rule`."""
        self.add(Rule(reply=reply, **conditions))

    def add(self, *rules: Any) -> None:
        """Add rules after the existing ones."""
        space = self._space
        space.rules = [*(space.rules or ()), *rules_of(rules)]

    def fault(self, fault: Faults, times: int = 1) -> None:
        """Inject faults into the next requests, whichever rule answers them."""
        pending = [PendingFault(one, times) for one in parse_faults(fault)]
        self._space.faults += pending

    def reset(self) -> None:
        """Forget everything: rules, requests, misses, conversations."""
        self._responder.spaces.forget(self.name)

    def variables(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment variables that point SDKs here, with keys where `environ` has none."""
        found: dict[str, str] = {}
        for name, provider in PROVIDERS.items():
            for variable in provider.variables:
                found[variable] = f"{self.url}/{name}{provider.base_path}"
            found |= {key: NO_KEY for key in provider.keys if not environ.get(key)}
        if environ.get("GOOGLE_API_KEY"):
            found.pop("GEMINI_API_KEY", None)
        return found
