"""Bytes on disk: a corpus of real streams as cassettes, beside compressors and vcrpy's YAML.

Each stream of the public corpus (where STREAMTAPE_SHARED, or ../shared, has it; otherwise as many
written here) is recorded as it would have come: an event a chunk, with times drawn by chance, its
request beside it. Rows, by provider and in total: bytes an event of our cassettes, of vcrpy's YAML,
and of the bodies alone, request and response, under gzip -6, xz and zstd -19. The goal is 1.1 times
zstd -19 of the bodies and 3 bytes a chunk, for the times and cuts that bodies don't have.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import random
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import zstandard

from streamtape.tape.codec import encode
from streamtape.tape.model import Chunk, Chunks, Interaction
from tests.real import bodies, recording
from tools.benches.folders import CORPUS, written

Row = dict[str, Any]
GAP_US = 20_000
STARTED_AT_US = 1_767_225_600_000_000
SMALL_BYTES = 16 << 10
OTHERS = ("zstd -19 of the bodies", "xz of the bodies", "gzip -6 of the bodies", "vcrpy")
MOST_ROWS = 12  # providers that are told by name


def run(repeat: int, *, quick: bool = False) -> list[Row]:
    """Measure all of it, on all cores; sizes need no repeats."""
    del repeat
    with tempfile.TemporaryDirectory() as folder:
        if CORPUS.is_file():
            with zstandard.open(CORPUS, "rb") as packed:
                data = io.BytesIO(packed.read())
            with tarfile.open(fileobj=data) as tar:
                tar.extractall(folder, filter="data")
            paths = bodies(Path(folder))
            work: list[Any] = [(path.relative_to(folder).parts[1], path) for path in paths]
        else:
            work = [("written here", interaction) for interaction in written()]
        if quick:
            work = work[::10]
        with ProcessPoolExecutor() as pool:
            sizes = list(pool.map(_sizes, work, chunksize=8))
    return list(_rows(sizes))


def _rows(sizes: list[tuple[str, Counter[str]]]) -> Iterator[Row]:
    total: Counter[str] = Counter()
    small: Counter[str] = Counter()
    by_provider: dict[str, Counter[str]] = {}
    for provider, one in sizes:
        total += one
        by_provider[provider] = by_provider.get(provider, Counter()) + one
        if one["body"] < SMALL_BYTES:
            small += one
    yield from _about(f"{total['streams']:,} streams", total)
    yield from _about(f"the {small['streams']:,} of under 16 KiB", small)
    if small["streams"]:
        yield {
            "name": "a cassette of a stream of under 16 KiB, on average (ratio: to 2,000 bytes)",
            "value": small["streamtape"] / small["streams"],
            "unit": "bytes",
            "peer": "streamtape",
            "ratio": small["streamtape"] / small["streams"] / 2000,
            "goal": "<= 2000",
        }
    largest = sorted(by_provider, key=lambda name: -by_provider[name]["events"])[:MOST_ROWS]
    for provider in largest:
        yield from _about(f"{provider}, {by_provider[provider]['streams']}", by_provider[provider])


def _about(what: str, sizes: Counter[str]) -> Iterator[Row]:
    events, allowed = sizes["events"], 1.1 * sizes[OTHERS[0]] + 3 * sizes["events"]
    for peer in ("streamtape", *OTHERS):
        if sizes[peer]:
            goal = {"goal": "ratio <= 1"} if peer == "streamtape" else {}
            yield {
                "name": f"bytes an event, {what} (ratio: of what the goal allows)",
                "value": sizes[peer] / events,
                "unit": "bytes",
                "peer": peer,
                "ratio": sizes[peer] / allowed,
                **goal,
            }


def _sizes(work: tuple[str, Path | Interaction]) -> tuple[str, Counter[str]]:
    """The sizes of one stream, as each would have it."""
    provider, source = work
    made = source if isinstance(source, Interaction) else _as_it_came(source)
    body, request = made.body, made.request.body
    sizes = Counter(streams=1, events=len(made.chunks), body=len(body))
    sizes["streamtape"] = sum(map(len, encode([made])))
    for part in (request, body):
        sizes["zstd -19 of the bodies"] += len(zstandard.ZstdCompressor(level=19).compress(part))
        sizes["xz of the bodies"] += len(lzma.compress(part))
        sizes["gzip -6 of the bodies"] += len(gzip.compress(part, 6))
    if find_spec("vcr"):
        sizes["vcrpy"] = _vcrpy(made)
    return provider, sizes


def _as_it_came(path: Path) -> Interaction:
    """A body of the corpus as a recording of its own: an event a chunk, with times by chance."""
    made, dice, at_us = recording(path), random.Random(path.name), 400_000
    body, chunks, start = made.body, [], 0
    for mark in _ends(body, path.suffix):
        at_us += round(dice.expovariate(1 / GAP_US))
        chunks.append(Chunk(at_us, body[start:mark]))
        start = mark
    return replace(
        made,
        head=made.head and replace(made.head, at_us=400_000),
        chunks=Chunks.of(chunks),
        ending=replace(made.ending, at_us=at_us + 100),
        started_at_us=STARTED_AT_US,
        cuts_known=True,
    )


def _ends(body: bytes, suffix: str) -> Iterator[int]:
    """Where the events of a body end: near enough for cuts."""
    blank = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
    mark = blank if suffix == ".sse" else b"\n"
    at = 0
    while (found := body.find(mark, at)) >= 0:
        at = found + len(mark)
        yield at
    if at < len(body):
        yield len(body)


def _vcrpy(made: Interaction) -> int:
    """What vcrpy writes of the same."""
    from vcr.request import Request
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    first = made.request
    headers = [made.head.headers if made.head else (), first.headers]
    expected = [{k.decode("latin-1"): [v.decode("latin-1")] for k, v in pairs} for pairs in headers]
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": expected[0],
        "body": {"string": made.body},
    }
    request = Request(first.method, first.url, first.body, expected[1])
    text: str = serialize({"requests": [request], "responses": [response]}, yamlserializer)
    return len(text.encode())


if __name__ == "__main__":
    os.environ.setdefault("STREAMTAPE_SHARED", sys.argv[1] if len(sys.argv) > 1 else "")
    for line in run(1):
        print(line)
