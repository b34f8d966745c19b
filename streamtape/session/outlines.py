"""Outlines of requests: a quick lower bound of how much two of them differ.

A cassette may hold thousands of requests, and a client waits while the nearest one is found. An
outline is made as a cassette opens, of the key by which requests match anyway: a number for each
value at the top of a JSON body, and for each item of a list there. Requests that share few of them
differ in many values, and are not looked at any closer.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streamtape.session.bodies import may_stand_for_others

# A different path or method is a different question; a different value in the body is close.
PART, VALUE = 1000, 1

_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_JSON_STARTS = frozenset('{["-0123456789tfnNI')  # a number, or something with NaN in it
_NO_ITEMS = (msgspec.MsgspecError, ValueError, RecursionError)


class Outline(NamedTuple):
    """What is known of a body that was not taken apart."""

    items: tuple[int, ...] | None = None  # None: it is compared whole
    n_masked: int = 0  # items that may stand for others
    whole: int = 0  # a digest of a body without items
    unsure: bool = False  # it may equal any other


UNSURE, NO_BODY = Outline(unsure=True), Outline(())


def outline_of(text: str) -> Outline:
    """The outline of a body, from its text in a key."""
    masked = may_stand_for_others(text)
    try:
        items = _items(text)
    except _NO_ITEMS:
        return Outline(whole=hash(text), unsure=masked or text[:1] in _JSON_STARTS)
    n_masked = 0
    if masked:
        n_masked = sum(may_stand_for_others(raw.decode(errors="replace")) for _, raw in items)
    return Outline(tuple(map(hash, items)), n_masked)


def is_loose(outline: Outline) -> bool:
    """Whether a body may differ from another one in nothing, though it is not the same."""
    return outline.unsure or outline.n_masked > 0


def least_distance(recorded: Outline, requested: Outline, items: frozenset[int]) -> int:
    """What two bodies differ by at least; `items` are those of the requested one, as a set."""
    if recorded.items is None or requested.items is None:
        unsure = recorded.unsure or requested.unsure or recorded.whole == requested.whole
        return 0 if unsure else PART
    n_equal, n_masked = len(items.intersection(recorded.items)), recorded.n_masked
    n_differ = max(len(recorded.items), len(items)) - n_equal
    n_masked += requested.n_masked
    return VALUE * (max(0, n_differ - n_masked) if n_masked else n_differ)


def _items(text: str) -> list[tuple[object, bytes]]:
    """The values that are compared one by one, each with its place."""
    if text[:1] != "{":
        return [(at, bytes(raw)) for at, raw in enumerate(_array(text))]
    found: list[tuple[object, bytes]] = []
    for name, raw in _object(text).items():
        value = bytes(raw)
        if value[:2] == b"[{":
            found += [((name, at), bytes(item)) for at, item in enumerate(_array(value))]
        else:
            found.append((name, value))
    return found
