"""`streamtape stats`: how fast streams came."""

from __future__ import annotations

from functools import partial

import click

import streamtape
from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.files import with_force
from streamtape.errors import UsageError
from streamtape.stores.places import Place


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
  streamtape diff before/ after/ --fail-on ttft=+20%"""
)
@click.argument(
    "paths", type=completion_values.FILE, metavar="FILE|FOLDER...", nargs=-1, required=True
)
@click.option(
    "--dialect",
    type=completion_values.DIALECT,
    metavar="NAME",
    help="Read the events as this provider's.",
)
@click.option("--plot", is_flag=True, help="Plot arrival, text and gaps in the terminal.")
@click.option(
    "--plot-to", type=completion_values.FILE, metavar="FILE.svg|FILE.png", help="Write a picture."
)
@with_force
@click.option("--csv", "as_csv", is_flag=True, help="Write a row a stream.")
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
    """Measure streams: time to head, first event and first content, gaps, time a token, sizes."""
    from streamtape.cli.files import page_path, tapes
    from streamtape.report.measures import plot_lines, refused_text, summary_lines, to_csv
    from streamtape.report.plots import check_kind

    if as_csv and as_json:
        raise UsageError("choose --json or --csv")
    files = tapes(paths)
    plot_path = None
    if plot_to is not None:
        plot_path = page_path(plot_to, "--plot-to", f"{files[0].stem}.svg", force=force)
        check_kind(_kind(plot_path))
    found = measured(files, dialect, jobs, cluster)
    if plot_path is not None and found.each:
        _draw(plot_path, found)
    if as_json:
        output.write_json(found.to_dict())
    elif as_csv:
        output.write_text(to_csv(found.each).rstrip("\n"))
    else:
        if not found.each:
            refused = refused_text(one.status for one in found.refused)
            why = f": {refused}" if refused else ""
            raise UsageError(f"there are no streams in these cassettes{why}")
        statuses = [one.status for one in found.refused]
        output.write_lines(summary_lines(found.each, statuses, width=output.width()))
        for one in found.each if plot else ():
            output.write_lines([(), *plot_lines(one, width=output.width())])


def measured(
    files: list[Place], dialect: str | None, jobs: int | None, cluster: str | None = None
) -> streamtape.Stats:
    """The measures of all streams in some files."""
    work = partial(_measured, dialect=dialect)
    each = parallel.each(work, files, doing="measuring", jobs=jobs, cluster=cluster)
    found = list(each)
    return streamtape.Stats(
        tuple(one for stats in found for one in stats.each),
        tuple(one for stats in found for one in stats.refused),
    )


def _measured(path: Place, *, dialect: str | None) -> streamtape.Stats:
    return streamtape.stats(path, dialect=dialect)


def _kind(path: Place) -> str:
    return path.suffix.lower().lstrip(".")


def _draw(path: Place, found: streamtape.Stats) -> None:
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
