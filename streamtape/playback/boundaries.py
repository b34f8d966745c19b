"""Where a cut may break a client: the kinds of positions between two bytes of a stream.

A client that joins chunks wrongly fails only at certain cuts, and there are few kinds: inside a
character, a line end, the name of a field, a JSON escape ... For each kind, the first, the middle
and the last position in a body are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from streamtape.playback.positions import plain
from streamtape.playback.steps import Emit, Step, steps
from streamtape.tape.model import Interaction

# Each pattern matches the empty place itself.
_CLASSES = {
    "inside a character": re.compile(rb"(?<=[\xc2-\xf4])(?=[\x80-\xbf])"),
    "inside a CRLF": re.compile(rb"(?<=\r)(?=\n)"),
    "between an event's last line and its blank line": re.compile(
        rb"(?<=[^\r\n]\n)(?=\n)|(?<=[^\r\n]\r\n)(?=\r\n)|(?<=[^\r\n]\r)(?=\r)"
    ),
    "inside the name of a field": re.compile(rb"(?<=[\r\n]da)(?=ta:)|(?<=[\r\n]ev)(?=ent:)"),
    "before the colon of a field": re.compile(rb"(?<=[\r\n]data)(?=:)|(?<=[\r\n]event)(?=:)"),
    "before the value of a field": re.compile(rb"(?<=[\r\n]data:)(?= )|(?<=[\r\n]event:)(?= )"),
    "before the end of a line": re.compile(rb"(?<=[^\r\n])(?=[\r\n])"),
    "behind an event": re.compile(rb"(?<=\n\n)(?=.)|(?<=\r\n\r\n)(?=.)|(?<=\r\r)(?=.)"),
    "inside a JSON escape": re.compile(rb"(?<=[^\\]\\)(?=[\"\\/bfnrtu])|(?<=\\u[0-9a-fA-F]{2})"),
    "inside a surrogate pair": re.compile(rb"(?<=\\u[dD][89abAB]..)(?=\\u[dD][c-fC-F])"),
    "inside a JSON string": re.compile(rb"(?<=[0-9A-Za-z])(?=[0-9A-Za-z])"),
}  # fmt: skip


def boundaries(body: bytes) -> dict[int, str]:
    """Positions in a body, as numbers of bytes, each with its kind."""
    found: dict[int, str] = {}
    if body:
        found[0] = "before the first byte"
    for name, pattern in _CLASSES.items():
        for offset in _few([match.start() for match in pattern.finditer(body)]):
            found.setdefault(offset, name)
    if len(body) > 1:
        found.setdefault(1, "behind the first byte")
        found.setdefault(len(body) - 1, "before the last byte")
    return dict(sorted(found.items()))


def boundaries_of(interaction: Interaction) -> dict[int, str]:
    """The positions for a recorded body; an encoded one is cut in its compressed bytes."""
    sequence = list(steps(interaction))
    wire = _joined(sequence)
    if _joined(plain(sequence)) == wire:
        return boundaries(wire)
    offsets = {0: "before the first byte", 5: "inside the head of the compressed data"}
    offsets |= {len(wire) * n // 4: "inside compressed data" for n in (1, 2, 3)}
    offsets |= {len(wire) - 1: "before the last byte"}
    return {offset: name for offset, name in sorted(offsets.items()) if offset < len(wire)}


def _joined(sequence: Iterable[Step]) -> bytes:
    return b"".join(step.data for step in sequence if isinstance(step, Emit))


def _few(offsets: list[int]) -> set[int]:
    return {offsets[0], offsets[len(offsets) // 2], offsets[-1]} if offsets else set()
