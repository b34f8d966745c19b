"""Recorded streams of real providers as interactions: a folder of bodies, each with its facts.

A stream is a body file and a `.json` beside it: request, response head, the chunk sizes where they
are known. None of them has times.
"""

import json
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import streamtape
from streamtape.checks.finding import Finding
from streamtape.tape.model import Chunk, Chunks, Ending, Head, Headers, Interaction, Request

# Whose API it is: their whole streams define what is right.
OWNERS = {"openai", "azure-openai", "azure-ai", "anthropic", "google", "google-vertex"}
# Deltas were taken out of a test's fixture by hand, and the rest renumbered: rightly found.
DOCTORED = {"vercel-ai--openai-shell-container.1"}
# What a recording that kept payloads alone can't be asked.
NOT_KEPT = ("event-name", "marker", "unterminated", "line-ends")


class Recorded(NamedTuple):
    """One stream: where it is from, what is known of it, and the recording."""

    provider: str
    api: str
    name: str
    facts: dict[str, Any]
    interaction: Interaction

    @property
    def label(self) -> str:
        """A short name for messages."""
        return f"{self.provider}/{self.api}/{self.name}"

    @property
    def whole(self) -> bool:
        """Whether the stream is as it was sent: one response, from its start to its end."""
        odd = ("concatenated", "trimmed", "resumed", "recording stops", "no blank line after")
        return not any(word in text for text in self.facts["anomalies"] for word in odd)


def findings(recorded: Recorded) -> list[Finding]:
    """What is wrong with a stream, as far as its recording can tell."""
    remade = recorded.facts["body_fidelity"].startswith("payloads only")
    return streamtape.check(recorded.interaction, off=NOT_KEPT if remade else ())


def streams(folder: Path, *parts: str) -> Iterator[Recorded]:
    """Every stream below a folder, or below some of its `provider/api` folders, in order."""
    for root in [folder / part for part in parts] or [folder]:
        for path in sorted(root.rglob("*.json")):
            if path.name != "manifest.json":
                yield read(path, folder)


_MEDIA = {
    "sse": b"text/event-stream",
    "ndjson": b"application/x-ndjson",
    "eventstream": b"application/vnd.amazon.eventstream",
}


def read(path: Path, folder: Path) -> Recorded:
    """The stream whose facts are in a file."""
    facts = json.loads(path.read_text())
    data = (folder / facts["file"]).read_bytes()
    first, answered = facts["request"], facts["response"]
    body = json.dumps(first["body"]).encode() if first["body"] is not None else b""
    request = Request(first["method"] or "POST", first["url"] or "", _headers(first), body)
    headers = tuple(h for h in _headers(answered) if h[0].lower() != b"content-encoding")
    if not any(name.lower() == b"content-type" for name, _ in headers):
        headers += ((b"content-type", _MEDIA[facts["wire"]]),)  # recordings without headers
    interaction = Interaction(
        request,
        Head(int(str(answered["status"] or 200)[:3]), headers),
        _chunks(data, facts.get("chunk_lengths") or [len(data)]),
        Ending("complete"),
        cuts_known=bool(facts.get("chunk_lengths")),
    )
    return Recorded(facts["provider"], facts["api"], path.stem, facts, interaction)


def _headers(side: dict[str, Any]) -> Headers:
    return tuple((k.encode(), str(v).encode()) for k, v in (side["headers"] or {}).items())


def _chunks(data: bytes, sizes: list[int]) -> Chunks:
    ends = list(accumulate(sizes))
    cuts = zip([0, *ends], [*ends, len(data)], strict=False)
    return Chunks.of(Chunk(None, data[a:b]) for a, b in cuts if a < b)
