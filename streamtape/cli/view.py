"""`streamtape view`: recordings as one HTML page that needs nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.files import with_force


@click.command(
    epilog="""\b
Examples:
  streamtape view run.tape                    run.html, in this folder
  streamtape view cassettes/                  cassettes.html, of all that are below
  streamtape view run.tape -o run.html --open
  streamtape view before.tape after.tape -o both.html
  streamtape view run.tape -o - | ssh host 'cat > run.html'
  streamtape view run.tape -o run.svg         a picture of the run alone, for a comment

\b
The page loads nothing and sends nothing: it can be mailed, or kept beside a failed test."""
)
@click.argument(
    "paths", type=completion_values.FILE, metavar="FILE|FOLDER...", nargs=-1, required=True
)
@click.option(
    "-o",
    "--output",
    "target",
    type=completion_values.FILE,
    metavar="FILE",
    help="Where to; - is stdout.",
)
@click.option("--index", type=int, metavar="N", help="Only interaction N of each; -1 is the last.")
@click.option(
    "--dialect",
    type=completion_values.DIALECT,
    metavar="NAME",
    help="Read the events as this provider's.",
)
@click.option("--no-checks", is_flag=True, help="Leave out what `streamtape check` finds.")
@with_force
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    target: str | None,
    index: int | None,
    dialect: str | None,
    no_checks: bool,
    force: bool,
    opened: bool,
    as_json: bool,
) -> None:
    """Write one self-contained page: run, conversation, timeline, events, and the text as it grew.

    It shows how a stream ended, what the checks found and where, plays the text at the recorded
    pace, and searches the events. Its address follows what is shown: `run.html#1/5?t=1.2` is event
    5 of interaction 1, at 1.2 seconds. With --json only the facts of what was written go to stdout.
    """
    from streamtape.cli.files import page_path, tapes, write_page
    from streamtape.report.page.document import document
    from streamtape.report.page.recordings import distinct_names
    from streamtape.units import count

    files = tapes(paths)
    folder = Path(paths[0]).resolve().name if Path(paths[0]).is_dir() else ""
    usual = f"{folder or files[0].stem}.html"
    name = usual if target is None else target
    place = None if name == "-" else page_path(name, "-o", usual, force=force)
    if place is not None and place.suffix.lower() == ".svg":
        _write_picture(place, files, index, dialect)
        return
    interactions: list[dict[str, Any]] = []
    plain: list[str] = []
    work = partial(_read, index=index, dialect=dialect, checked=not no_checks)
    names = distinct_names([str(path) for path in files])
    for found, lines in parallel.each(work, [*zip(files, names, strict=True)]):
        interactions.extend(found)
        plain.extend(lines)
    title = ", ".join(path.name for path in files[:3]) + (" …" if len(files) > 3 else "")
    data = {"kind": "view", "interactions": interactions, "checked": not no_checks}
    page = document(title, data, plain).encode("utf-8", "backslashreplace")
    if place is None:
        output.write_bytes(page)
        return
    write_page(place, page)
    n = len(interactions)
    if as_json:
        output.write_json({"path": str(place), "bytes": len(page), "interactions": n})
    else:
        output.note(f"{place}: {count(n, 'interaction')}, {count(len(page), 'byte')}")
    if opened:
        click.launch(str(place))


def _write_picture(place: Path, files: list[Path], index: int | None, dialect: str | None) -> None:
    """Write the waterfall of some recordings, one below the other."""
    import streamtape
    from streamtape.cli.files import write_page
    from streamtape.report.waterfall import run_of, waterfall
    from streamtape.units import count

    runs = []
    for path in files:
        cassette = streamtape.load(path)
        numbers = options.chosen(len(cassette), index)
        chosen = streamtape.Cassette(tuple(cassette[number] for number in numbers))
        runs.append(run_of(path.name, chosen, dialect=dialect))
    picture = waterfall(runs).encode("utf-8", "backslashreplace")
    write_page(place, picture)
    output.note(f"{place}: {count(len(runs), 'recording')}, {count(len(picture), 'byte')}")


def _read(
    file: tuple[Path, str], *, index: int | None, dialect: str | None, checked: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """What the page holds of a file: its interactions, and the lines for readers of plain text."""
    import streamtape
    from streamtape.report.page.recordings import recordings_data

    path, name = file
    cassette = streamtape.load(path)
    numbers = options.chosen(len(cassette), index)
    return recordings_data(cassette, name=name, numbers=numbers, dialect=dialect, checked=checked)
