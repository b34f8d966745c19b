"""`streamtape ls`: what is in a folder of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import TROUBLE
from streamtape.errors import StreamtapeError, UsageError

if TYPE_CHECKING:
    from streamtape.report.listing import Listed
    from streamtape.stores.locations import FileLocation

# What recordings end with: the suffix, and what a file of it is.
_KINDS = ((".tape", "cassette"), (".tape.part", "journal"), (".tape.failed", "set aside"))
_SORTS = ("name", "time", "size")


@click.command(
    epilog="""\b
Examples:
  streamtape ls                                  what is here, and below
  streamtape ls tests/cassettes --sort size
  streamtape ls cassettes/ --json | jq '.[] | select(.endings.error) | .path'

\b
A row: name, when it was recorded, how it ended (complete, error, abandoned, unfinished, or an HTTP
status from 400 on), bytes on disk, the request (model, method, address). Journals of recordings
that go on or died are listed, too, and what failed tests set aside.
Exit status: 0, or 2 where a file can't be read."""
)
@click.argument("paths", type=completion_values.FILE, metavar="[FILE|FOLDER...]", nargs=-1)
@click.option(
    "--sort",
    type=click.Choice(_SORTS),
    default="name",
    show_default=True,
    help="Sort by name, newest first, or largest first.",
)
@parallel.with_jobs
@options.as_json
def command(*, paths: tuple[str, ...], sort: str, jobs: int | None, as_json: bool) -> None:
    """List recordings: name, time, prompt, ending, size."""
    raise click.exceptions.Exit(list_paths(paths or (".",), sort, jobs, as_json=as_json))


def list_paths(
    paths: Sequence[str], sort: str = "name", jobs: int | None = None, *, as_json: bool
) -> int:
    """List the recordings of files and folders; gives the exit status."""
    from streamtape.report.listing import listing_lines

    found = list(parallel.each(_listed, _files(paths), jobs=jobs))
    if sort == "time":
        found.sort(key=lambda one: -(one.started_at_us or 0))
    elif sort == "size":
        found.sort(key=lambda one: -one.n_bytes)
    if as_json:
        output.write_json([one.to_dict() for one in found])
    else:
        output.write_lines(listing_lines(found, width=output.screen_width()))
    return TROUBLE if any(one.error for one in found) else 0


def _files(paths: Sequence[str]) -> list[FileLocation]:
    """The recordings of files and folders, in order, each once."""
    from streamtape.cli.files import check_there, shown_names
    from streamtape.stores.recordings import recordings

    for name in paths:
        check_there(name)
    found = list(recordings(*paths, suffixes=tuple(suffix for suffix, _ in _KINDS)))
    if not found:
        raise UsageError(f"no cassettes (*.tape) in {shown_names(paths)}")
    return found


def _listed(path: FileLocation) -> Listed:
    from streamtape.report.listing import Listed, listed
    from streamtape.tape.store import load, load_journal

    kind = next((kind for suffix, kind in _KINDS if path.name.endswith(suffix)), "cassette")
    n_bytes = 0
    try:
        n_bytes = path.stat().st_size
        cassette = load_journal(path) if kind == "journal" else load(path)
        return listed(str(path), kind, n_bytes, cassette)
    except StreamtapeError as error:
        return Listed(str(path), kind, n_bytes, error=str(error))
    except OSError as error:
        return Listed(str(path), kind, n_bytes, error=error.strerror or str(error))
