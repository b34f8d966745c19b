"""`streamtape check`: cassettes held against their providers' rules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

import streamtape
from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import FINDINGS, TROUBLE
from streamtape.errors import StreamtapeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamtape.checks.finding import Finding
    from streamtape.stores.places import Place


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
Profiles: openai, azure, anthropic, google, openrouter, writer, open-responses, default; the
address chooses one. Of several files, those that are fine are counted and not listed.
Exit status: 0 no errors, 1 errors, 2 trouble."""
)
@click.argument("paths", type=completion_values.FILE, metavar="FILE|FOLDER...", nargs=-1)
@click.option(
    "--profile", type=completion_values.PROFILE, metavar="NAME", help="Whose rules count."
)
@click.option(
    "--off",
    type=completion_values.RULES,
    multiple=True,
    metavar="RULE,...",
    help="Rules to leave out.",
)
@click.option(
    "--dialect",
    type=completion_values.DIALECT,
    metavar="NAME",
    help="Read the events as this provider's.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    help="The lightest finding that makes the exit status 1.",
)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules and stop.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Write SARIF, as code hosts read it.")
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
    """Hold every stream against its provider's rules, and say what is wrong with it."""
    from streamtape.cli.files import tapes
    from streamtape.report.findings import rule_lines

    if list_rules:
        output.write_lines(rule_lines())
        return
    if not paths:
        raise UsageError("which cassettes? give files or folders")
    if as_sarif and as_json:
        raise UsageError("choose --json or --sarif")
    without = [name.strip() for names in off for name in names.split(",") if name.strip()]
    work = partial(_checked, profile=profile, off=without, dialect=dialect)
    results = list(parallel.each(work, tapes(paths), doing="checking", jobs=jobs, cluster=cluster))
    _report(results, as_sarif=as_sarif, as_json=as_json)
    weighs = ("error", "warning", "info")
    heavy = weighs[: weighs.index(fail_on) + 1]
    if any(result.error for result in results):
        raise click.exceptions.Exit(TROUBLE)
    if any(finding.severity in heavy for result in results for finding in result.findings):
        raise click.exceptions.Exit(FINDINGS)


def _checked(path: Place, *, profile: str | None, off: list[str], dialect: str | None) -> Checked:
    try:
        cassette = streamtape.load(path)
        found = streamtape.check(cassette, profile=profile, off=off, dialect=dialect)
    except UsageError:
        raise  # an unknown rule is no trouble of one file
    except StreamtapeError as error:
        return Checked(str(path), error=str(error))
    return Checked(str(path), len(cassette), found)


def _report(results: Sequence[Checked], *, as_sarif: bool, as_json: bool) -> None:
    from streamtape.report.findings import finding_lines, sarif, total_line

    every = [finding for result in results for finding in result.findings]
    unreadable = {result.path: result.error for result in results if result.error}
    for error in unreadable.values():
        output.note(f"Error: {error}")
    if as_sarif:
        output.write_json(sarif(every, streamtape.__version__, unreadable))
    elif as_json:
        output.write_json(
            {
                "files": {result.path: result.size for result in results if not result.error},
                "unreadable": unreadable,
                "findings": [finding.to_dict() for finding in every],
            }
        )
    else:
        several = len(results) > 1
        for result in results:
            if not result.error and (result.findings or not several):
                numbered = result.size > 1
                output.write_lines(finding_lines(result.findings, result.path, numbered=numbered))
        if several:
            read = [result.findings for result in results if not result.error]
            output.write_lines([total_line(read, len(unreadable))])
