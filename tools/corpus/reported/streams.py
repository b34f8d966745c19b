"""Good streams to break: whole answers of the APIs' owners, about which the checks say nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

from tests import archive, corpus, real

FOLDERS = {
    "responses": ("openai/responses", "azure-openai/responses", "azure-ai/responses"),
    "anthropic": ("anthropic/messages", "azure-ai/messages", "google-vertex/anthropic-messages"),
    "chat": (
        "openai/chat-completions",
        "azure-openai/chat-completions",
        "azure-ai/chat-completions",
    ),
    "gemini": ("google/generate-content", "google-vertex/generate-content"),
}
MAX_BYTES = 200_000  # longer ones say the same again, and take long


class Stream(NamedTuple):
    """One stream: its name, what is known of it, its body."""

    name: str
    facts: dict[str, Any]
    body: bytes

    @property
    def is_streamed(self) -> bool:
        """Whether the request is known to ask for a stream."""
        request = self.facts.get("request") or {}
        body = request.get("body")
        found = isinstance(body, dict) and body.get("stream") is True
        return found or "streamGenerateContent" in str(request.get("url"))


def of_archive(api: str) -> Iterator[Stream]:
    """The owners' streams of an API in the archive; none where it is absent."""
    for name in archive.names():
        stem = name.rpartition(".")[0]
        if _belongs(name, api):
            yield Stream(name, json.loads(archive.files()[f"{stem}.json"]), archive.files()[name])


def of_core(api: str) -> Iterator[Stream]:
    """The owners' streams of an API in the core of the corpus; none where it is absent."""
    for path in real.bodies():
        name = path.relative_to(real.CORE).as_posix()
        if _belongs(name, api):
            yield Stream(name, real.about(path), path.read_bytes())


Source = Callable[[str], Iterator[Stream]]


def _belongs(name: str, api: str) -> bool:
    return name.endswith(".sse") and name.startswith(tuple(f"{f}/" for f in FOLDERS[api]))


@cache
def streams(api: str, source: Source, seed: int) -> list[Stream]:
    """Those that are whole, as they were sent and not too long, in an order that `seed` fixes."""
    found = [s for s in source(api) if 0 < len(s.body) <= MAX_BYTES and _kept_whole(s)]
    Random(seed).shuffle(found)
    return found


def _kept_whole(stream: Stream) -> bool:
    facts = stream.facts
    found = corpus.Recorded("", "", "", {"anomalies": [], **facts}, None)  # type: ignore[arg-type]  # no file is read
    remade = str(facts.get("body_fidelity", "")).startswith("payloads only")
    status = (facts.get("response") or {}).get("status") or 200
    address = str((facts.get("request") or {}).get("url"))  # one's own recordings always have it
    return found.whole and not remade and "://" in address and int(str(status)[:3]) == 200
