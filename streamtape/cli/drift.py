"""`streamtape drift`: what providers changed in their streams, between two sets of recordings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from streamtape.cli import completion_values, options, output, parallel
from streamtape.cli.errors import FINDINGS, TROUBLE
from streamtape.errors import StreamtapeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamtape.analysis.vocabulary import Vocabulary
    from streamtape.stores.locations import FileLocation


class Read(NamedTuple):
    """The vocabulary of some files, and the files that can't be read."""

    vocabulary: Vocabulary
    errors: dict[str, str]


@click.command(
    epilog="""\b
Examples:
  streamtape drift october/ november/
  streamtape drift cassettes/ today.tape --json
  streamtape drift october/ november/ --max-chance 0.05

\b
Per dialect: event types, fields, kinds of values (null, list, ...) and values
of fields that have few (completed, tool_use). What belongs to something that is
new itself is not listed. Counts are of interactions.
Exit status: 0 nothing came or went, 1 something did, 2 trouble."""
)
@click.argument("a", type=completion_values.FILE, metavar="A")
@click.argument("b", type=completion_values.FILE, metavar="B")
@options.dialect
@click.option(
    "--max-chance",
    type=click.FloatRange(0, 1),
    default=1.0,
    metavar="SHARE",
    help="Leave out what may be chance: 0.05 keeps differences that would arise by chance in at"
    " most one case in twenty.",
)
@parallel.with_jobs
@parallel.with_cluster
@options.as_json
def command(
    *,
    a: str,
    b: str,
    dialect: str | None,
    max_chance: float,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """List event types, fields and values that appeared or disappeared from A to B."""
    from streamtape.analysis.drift import compared
    from streamtape.report.drift import drift_lines
    from streamtape.stores.locations import location_of

    sides = [_read(name, dialect, jobs, cluster) for name in (a, b)]
    unreadable = {name: why for side in sides for name, why in side.errors.items()}
    for error in unreadable.values():
        output.note(f"Error: {error}")
    found = compared(sides[0].vocabulary, sides[1].vocabulary, max_chance=max_chance)
    names = str(location_of(a)), str(location_of(b))
    if as_json:
        facts: dict[str, Any] = {"a": names[0], "b": names[1], "unreadable": unreadable}
        output.write_json({**facts, **found.to_dict()})
    else:
        output.write_lines(drift_lines(found, *names))
    if unreadable:
        raise click.exceptions.Exit(TROUBLE)
    raise click.exceptions.Exit(0 if found.same else FINDINGS)


def _read(name: str, dialect: str | None, jobs: int | None, cluster: str | None) -> Read:
    """The vocabulary of a side, folded as the results come."""
    from streamtape.analysis.vocabulary import Vocabulary
    from streamtape.cli.files import Tapes, check_there

    check_there(name)
    whole = Read(Vocabulary(), {})
    work = partial(_vocabulary, dialect=dialect)
    for found in parallel.in_batches(
        work, Tapes([name]), doing="reading", jobs=jobs, cluster=cluster
    ):
        whole.vocabulary.merge(found.vocabulary)
        whole.errors.update(found.errors)
    return whole


def _vocabulary(locations: Sequence[FileLocation], *, dialect: str | None) -> Read:
    from streamtape.analysis.drift import vocabulary
    from streamtape.analysis.vocabulary import Vocabulary

    whole = Read(Vocabulary(), {})
    for location in locations:
        try:
            whole.vocabulary.merge(vocabulary([location], dialect=dialect))
        except UsageError:
            raise  # an unknown dialect is no trouble of one file
        except StreamtapeError as error:
            whole.errors[str(location)] = str(error)
    return whole
