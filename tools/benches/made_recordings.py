"""Many recordings, made of a few: the same streams again, with other ids and at other times.

    make(folder, 100_000)

Nineteen of twenty are short (bodies of up to SHORT_BYTES), as most recordings are; each twentieth
is any stream of the corpus, in turn. In every one the ids of response, items, messages and calls
are its own, of the same length, so that chunks are cut where they were; each chunk has a time, and
each recording its minute. The same number makes the same bytes. 100,000 take some 430 MB of disk
(blocks of 4 KB; 150 MB of bytes), a thousand a folder, and half a minute of two cores.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import NamedTuple

import zstandard

from streamtape.tape.codec import encode
from streamtape.tape.model import Chunk, Chunks, Ending, Interaction
from tests import corpus
from tests.streams import Writer
from tools.benches import folders

SHORT_BYTES = 4_000
LONG_EACH = 20  # each so many is any stream, and the others are short
A_FOLDER = 1_000
START_US = 1_767_225_600_000_000
MINUTE_US = 60_000_000
N_WRITTEN = 200  # streams that are written here where there is no corpus
_GAP_US = 15_000
_IDS = re.compile(rb'"(?:id|[a-z_]*_id)":\s*"([A-Za-z0-9_-]{12,})"')
_LAST = 10  # of an id, which say whose it is


class Template(NamedTuple):
    """A stream, and the ids in it."""

    interaction: Interaction
    ids: tuple[bytes, ...]
    is_binary: bool  # frames with checksums, which nothing may be replaced in

    def copy(self, number: int) -> Interaction:
        """The stream as another recording: its ids, its times."""
        body = self.interaction.body
        if not self.is_binary:
            for n, one in enumerate(self.ids):
                body = body.replace(one, one[:-_LAST] + b"%06d" % number + b"%04d" % n)
        random = Random(number)
        at_us = random.randrange(200_000, 900_000)
        chunks, start = [], 0
        for chunk in self.interaction.chunks:
            chunks.append(Chunk(at_us, body[start : start + len(chunk.data)]))
            start += len(chunk.data)
            at_us += random.randrange(_GAP_US)
        head = self.interaction.head
        return replace(
            self.interaction,
            head=head and replace(head, at_us=150_000),
            chunks=Chunks.of(chunks),
            ending=Ending(self.interaction.ending.kind, at_us),
            started_at_us=START_US + number * MINUTE_US,
        )


def make(folder: Path, n: int, *, any_size: bool = False) -> Path:
    """Write so many recordings below a folder, and give it; `any_size` is as the corpus is."""
    starts = range(0, n, A_FOLDER)
    write = partial(_write, folder, n=n, any_size=any_size)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        list(pool.map(write, starts))
    return folder


def copies(
    templates: Sequence[Template], numbers: range, *, any_size: bool
) -> Iterator[Interaction]:
    """The recordings of some numbers."""
    short = [one for one in templates if len(one.interaction.body) <= SHORT_BYTES] or templates
    for number in numbers:
        whole, rest = divmod(number, LONG_EACH)
        if any_size:
            chosen = templates[number % len(templates)]
        elif rest == 0:
            chosen = templates[whole * 7 % len(templates)]
        else:
            chosen = short[number % len(short)]
        yield chosen.copy(number)


def templates() -> list[Template]:
    """The streams of the public corpus; where that is not there, some that are written here."""
    return [_template(one) for one in (_recorded() if folders.CORPUS.is_file() else _written())]


def _template(interaction: Interaction) -> Template:
    head = interaction.head
    kinds = [value for key, value in head.headers if key.lower() == b"content-type"] if head else []
    found = dict.fromkeys(_IDS.findall(interaction.body))
    return Template(interaction, tuple(found), any(b"amazon.eventstream" in kind for kind in kinds))


def _recorded() -> Iterator[Interaction]:
    data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(folders.CORPUS.read_bytes()))
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(fileobj=io.BytesIO(data.read())) as packed:
            packed.extractall(name, filter="data")
        (root,) = Path(name).iterdir()
        yield from (one.interaction for one in corpus.streams(root))


def _written() -> Iterator[Interaction]:
    for number in range(N_WRITTEN):
        words = ("double bubble bath " * (60 if number % LONG_EACH == 0 else 4)).split()
        yield Writer(number + 1).message(*words).end().interaction()


_known: list[Template] = []


def _write(folder: Path, start: int, *, n: int, any_size: bool) -> None:
    if not _known:
        _known.extend(templates())
    inside = folder / f"{start // A_FOLDER:04}"
    inside.mkdir(parents=True, exist_ok=True)
    numbers = range(start, min(start + A_FOLDER, n))
    for number, one in zip(numbers, copies(_known, numbers, any_size=any_size), strict=True):
        (inside / f"{number:06}.tape").write_bytes(b"".join(encode((one,))))
