"""The text of the demo: each step as it happens, in a terminal or a pipe.

Every number was measured by the tour; nothing is printed before it has happened.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from streamtape.cli.demo_run import CUT_AFTER, Tour
from streamtape.report.differences import comparison_lines
from streamtape.report.lines import styled
from streamtape.tape.store import load

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST_WORD = 12


def describe(tour: Tour, console: Console) -> None:
    """Run the steps of the tour and describe each."""
    _station(console, 1, "Record a stream, live")
    console.print(f"The program, with {tour.program.name}, against a server in this process:")
    console.print()
    _source(console, tour.program.source)
    tour.record(_Typist(console, "green").type)
    first = tour.first
    console.print("\n")
    console.print(
        f"{len(first.events)} events in {first.total_s:.2f} s, the first after "
        f"{first.first_s * 1e3:.0f} ms: the recorder delays nothing."
    )
    _about_file(tour, console)

    _station(console, 2, "Replay it: the server is stopped, the program is the same")
    tour.replay(_Typist(console, "cyan").type)
    console.print("\n")
    console.print(
        f"At the recorded pace: {tour.again.total_s:.2f} s. At once, as in tests: "
        f"{tour.at_once.total_s:.2f} s."
    )
    verdict = ("the same events, one by one", "bold green")
    if not tour.same_events:
        verdict = ("NOT the same events", "bold red")
    console.print(Text.assemble("Compared: ", verdict, "."))

    _station(console, 3, "Record a second run, and compare")
    tour.compare()
    console.print("Other ids, other times, deltas split elsewhere; and one word is not the same:")
    console.print()
    width = console.width if console.is_terminal else 100
    for line in comparison_lines(tour.comparison, width=width):
        console.print(styled(line))

    _station(console, 4, "A stream that breaks")
    tour.cut()
    console.print(
        f"The server cut the connection after {CUT_AFTER} events. Recorded: "
        f"{len(tour.cut_run.events)} events, then {tour.cut_run.error}. Replayed: "
        f"{len(tour.cut_replay.events)} events, then {tour.cut_replay.error}."
    )
    _next(tour, console)


class _Typist:
    """Prints pieces of a text as they come, and breaks lines between words."""

    def __init__(self, console: Console, style: str) -> None:
        self._console = console
        self._style = style
        self._column = 0

    def type(self, text: str) -> None:
        for word in re.findall(r"\s|\S+", text):
            shown = word
            full = self._column > self._console.width - _LONGEST_WORD
            if word == " " and full and self._console.is_terminal:
                shown = "\n"
            self._column = 0 if shown == "\n" else self._column + len(shown)
            self._console.print(Text(shown, self._style), end="")


def _station(console: Console, number: int, title: str) -> None:
    console.print()
    if console.is_terminal:
        console.print(Rule(f"{number}. {title}", align="left", style="cyan"))
    else:
        console.print(f"--- {number}. {title}")


def _source(console: Console, source: str) -> None:
    if console.is_terminal:
        console.print(Syntax(source, "python", theme="ansi_dark", background_color="default"))
    else:
        console.print(Text(source))


def _about_file(tour: Tour, console: Console) -> None:
    path = tour.files[0]
    interaction = load(path)[0]
    masked = ", ".join(r.where.partition(":")[2] for r in interaction.redactions)
    console.print(
        f"In {path.name}: every byte, {len(interaction.chunks)} chunks with their times, the "
        f"ending; {interaction.chunks.n_bytes:,} bytes of body as {path.stat().st_size:,}. "
        f"The key is masked ({masked})."
    )


def _next(tour: Tour, console: Console) -> None:
    first, second = tour.files[0], tour.files[1]
    _station(console, 5, "Try next")
    if sys.prefix != sys.base_prefix and not os.environ.get("VIRTUAL_ENV"):
        _hint(console, f". {os.path.relpath(sys.prefix)}/bin/activate", "streamtape is in there")
    _hint(console, f"streamtape show {first}", "requests, events, text, timing")
    _hint(console, f"streamtape view {first} --open", "the same as a page that plays")
    _hint(console, f"streamtape replay {first} --speed 2", "to stdout, twice as fast")
    _hint(console, f"streamtape replay {first} --port 8080", "to any client")
    _hint(console, f"streamtape diff {first} {second}", "what you saw above")
    _hint(console, "streamtape record -o run.tape -- python app.py", "record a program of yours")
    _hint(console, "@streamtape.cassette", "above a test: recorded once, replayed from then on")


def _hint(console: Console, what: str, why: str) -> None:
    console.print(Text.assemble("  ", (what, "bold"), (f"   {why}", "dim")))
