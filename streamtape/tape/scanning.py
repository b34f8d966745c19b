"""A second look for secrets, at recordings that are finished: find them, or mask them. Pure.

While it records, streamtape sees wire bytes. A secret that a model spells out in many deltas is
whole in none of them; here the texts at one path of a stream's JSON lines are joined and looked at
as well, without knowing whose stream it is. Bodies are taken into memory whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from streamtape.content import encode
from streamtape.content.decode import decode_content, encodings
from streamtape.content.pieces import joined
from streamtape.errors import ContentError, ContentLimitError
from streamtape.secrets.split import splits
from streamtape.tape import message_scanning, recode
from streamtape.tape.model import Cassette, Chunk, Chunks, Head, Interaction, Redaction
from streamtape.tape.redact import Redactor
from streamtape.tape.segments import within


class Leak(NamedTuple):
    """A secret that is in a file: in which interaction, where, what kind; never the secret.

    `interaction` is None for a file that is not a cassette.

    `where` is as in Redaction, or `response.text:OFFSET` for one that is split over deltas, with
    the offset of its first piece in the body (its content-encoding undone). In a dialogue that is
    `message.text:NUMBER`, with the message of its first piece.
    """

    interaction: int | None
    where: str
    kind: str
    length: int


def scan(cassette: Cassette, redactor: Redactor | None = None) -> list[Leak]:
    """Find secrets that a cassette still holds: headers, URLs, bodies, texts split over deltas.

    Gives a `Leak` for each, which never has the secret itself; none for a clean cassette.
    """
    redactor = redactor or Redactor()
    return [
        leak for n, interaction in enumerate(cassette) for leak in _leaks(n, interaction, redactor)
    ]


def _leaks(n: int, interaction: Interaction, redactor: Redactor) -> Iterator[Leak]:
    _, found = redactor.redact_request(interaction.request)
    if interaction.head is not None:
        found += redactor.redact_head(interaction.head)[1]
    for redaction in found:
        yield Leak(n, redaction.where, redaction.kind, _length(redaction))
    # The body is read for each search, so that it is in memory once.
    for start, end, kind in redactor.search.find_in_pieces(_pieces(interaction)):
        yield Leak(n, f"response.body:{start}+{end - start}", kind, end - start)
    content = joined(_pieces(interaction))
    for split in splits(content, redactor.search):
        yield Leak(n, f"response.text:{split.pieces[0][0]}", split.kind, split.length)
    for hit in message_scanning.find(interaction.messages, redactor.search):
        yield Leak(n, hit.where, hit.kind, hit.length)
    if redactor.redact_ending(interaction.ending) != interaction.ending:
        yield Leak(n, "ending.message", "pattern", 0)


def _length(redaction: Redaction) -> int:
    _, plus, length = redaction.where.rpartition("+")
    return int(length) if plus and length.isdigit() else 0


def mask(cassette: Cassette, redactor: Redactor | None = None) -> Cassette:
    """A copy of a cassette without what `scan` finds; bodies and chunks keep their lengths."""
    redactor = redactor or Redactor()
    return replace(cassette, interactions=tuple(_masked(i, redactor) for i in cassette))


def _masked(interaction: Interaction, redactor: Redactor) -> Interaction:
    request, found = redactor.redact_request(interaction.request)
    head, chunks = interaction.head, interaction.chunks
    if head is not None:
        head, in_head = redactor.redact_head(head)
        found += in_head
    pieces = list(_pieces(interaction))
    content = b"".join(pieces)
    spans = redactor.search.find_in_body(content)
    found += tuple(Redaction(f"response.body:{s}+{e - s}", kind) for s, e, kind in spans)
    spans_found = [(start, end) for start, end, _ in spans]
    for split in splits(content, redactor.search):
        found += (Redaction(f"response.text:{split.pieces[0][0]}", split.kind),)
        spans_found += split.pieces
    if spans_found:
        body = bytearray(content)
        for start, end in spans_found:
            body[start:end] = b"*" * (end - start)
        head, chunks = _recut(interaction, head, bytes(body), pieces)
    hits = list(message_scanning.find(interaction.messages, redactor.search))
    found += tuple(Redaction(hit.where, hit.kind) for hit in hits)
    ending = redactor.redact_ending(interaction.ending)
    if not found and ending == interaction.ending:
        return interaction
    return replace(
        interaction,
        request=request,
        head=head,
        chunks=chunks,
        ending=ending,
        redactions=(*interaction.redactions, *found),
        messages=message_scanning.mask(interaction.messages, hits),
    )


def _recut(
    interaction: Interaction, head: Head | None, body: bytes, pieces: list[bytes]
) -> tuple[Head | None, Chunks]:
    new, at = [], 0
    for chunk, piece in zip(interaction.chunks, pieces, strict=True):
        new.append(Chunk(chunk.at_us, body[at : at + len(piece)]))
        at += len(piece)
    encoding = _encoding(interaction)
    if encoding is None or head is None:
        return head, Chunks.of(new)
    complete = interaction.ending.kind == "complete"
    chunks = Chunks.of(list(recode.encode_content(new, encoding, complete=complete)))
    return recode.head_of_recoded(head, chunks.n_bytes, complete=complete), chunks


def _encoding(interaction: Interaction) -> str | None:
    """The content-encoding of a body that can be undone and done again."""
    encoding = interaction.head.get("content-encoding") if interaction.head else None
    if not encodings(encoding) or not encode.can_encode(encoding):
        return None
    try:
        for _ in within(_decoded(interaction, encoding), interaction.chunks.allowance):
            pass
    except ContentLimitError:
        raise  # it is not clean only because nobody can read it
    except ContentError:
        return None
    return encoding


def _pieces(interaction: Interaction) -> Iterator[bytes]:
    pieces = _decoded(interaction, _encoding(interaction))
    return within(pieces, interaction.chunks.allowance)


def _decoded(interaction: Interaction, encoding: str | None) -> Iterator[bytes]:
    return decode_content((data for _, data in interaction.chunks.allowed_pieces()), encoding)
