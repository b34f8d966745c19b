"""`streamtape diff`: two recordings, or two folders of them."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

import streamtape
from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import FINDINGS, TROUBLE
from streamtape.cli.files import check_there, page_path, with_force
from streamtape.errors import StreamtapeError, UsageError
from streamtape.stores.locations import location_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamtape.cli.races import Named
    from streamtape.cli.spool import JsonList, Spool
    from streamtape.compare.comparison import Comparison
    from streamtape.report.folders import FileResult
    from streamtape.stores.locations import FileLocation

_SHOWN = 20
_LINES_AT_ONCE = 1_000
BEHAVIOUR = "behaviour"  # the value of --fail-on for the verdict


@click.command(
    epilog="""\b
Examples:
  streamtape diff monday.tape tuesday.tape
  streamtape diff a.tape b.tape --level content
  streamtape diff a.tape b.tape --level timing --tolerance 0.5
  streamtape diff cassettes/ new-cassettes/ --markdown > comment.md
  streamtape diff a.tape b.tape --markdown --picture ab.svg > comment.md
  streamtape diff cassettes/ new-cassettes/ --html changes.html
  streamtape diff before/ after/ --fail-on ttft=+20% --fail-on tpot=+5ms
  streamtape diff before/ after/ --fail-on behaviour

\b
Levels: bytes; frames; events (ids, times and how deltas were split do not count);
content (text and tool calls, with a verdict: same, reworded, behaviour changed); timing.
Exit status: 0 the same, 1 different, 2 trouble. With --fail-on behaviour, 0 where only words
differ; 1 where tools, arguments, structure, refusal, error or ending do."""
)
@click.argument("a", type=completion_values.FILE, metavar="A")
@click.argument("b", type=completion_values.FILE, metavar="B")
@click.option(
    "--level",
    type=completion_values.LEVEL,
    metavar="LEVEL",
    help="The level to compare at. [default: events]",
)
@options.dialect
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    metavar="SHARE",
    help="For level timing: by how much times may differ (0.5: half).",
)
@click.option(
    "--fail-on",
    "limits",
    type=completion_values.LIMIT,
    multiple=True,
    metavar="WHAT",
    help="behaviour: 1 only where more than words differ. Or MEASURE=+20%: compare times alone, 1"
    " where B is slower by more. Measures: see `streamtape stats`.",
)
@click.option(
    "--all", "show_all", is_flag=True, help=f"Show every change, not only the first {_SHOWN}."
)
@click.option("--markdown", is_flag=True, help="Write Markdown, for a comment on a pull request.")
@click.option(
    "--picture",
    type=completion_values.FILE,
    metavar="FILE.svg",
    help="Also draw both runs on one time axis; --markdown then shows the picture.",
)
@click.option(
    "--html",
    type=completion_values.FILE,
    metavar="FILE",
    help="Also write an HTML page with every change.",
)
@with_force
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    a: str,
    b: str,
    level: str | None,
    dialect: str | None,
    tolerance: float | None,
    limits: tuple[str, ...],
    show_all: bool,
    markdown: bool,
    html: str | None,
    picture: str | None,
    force: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Compare two recordings A and B event by event, or two folders of them by name."""
    if markdown and as_json:
        raise UsageError("choose --json or --markdown")
    behaviour = BEHAVIOUR in limits
    if limits and not behaviour:
        from streamtape.cli.fail_on import gate

        raise click.exceptions.Exit(gate(a, b, limits, dialect, as_json=as_json))
    if behaviour:
        _check_behaviour(limits, level)
    diff_options: dict[str, Any] = {
        "level": "content" if behaviour else level or "events",
        "dialect": dialect,
    }
    if tolerance is not None:
        diff_options["tolerance"] = tolerance
    page = None if html is None else page_path(html, "--html", "diff.html", force=force)
    sides = location_of(a), location_of(b)
    folders = sum(side.is_dir() for side in sides)
    _check_kinds(a, b, folders, cluster)
    if picture is not None:
        drawn = _picture_place(picture, folders=folders, force=force)
    if folders:
        results = _folders(
            *sides,
            diff_options,
            jobs=jobs,
            cluster=cluster,
            markdown=markdown,
            page=page,
            as_json=as_json,
        )
        status = _status_of_folders(results, behaviour=behaviour)
    else:
        comparison = streamtape.diff(a, b, **diff_options)
        if page is not None:
            _write_page(page, [(sides[1].name, *sides, "")], sides, dialect)
        if picture is not None:
            _draw(drawn, *sides, dialect)
        _report(comparison, show_all=show_all, markdown=markdown, as_json=as_json, picture=picture)
        status = _status(comparison, behaviour=behaviour)
    raise click.exceptions.Exit(status)


def _check_behaviour(limits: tuple[str, ...], level: str | None) -> None:
    """UsageError where --fail-on behaviour is combined with what has no verdict."""
    if len(set(limits)) > 1:
        raise UsageError(
            "--fail-on behaviour can't be combined with time limits: run diff once for each"
        )
    if level not in (None, "content"):
        raise UsageError(f"--fail-on behaviour compares at level content, got --level {level}")


def _check_kinds(a: str, b: str, folders: int, cluster: str | None) -> None:
    """UsageError where one of both is a folder, or a cluster has nothing to share."""
    if folders == 1:
        for name in (a, b):
            check_there(name)
        shown = " and ".join(repr(str(location_of(name))) for name in (a, b))
        raise UsageError(f"{shown}: compare two files or two folders")
    if cluster is not None and not folders:
        raise UsageError("--cluster shares the work of folders: give two folders")


