"""`streamtape stats`: measure how fast streams arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import streamtape
from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import TROUBLE
from streamtape.cli.files import with_force
from streamtape.errors import StreamtapeError, UsageError
from streamtape.stores.locations import FileLocation

if TYPE_CHECKING:
    from streamtape.analysis.stats import Refused

_FEW = 2  # streams, up to which one alone is shown in full


class Measured(NamedTuple):
    """One file: its streams, or why it can't be read."""

    path: str
    stats: streamtape.Stats
    error: str = ""


@click.command(
    epilog="""\b
Examples:
  streamtape stats run.tape --plot
  streamtape stats monday/ tuesday/
  streamtape stats cassettes/ --csv > streams.csv
  streamtape stats run.tape --plot-to run.svg    (needs the extra `plot`)
  streamtape stats monday/ tuesday/ --plot-to days.svg   a box a folder

\b
To hold two sets of recordings against each other:
  streamtape diff before/ after/ --fail-on ttft=+20%

\b
Exit status: 0, or 2 where a file can't be read; the others are measured."""
)
@options.recordings
@options.dialect
@click.option("--plot", is_flag=True, help="Plot arrival, text and gaps in the terminal.")
@click.option(
    "--plot-to",
    type=completion_values.FILE,
    metavar="FILE.svg|FILE.png",
    help="Write a plot to this file.",
)
@with_force
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV: one row per stream.")
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    dialect: str | None,
    plot: bool,
    plot_to: str | None,
    force: bool,
    as_csv: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Measure streams: time to head, first event and first content, gaps, time per token, sizes."""
    from streamtape.cli.files import Tapes, page_path
    from streamtape.report.plots import check_kind

    if as_csv and as_json:
        raise UsageError("choose --json or --csv")
    files = Tapes(paths)
    len(files)  # refuses names that mean nothing
    plot_path = None
    if plot_to is not None:
        plot_path = page_path(plot_to, "--plot-to", f"{next(iter(files)).stem}.svg", force=force)
        check_kind(_kind(plot_path))
    unreadable: dict[str, str] = {}
    each = _each(files, dialect, jobs, cluster, unreadable)
    if plot or plot_path is not None:  # pictures are of all streams
        found = list(each)
        if plot_path is not None and any(one.each for one in found):
            _draw(plot_path, _joined(found))
        each = iter(found)
    if as_json:
        _write_json(each, unreadable)
    elif as_csv:
        _write_csv(each)
    else:
        _write_text(each, unreadable, plot=plot)
    if unreadable:
        raise click.exceptions.Exit(TROUBLE)


def _write_json(each: Iterable[streamtape.Stats], unreadable: dict[str, str]) -> None:
    from streamtape.cli.measured_streams import Fold
    from streamtape.cli.spool import JsonList, write_json

    fold, streams, refused = Fold(), JsonList(), JsonList()
    for found in each:
        fold.add(found.each, found.refused)
        for stream in found.each:
            streams.append(stream.to_dict())
        for one in found.refused:
            refused.append(asdict(one))
    write_json({**fold.to_dict(streams, refused), "unreadable": unreadable})


def _write_csv(each: Iterable[streamtape.Stats]) -> None:
    from streamtape.cli.spool import Spool
    from streamtape.report.measures import csv_heading, csv_row

    rows = Spool[str]()
    for found in each:
        for one in found.each:
            rows.append(csv_row(one))
    output.write_text(csv_heading())
    for row in rows:
        output.write_text(row)


def _write_text(
    each: Iterable[streamtape.Stats], unreadable: dict[str, str], *, plot: bool
) -> None:
    from streamtape.cli.measured_streams import Fold
    from streamtape.report.measures import overview_lines, plot_lines, refused_text, summary_lines

    fold = Fold()
    plotted: list[streamtape.StreamMetrics] = []
    for found in each:
        fold.add(found.each, found.refused)
        if plot or len(plotted) < _FEW:
            plotted += found.each
    statuses = list(fold.statuses.elements())
    if not plotted and unreadable:
        return
    if not plotted:
        refused = refused_text(statuses)
        why = f": {refused}" if refused else ""
        raise UsageError(f"there are no streams in these cassettes{why}")
    width = output.width()
    if len(plotted) == 1:
        output.write_lines(summary_lines(plotted, statuses, width=width))
    else:
        output.write_lines(overview_lines(fold.overview(), statuses, width=width))
    for one in plotted if plot else ():
        output.write_lines([(), *plot_lines(one, width=width)])


def _each(
    files: Iterable[FileLocation],
    dialect: str | None,
    jobs: int | None,
    cluster: str | None,
    unreadable: dict[str, str],
) -> Iterator[streamtape.Stats]:
    """The streams of each file; why a file can't be read is noted, and put into `unreadable`."""
    work = partial(_measured, dialect=dialect)
    for found in parallel.each(work, files, doing="measuring", jobs=jobs, cluster=cluster):
        if found.error:
            unreadable[found.path] = found.error
            output.note(f"Error: {found.error}")
        else:
            yield found.stats


def medians(
    files: Iterable[FileLocation], dialect: str | None, measures: Iterable[str]
) -> streamtape.Stats:
    """The streams of some files, of which only these measures are kept, as one value a stream."""
    kept = tuple(measures)
    work = partial(_medians, dialect=dialect, measures=kept)
    return _joined(parallel.each(work, files, doing="measuring"))


def _joined(each: Iterable[streamtape.Stats]) -> streamtape.Stats:
    streams: list[streamtape.StreamMetrics] = []
    refused: list[Refused] = []
    for found in each:
        streams += found.each
        refused += found.refused
    return streamtape.Stats(tuple(streams), tuple(refused))


def _medians(
    path: FileLocation, *, dialect: str | None, measures: tuple[str, ...]
) -> streamtape.Stats:
    found = streamtape.stats(path, dialect=dialect)
    return streamtape.Stats(tuple(_only(one, measures) for one in found.each))


def _only(one: streamtape.StreamMetrics, measures: tuple[str, ...]) -> streamtape.StreamMetrics:
    """A stream with what the median of some measures is made of."""
    kept: dict[str, Any] = {}
    for name in measures:
        values = one.values_us(name)
        if name in {"gap", "itl"}:
            kept[f"{name}s_us" if name == "gap" else "itl_us"] = (median(values),) if values else ()
        else:
            kept[f"{name}_us"] = values[0] if values else None
    return streamtape.StreamMetrics(**kept)


def _measured(path: FileLocation, *, dialect: str | None) -> Measured:
    try:
        return Measured(str(path), streamtape.stats(path, dialect=dialect))
    except UsageError:
        raise  # an unknown dialect is no trouble of one file
    except StreamtapeError as error:
        return Measured(str(path), streamtape.Stats(), str(error))


def _kind(path: FileLocation) -> str:
    return path.suffix.lower().lstrip(".")


def _draw(path: FileLocation, found: streamtape.Stats) -> None:
    import io

    from streamtape.cli.files import write_page
    from streamtape.report.plots import draw
    from streamtape.units import count

    picture = io.BytesIO()
    n_drawn = draw(found.each, picture, _kind(path))
    write_page(path, picture.getvalue())
    n_left = len(found.each) - n_drawn
    left = f"; {count(n_left, 'more')} without times left out" if n_left else ""
    output.note(f"{path}: {count(n_drawn, 'stream')} drawn{left}")
