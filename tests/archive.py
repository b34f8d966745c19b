"""The archive of recorded streams, read from the file that it is: its streams and its groups."""

import io
import json
import tarfile
from functools import cache
from typing import Any

import zstandard

from streamtape.tape.model import Chunk, Chunks, Ending, Head, Interaction, Request
from tests.real import TYPES
from tests.shared import SHARED

ARCHIVE = SHARED / "corpus" / "public.tar.zst"


@cache
def files() -> dict[str, bytes]:
    """The files of the archive, by name."""
    data = zstandard.ZstdDecompressor().decompressobj().decompress(ARCHIVE.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {m.name: archive.extractfile(m) for m in archive if m.isfile()}
        return {
            name.removeprefix("./").removeprefix("public/"): body.read()
            for name, body in found.items()
            if body is not None
        }


@cache
def names() -> list[str]:
    """The names of all streams, in order; none where the archive is absent."""
    if not ARCHIVE.is_file():
        return []
    return sorted(name for name in files() if f".{name.rpartition('.')[2]}" in TYPES)


@cache
def groups() -> list[list[str]]:
    """The groups: names of streams that answer one prompt; none where the archive is absent."""
    if not ARCHIVE.is_file():
        return []
    found: list[list[str]] = json.loads(files()["manifest.json"])["same_prompt_groups"]
    return found


def recording(name: str) -> Interaction:
    """One stream of the archive, with the request that it answered."""
    stem, _, suffix = name.rpartition(".")
    report: dict[str, Any] = json.loads(files()[f"{stem}.json"])
    first = report.get("request") or {}
    body = first.get("body")
    request = Request(
        first.get("method") or "POST",
        first.get("url") or "",
        (),
        b"" if body is None else json.dumps(body).encode(),
    )
    head = Head(200, ((b"content-type", TYPES[f".{suffix}"]),))
    chunks = Chunks.of([Chunk(None, files()[name])])
    return Interaction(request, head, chunks, Ending("complete"), cuts_known=False)
