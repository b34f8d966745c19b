"""`streamtape check`: cassettes checked against their providers' rules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

import streamtape
from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import FINDINGS, TROUBLE
from streamtape.errors import StreamtapeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streamtape.checks.finding import Finding
    from streamtape.report.findings import Totals
    from streamtape.stores.locations import FileLocation


class Checked(NamedTuple):
    """One file: how many interactions it has and what was found, or why it can't be read."""

    path: str
    size: int = 0
    findings: Sequence[Finding] = ()
    error: str = ""


@click.command(
    epilog="""\b
Examples:
  streamtape check run.tape
  streamtape check cassettes/ --fail-on warning
  streamtape check run.tape --profile open-responses --off sequence,index
  streamtape check cassettes/ --sarif > findings.sarif
  streamtape check --rules

\b
Profiles: openai, azure, anthropic, google, openrouter, writer, open-responses, default;
by default the request's URL decides. Files without findings are counted, not listed.
Exit status: 0 no errors, 1 errors, 2 trouble."""
)
@click.argument("paths", type=completion_values.FILE, metavar="FILE|FOLDER...", nargs=-1)
@click.option(
    "--profile",
    type=completion_values.PROFILE,
    metavar="NAME",
    help="The profile whose rules apply.",
)
@click.option(
    "--off",
    type=completion_values.RULES,
    multiple=True,
    metavar="RULE,...",
    help="Rules to skip.",
)
@options.dialect
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    help="The lowest severity that makes the exit status 1.",
)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules and exit.")
@click.option(
    "--sarif", "as_sarif", is_flag=True, help="Write SARIF, the format that code hosts read."
)
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    paths: tuple[str, ...],
    profile: str | None,
    off: tuple[str, ...],
    dialect: str | None,
    fail_on: str,
    list_rules: bool,
    as_sarif: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Check every stream against its provider's rules."""
    from streamtape.cli.files import Tapes
    from streamtape.report.findings import rule_lines

    if list_rules:
        output.write_lines(rule_lines())
        return
    if not paths:
        raise UsageError("no cassettes given: name files or folders")
    if as_sarif and as_json:
        raise UsageError("choose --json or --sarif")
    without = [name.strip() for names in off for name in names.split(",") if name.strip()]
    work = partial(_checked, profile=profile, off=without, dialect=dialect)
    tapes = Tapes(paths)
    results = parallel.each(work, tapes, doing="checking", jobs=jobs, cluster=cluster)
    if as_sarif or as_json:
        totals = _write_document(results, as_sarif=as_sarif)
    else:
        totals = _write_lines(results, several=len(tapes) > 1)
    weighs = ("error", "warning", "info")
    heavy = weighs[: weighs.index(fail_on) + 1]
    if totals.unreadable:
        raise click.exceptions.Exit(TROUBLE)
    if any(totals.severities[severity] for severity in heavy):
        raise click.exceptions.Exit(FINDINGS)


def _checked(
    path: FileLocation, *, profile: str | None, off: list[str], dialect: str | None
) -> Checked:
    try:
        cassette = streamtape.load(path)
        found = streamtape.check(cassette, profile=profile, off=off, dialect=dialect)
    except UsageError:
        raise  # an unknown rule is no trouble of one file
    except StreamtapeError as error:
        return Checked(str(path), error=str(error))
    return Checked(str(path), len(cassette), found)


def _write_lines(results: Iterable[Checked], *, several: bool) -> Totals:
    """Write each file's findings as they arrive; only counts are kept."""
    from streamtape.report.findings import Totals, finding_lines, total_line

    totals = Totals()
    for result in results:
        if result.error:
            totals.unreadable += 1
            output.note(f"Error: {result.error}")
            continue
        totals.add(result.findings)
        if result.findings or not several:
            numbered = result.size > 1
            output.write_lines(finding_lines(result.findings, result.path, numbered=numbered))
    if several:
        output.write_lines([total_line(totals)])
    return totals


def _write_document(results: Iterable[Checked], *, as_sarif: bool) -> Totals:
    """Write everything as one JSON document, after the last result."""
    from streamtape.cli.spool import JsonList, JsonObject, write_json
    from streamtape.report.findings import Totals, sarif, sarif_result

    totals = Totals()
    files, findings = JsonObject(), JsonList()
    unreadable: dict[str, str] = {}
    rules: set[str] = set()
    for result in results:
        if result.error:
            totals.unreadable += 1
            unreadable[result.path] = result.error
            output.note(f"Error: {result.error}")
            continue
        totals.add(result.findings)
        if as_sarif:
            rules.update(finding.rule for finding in result.findings)
        else:
            files.add(result.path, result.size)
        for finding in result.findings:
            findings.append(sarif_result(finding) if as_sarif else finding.to_dict())
    if as_sarif:
        write_json(sarif(findings, rules, streamtape.__version__, unreadable))
    else:
        write_json({"files": files, "unreadable": unreadable, "findings": findings})
    return totals
