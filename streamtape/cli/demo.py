"""`streamtape demo`: a tour on an embedded server, reported as it happens."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamtape.cli import completion_values, options, output
from streamtape.cli.errors import Trouble
from streamtape.errors import StreamtapeError, UsageError

if TYPE_CHECKING:
    from streamtape.cli.demo_run import Tour


@click.command(
    epilog="""\b
Examples:
  streamtape demo
  streamtape demo --keep tour                    leaves its cassettes in ./tour"""
)
@click.option(
    "--keep",
    type=completion_values.FOLDER,
    metavar="DIR",
    help="The folder for the cassettes (default: a temporary one).",
)
@options.as_json
def command(keep: str | None, as_json: bool) -> None:
    """Record, replay, diff and break a stream on an embedded server: a tour of ten seconds.

    Needs no key and no network. The program of the tour uses the OpenAI SDK where it is installed,
    and httpx where it is not.
    """
    from streamtape.cli.demo_run import Tour

    if keep is not None and Path(keep).exists() and not Path(keep).is_dir():
        raise UsageError(f"--keep {keep}: that is a file; name a folder")
    folder = Path(tempfile.mkdtemp(prefix="streamtape-demo-") if keep is None else keep)
    began = time.monotonic()
    tour = Tour(folder)
    for path in tour.files:
        _check_free(path)
    if as_json:
        tour.go()
    else:
        _report(tour)
    took_s = time.monotonic() - began
    if not tour.same_events:
        raise Trouble("the replay's events differ from those of the recording: please report this")
    if as_json:
        output.write_json(
            {
                "client": tour.program.name,
                "events": len(tour.first.events),
                "replayed_the_same": tour.same_events,
                "diff": tour.comparison.to_dict(),
                "broken_recorded_as": tour.cut_run.error,
                "broken_replayed_as": tour.cut_replay.error,
                "files": [str(path) for path in tour.files],
                "seconds": round(took_s, 3),
            }
        )


def _check_free(path: Path) -> None:
    """UsageError where the demo would replace a file that it did not write."""
    import json

    from streamtape.cli.demo_run import PROMPT
    from streamtape.tape.store import load

    if not os.path.lexists(path):
        return
    try:
        if [json.loads(one.request.body or b"0") for one in load(path)] == [PROMPT]:
            return
    except (StreamtapeError, ValueError):
        pass
    raise UsageError(f"--keep: {str(path)!r} exists, and the demo did not write it")


def _report(tour: Tour) -> None:
    from rich.console import Console

    from streamtape.cli import demo_output

    class Piped(Console):
        """A console that raises BrokenPipeError instead of exiting when its reader has gone."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Piped(highlight=False)
    console.soft_wrap = not console.is_terminal  # don't wrap lines in a pipe
    demo_output.describe(tour, console)
