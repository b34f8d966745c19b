"""`streamtape sql`: query recordings with SQL."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import TROUBLE
from streamtape.errors import CassetteError, UsageError

if TYPE_CHECKING:
    from streamtape.tabular.reading import Extract


@click.command(
    epilog="""\b
Examples:
  streamtape sql "SELECT model, quantile_cont(ttft_ms, .99) FROM interactions
      GROUP BY 1" cassettes/
  streamtape sql "SELECT type, count(*) FROM events GROUP BY 1" tables/ --csv
  streamtape sql --file slowest.sql monday/ tuesday/
  streamtape sql "SELECT count(*) FROM events" s3://bucket/tables/
  streamtape sql --schema

\b
Times end in _ms (milliseconds) or _us (microseconds from the sending of the
request). Of recordings, only those are read that changed since the last query;
what was read lies in the cache of this user, without secrets. A query reads the
tables and nothing else: no files, no network. Needs the extra `tables`.
Exit status: 0, or 2 for a query that fails or a recording that can't be read."""
)
@click.argument("words", type=completion_values.FILE, metavar="[QUERY] WHAT...", nargs=-1)
@click.option(
    "--file",
    "query_file",
    type=completion_values.FILE,
    metavar="FILE.sql",
    help="Read the query from a file; -: from the standard input.",
)
@click.option("--schema", is_flag=True, help="List tables, columns and units, and exit.")
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV.")
@click.option(
    "--allow-files", is_flag=True, help="Allow the query to read and write other files and URLs."
)
@click.option("--no-cache", is_flag=True, help="Read all recordings again, and cache nothing.")
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    words: tuple[str, ...],
    query_file: str | None,
    schema: bool,
    as_csv: bool,
    allow_files: bool,
    no_cache: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Run a QUERY over recordings, folders of them, or exported tables, with DuckDB's SQL."""
    if as_csv and as_json:
        raise UsageError("choose --json or --csv")
    if schema:
        _write_schema(as_json=as_json)
        return
    query, names = _query(words, query_file)
    from streamtape.cli.rows import write_rows
    from streamtape.tabular.sql import batches

    reading = partial(_read, jobs=jobs, cluster=cluster)
    with _connected(names, reading, query, allow_files=allow_files, no_cache=no_cache) as found:
        connection, unreadable = found
        write_rows(batches(connection, query), as_json=as_json, as_csv=as_csv)
    if unreadable:
        raise click.exceptions.Exit(TROUBLE)


def _query(words: Sequence[str], query_file: str | None) -> tuple[str, list[str]]:
    """The query and the recordings to query; UsageError if either is missing."""
    if query_file is None:
        if not words:
            raise UsageError('no query given: streamtape sql "SELECT ..." FILE|FOLDER...')
        query, names = words[0], list(words[1:])
    else:
        query, names = _read_query(query_file), list(words)
    if not names:
        raise UsageError("no recordings given: name files, folders or exported tables")
    if not query.strip():
        raise UsageError("the query is empty")
    return query, names


def _read_query(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    from streamtape.tape.store.ordinary import read_given

    try:
        return read_given(name).decode()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CassetteError(f"cannot read --file {name!r}: {why}", path=name) from None


@contextmanager
def _connected(
    names: Sequence[str], read: Any, query: str, *, allow_files: bool, no_cache: bool
) -> Iterator[tuple[Any, dict[str, str]]]:
    """A connection that has the tables, and the recordings that can't be read."""
    from streamtape.cli.files import Tapes
    from streamtape.tabular.arrow import arrow_schema
    from streamtape.tabular.schema import TABLES
    from streamtape.tabular.sql import opened
    from streamtape.tabular.store.cache import cache_folder
    from streamtape.tabular.store.cached import cached
    from streamtape.tabular.store.exported import check_names, datasets

    with tempfile.TemporaryDirectory(prefix="streamtape-sql-") as spare:
        spill = str(Path(spare) / "spill")
        if check_names(names):
            found = datasets(names)
            empty = {n: arrow_schema(n).empty_table() for n in TABLES if n not in found}
            for name in empty:
                if re.search(rf"\b{name}\b", query, re.IGNORECASE):
                    output.note(f"Note: the export has no table {name}: it is empty in this query")
            with opened({**found, **empty}, spill_folder=spill, allow_files=allow_files) as db:
                yield db, {}
            return
        kept = Path(spare) / "tables"
        tapes = Tapes(names)
        len(tapes)  # refuses names that mean nothing
        known = cached(tapes, read, kept / "1" if no_cache else cache_folder(), kept / "2")
        for error in known.unreadable.values():
            output.note(f"Error: {error}")
        with opened({}, spill_folder=spill, allow_files=allow_files, prepare=known.register) as db:
            yield db, known.unreadable


def _read(sources: Sequence[Any], *, jobs: int | None, cluster: str | None) -> Iterator[Extract]:
    from streamtape.tabular.reading import extract
    from streamtape.tabular.schema import TABLES

    work = partial(extract, tables=tuple(TABLES))
    return parallel.in_batches(work, sources, doing="reading", jobs=jobs, cluster=cluster)


def _write_schema(*, as_json: bool) -> None:
    from streamtape.tabular.schema import ABOUT, TABLES, VERSION

    if as_json:
        tables = {name: [one._asdict() for one in columns] for name, columns in TABLES.items()}
        output.write_json({"schema_version": VERSION, "tables": tables})
        return
    from streamtape.report.lines import line

    width = max(len(column.name) for columns in TABLES.values() for column in columns)
    for table, columns in TABLES.items():
        output.write_lines([line((table, "title"), f": {ABOUT[table]}")])
        for column in columns:
            label = f"  {column.name:{width}}  ", "label"
            type_ = f"{column.type:9}  ", "dim"
            output.write_lines([line(label, type_, column.meaning)])
