"""Real streams as recordings: a body, with the request that it answered where that is known."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.shared import SHARED

CORE = SHARED / "corpus" / "core"
TYPES = {
    ".sse": b"text/event-stream",
    ".ndjson": b"application/x-ndjson",
    ".eventstream": b"application/vnd.amazon.eventstream",
}


def bodies(folder: Path = CORE) -> list[Path]:
    """The files that hold a stream, in order; none where the folder is absent."""
    return sorted(p for p in folder.rglob("*") if p.suffix in TYPES)


def about(path: Path) -> dict[str, Any]:
    """What the file beside a stream says of it."""
    found = path.with_suffix(".json")
    return dict(json.loads(found.read_bytes())) if found.is_file() else {}


def recording(path: Path) -> Interaction:
    """A real body as a recording: one chunk, no times, since none are known."""
    first = about(path).get("request") or {}
    body = first.get("body")
    request = Request(
        first.get("method") or "POST",
        first.get("url") or "",
        (),
        b"" if body is None else json.dumps(body).encode(),
    )
    head = Head(200, ((b"content-type", TYPES[path.suffix]),))
    chunks = Chunks.of([Chunk(None, path.read_bytes())])
    return Interaction(request, head, chunks, Ending("complete"), cuts_known=False)


def recordings(folder: Path = CORE) -> Iterator[tuple[str, Interaction]]:
    """Every stream of a folder, with its name."""
    for path in bodies(folder):
        yield str(path.relative_to(folder)), recording(path)
