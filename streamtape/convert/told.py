"""An interaction of what a foreign document tells: one chunk, no more times than it has.

Documents often keep a body unpacked under headers that say that it is packed. Such headers are left
out: they are not true of what stands here.
"""

from __future__ import annotations

from dataclasses import replace

from streamtape.errors import ContentError
from streamtape.tape.decoding import decode_content
from streamtape.tape.model import (
    Chunk,
    Chunks,
    Ending,
    Head,
    Headers,
    Interaction,
    Request,
    header,
)


def told(
    request: Request,
    head: Head | None,
    body: bytes,
    *,
    ending: Ending | None = None,
    started_at_us: int | None = None,
) -> Interaction:
    """The interaction; `cuts_known` is False, and the chunk has no time."""
    if head is not None:
        untrue = _untrue(head.headers, body)
        kept = tuple(pair for pair in head.headers if pair[0].lower() not in untrue)
        head = replace(head, headers=kept)
    return Interaction(
        request,
        head,
        Chunks.of([Chunk(None, body)] if body else []),
        ending or Ending("complete"),
        started_at_us=started_at_us,
        cuts_known=False,
    )


def _untrue(headers: Headers, body: bytes) -> frozenset[bytes]:
    """The headers (in lower case) that say of the body what it is not."""
    if not is_packed_as_it_says(headers, body):
        return frozenset({b"content-encoding", b"content-length"})
    length = header(headers, "content-length")
    if body and length is not None and length != str(len(body)):
        return frozenset({b"content-length"})
    return frozenset()


def is_packed_as_it_says(headers: Headers, body: bytes) -> bool:
    """Whether the body is what its content-encoding says; an unknown encoding is believed."""
    encoding = header(headers, "content-encoding")
    if not encoding or not body:
        return True
    try:
        for _ in decode_content([body], encoding):
            pass
    except ContentError as error:
        return "is not what" not in str(error)
    return True
