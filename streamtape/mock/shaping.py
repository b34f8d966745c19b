"""What servers in the middle do to a stream: compress it, cut its chunks anew, add cookies."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from streamtape.mock.options import Options
from streamtape.tape.model import Chunk, Chunks, Interaction


def shaped(interaction: Interaction, options: Options) -> Interaction:
    """An answer in the form that the request calls for."""
    assert interaction.head is not None
    headers = interaction.head.headers
    headers += tuple((b"Set-Cookie", b"crumb%d=1; Path=/" % n) for n in range(options.cookies))
    chunks: Iterable[Chunk] = interaction.chunks
    if options.per_chunk > 1:
        chunks = _joined(chunks, options.per_chunk)
    if options.gzip:
        headers = (*headers, (b"Content-Encoding", b"gzip"))
        chunks = _packed(chunks)
    if options.pieces > 1:
        chunks = _split(chunks, options.pieces)
    if chunks is interaction.chunks and headers is interaction.head.headers:
        return interaction
    if chunks is not interaction.chunks:
        headers = tuple(pair for pair in headers if pair[0] != b"content-length")
    head = replace(interaction.head, headers=headers)
    return replace(interaction, head=head, chunks=Chunks.of(chunks))


def as_json_array(interaction: Interaction) -> Interaction:
    """A stream of Gemini's without `alt=sse`: its events are the elements of one JSON array."""
    assert interaction.head is not None
    if interaction.head.get("content-type") != "text/event-stream":
        return interaction
    events = [(at_us, data.removeprefix(b"data: ").rstrip()) for at_us, data in interaction.chunks]
    chunks = [
        Chunk(at_us, (b",\r\n" if number else b"[") + data)
        for number, (at_us, data) in enumerate(events)
    ]
    chunks.append(Chunk(events[-1][0] if events else None, b"]" if events else b"[]"))
    headers = ((b"content-type", b"application/json; charset=UTF-8"),)
    head = replace(interaction.head, headers=headers)
    return replace(interaction, head=head, chunks=Chunks.of(chunks))


def _joined(chunks: Iterable[Chunk], n: int) -> Iterator[Chunk]:
    rest = iter(chunks)
    while batch := list(islice(rest, n)):
        yield Chunk(batch[0].at_us, b"".join(chunk.data for chunk in batch))


def _packed(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    at_us: int | None = 0
    for at_us, data in chunks:
        yield Chunk(at_us, packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))
    yield Chunk(at_us, packer.flush())


def _split(chunks: Iterable[Chunk], n: int) -> Iterator[Chunk]:
    for at_us, data in chunks:
        size = -(-len(data) // n) or 1
        for start in range(0, len(data), size):
            yield Chunk(at_us, data[start : start + size])