def _picture_place(picture: str, *, folders: int, force: bool) -> FileLocation:
    """Where the picture goes; UsageError for another kind of file, and for folders."""
    if folders:
        raise UsageError("--picture draws two recordings, not folders: name two files")
    if not picture.lower().endswith(".svg"):
        raise UsageError(f"--picture {picture}: name a file *.svg")
    return page_path(picture, "--picture", "diff.svg", force=force)


def _draw(location: FileLocation, a: FileLocation, b: FileLocation, dialect: str | None) -> None:
    """Draw both recordings on one clock."""
    from streamtape.cli.files import short_names, write_page
    from streamtape.report.waterfall import run_of, waterfall

    names = zip((a, b), short_names([os.fspath(a), os.fspath(b)]), strict=True)
    runs = [run_of(name, streamtape.load(path), dialect=dialect) for path, name in names]
    write_page(location, waterfall(runs).encode("utf-8", "backslashreplace"))


def _status(comparison: Comparison, *, behaviour: bool) -> int:
    if not comparison.comparable:
        return TROUBLE
    if behaviour:
        return FINDINGS if comparison.verdict == "behaviour changed" else 0
    return 0 if comparison.same else FINDINGS


def _status_of_folders(results: Iterable[FileResult], *, behaviour: bool) -> int:
    if any(result.verdict in {"unreadable", "not compared"} for result in results):
        return TROUBLE
    fine = (r.behaves_alike if behaviour else r.same for r in results)
    return 0 if all(fine) else FINDINGS


def _report(
    comparison: Comparison, *, show_all: bool, markdown: bool, as_json: bool, picture: str | None
) -> None:
    if as_json:
        output.write_json_text(comparison.to_json(indent=2))
    elif markdown:
        from streamtape.report.markdown import comparison_markdown

        output.write_text(comparison_markdown(comparison, picture=picture).rstrip())
    else:
        from streamtape.report.differences import comparison_lines

        limit = None if show_all else _SHOWN
        output.write_lines(comparison_lines(comparison, width=output.width(), max_changes=limit))


def _write_page(
    path: FileLocation,
    pairs: Iterable[Named],
    sides: tuple[FileLocation, FileLocation],
    dialect: str | None,
) -> None:
    """Write the races of some pairs as one page."""
    from streamtape.cli.files import write_page
    from streamtape.cli.races import races_page

    page = races_page(pairs, (str(sides[0]), str(sides[1])), dialect=dialect)
    write_page(path, page.encode("utf-8", "backslashreplace"))


def _raced(result: FileResult, named: Named) -> Named:
    """A row of the page's table: what can't be raced has the reason for that instead."""
    if result.known is None:
        return result.name, None, None, result.error or result.verdict
    return named


def _folders(
    a: FileLocation,
    b: FileLocation,
    diff_options: dict[str, Any],
    *,
    jobs: int | None,
    cluster: str | None,
    markdown: bool,
    page: FileLocation | None,
    as_json: bool,
) -> Spool[FileResult]:
    """Compare two folders and write what came out; gives what became of each name, briefly."""
    from streamtape.cli.races import named_pairs
    from streamtape.cli.spool import JsonList, Spool

    pairs = named_pairs(a, b)
    work = partial(_compared, diff_options)
    results: Spool[FileResult] = Spool()
    full: Spool[FileResult] = Spool()
    files = JsonList()
    for result in parallel.each(work, pairs, doing="comparing", jobs=jobs, cluster=cluster):
        results.append(result.brief())
        if as_json:
            files.append(result.to_dict())
        elif markdown:
            full.append(result)
    if page is not None:
        rows = (_raced(result, named) for result, named in zip(results, pairs, strict=True))
        _write_page(page, rows, (a, b), diff_options["dialect"])
    if as_json:
        _write_folders_json(results, files, str(a), str(b))
    elif markdown:
        from streamtape.report.markdown import folders_markdown

        output.write_text(folders_markdown(full, str(a), str(b)).rstrip())
    else:
        from streamtape.report.folders import folder_lines

        lines = folder_lines(results, str(a), str(b))
        while some := list(islice(lines, _LINES_AT_ONCE)):
            output.write_lines(some)
    return results


def _write_folders_json(results: Spool[FileResult], files: JsonList, a: str, b: str) -> None:
    from streamtape.cli.spool import write_json

    verdicts = dict(Counter(r.judgement for r in results if r.judgement))
    same = all(result.same for result in results)
    write_json({"same": same, "a": a, "b": b, "verdicts": verdicts or None, "files": files})


def _compared(diff_options: dict[str, Any], named: Named) -> FileResult:
    """What became of one name of two folders."""
    from streamtape.report.folders import FileResult

    name, a, b, only = named
    if a is None or b is None:
        return FileResult(name, "only in b" if only == "only in b" else "only in a")
    try:
        comparison = streamtape.diff(a, b, **diff_options)
    except UsageError:
        raise  # an unknown level is no trouble of one file
    except StreamtapeError as error:
        return FileResult(name, "unreadable", error=str(error))
    if not comparison.comparable:
        return FileResult(name, "not compared", comparison)
    return FileResult(name, "same" if comparison.same else "different", comparison)
