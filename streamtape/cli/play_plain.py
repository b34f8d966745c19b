"""Scenes printed at their pace: the texts as they came, for pipes, logs and plain terminals."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from streamtape.cli import output
from streamtape.playback.clock import Clock
from streamtape.report.lines import line
from streamtape.transport.clocks import SystemClock

if TYPE_CHECKING:
    from streamtape.report.play.scenes import Act, GrowingText, Scene


class Piece(NamedTuple):
    """What came of one text at one moment."""

    at_us: int
    number: int
    text: GrowingText
    added: str


def play_plain(acts: Sequence[Act], speed: float | None, clock: Clock | None = None) -> None:
    """Print every scene, one after the other; at once where `speed` is None."""
    clock = clock or SystemClock()
    first = True
    for act in acts:
        for scene in act.playing:
            if not first:
                output.write_bytes(b"\n")
            first = False
            _play_scene(scene, speed, clock)


def _play_scene(scene: Scene, speed: float | None, clock: Clock) -> None:
    from streamtape.report.play.screens import prompt_mark

    heading = line((scene.name, "title"), f"  {scene.request} → ", (scene.answer, ""))
    output.write_lines([heading])
    if scene.prompt.text:
        rows = scene.prompt.text.split("\n")
        mark = prompt_mark(scene.prompt)
        output.write_lines([line((mark, "dim"), (row, "dim")) for row in rows])
    start_us = clock.now_us()

    def wait(at_us: int) -> None:
        if speed is not None:
            clock.wait_until(start_us + round(at_us / speed))

    last = None
    for piece in pieces_of(scene):
        wait(piece.at_us)
        if last is not piece.text:
            output.write_bytes(b"\n\n" if last is not None else b"\n")
            if piece.text.label:
                output.write_lines([line((f"[{piece.text.label}]", "label"))])
            last = piece.text
        output.write_bytes(piece.added.encode("utf-8", "backslashreplace"))
    wait(scene.length_us)
    output.write_bytes(b"\n\n" if last is not None else b"\n")
    output.write_lines([line((f"({scene.ending})", scene.ending_style))])


def pieces_of(scene: Scene) -> Iterator[Piece]:
    """The pieces of all texts of a scene, in the order in which they came."""
    each = (_pieces(number, text) for number, text in enumerate(scene.texts))
    return heapq.merge(*each, key=lambda piece: (piece.at_us, piece.number))


def _pieces(number: int, text: GrowingText) -> Iterator[Piece]:
    start = 0
    for at_us, end in zip(text.times_us, text.ends, strict=True):
        yield Piece(at_us, number, text, text.content[start:end])
        start = end
