"""A second look for secrets at the messages of a dialogue: find them, or mask them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streamtape.secrets.scanner import Search
from streamtape.secrets.split import splits
from streamtape.tape.message_texts import texts
from streamtape.tape.messages import Messages


class Found(NamedTuple):
    """A secret in messages: where (as in Redaction), its kind and length, and its places.

    A place is a message's number, and from where to where in its data. `is_split` is one that is
    whole only where the texts at one path of several messages are joined.
    """

    where: str
    kind: str
    length: int
    places: tuple[tuple[int, int, int], ...]
    is_split: bool = False


def find(messages: Messages, search: Search) -> Iterator[Found]:
    """Look for secrets in the messages of both directions.

    ContentLimitError where a small file unfolds to more than a recording does.
    """
    for data, parts in texts(messages.allowed_rows(), by_line=search.has_own):

        def places(*spans: tuple[int, int]) -> tuple[tuple[int, int, int], ...]:
            found = ((part.number, part.within(*span)) for span in spans for part in parts)  # noqa: B023 - used up in this turn
            return tuple((number, *place) for number, place in found if place is not None)

        for start, end, kind in search.find_in_body(data):
            for place in places((start, end)):
                number, first, last = place
                where = f"message:{number}:{first}+{last - first}"
                yield Found(where, kind, last - first, (place,))
        for split in splits(data, search):
            pieces = places(*split.pieces)
            yield Found(
                f"message.text:{pieces[0][0]}", split.kind, split.length, pieces, is_split=True
            )


def mask(messages: Messages, found: list[Found]) -> Messages:
    """A copy of messages without what was found; each keeps its length."""
    if not found:
        return messages
    data = [bytearray(message.data) for message in messages]
    for number, start, end in (place for one in found for place in one.places):
        data[number][start:end] = b"*" * (end - start)
    pairs = zip(messages, data, strict=True)
    return Messages.of([message._replace(data=bytes(new)) for message, new in pairs])
