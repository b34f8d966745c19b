"""Secrets that are whole only once the texts of several deltas are joined. Pure.

The texts at one path of a stream's JSON documents are joined and looked at, without knowing whose
stream it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streamtape.secrets.json_spans import Document, documents, units
from streamtape.secrets.scanner import Search

# What tells the streams within a stream apart: texts are joined only where these agree.
_DISCRIMINATORS = frozenset(
    {"type", "item_id", "output_index", "content_index", "summary_index", "index", "call_id"}
)


class Split(NamedTuple):
    """A secret in several pieces: places in the content."""

    kind: str
    length: int
    pieces: list[tuple[int, int]]


def splits(content: bytes, search: Search) -> Iterator[Split]:
    """Secrets that are whole only where the texts at one path are joined."""
    runs: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for document in documents(content):
        discriminators = _discriminators(document, content)
        for path, start, end, is_text in document.leaves:
            if is_text and end > start:
                runs.setdefault((path, discriminators), []).append((start, end))
    for offsets in runs.values():
        if len(offsets) > 1:
            yield from _in_run(content, offsets, search)


def _discriminators(document: Document, content: bytes) -> tuple[object, ...]:
    return tuple(
        (path, content[start:end])
        for path, start, end, _ in document.leaves
        if path[-1] in _DISCRIMINATORS
    )


def _in_run(content: bytes, offsets: list[tuple[int, int]], search: Search) -> Iterator[Split]:
    parts = [
        (text, start + begin, start + stop, n)
        for n, (start, end) in enumerate(offsets)
        for text, begin, stop in units(content[start:end])
    ]
    text = b"".join(part[0] for part in parts)
    for first, last, kind in search.find(text):
        at, touched, pieces = 0, set(), []
        for piece, start, stop, n in parts:
            low, high = max(first, at), min(last, at + len(piece))
            if low < high:
                touched.add(n)
                # An escape is masked whole; a run of plain bytes only where the secret is.
                whole = len(piece) != stop - start
                pieces.append((start, stop) if whole else (start + low - at, start + high - at))
            at += len(piece)
        if len(touched) > 1:
            yield Split(kind, last - first, pieces)
