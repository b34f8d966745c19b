"""Chunks encoded again once something in their content was masked, and their head. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.content.decode import encodings
from streamtape.content.encode import ContentEncoder
from streamtape.tape.model import Chunk, Head


def encode_content(
    pieces: Iterable[Chunk], encoding: str | None, *, complete: bool
) -> Iterator[Chunk]:
    """Encode pieces of content, each flushed; `complete` ends the encoding as it should end."""
    encoder = ContentEncoder(encoding)
    last_us = None
    for at_us, data in pieces:
        last_us = at_us
        if data:
            yield Chunk(at_us, encoder.feed(data))
    if complete and encodings(encoding):
        yield Chunk(last_us, encoder.close())


def head_of_recoded(head: Head, n_bytes: int, *, complete: bool) -> Head:
    """The head of a body that was encoded again: it says so, and its length is right."""
    headers = head.headers
    if complete:
        headers = tuple(
            (name, b"%d" % n_bytes if name.lower() == b"content-length" else value)
            for name, value in headers
        )
    return Head(head.status, headers, head.at_us, head.http_version, head.reason, recoded=True)
