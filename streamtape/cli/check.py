"""`streamtape check`: cassettes held against their providers' rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import streamtape
from streamtape.cli import options, output
from streamtape.cli.trouble import FINDINGS
from streamtape.errors import UsageError

if TYPE_CHECKING:
    from streamtape.checks.finding import Finding


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
address chooses one. Exit status: 0 no errors, 1 errors, 2 trouble."""
)
@click.argument("paths", metavar="FILE|FOLDER...", nargs=-1)
@click.option("--profile", metavar="NAME", help="Whose rules count.")
@click.option("--off", multiple=True, metavar="RULE,...", help="Rules to leave out.")
@click.option("--dialect", metavar="NAME", help="Read the events as this provider's.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    help="The lightest finding that makes the exit status 1.",
)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules and stop.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Write SARIF, as code hosts read it.")
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
    found: dict[str, list[Finding]] = {}
    sizes: dict[str, int] = {}
    for path in tapes(paths):
        cassette = streamtape.load(path)
        sizes[str(path)] = len(cassette)
        found[str(path)] = streamtape.check(cassette, profile=profile, off=without, dialect=dialect)
    _tell(found, sizes, as_sarif=as_sarif, as_json=as_json)
    weighs = ("error", "warning", "info")
    heavy = weighs[: weighs.index(fail_on) + 1]
    if any(finding.severity in heavy for findings in found.values() for finding in findings):
        raise click.exceptions.Exit(FINDINGS)


def _tell(
    found: dict[str, list[Finding]], sizes: dict[str, int], *, as_sarif: bool, as_json: bool
) -> None:
    from streamtape.report.findings import finding_lines, sarif

    every = [finding for findings in found.values() for finding in findings]
    if as_sarif:
        output.write_json(sarif(every, streamtape.__version__))
    elif as_json:
        output.write_json(
            {
                "files": sizes,
                "findings": [finding.to_dict() for finding in every],
            }
        )
    else:
        for name, findings in found.items():
            output.write_lines(finding_lines(findings, name, numbered=sizes[name] > 1))
