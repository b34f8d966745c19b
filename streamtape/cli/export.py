"""`streamtape export`: recordings as tables, in Parquet, or as spans for a collector."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import TROUBLE
from streamtape.errors import CassetteError, UsageError

if TYPE_CHECKING:
    from streamtape.cli.files import Tapes
    from streamtape.tabular.store.export import Export


@click.command(
    epilog="""\b
Examples:
  streamtape export cassettes/ -o tables/
  streamtape export cassettes/ -o events.parquet --table events
  streamtape export monday/ tuesday/ -o tables/ --partition-by month
  streamtape export s3://bucket/runs/ -o s3://bucket/tables/
  streamtape export cassettes/ -o tables/ --cluster tcp://scheduler:8786
  streamtape sql "SELECT model, count(*) FROM interactions GROUP BY 1" tables/
  streamtape export cassettes/ --to otlp --endpoint http://localhost:4318

\b
Tables: interactions, events, chunks, messages, texts, tool_calls, turns,
findings; `streamtape sql --schema` lists their columns and units. Secrets are
masked. Needs the extra `tables`.

\b
--to otlp sends a trace a recording and a span an interaction, with recorded
times and gen_ai.* attributes, to any collector that takes OTLP over HTTP. The
variables OTEL_EXPORTER_OTLP_* (endpoint, headers, timeout, compression,
certificates), OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES count, too. Needs
the extra `otel`.

\b
Exit status: 0, or 2 where a recording can't be read (the others are exported)
or the collector rejects spans."""
)
@options.recordings
@click.option(
    "-o",
    "--output",
    "target",
    type=completion_values.FILE,
    metavar="OUT.parquet|FOLDER",
    help="A file (for one table) or a folder (for several).",
)
@click.option(
    "--to",
    type=click.Choice(["parquet", "otlp"]),
    default="parquet",
    show_default=True,
    help="otlp: send spans to an OpenTelemetry collector.",
)
@click.option("--endpoint", metavar="URL", help="For --to otlp: the URL of the collector.")
@click.option(
    "-H",
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="For --to otlp: a header to send; may be repeated.",
)
@click.option(
    "--table",
    "tables",
    type=completion_values.TABLE,
    multiple=True,
    metavar="NAME",
    help="Only this table; may be repeated. Default for a file: interactions.",
)
@click.option(
    "--partition-by",
    type=click.Choice(["date", "month", "none"]),
    help="For a folder: what its files are partitioned by. [default: date]",
)
@click.option("--force", is_flag=True, help="Replace an existing export.")
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    target: str | None,
    to: str,
    endpoint: str | None,
    headers: tuple[str, ...],
    tables: tuple[str, ...],
    partition_by: Any,
    force: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Write recordings as tables: one table as a Parquet file, or all of them as a folder.

    Rows are written as they are read, in the order of the recordings, so the same recordings give
    the same bytes. OUT is a path or the URL of a store, and is written whole or not at all.

    With --to otlp, send them as spans instead.
    """
    if to == "otlp":
        given = {"-o": target, "--table": tables, "--partition-by": partition_by, "--force": force}
        _check_absent(given, "--to parquet")
        from streamtape.cli.export_spans import send

        result = send(paths, endpoint, headers, jobs=jobs, cluster=cluster, as_json=as_json)
    else:
        _check_absent({"--endpoint": endpoint, "-H": headers}, "--to otlp")
        result = _export(
            paths=paths,
            target=target,
            tables=tables,
            partition_by=partition_by or "date",
            force=force,
            jobs=jobs,
            cluster=cluster,
        )
        output.write_json(result) if as_json else _report(result)
    if result["unreadable"] or result.get("rejected"):
        raise click.exceptions.Exit(TROUBLE)


def _check_absent(options: dict[str, Any], kind: str) -> None:
    """UsageError where an option of another kind of export is given."""
    for name, value in options.items():
        if value:
            raise UsageError(f"{name} is an option of {kind}")


def _export(
    *,
    paths: tuple[str, ...],
    target: str | None,
    tables: tuple[str, ...],
    partition_by: Any,
    force: bool,
    jobs: int | None,
    cluster: str | None,
) -> dict[str, Any]:
    from streamtape.cli.files import Tapes
    from streamtape.tabular.arrow import PURPOSE
    from streamtape.tabular.extras import needed
    from streamtape.tabular.reading import chosen_tables
    from streamtape.tabular.store.export import Export

    if not target:
        raise UsageError("no output given: -o OUT.parquet for one table, -o FOLDER for several")
    needed("pyarrow.parquet", PURPOSE)
    is_file = target.lower().endswith(".parquet")
    chosen = chosen_tables(tables or (("interactions",) if is_file else ()))
    export = Export(target, chosen, partition_by=partition_by, force=force)
    found = Tapes(paths)
    len(found)  # refuses names that mean nothing
    with export:
        result = _written(export, found, jobs, cluster)
    return {"output": str(export.target), "tables": export.n_rows, **result}


def _written(export: Export, paths: Tapes, jobs: int | None, cluster: str | None) -> dict[str, Any]:
    """Read all recordings into an export; what became of them."""
    from streamtape.tabular.reading import extract

    n_recordings = n_interactions = 0
    unreadable: dict[str, str] = {}
    work = partial(extract, tables=export.tables)
    for found in parallel.in_batches(work, paths, doing="exporting", jobs=jobs, cluster=cluster):
        export.add(found)
        for one in found.files:
            n_recordings += 1
            n_interactions += one.interactions
            if one.error:
                unreadable[one.name] = one.error
                output.note(f"Error: {one.error}")
    if n_recordings and n_recordings == len(unreadable):
        # An export of nothing would take the place of the one that is there.
        raise CassetteError(f"no recording can be read: {export.target} is left as it was")
    return {
        "recordings": n_recordings,
        "interactions": n_interactions,
        "unreadable": unreadable,
    }


def _report(result: dict[str, Any]) -> None:
    from streamtape.units import count

    rows = ", ".join(f"{name} {n:,}" for name, n in result["tables"].items())
    read = result["recordings"] - len(result["unreadable"])
    output.write_text(f"{result['output']}: {count(read, 'recording')}; rows: {rows}")
    if result["unreadable"]:
        output.note(f"{count(len(result['unreadable']), 'recording')} can't be read")
