"""`streamtape view`: recordings as one HTML page that needs nothing else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.files import with_force
from streamtape.errors import UsageError
from streamtape.stores.locations import FileLocation, location_of

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command(
    epilog="""\b
Examples:
  streamtape view run.tape                    run.html, in this folder
  streamtape view cassettes/                  cassettes.html, of all that are below
  streamtape view run.tape -o run.html --open
  streamtape view before.tape after.tape -o both.html
  streamtape view --compare before.tape after.tape -o race.html
  streamtape view run.tape -o - | ssh host 'cat > run.html'
  streamtape view run.tape -o run.svg         a picture of the run alone, for a comment

\b
The page loads nothing and sends nothing: it can be mailed, or kept beside a failed test."""
)
@options.recordings
@click.option(
    "-o",
    "--output",
    "target",
    type=completion_values.FILE,
    metavar="FILE",
    help="The file to write; - is stdout.",
)
@click.option("--index", type=int, metavar="N", help="Only interaction N of each; -1 is the last.")
@options.dialect
@click.option(
    "--compare",
    "compared",
    is_flag=True,
    help="Compare two recordings, or two folders of them, on one time axis.",
)
@click.option("--no-checks", is_flag=True, help="Leave out the findings of `streamtape check`.")
@with_force
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    target: str | None,
    index: int | None,
    dialect: str | None,
    compared: bool,
    no_checks: bool,
    force: bool,
    opened: bool,
    as_json: bool,
) -> None:
    """Write one self-contained page: run, conversation, timeline, events, and the text as it grew.

    It shows how a stream ended, what the checks found and where, plays the text at the recorded
    pace, and searches the events. Its address follows what is shown: `run.html#1/5?t=1.2` is event
    5 of interaction 1, at 1.2 seconds. --compare takes two recordings, or two folders whose files
    have the same names, and shows them side by side on one clock. With --json only the facts of
    what was written go to stdout.
    """
    from streamtape.cli.files import page_path, tapes, write_page
    from streamtape.units import count

    files = tapes(paths)
    first = location_of(paths[0])
    folder = first.resolve().name if first.is_dir() else ""
    usual = "race.html" if compared else f"{folder or files[0].stem}.html"
    name = usual if target is None else target
    location = None if name == "-" else page_path(name, "-o", usual, force=force)
    if compared:
        if index is not None:
            raise UsageError(
                "--index can't be combined with --compare, which pairs all interactions"
            )
        text, n = _compared(paths, dialect, checked=not no_checks)
    elif location is not None and location.suffix.lower() == ".svg":
        _write_picture(location, files, index, dialect)
        return
    else:
        work = partial(_read, index=index, dialect=dialect, checked=not no_checks)
        text, n = _viewed(files, work, checked=not no_checks)
    page = text.encode("utf-8", "backslashreplace")
    if location is None:
        output.write_bytes(page)
        return
    write_page(location, page)
    if as_json:
        output.write_json({"path": str(location), "bytes": len(page), "interactions": n})
    else:
        things = count(n, "comparison" if compared else "interaction")
        output.note(f"{location}: {things}, {count(len(page), 'byte')}")
    if opened:
        click.launch(str(location))


def _viewed(
    files: list[FileLocation],
    work: Callable[[tuple[FileLocation, str]], tuple[list[dict[str, Any]], list[str]]],
    *,
    checked: bool,
) -> tuple[str, int]:
    """The page of some recordings, and how many interactions it shows."""
    from streamtape.report.page.document import document
    from streamtape.report.page.recordings import distinct_names

    interactions: list[dict[str, Any]] = []
    plain: list[str] = []
    names = distinct_names([str(path) for path in files])
    for found, lines in parallel.each(work, [*zip(files, names, strict=True)]):
        interactions.extend(found)
        plain.extend(lines)
    title = ", ".join(path.name for path in files[:3]) + (" …" if len(files) > 3 else "")
    data = {"kind": "view", "interactions": interactions, "checked": checked}
    return document(title, data, plain), len(interactions)


def _compared(paths: tuple[str, ...], dialect: str | None, *, checked: bool) -> tuple[str, int]:
    """The page of two recordings racing, or of two folders by name, and how many pairs it shows."""
    from streamtape.cli.races import named_pairs, races_page

    if len(paths) != 2:
        raise UsageError(f"--compare takes two recordings or two folders, got {len(paths)}")
    pairs = named_pairs(*paths)
    sides = str(location_of(paths[0])), str(location_of(paths[1]))
    return races_page(pairs, sides, dialect=dialect, checked=checked), len(pairs)


def _write_picture(
    location: FileLocation, files: list[FileLocation], index: int | None, dialect: str | None
) -> None:
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
    write_page(location, picture)
    output.note(f"{location}: {count(len(runs), 'recording')}, {count(len(picture), 'byte')}")


def _read(
    file: tuple[FileLocation, str], *, index: int | None, dialect: str | None, checked: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """What the page holds of a file: its interactions, and the lines for readers of plain text."""
    import streamtape
    from streamtape.report.page.recordings import recordings_data

    path, name = file
    cassette = streamtape.load(path)
    numbers = options.chosen(len(cassette), index)
    return recordings_data(cassette, name=name, numbers=numbers, dialect=dialect, checked=checked)
