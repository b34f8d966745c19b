"""An interaction made of what a foreign document holds: one chunk, no more times than it has.

Documents often keep a body unpacked under headers that say that it is packed. Such headers are left
out: they are not true of the body that is there.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import replace

from streamtape.content.decode import decoder_for, encodings
from streamtape.errors import ContentError, UsageError
from streamtape.tape.model import (
    Cassette,
    Chunk,
    Chunks,
    Ending,
    Head,
    Headers,
    Interaction,
    Request,
    header,
)

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")  # all but \t \n \r and escape
_MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def imported_interaction(
    request: Request,
    head: Head | None,
    body: bytes,
    *,
    ending: Ending | None = None,
    started_at_us: int | None = None,
    decoded: bool = False,
) -> Interaction:
    """The interaction; `cuts_known` is False, and the chunk has no time.

    `decoded` says that the format keeps bodies with their content-encoding undone: it is believed
    where the body itself does not show the contrary.
    """
    if head is not None:
        untrue = _untrue(head.headers, body, decoded=decoded)
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


def _untrue(headers: Headers, body: bytes, *, decoded: bool) -> frozenset[bytes]:
    """The headers (in lower case) that say of the body what it is not."""
    if not is_packed(headers, body, decoded=decoded):
        return frozenset({b"content-encoding", b"content-length"})
    length = header(headers, "content-length")
    if body and length is not None and length != str(len(body)):
        return frozenset({b"content-length"})
    return frozenset()


def is_packed(headers: Headers, body: bytes, *, decoded: bool = False) -> bool:
    """Whether the body is what its content-encoding says.

    Plain text never is: no encoder writes UTF-8 without control characters. Anything else is, if
    it can be decoded to its very end (the beginning of many a plain body decodes, too), or if it
    was cut short: then it must not be UTF-8. Where decoding can't be tried (no brotli library, an
    unknown encoding), bytes that are no text are taken as packed unless the format says otherwise.
    """
    encoding = header(headers, "content-encoding")
    if not encodings(encoding) or not body:
        return True
    is_text = _is_utf8(body)
    if is_text and not _CONTROL.search(body):
        return False
    try:
        decoder = decoder_for(encoding)
    except ContentError:
        return not (is_text or decoded)
    try:
        content = decoder.feed(body)
    except ContentError:
        return False
    if decoder.finished:
        return True
    return not is_text and (body.startswith(_MAGIC) or _is_utf8(content, whole=False))


def _is_utf8(data: bytes, *, whole: bool = True) -> bool:
    """Whether these bytes are UTF-8, or (`whole` is False) the beginning of such."""
    try:
        getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def refuse_dialogues(cassette: Cassette, what: str) -> None:
    """UsageError where a format that has no place for dialogues is to hold one."""
    for number, one in enumerate(cassette):
        if one.is_dialogue:
            raise UsageError(
                f"interaction {number} is a WebSocket dialogue, which {what} can't express; "
                "convert it to .har"
            )
